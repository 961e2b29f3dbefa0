from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.hub.sensing.demo.signals import (
    FROZEN_FOR,
    SILENT_FOR,
    Signal,
    as_observations,
    said,
)

FOUNDED = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def signal(number: int = 1, fault: str = "", name: str = "noise") -> Signal:
    return Signal(number, f"T{number}", name, 300, fault, FOUNDED)


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

    after = rows.filter(pl.col("at") > FOUNDED - FROZEN_FOR)["value"]
    before = rows.filter(pl.col("at") <= FOUNDED - FROZEN_FOR)["value"]
    assert after.n_unique() == 1
    assert before.n_unique() > 10


@pytest.mark.parametrize("start", [FOUNDED - SILENT_FOR, FOUNDED])
def test_a_silent_device_says_nothing_after_its_fault(start: datetime) -> None:
    assert said([signal(fault="silent")], start, start + DAY, 5).is_empty()


def test_observations_are_joined_by_terminal_and_time() -> None:
    wanted = [
        Signal(1, "W1", "temperature", 600, "", FOUNDED),
        Signal(2, "W1", "humidity", 600, "", FOUNDED),
    ]

    sent = as_observations(said(wanted, FOUNDED, FOUNDED + 10 * MINUTE, 5), wanted)

    assert [(one["terminal"], set(one["values"])) for one in sent] == [
        ("W1", {"temperature", "humidity"})
    ]
