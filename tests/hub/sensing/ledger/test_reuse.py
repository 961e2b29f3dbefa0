from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.policy import Reach, may, visible_to
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.actions.reuse import (
    NEXT,
    amend_reuse,
    expire_reuse,
    grant_reuse,
    refuse_reuse,
    request_reuse,
    reuse_candidate,
    revoke_reuse,
    withdraw_reuse,
)
from chengshu.hub.sensing.models import Datastream, ReuseRequest, StreamState, Terminal
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import Reaching, everyone, nobody
from tests.hub.sensing.factories import organisation, terminal

from .factories import ENGINEER, HERE, member, request, sector

pytestmark = pytest.mark.django_db
State = ReuseRequest.State
VIEW = "sensing.view_terminal"
OWNER = everyone("sensing.grant_reuse", "sensing.refuse_reuse", "sensing.revoke_reuse")
LOOKING = (VIEW, "sensing.export_terminal", "map.view_map", "sensing.change_terminal")
API = "/api/v1/sensing/terminals"
LAYER = "/api/v1/map/layers/sensing.terminals/features"
SAID_AT = datetime(2026, 11, 1, tzinfo=UTC)


def today(days: int = 0):
    return timezone.localdate() + timedelta(days=days)


def asked(device: Terminal, until: int = 30, **facts) -> ReuseRequest:
    facts = {"organisation": organisation("reader"), "purpose": "内涝"} | facts
    return request_reuse(by=ENGINEER, terminal=device, until_on=today(until), **facts)


@pytest.fixture
def device(lake) -> Terminal:
    """A terminal of the bureau that has said something."""
    made = terminal("T1", grade=2, lon=HERE[0], lat=HERE[1])
    StreamState.objects.create(
        datastream=made.datastreams.get(),
        at=SAID_AT,
        value=7.5,
        quality=0,
        same_since=SAID_AT,
        same_count=1,
    )
    return made


@pytest.fixture
def client(device) -> Client:
    """The browser of somebody of the organisation ``reader``."""
    client = Client()
    client.force_login(member(organisation("reader"), *LOOKING).user)
    return client


def answers(address: str):
    return lambda client: client.get(address).status_code == 200


PATHS = {
    "list": lambda c: "/sensing/terminals/T1/" in c.get("/sensing/terminals/").text,
    "record": answers("/sensing/terminals/T1/"),
    "api list": lambda c: c.get(API).json()["count"]["number"] == 1,
    "api record": answers(f"{API}/T1"),
    "latest": answers(f"{API}/T1/latest"),
    "series": answers(f"{API}/T1/series?property=temperature"),
    "map": lambda c: bool(c.get(LAYER).json()["features"]),
    "map search": lambda c: bool(c.get("/api/v1/map/search", {"q": "T1"}).json()),
}


def opened(client: Client) -> set[str]:
    """The paths on which the terminal can be seen."""
    return {name for name, is_open in PATHS.items() if is_open(client)}


def test_the_reader_sees_nothing_before_the_owner_grants(client, device):
    asked(device)

    assert opened(client) == set()


def test_a_granted_reuse_opens_every_path_that_reads(client, device):
    grant_reuse(asked(device), by=OWNER)

    assert opened(client) == set(PATHS)
    assert client.get(f"{API}/T1/latest").json()[0]["value"] == 7.5


def test_a_granted_reuse_opens_nothing_that_writes_or_carries_away(client, device):
    grant_reuse(asked(device), by=OWNER)

    answer = client.patch(f"{API}/T1", {"name": "mine"}, content_type="application/json")

    assert answer.status_code == 403
    assert client.get("/sensing/terminals/T1/edit/").status_code == 403
    assert b"T1" not in client.get("/sensing/terminals/-/export.csv").getvalue()


def test_the_right_lasts_to_the_end_of_its_day_and_no_longer(client, device):
    reuse = grant_reuse(asked(device, until=0), by=OWNER)
    on_its_day = opened(client)

    ReuseRequest.objects.filter(pk=reuse.pk).update(until_on=today(-1))

    assert on_its_day == set(PATHS)
    assert opened(client) == set()


def test_revocation_closes_at_once(client, device):
    reuse = grant_reuse(asked(device), by=OWNER)

    revoke_reuse(reuse, by=OWNER, reason="设备检修")

    assert opened(client) == set()


def test_another_organisation_gains_nothing(device):
    grant_reuse(asked(device), by=OWNER)
    stranger = member(organisation("stranger"), VIEW)

    assert not visible_to(Terminal.objects.all(), stranger, VIEW).exists()
    assert not may(stranger, VIEW, device)


def test_a_reader_sees_no_terminal_above_their_grade(device):
    Terminal.objects.update(grade=3)
    device.refresh_from_db()
    grant_reuse(asked(device), by=OWNER)
    reader = member(organisation("reader"), VIEW, grade=2)

    assert not visible_to(Terminal.objects.all(), reader, VIEW).exists()
    assert not may(reader, VIEW, device)


def test_two_reuses_of_one_terminal_show_it_once(device):
    parent = organisation("reader")
    child = organisation("reader-2")
    child.path = f"{parent.path}reader-2/"
    child.save()
    grant_reuse(asked(device), by=OWNER)
    grant_reuse(asked(device, organisation=child), by=OWNER)
    reader = member(parent, VIEW)

    assert visible_to(Terminal.objects.all(), reader, VIEW).count() == 1
    assert may(reader, VIEW, device)


