from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import CommitConflict, CommitUnknown
from chengshu.core.lake.writing import append, transaction
from chengshu.kit.errors import Full
from tests.limits import files_no_larger_than

from .factories import READINGS, end_sessions, readings, triples


def parquet_files(lake: Lake) -> list[Path]:
    return sorted(Path(lake.place.folder).rglob("*.parquet"))


def second_view(lake: Lake) -> Lake:
    """The same lake as another process sees it."""
    return Lake(lake.place, threads=1, memory="256MB")


def test_appending_says_when_and_how_much(lake: Lake) -> None:
    before = lake.current_snapshot()

    done = append(lake, READINGS, readings((1, 0, 1.0), (1, 1, 2.0)))

    assert (done.snapshot, done.rows, done.files, done.removed) == (before + 1, 2, 1, 0)
    assert lake.current_snapshot() == done.snapshot


def test_appending_nothing_makes_no_snapshot(lake: Lake) -> None:
    before = lake.current_snapshot()

    append(lake, READINGS, readings())

    assert lake.current_snapshot() == before


def test_a_row_is_replaced_in_one_snapshot(lake: Lake) -> None:
    first = append(lake, READINGS, readings((1, 0, 1.0), (1, 1, 1.0)))
    changed = readings((1, 1, 2.0))

    done = append(lake, READINGS, changed, remove=changed.select(READINGS.key))

    assert (done.snapshot, done.removed) == (first.snapshot + 1, 1)
    assert triples(lake.query("FROM readings")) == [(1, 0, 1.0), (1, 1, 2.0)]


def test_what_was_decided_on_an_older_snapshot_is_not_committed(lake: Lake) -> None:
    base = append(lake, READINGS, readings((1, 0, 1.0))).snapshot
    append(lake, READINGS, readings((1, 1, 1.0)))
    files = parquet_files(lake)

    with pytest.raises(CommitConflict):
        append(lake, READINGS, readings((1, 2, 1.0)), base=base)

    assert parquet_files(lake) == files
    assert len(lake.query("FROM readings")) == 2


def test_a_commit_in_between_is_a_conflict(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))
    other = second_view(lake)
    gone = readings((1, 0, 1.0)).select(READINGS.key)

    def be_overtaken() -> None:
        with transaction(lake) as change:
            change.remove(READINGS, gone)
            append(other, READINGS, readings((2, 0, 2.0)))

    with pytest.raises(CommitConflict):
        be_overtaken()

    assert triples(lake.query("FROM readings")) == [(1, 0, 1.0), (2, 0, 2.0)]
    other.close()


def test_appends_of_two_processes_make_room_for_each_other(lake: Lake) -> None:
    other = second_view(lake)

    snapshots = [
        append(view, READINGS, readings((meter, minute, 1.0))).snapshot
        for minute in range(5)
        for meter, view in enumerate((lake, other))
    ]

    assert snapshots == list(range(snapshots[0], snapshots[0] + 10))
    assert len(other.query("FROM readings")) == 10
    other.close()


def test_an_error_inside_a_transaction_leaves_nothing(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))
    gone = readings((1, 0, 1.0)).select(READINGS.key)

    def fail() -> None:
        with transaction(lake) as change:
            change.remove(READINGS, gone)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert triples(lake.query("FROM readings")) == [(1, 0, 1.0)]


def test_a_full_disk_is_said_and_leaves_nothing(lake: Lake) -> None:
    rows = readings(*((1, minute, minute / 7) for minute in range(20_000)))

    with files_no_larger_than(10_000), pytest.raises(Full):
        append(lake, READINGS, rows)

    assert parquet_files(lake) == []
    assert append(lake, READINGS, rows).rows == 20_000


def test_a_connection_lost_at_the_commit_is_told_apart(lake: Lake) -> None:
    def lose_the_connection() -> None:
        with transaction(lake) as change:
            change.add(READINGS, lake.files.put(READINGS, readings((1, 0, 1.0))))
            end_sessions(lake)

    with pytest.raises(CommitUnknown):
        lose_the_connection()

    append(lake, READINGS, readings((1, 1, 2.0)))
    assert triples(lake.query("FROM readings")) == [(1, 1, 2.0)]


def test_a_patient_commit_does_not_mind_those_of_others(lake: Lake) -> None:
    """What it removes and adds is there, and so is all that others added meanwhile."""
    append(lake, READINGS, readings(*((0, minute, 0.0) for minute in range(20))))
    other_process = second_view(lake)

    with ThreadPoolExecutor(1) as pool:
        others = [
            pool.submit(append, other_process, READINGS, readings((1, n, 1.0))) for n in range(40)
        ]
        for minute in range(20):
            append(
                lake,
                READINGS,
                readings((0, minute, 2.0)),
                remove=readings((0, minute, 0.0)),
                is_patient=True,
            )
        for other in others:
            other.result()
    other_process.close()

    found = lake.query("SELECT meter, count(*), sum(value) FROM readings GROUP BY ALL ORDER BY ALL")
    assert found.rows() == [(0, 20, 40.0), (1, 40, 40.0)]
