"""Every kind of health, from observations that were stored and values that were refused."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chengshu.core.access.policy import System
from chengshu.core.events.models import OutboxEvent
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing import follow
from chengshu.hub.sensing.health.streams import fall_silent
from chengshu.hub.sensing.ingest import keeping
from chengshu.hub.sensing.ingest.rejected import describe
from chengshu.hub.sensing.models import (
    HealthPeriod,
    HealthRule,
    ObservedProperty,
    Rejection,
    StreamState,
    Terminal,
    TerminalState,
)

from .factories import feed, stream, terminal
from .storing import store

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def health_of(code: str = "T1") -> str:
    return TerminalState.objects.get(terminal__code=code).health


def told() -> list[tuple[str, str]]:
    """(terminal, health) of every change told, in order."""
    events = OutboxEvent.objects.filter(type="terminal.health-changed").order_by("id")
    return [(e.body["code"], e.body["health"]) for e in events]


def hear(lake: Lake, *rows: tuple[int, datetime, float]) -> None:
    store(lake, *rows)
    follow.follow_once()


def limit(**limits: float) -> None:
    ObservedProperty.objects.update(**limits)


def refuse(times: int, reason: str, **row: object) -> None:
    refused = [
        Rejection(sender="s", entrance="json", code=reason, message="m", row=row)
        for _ in range(times)
    ]
    Rejection.objects.bulk_create(describe(refused))


def test_a_live_terminal_is_late_before_it_is_silent(lake: Lake):
    hear(lake, (stream(terminal()), START, 1.0))

    fall_silent(START + 1.6 * HOUR)

    assert health_of() == "late"
    assert TerminalState.objects.get().since == START


def test_records_are_never_late(lake: Lake):
    records = feed("records", clock="records")
    slow, going = terminal("A", feed=records), terminal("B", feed=records)
    hear(lake, (stream(slow), START, 1.0), (stream(going), START + 2 * HOUR, 1.0))

    assert health_of("A") == "online"


def test_values_outside_the_normal_range_are_out_of_range_until_they_are_not(lake: Lake):
    number = stream(terminal())
    limit(normal_high=40.0)
    hear(lake, *((number, START + HOUR * n, 50.0 + n) for n in range(3)))
    ill = health_of()

    hear(lake, (number, START + HOUR * 3, 20.0))

    assert (ill, health_of()) == ("out-of-range", "online")


def test_steps_larger_than_a_property_can_make_are_jumping(lake: Lake):
    number = stream(terminal())
    limit(largest_step=5.0)

    hear(lake, *((number, START + HOUR * n, 30.0 * (n % 2)) for n in range(6)))

    assert health_of() == "jumping"


def test_a_battery_below_its_limit_is_low(lake: Lake):
    number = stream(terminal())
    limit(battery_low=20.0)

    hear(lake, (number, START, 12.0))

    assert health_of() == "low-battery"


def test_a_device_whose_reports_come_from_the_future_has_a_wrong_clock(lake: Lake):
    number = stream(terminal())

    for n in range(3):
        hear(lake, (number, timezone.now() + 5 * MINUTE, float(n)))

    assert health_of() == "clock-wrong"


def test_a_device_whose_clock_stays_behind_is_not_silent_while_it_speaks(lake: Lake):
    number = stream(terminal())
    for n in range(3):
        hear(lake, (number, timezone.now() - 5 * HOUR, float(n)))

    fall_silent(timezone.now())
    spoken = health_of()
    fall_silent(timezone.now() + 4 * HOUR)

    assert (spoken, health_of()) == ("clock-wrong", "silent")


def test_many_refusals_for_the_future_in_a_row_are_a_wrong_clock(lake: Lake):
    hear(lake, (stream(terminal()), timezone.now(), 1.0))
    refuse(3, "far-future", terminal="T1", property="temperature", value=1)

    fall_silent(timezone.now())

    assert health_of() == "clock-wrong"


def test_many_refusals_for_impossible_values_in_a_row_are_out_of_range(lake: Lake):
    number = stream(terminal())
    hear(lake, (number, timezone.now(), 1.0))
    refuse(3, "out-of-range", datastream=number, value=9e9)

    fall_silent(timezone.now())

    assert health_of() == "out-of-range"


def test_refusals_before_the_last_accepted_value_are_forgiven(lake: Lake):
    refuse(9, "far-future", terminal="T1", property="temperature", value=1)
    hear(lake, (stream(terminal()), timezone.now(), 1.0))

    fall_silent(timezone.now())

    assert health_of() == "online"


def refuse_at(
    moment: datetime, rows: int, monkeypatch: pytest.MonkeyPatch, code: str = "T1"
) -> None:
    """*rows* of the gateway's, dated too far ahead and received at *moment*."""
    row = {"terminal": code, "property": "temperature", "value": 1}
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: moment)
        keeping.keep(rows * [("far-future", "m", row)], "json", System("gateway", frozenset()))