def test_datastreams_follow_their_terminal(device):
    grant_reuse(asked(device), by=OWNER)
    path = organisation("reader").path
    reader = Reaching(
        Reach(frozenset({"sensing.view_datastream"}), organisation_path=path, grade=2)
    )

    assert visible_to(Datastream.objects.all(), reader, "sensing.view_datastream").count() == 1
    assert may(reader, "sensing.view_datastream", device.datastreams.get())


def test_only_the_owner_decides(device):
    reuse = asked(device)
    decide = ("sensing.grant_reuse", "sensing.refuse_reuse", "sensing.revoke_reuse")
    asker = member(organisation("reader"), *decide)

    with pytest.raises(NotAllowed):
        grant_reuse(reuse, by=asker)
    with pytest.raises(NotAllowed):
        refuse_reuse(reuse, by=asker, reason="x")
    assert grant_reuse(reuse, by=member(organisation("bureau"), *decide)).state == State.GRANTED


def test_nobody_asks_in_the_name_of_another_organisation(device):
    owner = member(organisation("bureau"), "sensing.request_reuse")

    with pytest.raises(NotAllowed):
        request_reuse(
            by=owner,
            terminal=device,
            organisation=organisation("reader"),
            purpose="x",
            until_on=today(1),
        )


def test_only_the_asker_withdraws(device):
    reuse = asked(device)

    with pytest.raises(NotAllowed):
        withdraw_reuse(reuse, by=member(organisation("bureau"), "sensing.withdraw_reuse"))
    assert withdraw_reuse(reuse, by=ENGINEER).state == State.WITHDRAWN


def test_the_owner_may_set_an_earlier_day(device):
    reuse = grant_reuse(asked(device), by=OWNER, until_on=today(7))

    assert reuse.until_on == today(7)


@pytest.mark.parametrize("act", [refuse_reuse, revoke_reuse])
def test_refusing_and_revoking_need_a_reason(device, act):
    reuse = asked(device)
    if act is revoke_reuse:
        reuse = grant_reuse(reuse, by=OWNER)

    with pytest.raises(WrongValues) as refusal:
        act(reuse, by=OWNER, reason="")

    assert set(refusal.value.problems) == {"reason"}


ACTS = {
    State.GRANTED: lambda r: grant_reuse(r, by=OWNER),
    State.REFUSED: lambda r: refuse_reuse(r, by=OWNER, reason="x"),
    State.WITHDRAWN: lambda r: withdraw_reuse(r, by=ENGINEER),
    State.REVOKED: lambda r: revoke_reuse(r, by=OWNER, reason="x"),
}


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(ACTS))
def test_a_reuse_moves_along_its_life_and_nowhere_else(before, after):
    reuse = asked(terminal("T1"))
    ReuseRequest.objects.update(state=before)

    if after in NEXT[before]:
        assert ACTS[after](reuse).state == after
    else:
        with pytest.raises(Conflict):
            ACTS[after](reuse)


def test_the_daily_job_marks_what_is_over_and_nothing_else():
    over, lasting = asked(terminal("T1")), asked(terminal("T2"))
    grant_reuse(lasting, by=OWNER, until_on=today())
    ReuseRequest.objects.filter(pk=over.pk).update(until_on=today(-1))

    ended = expire_reuse(by=everyone("sensing.expire_reuse"), today=today())

    states = dict(ReuseRequest.objects.values_list("pk", "state"))
    assert ended == 1
    assert states == {over.pk: State.EXPIRED, lasting.pk: State.GRANTED}


def test_one_cannot_ask_for_ones_own_twice_or_for_the_past():
    device = terminal("T1")
    asked(device)

    with pytest.raises(Conflict, match="already"):
        asked(device)
    with pytest.raises(WrongValues) as own:
        asked(device, organisation=organisation("bureau"))
    with pytest.raises(WrongValues) as past:
        asked(terminal("T2"), until=-1)

    assert set(own.value.problems) == {"terminal"}
    assert set(past.value.problems) == {"until_on"}


def test_a_request_is_amended_until_it_is_decided():
    reuse = asked(terminal("T1"))
    amend_reuse(reuse, by=ENGINEER, purpose="防汛")
    grant_reuse(reuse, by=OWNER)

    with pytest.raises(Conflict):
        amend_reuse(reuse, by=ENGINEER, purpose="其他")

    assert ReuseRequest.objects.get().purpose == "防汛"


def test_a_candidate_is_asked_for_instead_of_building():
    terminal("T1", lon=HERE[0], lat=HERE[1])
    wanted = request(sector())
    candidate = wanted.candidates.get()

    reuse = reuse_candidate(wanted, candidate.pk, by=ENGINEER, until_on=today(90))

    assert (reuse.request, reuse.organisation, reuse.purpose) == (
        wanted,
        wanted.organisation,
        wanted.purpose,
    )


def test_a_candidate_above_the_grade_of_the_asker_is_not_there_for_them():
    terminal("T1", lon=HERE[0], lat=HERE[1], grade=4)
    wanted = request(sector())
    asker = member(organisation("asker"), "sensing.reuse_candidate", VIEW, grade=2)

    with pytest.raises(NotAllowed):
        reuse_candidate(wanted, wanted.candidates.get().pk, by=asker, until_on=today(1))


def test_asking_needs_its_right():
    with pytest.raises(NotAllowed):
        request_reuse(
            by=nobody(),
            terminal=terminal("T1"),
            organisation=organisation("reader"),
            purpose="x",
            until_on=today(),
        )
