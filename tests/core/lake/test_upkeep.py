import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append

from .factories import READINGS, readings, triples

NO_TIME = timedelta(0)


@pytest.fixture
def _no_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "YOUNGEST", NO_TIME)


def written(lake: Lake, commits: int, *, meter: int = 1) -> list[int]:
    return [
        append(lake, READINGS, readings((meter, minute, float(minute)))).snapshot
        for minute in range(commits)
    ]


def test_merging_keeps_rows_history_and_insertions(lake: Lake) -> None:
    snapshots = written(lake, 10)
    append(lake, READINGS, readings((2, 0, 1.0), (2, 1, 1.0)))
    changed = readings((2, 1, 33.0))
    last = append(lake, READINGS, changed, remove=changed.select(READINGS.key)).snapshot
    rows = triples(lake.query("FROM readings"))

    done = upkeep.compact(lake, READINGS)

    middle = lake.query(f"FROM readings AT (VERSION => {snapshots[4]})")
    assert (done.before, done.passed_over) == (12, 0)
    assert done.after <= 2
    assert triples(lake.query("FROM readings")) == rows
    assert triples(middle) == [(1, minute, float(minute)) for minute in range(5)]
    assert len(lake.insertions(READINGS, snapshots[0] - 1, lake.current_snapshot())) == 13
    assert len(lake.insertions(READINGS, last, lake.current_snapshot())) == 0


def test_a_few_small_files_are_left_alone(lake: Lake) -> None:
    written(lake, upkeep.FEWEST - 1)
    before = lake.current_snapshot()

    upkeep.compact(lake, READINGS)

    assert lake.current_snapshot() == before


def test_merged_files_are_sorted(lake: Lake) -> None:
    for meter in range(9, 0, -1):
        append(lake, READINGS, readings((meter, 0, 1.0), (meter + 10, 0, 1.0)))

    upkeep.compact(lake, READINGS)

    (path,) = lake.query("SELECT data_file FROM ducklake_list_files('lake', 'readings')").row(0)
    meters = pl.read_parquet(path)["meter"].to_list()
    assert meters == sorted(meters)


def test_rows_replaced_since_the_merge_stay_single(lake: Lake) -> None:
    written(lake, 9)
    upkeep.compact(lake, READINGS)
    changed = readings(*((1, minute, -1.0) for minute in range(9)))

    append(lake, READINGS, changed, remove=changed.select(READINGS.key))
    upkeep.compact(lake, READINGS)

    assert triples(lake.query("FROM readings")) == triples(changed)


@pytest.mark.usefixtures("_no_young")
def test_snapshots_a_follower_has_not_read_are_kept(lake: Lake) -> None:
    snapshots = written(lake, 6)

    forgotten = upkeep.expire(lake, keep=NO_TIME, followers=(snapshots[3], snapshots[5]))

    assert forgotten == snapshots[3]
    assert len(lake.insertions(READINGS, snapshots[3], snapshots[5])) == 2
    assert len(lake.query("FROM readings")) == 6


def test_young_snapshots_are_kept_whatever_is_asked(lake: Lake) -> None:
    written(lake, 3)

    assert upkeep.expire(lake, keep=NO_TIME) == 0


@pytest.mark.usefixtures("_no_young")
def test_files_nobody_needs_are_removed_and_no_others(lake: Lake) -> None:
    written(lake, 9)
    abandoned = lake.files.put(READINGS, readings((5, 5, 5.0)))
    upkeep.compact(lake, READINGS)
    upkeep.expire(lake, keep=NO_TIME)
    seen: list[tuple[int, int]] = []

    removed = upkeep.clean(lake, grace=NO_TIME, progress=lambda *step: seen.append(step))

    left = list(Path(lake.place.folder).rglob("*.parquet"))
    assert removed == 10
    assert not Path(abandoned.address).exists()
    assert len(left) == 1
    assert len(lake.query("FROM readings")) == 9
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_a_file_being_written_is_not_taken_for_abandoned(lake: Lake) -> None:
    path = Path(lake.files.put(READINGS, readings((5, 5, 5.0))).address)
    os.utime(path, (time.time() - 300,) * 2)

    upkeep.clean(lake, grace=NO_TIME)

    assert path.exists()


def test_upkeep_runs_beside_writers_who_lose_nothing(lake: Lake) -> None:
    writers = [
        threading.Thread(target=written, args=(lake, 15), kwargs={"meter": m}) for m in (1, 2)
    ]
    beside = Lake(lake.place, threads=1, memory="256MB")
    for writer in writers:
        writer.start()

    while any(writer.is_alive() for writer in writers):
        upkeep.compact(beside, READINGS)

    assert triples(lake.query("FROM readings")) == [
        (meter, minute, float(minute)) for meter in (1, 2) for minute in range(15)
    ]
    beside.close()
