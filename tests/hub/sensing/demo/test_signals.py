from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.hub.sensing.demo.faults import Fault, faults
from chengshu.hub.sensing.demo.signals import Signal, as_observations, said

FOUNDED = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def signal(number: int = 1, fault: str = "", name: str = "noise") -> Signal:
    return Signal(number, f"T{number}", name, 300, faults[fault] if fault else Fault(), FOUNDED)


def test_a_device_speaks_once_per_interval() -> None:
    rows = said([signal()], FOUNDED, FOUNDED + DAY, 5)

    assert len(rows) == 288
    assert set(rows["at"].diff().drop_nulls()) == {5 * MINUTE}


def test_what_is_said_in_parts_is_what_is_said_at_once() -> None:
    wanted = [signal(number) for number in range(1, 20)]

    whole = said(wanted, FOUNDED, FOUNDED + DAY, 5)
    parts = [
        said(wanted, FOUNDED + hour * 60 * MINUTE, FOUNDED + (hour + 1) * 60 * MINUTE, 5)
        for hour in range(24)
    ]

    assert pl.concat(parts).sort("datastream", "at").equals(whole.sort("datastream", "at"))


def test_devices_do_not_all_speak_at_once() -> None:
    wanted = [signal(number) for number in range(1, 101)]

    rows = said(wanted, FOUNDED, FOUNDED + 5 * MINUTE, 5)

    by_minute = rows.group_by(pl.col("at").dt.truncate("1m")).len()
    assert len(rows) == 100
    assert by_minute["len"].max() < 40


def test_a_frozen_device_repeats_one_value_from_its_fault_on() -> None:
    rows = said([signal(fault="frozen")], FOUNDED - DAY, FOUNDED + DAY, 5)

    after = rows.filter(pl.col("at") > FOUNDED - 20 * HOUR)["value"]
    before = rows.filter(pl.col("at") <= FOUNDED - 20 * HOUR)["value"]
    assert after.n_unique() == 1
    assert before.n_unique() > 10


@pytest.mark.parametrize("start", [FOUNDED - 30 * HOUR, FOUNDED])
def test_a_silent_device_says_nothing_after_its_fault(start: datetime) -> None:
    assert said([signal(fault="silent")], start, start + DAY, 5).is_empty()


def test_a_mended_device_was_silent_for_a_time() -> None:
    rows = said([signal(fault="mended")], FOUNDED - 4 * DAY, FOUNDED, 5)

    assert rows["at"].diff().max() == timedelta(hours=34) + 5 * MINUTE


def test_a_device_with_a_wrong_clock_dates_what_it_says_a_day_ahead() -> None:
    rows = said([signal(fault="clock-wrong")], FOUNDED, FOUNDED + DAY, 5)

    assert rows["at"].min() > FOUNDED + DAY


def test_a_jumping_device_leaps_at_every_beat() -> None:
    rows = said([signal(fault="jumping", name="water-level")], FOUNDED, FOUNDED + DAY, 5)

    assert rows["value"].diff().drop_nulls().abs().min() > 1


def test_observations_are_joined_by_terminal_and_time() -> None:
    wanted = [
        Signal(1, "W1", "temperature", 600, Fault(), FOUNDED),
        Signal(2, "W1", "humidity", 600, Fault(), FOUNDED),
    ]

    sent = as_observations(said(wanted, FOUNDED, FOUNDED + 10 * MINUTE, 5), wanted)

    assert [(one["terminal"], set(one["values"])) for one in sent] == [
        ("W1", {"temperature", "humidity"})
    ]
