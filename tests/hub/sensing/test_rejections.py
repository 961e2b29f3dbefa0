"""Rejected rows: who sees them, and their way back in through the real store."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.test import Client
from django.utils import timezone, translation

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import visible_to
from chengshu.core.audit.models import AuditLine
from chengshu.core.lake import installation
from chengshu.hub.sensing import jobs
from chengshu.hub.sensing.actions.rejections import (
    correct_rejection,
    dismiss_rejection,
    replay_rejections,
)
from chengshu.hub.sensing.ingest import json_rows, line_rows
from chengshu.hub.sensing.ingest.door import Door, NothingStored
from chengshu.hub.sensing.models import Rejection
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import everyone, make_grant, make_user
from tests.hub.sensing.factories import place, stream, terminal

pytestmark = pytest.mark.django_db(transaction=True)
AT = "2026-01-01T08:00:00+08:00"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
GATEWAY = everyone("sensing.ingest")
ACTS = ("replay_rejections", "correct_rejection", "dismiss_rejection", "view_rejection")
ENGINEER = everyone(*(f"sensing.{act}" for act in ACTS), "sensing.forget_rejections")
LEDGER, API = "/sensing/rejections/", "/api/v1/sensing/rejections"
COUNTS = "sensing/rejection-counts"
VIEW = "sensing.view_rejection"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def send(door: Door, parcel, entrance: str = "json") -> list[Rejection]:
    before = Rejection.objects.count()
    with suppress(NothingStored):
        door.take_from(GATEWAY, GATEWAY.policy.of("sensing.ingest"), parcel, entrance)
    return list(Rejection.objects.order_by("id")[before:])


def said(code: str = "T1", value: object = 5, at: str = AT, name: str = "temperature"):
    return {"terminal": code, "at": at, "values": {name: value}}


def sent(door: Door, *rows: dict[str, object]) -> list[Rejection]:
    return send(door, json_rows.read(orjson.dumps(rows)))


def values_of(number: int) -> list[tuple[datetime, float]]:
    return (
        installation.current()
        .query(
            'SELECT "at", value FROM observations WHERE datastream = $number ORDER BY ALL',
            {"number": number},
        )
        .rows()
    )


def person(*permissions: str, at: object = None, grade: int = 3) -> Person:
    user = make_user()
    make_grant(user, *(permissions or ("sensing.*",)), place=at, grade=grade)
    return Person(user)


def browser(of: Person) -> Client:
    client = Client()
    client.force_login(of.user)
    return client


def test_rows_are_replayed_once_their_terminal_is_registered(door: Door) -> None:
    early, late = sent(door, said(value=5), said(value=6, at="2026-01-01T09:00:00+08:00"))
    number = stream(terminal("T1"))

    told = replay_rejections([early, late], by=ENGINEER)

    assert (told.received, told.stored, told.duplicate, told.rejected) == (2, 2, 0, 0)
    assert values_of(number) == [(WHEN, 5.0), (WHEN + timedelta(hours=1), 6.0)]
    early.refresh_from_db()
    assert (early.state, early.settled_by, early.terminal.code) == ("replayed", "test", "T1")


def test_what_fails_again_stays_open_with_its_new_reason(door: Door) -> None:
    kept = sent(door, said(), said(name="humidity"))
    terminal("T1", state="suspended")

    told = replay_rejections(kept, by=ENGINEER)

    assert (told.received, told.rejected, told.is_well) == (2, 2, False)
    found = Rejection.objects.order_by("id").values_list("state", "code")
    assert list(found) == [("open", "not-in-service"), ("open", "unknown-property")]


def test_a_second_press_changes_nothing(door: Door) -> None:
    [kept] = sent(door, said())
    terminal("T1")
    again = Rejection.objects.get()
    replay_rejections([kept], by=ENGINEER)

    told = replay_rejections([again], by=ENGINEER)

    assert told.received == 0
    assert "1 were settled before" in told.text


def test_what_the_lake_has_already_is_a_duplicate(door: Door) -> None:
    [kept] = sent(door, said())
    terminal("T1")
    assert sent(door, said()) == []

    told = replay_rejections([kept], by=ENGINEER)

    assert (told.received, told.stored, told.duplicate) == (1, 0, 1)


def test_a_row_is_corrected_and_kept_as_it_was_sent(door: Door) -> None:
    number = stream(terminal("T1"))
    [kept] = sent(door, said(value="5,5"))

    told = correct_rejection(kept, by=ENGINEER, stated_value="5.5")

    assert told.stored == 1
    assert values_of(number) == [(WHEN, 5.5)]
    kept.refresh_from_db()
    assert kept.stated_value == "5.5"
    assert kept.row["values"] == {"temperature": "5,5"}
    assert AuditLine.objects.get(action="sensing.correct_rejection").details == {
        "received": 1,
        "stored": 1,
        "duplicate": 0,
        "rejected": 0,
        "fields": ["stated_value"],
    }


def test_a_line_and_a_numbered_row_come_back_as_well(door: Door) -> None:
    body = f"air,terminal=T1 temperature=7 {int(WHEN.timestamp())}".encode()
    [line] = send(door, line_rows.read(body, "s", WHEN), "line")
    number = stream(terminal("T1"))

    told = replay_rejections([line], by=ENGINEER)

    assert told.stored == 1
    assert values_of(number) == [(WHEN, 7.0)]


def test_what_cannot_be_understood_stays_open(door: Door) -> None:
    kept = send(door, json_rows.read(b'[{"no": "row"}]'))

    told = replay_rejections(kept, by=ENGINEER)

    assert told.rejected == 1
    assert Rejection.objects.get().state == "open"


def test_nobody_stores_where_they_may_not_correct(door: Door) -> None:
    here, there = place("1"), place("2")
    terminal("T1", place=here)
    elsewhere = stream(terminal("T2", place=there))
    [kept] = sent(door, said(value="x"))
    clerk = person(at=here)

    told = correct_rejection(kept, by=clerk, stated_terminal="T2", stated_value="1")

    assert told.rejected == 1
    assert Rejection.objects.get().code == "not-allowed"
    assert values_of(elsewhere) == []


def test_rows_belong_to_their_terminal_and_strangers_to_those_without_limits(door: Door) -> None:
    here, there = place("1"), place("2")
    terminal("T1", place=here)
    sent(door, said(value="x"), said("T9"))

    def codes(who: Person) -> set[str]:
        seen = visible_to(Rejection.objects.all(), who, VIEW)
        return {row.stated_terminal for row in seen}

    assert codes(person(at=here)) == {"T1"}
    assert codes(person(at=there)) == set()
    assert codes(person()) == {"T1", "T9"}
    assert codes(person(grade=2)) == {"T1"}


def test_a_row_becomes_as_sensitive_as_its_terminal(door: Door) -> None:
    made = terminal("T1", grade=2)
    sent(door, said(value="x"))
    may_see_what_is_internal = person(grade=2)

    def seen() -> int:
        rows = visible_to(Rejection.objects.all(), may_see_what_is_internal, VIEW)
        return rows.count()

    before = seen()
    made.grade = 3
    made.save()

    assert (before, seen()) == (1, 0)


def test_who_only_looks_replays_nothing(door: Door) -> None:
    [kept] = sent(door, said())
    looker = person("sensing.view_rejection")

    with pytest.raises(NotAllowed):
        replay_rejections([kept], by=looker)
    refused = browser(looker).post(f"{LEDGER}{kept.pk}/do/replay/")

    assert refused.status_code == 403
    assert Rejection.objects.get().state == "open"


def test_a_row_is_dismissed_once_for_a_reason(door: Door) -> None:
    [kept] = sent(door, said())

    dismiss_rejection(kept, by=ENGINEER, reason="test device")

    kept.refresh_from_db()
    assert (kept.state, kept.reason) == ("dismissed", "test device")
    with pytest.raises(Conflict):
        dismiss_rejection(kept, by=ENGINEER, reason="again")


def test_old_rows_go_whatever_became_of_them(door: Door) -> None:
    old, _young = sent(door, said(), said("T2"))
    Rejection.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=31))

    report = jobs.forget_rejected(None)

    assert report == {"removed": 1}
    assert [row.stated_terminal for row in Rejection.objects.all()] == ["T2"]


def test_the_pages_list_show_and_replay(door: Door) -> None:
    [kept] = sent(door, said())
    client = browser(person())
    terminal("T1")

    listed = client.get(LEDGER, {"code": "unknown-terminal", "entrance": "json"}).text
    shown = client.get(f"{LEDGER}{kept.pk}/").text
    form = client.get(f"{LEDGER}{kept.pk}/do/correct/").text
    answer = client.post(
        f"{LEDGER}-/do/replay/", {"key": [kept.pk]}, follow=True, HTTP_ACCEPT_LANGUAGE="en"
    )

    assert "T1" in listed
    assert "&quot;property&quot;: &quot;temperature&quot;" in shown
    assert 'value="2026-01-01T00:00:00+00:00"' in form
    assert "1 handed in: 1 stored" in answer.text


def test_a_program_replays_several_and_learns_the_counts(door: Door) -> None:
    first, second = sent(door, said(), said("T2"))
    terminal("T1")
    client = browser(person())

    answer = client.post(
        f"{API}/replay", {"rows": [first.pk, second.pk]}, content_type="application/json"
    )
    corrected = client.post(
        f"{API}/{second.pk}/correct",
        {"stated_terminal": "T1", "stated_at": AT, "stated_value": "5"},
        content_type="application/json",
    )

    assert answer.json() == {"received": 2, "stored": 1, "duplicate": 0, "rejected": 1}
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["state"] == "replayed"


def test_a_program_reaches_no_row_it_may_not_see(door: Door) -> None:
    [kept] = sent(door, said())
    client = browser(person(at=place("2")))

    answer = client.post(f"{API}/replay", {"rows": [kept.pk]}, content_type="application/json")

    assert answer.status_code == 404


def test_the_page_of_counts_says_how_many_rows_were_counted_only(door: Door, settings) -> None:
    settings.CHENGSHU = replace(settings.CHENGSHU, rejections_kept=2)
    sent(door, *(said(f"X{n}") for n in range(7)))
    client = browser(person("sensing.view_rejectioncount"))

    page = client.get(f"/{COUNTS}/", {"not_kept_from": "1"}, HTTP_ACCEPT_LANGUAGE="en").text
    [told] = client.get(f"/api/v1/{COUNTS}", {"sender": "test"}).json()["items"]

    assert "No terminal has this code" in page
    assert (told["code"], told["rejected"], told["not_kept"]) == ("unknown-terminal", 7, 5)
    assert told["rejected_on"] == timezone.localdate().isoformat()


def test_counts_are_sensitive_and_hidden_from_those_without_the_right(door: Door) -> None:
    sent(door, said())
    may_not_see_the_grade = browser(person("sensing.view_rejectioncount", grade=2))
    may_see_rows_only = browser(person("sensing.view_rejection"))

    listed = may_not_see_the_grade.get(f"/api/v1/{COUNTS}").json()["items"]
    refused = [may_see_rows_only.get(at).status_code for at in (f"/{COUNTS}/", f"/api/v1/{COUNTS}")]

    assert listed == []
    assert refused == [403, 403]
