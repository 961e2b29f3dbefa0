"""Of each sender, reason and day some rejected rows are kept; all are counted."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chengshu.core.access.policy import System
from chengshu.core.runtime.threads import borrowing
from chengshu.hub.sensing import jobs
from chengshu.hub.sensing.ingest import json_rows, keeping, line_rows
from chengshu.hub.sensing.ingest.door import Answer, Door, NothingStored
from chengshu.hub.sensing.models import Rejection, RejectionCount
from tests.core.access.factories import everyone
from tests.hub.sensing.factories import terminal

pytestmark = pytest.mark.django_db(transaction=True)
AT = "2026-01-01T08:00:00+08:00"
MOST = 5
GATEWAY = everyone("sensing.ingest")
OTHER = System("other", frozenset({"sensing.ingest"}))


@pytest.fixture(autouse=True)
def _five_are_kept(settings: Any) -> None:
    settings.CHENGSHU = replace(settings.CHENGSHU, rejections_kept=MOST)


def said(code: str, value: object = 1) -> dict[str, object]:
    return {"terminal": code, "at": AT, "values": {"temperature": value}}


def sent(door: Door, *rows: dict[str, object], by: Any = GATEWAY) -> Answer:
    parcel = json_rows.read(orjson.dumps(rows))
    try:
        return door.take_from(by, by.policy.of("sensing.ingest"), parcel, "json")
    except NothingStored as nothing:
        return Answer(**nothing.where)


def refuse(rows: int, reason: str = "far-future", by: Any = GATEWAY) -> None:
    keeping.keep([(reason, "m", {"row": number}) for number in range(rows)], "json", by)


def counts() -> list[tuple[str, str, int, int]]:
    rows = RejectionCount.objects.order_by("sender", "code", "rejected_on")
    return list(rows.values_list("sender", "code", "rejected", "not_kept"))


def test_of_many_rejected_rows_the_first_are_kept_and_all_are_answered_for(door: Door) -> None:
    terminal("T1")

    answer = sent(door, said("T1"), *(said(f"X{n}") for n in range(8)))

    assert (answer.received, answer.stored, answer.rejected) == (9, 1, 8)
    assert [listed["row"] for listed in answer.rejections] == list(range(2, 10))
    kept = Rejection.objects.order_by("id").values_list("stated_terminal", flat=True)
    assert list(kept) == ["X0", "X1", "X2", "X3", "X4"]
    assert counts() == [("test", "unknown-terminal", 8, 3)]


def test_what_was_kept_before_leaves_less_room(door: Door) -> None:
    sent(door, *(said(f"X{n}") for n in range(3)))

    sent(door, *(said(f"Y{n}") for n in range(3)))
    answer = sent(door, said("Z"))

    assert (answer.received, answer.rejected) == (1, 1)
    assert answer.rejections[0]["code"] == "unknown-terminal"
    assert Rejection.objects.filter(stated_terminal__startswith="Y").count() == 2
    assert not Rejection.objects.filter(stated_terminal="Z").exists()
    assert counts() == [("test", "unknown-terminal", 7, 2)]


def test_each_of_several_bodies_read_as_one_is_counted(door: Door) -> None:
    bodies = [b"air,terminal=X%d temperature=7 1767225600" % n for n in range(7)]
    parcel = line_rows.read_several(bodies, "s", datetime.now(UTC))
    door.sender = lambda token: (GATEWAY, GATEWAY.policy.of("sensing.ingest"))  # type: ignore[method-assign]

    answers = door.take_each(parcel, "line", "token", lambda: None)

    assert [isinstance(answer, NothingStored) for answer in answers] == [True] * 7
    assert Rejection.objects.count() == MOST
    assert counts() == [("test", "unknown-terminal", 7, 2)]


def test_senders_and_reasons_take_no_room_from_one_another() -> None:
    refuse(9)
    refuse(4, "out-of-range")
    refuse(6, by=OTHER)

    assert counts() == [
        ("other", "far-future", 6, 1),
        ("test", "far-future", 9, 4),
        ("test", "out-of-range", 4, 0),
    ]
    assert Rejection.objects.count() == 14


def test_every_day_there_is_room_again() -> None:
    refuse(9)
    RejectionCount.objects.update(rejected_on=timezone.localdate() - timedelta(days=1))

    refuse(3)

    assert counts() == [("test", "far-future", 9, 4), ("test", "far-future", 3, 0)]
    assert Rejection.objects.count() == 8


def test_the_day_is_that_of_the_city(monkeypatch: pytest.MonkeyPatch) -> None:
    evening = datetime(2026, 5, 1, 17, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: evening)

    refuse(1)

    assert RejectionCount.objects.get().rejected_on == date(2026, 5, 2)


def test_when_rows_were_last_counted_only_is_known() -> None:
    refuse(MOST)
    before = RejectionCount.objects.get().not_kept_at

    refuse(1)

    after = RejectionCount.objects.get().not_kept_at
    assert before is None
    assert after is not None
    assert timezone.now() - after < timedelta(minutes=1)


def test_many_at_once_keep_no_more_and_count_every_row() -> None:
    early: keeping.Refusal = ("far-future", "m", {})
    late: keeping.Refusal = ("too-old", "m", {})

    def some(rows: list[keeping.Refusal]) -> None:
        for _turn in range(10):
            keeping.keep(rows, "json", GATEWAY)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(borrowing()(some), 4 * [[early, late, late], [late, late, early]]))

    assert counts() == [("test", "far-future", 80, 75), ("test", "too-old", 160, 155)]
    kept = Rejection.objects.values_list("code", flat=True)
    assert sorted(kept) == ["far-future"] * MOST + ["too-old"] * MOST


def test_a_row_that_cannot_be_kept_is_not_counted_as_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_rows: object) -> None:
        raise OSError

    monkeypatch.setattr(keeping, "describe", fail)

    with suppress(OSError):
        refuse(1)

    assert counts() == []


def test_rows_that_are_counted_only_cost_one_query() -> None:
    refuse(MOST)

    with CaptureQueriesContext(connection) as asked:
        refuse(1000)

    sentences = [query["sql"].split()[0] for query in asked.captured_queries]
    assert sentences == ["BEGIN", "INSERT", "COMMIT"]


def test_good_rows_cost_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        keeping.keep([], "json", GATEWAY)

    assert not asked.captured_queries


def test_a_long_name_and_null_characters_are_kept_as_far_as_they_fit() -> None:
    sender = System("s" * 150, frozenset())

    keeping.keep([("bad-row", "a\0b" + "m" * 300, {"sent": "a\0b"})], "json", sender)

    kept = Rejection.objects.get()
    assert (kept.sender, kept.message[:3], kept.row) == ("s" * 80, "a\ufffdb", {"sent": "a\ufffdb"})
    assert RejectionCount.objects.get().sender == kept.sender


def test_old_counts_go_with_the_old_rows() -> None:
    refuse(1)
    refuse(1, by=OTHER)
    old = timezone.localdate() - timedelta(days=31)
    RejectionCount.objects.filter(sender="other").update(rejected_on=old)

    jobs.forget_rejected(None)  # type: ignore[arg-type]

    assert [sender for sender, *_ in counts()] == ["test"]
