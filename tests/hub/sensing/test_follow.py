from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.core.events.models import OutboxEvent
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing import follow
from chengshu.hub.sensing.health import streams as health
from chengshu.hub.sensing.listeners import BatchListener, batch_listeners
from chengshu.hub.sensing.models import Datastream, StreamState, Terminal, TerminalState

from .factories import feed, observed_property, stream, terminal
from .storing import store

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def healths() -> list[tuple[str, str, str]]:
    """(terminal, before, after) of every change told, in order."""
    told = OutboxEvent.objects.filter(type="terminal.health-changed").order_by("id")
    return [(e.body["code"], e.body["before"], e.body["health"]) for e in told]


def test_stored_observations_become_the_latest_state_of_their_stream(lake: Lake):
    number = stream(terminal())
    store(lake, (number, START, 1.0), (number, START + HOUR, 2.0))

    worked_in = follow.follow_once()

    state = StreamState.objects.get(pk=number)
    assert worked_in == 2
    assert (state.at, state.value, state.health) == (START + HOUR, 2.0, "online")


def test_nothing_new_is_told_apart_from_an_empty_batch(lake: Lake):
    assert follow.follow_once() == -1


def test_a_late_observation_does_not_turn_the_state_back(lake: Lake):
    number = stream(terminal())
    store(lake, (number, START + HOUR, 2.0))
    follow.follow_once()
    store(lake, (number, START, 1.0))

    follow.follow_once()

    assert StreamState.objects.get(pk=number).value == 2.0


def test_a_failure_in_a_listener_leaves_nothing_half_worked_in(lake: Lake):
    def fail(batch: pl.DataFrame) -> None:
        raise RuntimeError("killed here")

    number = stream(terminal())
    before = Follower.objects.get(name=follow.NAME).snapshot
    store(lake, (number, START, 1.0))
    broken = BatchListener("broken", fail)
    with (
        batch_listeners.temporarily("broken", broken),
        pytest.raises(RuntimeError, match="killed here"),
    ):
        follow.follow_once()

    assert not StreamState.objects.exists()
    assert Follower.objects.get(name=follow.NAME).snapshot == before
    assert follow.follow_once() == 1


def test_every_listener_hears_a_batch_once_with_the_facts_of_its_streams(lake: Lake):
    heard: list[pl.DataFrame] = []
    spoken = terminal("T7")
    store(lake, (stream(spoken), START, 1.0))
    with batch_listeners.temporarily("test", BatchListener("test", heard.append)):
        follow.follow_once()
        follow.follow_once()

    (batch,) = heard
    row = batch.row(0, named=True)
    assert (row["terminal_code"], row["property"], row["value"]) == ("T7", "temperature", 1.0)


def test_a_stream_that_repeats_one_value_for_twelve_reports_is_frozen(lake: Lake):
    number = stream(terminal())
    store(lake, *((number, START + HOUR * n, 7.0) for n in range(12)))

    follow.follow_once()

    assert healths() == [("T1", "unknown", "frozen")]
    assert TerminalState.objects.get().since == START


def test_a_frozen_terminal_that_moves_again_is_online_at_that_moment(lake: Lake):
    number = stream(terminal())
    store(lake, *((number, START + HOUR * n, 7.0) for n in range(12)))
    follow.follow_once()
    store(lake, (number, START + HOUR * 12, 8.0))

    follow.follow_once()

    assert healths()[-1] == ("T1", "frozen", "online")


def test_a_constant_value_below_the_quiet_mark_is_not_frozen(lake: Lake):
    quiet = terminal(properties=())
    rain = Datastream.objects.create(
        terminal=quiet,
        observed_property=observed_property("rain", quiet_below=0.0),
        code="rain",
        interval_seconds=3600,
    )
    store(lake, *((rain.pk, START + HOUR * n, 0.0) for n in range(20)))

    follow.follow_once()

    assert healths() == [("T1", "unknown", "online")]


def test_a_live_terminal_is_silent_after_three_intervals_of_the_clock(lake: Lake):
    number = stream(terminal())
    store(lake, (number, START, 1.0))
    follow.follow_once()

    health.fall_silent(START + 3 * HOUR)
    still = TerminalState.objects.get().health
    health.fall_silent(START + 3 * HOUR + timedelta(seconds=1))

    assert still == "late"
    assert healths()[-1] == ("T1", "late", "silent")


def test_a_terminal_never_heard_in_a_live_feed_is_not_called_silent(lake: Lake):
    terminal()

    health.fall_silent(START)

    assert healths() == []


def test_a_terminal_with_one_silent_stream_is_partly_silent(lake: Lake):
    two = terminal(properties=("temperature", "humidity"))
    store(lake, (stream(two, "temperature"), START, 1.0), (stream(two, "humidity"), START, 1.0))
    follow.follow_once()
    store(lake, (stream(two, "temperature"), START + 4 * HOUR, 2.0))
    follow.follow_once()

    health.fall_silent(START + 4 * HOUR)

    assert healths()[-1] == ("T1", "online", "partial")


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_records_show_the_same_healths_however_they_are_cut_into_batches(lake: Lake, pieces: int):
    """One station goes on, one stops for five hours, one never speaks."""
    records = feed("records", clock="records")
    going, stopping, dead = (terminal(code, feed=records) for code in ("A", "B", "C"))
    rows = [(stream(going), START + HOUR * n, float(n)) for n in range(14)]
    rows += [(stream(stopping), START + HOUR * n, float(n)) for n in range(14) if not 4 < n < 10]
    rows.sort(key=lambda row: row[1])
    assert dead.code == "C"

    size = -(-len(rows) // pieces)
    for first in range(0, len(rows), size):
        store(lake, *rows[first : first + size])
        follow.follow_once()

    assert sorted(healths()) == [
        ("A", "unknown", "online"),
        ("B", "online", "silent"),
        ("B", "silent", "online"),
        ("B", "unknown", "online"),
        ("C", "unknown", "silent"),
    ]


def test_a_suspended_terminal_does_not_fall_silent(lake: Lake):
    resting = terminal()
    store(lake, (stream(resting), START, 1.0))
    follow.follow_once()
    Terminal.objects.update(state=Terminal.State.SUSPENDED)

    health.fall_silent(START + 100 * HOUR)

    assert healths()[-1] == ("T1", "unknown", "online")