def test_a_wrong_clock_whose_refusals_are_counted_only_does_not_fall_silent(
    lake: Lake, settings, monkeypatch: pytest.MonkeyPatch
):
    settings.CHENGSHU = replace(settings.CHENGSHU, rejections_kept=3)
    now = timezone.now()
    hear(lake, (stream(terminal()), now, 1.0))
    refuse_at(now + MINUTE, 3, monkeypatch)
    fall_silent(now + 2 * MINUTE)
    refuse_at(now + 4 * HOUR, 1, monkeypatch)

    fall_silent(now + 4 * HOUR + MINUTE)
    speaking = health_of()
    fall_silent(now + 8 * HOUR)

    assert (speaking, health_of()) == ("clock-wrong", "silent")


def test_a_wrong_clock_falls_silent_though_its_sender_is_refused_for_others(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    now = timezone.now()
    hear(lake, (stream(terminal()), now, 1.0))
    refuse_at(now + MINUTE, 3, monkeypatch)
    fall_silent(now + 2 * MINUTE)
    refuse_at(now + 4 * HOUR, 9, monkeypatch, code="T2")

    fall_silent(now + 4 * HOUR + MINUTE)

    assert health_of() == "silent"


def test_two_refusals_are_not_many(lake: Lake):
    hear(lake, (stream(terminal()), timezone.now(), 1.0))
    refuse(2, "far-future", terminal="T1", property="temperature", value=1)

    fall_silent(timezone.now())

    assert health_of() == "online"


def test_a_silent_device_that_speaks_is_online_in_the_transaction_that_works_it_in(lake: Lake):
    number = stream(terminal())
    hear(lake, (number, START, 1.0))
    fall_silent(START + 9 * HOUR)
    silent = health_of()
    store(lake, (number, START + 9 * HOUR, 2.0))

    follow.follow_once()

    state = StreamState.objects.get()
    assert silent == "silent"
    assert (state.at, state.health, health_of()) == (START + 9 * HOUR, "online", "online")


@pytest.mark.django_db(transaction=True)
def test_nobody_is_judged_silent_while_a_batch_is_worked_in() -> None:
    """Judging waits for the lock that the batch holds."""
    Follower.objects.create(name=follow.NAME)
    judged = threading.Event()

    def judge() -> None:
        follow.look_for_silence(timezone.now())
        judged.set()
        connection.close()

    judging = threading.Thread(target=judge)
    with transaction.atomic():
        Follower.objects.select_for_update().get(name=follow.NAME)
        judging.start()
        waited = not judged.wait(0.5)
    judging.join(30)

    assert waited
    assert judged.is_set()


def test_an_old_value_does_not_bring_a_silent_device_back(lake: Lake):
    number = stream(terminal())
    hear(lake, (number, START, 1.0))
    fall_silent(START + 9 * HOUR)

    hear(lake, (number, START - HOUR, 2.0))

    assert health_of() == "silent"


def test_the_worst_of_the_streams_is_the_terminals(lake: Lake):
    two = terminal(properties=("temperature", "charge"))
    ObservedProperty.objects.filter(code="charge").update(battery_low=20.0)
    ObservedProperty.objects.filter(code="temperature").update(normal_high=40.0)
    rows = [(stream(two, "charge"), START + HOUR * n, 12.0 + n) for n in range(3)]
    rows += [(stream(two, "temperature"), START + HOUR * n, 50.0 + n) for n in range(3)]

    hear(lake, *rows)

    assert health_of() == "out-of-range"


def test_the_limits_of_a_kind_and_property_are_the_citys(lake: Lake):
    number = stream(terminal())
    HealthRule.objects.create(late_intervals=5, silent_intervals=9)
    HealthRule.objects.create(kind="sensor", silent_intervals=6, late_intervals=5)
    hear(lake, (number, START, 1.0))

    fall_silent(START + 5.5 * HOUR)
    late = health_of()
    fall_silent(START + 6.5 * HOUR)

    assert (late, health_of()) == ("late", "silent")


def test_the_past_of_a_terminal_is_kept_without_gaps(lake: Lake):
    number = stream(terminal())
    hear(lake, (number, START, 1.0))
    fall_silent(START + 9 * HOUR)
    hear(lake, (number, START + 10 * HOUR, 1.5))

    periods = HealthPeriod.objects.order_by("id").values_list("health", "since", "until")
    assert list(periods) == [
        ("online", START, START),
        ("silent", START, START + 10 * HOUR),
        ("online", START + 10 * HOUR, None),
    ]


@pytest.fixture
def house() -> tuple[Terminal, Terminal, Terminal]:
    """A gateway with two children."""
    gateway = terminal("GW")
    return gateway, terminal("C1", gateway=gateway), terminal("C2", gateway=gateway)


def test_children_are_silent_with_their_gateway(lake: Lake, house: tuple[Terminal, ...]):
    hear(lake, *((stream(each), START, 1.0) for each in house))

    fall_silent(START + 9 * HOUR)

    assert [health_of(code) for code in ("GW", "C1", "C2")] == ["silent", "cut-off", "cut-off"]
    assert [event for event in told() if event[1] == "silent"] == [("GW", "silent")]


def test_a_child_alone_is_silent_by_itself(lake: Lake, house: tuple[Terminal, ...]):
    gateway, one, other = house
    hear(lake, *((stream(each), START, 1.0) for each in house))
    hear(lake, *((stream(each), START + 9 * HOUR, 2.0) for each in (gateway, one)))

    fall_silent(START + 9 * HOUR)

    assert [health_of(code) for code in ("GW", "C1", "C2")] == ["online", "online", "silent"]
    assert other.gateway == gateway


def test_a_child_that_stays_silent_when_its_gateway_speaks_is_silent_by_itself(
    lake: Lake, house: tuple[Terminal, ...]
):
    gateway, one, _other = house
    hear(lake, *((stream(each), START, 1.0) for each in house))
    fall_silent(START + 9 * HOUR)

    hear(lake, *((stream(each), START + 9 * HOUR, 2.0) for each in (gateway, one)))

    assert [health_of(code) for code in ("GW", "C1", "C2")] == ["online", "online", "silent"]


def test_a_child_is_not_blamed_before_its_gateway_has_spoken_since(
    lake: Lake, house: tuple[Terminal, ...]
):
    """The child promises to speak more often than the gateway."""
    gateway, one, _other = house
    one.datastreams.update(interval_seconds=600)
    hear(lake, *((stream(each), START, 1.0) for each in house))

    fall_silent(START + HOUR)
    unknown = health_of("C1")
    hear(lake, (stream(gateway), START + HOUR, 2.0))

    assert (unknown, health_of("C1")) == ("cut-off", "silent")


def test_a_child_that_is_only_partly_due_is_cut_off_as_well(lake: Lake):
    """Its other stream promises a value a day."""
    gateway = terminal("GW")
    child = terminal("C1", properties=("temperature", "charge"), gateway=gateway)
    child.datastreams.filter(code="charge").update(interval_seconds=86_400)
    streams = (stream(gateway), stream(child), stream(child, "charge"))
    hear(lake, *((number, START, 1.0) for number in streams))

    fall_silent(START + 9 * HOUR)

    assert health_of("C1") == "cut-off"


def test_a_child_that_goes_on_speaking_in_part_is_not_cut_off(lake: Lake):
    gateway = terminal("GW")
    child = terminal("C1", properties=("temperature", "charge"), gateway=gateway)
    hear(lake, *((number, START, 1.0) for number in (stream(gateway), stream(child))))
    hear(lake, (stream(child, "charge"), START + 9 * HOUR, 1.0))

    fall_silent(START + 9 * HOUR)

    assert [health_of(code) for code in ("GW", "C1")] == ["silent", "partial"]


def test_a_gateway_without_streams_is_silent_when_all_its_children_are(lake: Lake):
    gateway = terminal("GW", properties=())
    children = [terminal(code, gateway=gateway) for code in ("C1", "C2")]
    hear(lake, *((stream(each), START, 1.0) for each in children))
    online = health_of("GW")

    fall_silent(START + 9 * HOUR)
    silent = [health_of(code) for code in ("GW", "C1", "C2")]
    hear(lake, (stream(children[0]), START + 9 * HOUR, 2.0))

    assert online == "online"
    assert silent == ["silent", "cut-off", "cut-off"]
    assert [health_of(code) for code in ("GW", "C1", "C2")] == ["online", "online", "silent"]
