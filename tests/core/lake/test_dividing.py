"""Large files are divided by stream, and nobody sees another row for it."""

import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chengshu.core.lake import dividing, upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.dividing import divide
from chengshu.core.lake.exchange import Exchange, Touched
from chengshu.core.lake.faults import CommitConflict
from chengshu.core.lake.writing import append, transaction
from chengshu.kit.errors import Full
from tests.limits import files_no_larger_than

from .factories import READINGS, readings, triples

DIVIDED = replace(READINGS, is_divided=True)
METERS = 40
FILES = dividing.ALIKE


@pytest.fixture(autouse=True)
def _small_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dividing, "LARGE", 1)
    monkeypatch.setattr(dividing, "PART", 1000)


def fill(lake: Lake, files: int = FILES, *, begin: int = 0, meters: int = METERS) -> list[int]:
    """Files of one row each of all meters; the snapshots they came with."""
    return [
        append(
            lake, READINGS, readings(*((meter, minute, minute / 7) for meter in range(meters)))
        ).snapshot
        for minute in range(begin, begin + files)
    ]


def files_of(lake: Lake, meter: int) -> list[str]:
    found = lake.query(
        "SELECT DISTINCT filename FROM readings WHERE meter = $meter", {"meter": meter}
    )
    return found["filename"].to_list()


def test_the_rows_of_one_meter_lie_in_one_file_of_several(lake: Lake) -> None:
    fill(lake)
    before = triples(lake.query("FROM readings"))

    assert divide(lake, READINGS)

    assert {len(files_of(lake, meter)) for meter in range(METERS)} == {1}
    assert len(upkeep.file_sizes(lake, READINGS)) >= 2
    assert triples(lake.query("FROM readings")) == before
    assert not divide(lake, READINGS)


def test_the_past_and_the_followers_see_what_they_saw(lake: Lake) -> None:
    snapshots = fill(lake)

    divide(lake, READINGS)

    second = lake.query(f"FROM readings AT (VERSION => {snapshots[1]})")
    later = lake.insertions(READINGS, snapshots[1], lake.current_snapshot())
    assert {minute for _meter, minute, _value in triples(second)} == {0, 1}
    assert {minute for _meter, minute, _value in triples(later)} == {2, 3}
    assert set(later["snapshot"]) == set(snapshots[2:])


def test_files_divided_once_are_divided_once_more(lake: Lake) -> None:
    for begin in range(0, FILES * FILES, FILES):
        fill(lake, begin=begin)
        assert divide(lake, READINGS)
    before = triples(lake.query("FROM readings"))

    assert divide(lake, READINGS)

    assert len(files_of(lake, 0)) == 1
    assert triples(lake.query("FROM readings")) == before


def test_what_is_in_few_files_or_of_one_meter_stays(lake: Lake) -> None:
    fill(lake, FILES - 1)
    assert not divide(lake, READINGS)

    fill(lake, FILES, begin=100, meters=1)
    assert not divide(lake, READINGS)


def test_upkeep_divides_the_tables_that_say_so(lake: Lake) -> None:
    fill(lake)
    upkeep.compact(lake, READINGS)
    assert len(files_of(lake, 0)) == FILES

    upkeep.compact(lake, DIVIDED)

    assert len(files_of(lake, 0)) == 1


def test_files_with_deleted_rows_are_left_alone(lake: Lake) -> None:
    fill(lake)
    changed = readings((1, 0, -1.0))
    append(lake, READINGS, changed, remove=changed.select(READINGS.key))

    assert not divide(lake, READINGS)


def test_rows_deleted_meanwhile_are_noticed_and_nothing_is_left(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lake)
    changed = readings((1, 0, -1.0))
    make = Exchange.make

    def after_a_change(*asked: object) -> None:
        append(lake, READINGS, changed, remove=changed.select(READINGS.key))
        make(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Exchange, "make", after_a_change)
    with pytest.raises(Touched):
        divide(lake, READINGS)

    assert (1, 0, -1.0) in triples(lake.query("FROM readings"))
    assert len(lake.query("FROM readings")) == FILES * METERS
    assert not list(Path(lake.place.folder).rglob("divided-*"))


@pytest.mark.parametrize("is_patient", [False, True])
def test_a_deletion_under_way_comes_too_late(lake: Lake, is_patient: bool) -> None:
    """Its list of deleted rows would be of a file that is no more."""
    fill(lake)
    gone = readings(*((meter, 0, 0.0) for meter in range(METERS))).select(READINGS.key)
    other_process = Lake(lake.place, threads=1, memory="256MB")

    def delete_across_a_division() -> None:
        with (
            other_process.patient() if is_patient else nullcontext(),
            transaction(other_process) as change,
        ):
            assert change.remove(READINGS, gone) == METERS
            assert divide(lake, READINGS)

    with pytest.raises(CommitConflict):
        delete_across_a_division()

    other_process.close()
    assert len(lake.query("FROM readings")) == FILES * METERS


def test_a_full_disk_leaves_what_was(lake: Lake) -> None:
    fill(lake)

    with files_no_larger_than(200), pytest.raises(Full):
        divide(lake, READINGS)

    assert not list(Path(lake.place.folder).rglob("divided-*"))
    assert divide(lake, READINGS)


def test_files_that_were_divided_are_removed_and_the_new_ones_merged_and_changed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "YOUNGEST", timedelta(0))
    fill(lake)
    divide(lake, READINGS)
    changed = readings(*((meter, 1, -1.0) for meter in range(METERS)))

    append(lake, READINGS, changed, remove=changed.select(READINGS.key))
    upkeep.compact(lake, READINGS)
    upkeep.expire(lake, keep=timedelta(0))
    upkeep.clean(lake, grace=timedelta(0))

    found = triples(lake.query("FROM readings"))
    kept = set(lake.query("SELECT data_file FROM ducklake_list_files('lake', 'readings')")[:, 0])
    assert len(found) == FILES * METERS
    assert {value for _meter, minute, value in found if minute == 1} == {-1.0}
    assert {str(path) for path in Path(lake.place.folder).rglob("*.parquet")} == kept


def test_dividing_runs_beside_writers_who_lose_nothing(lake: Lake) -> None:
    def write(first: int) -> None:
        for minute in range(12):
            rows = readings(*((meter, minute, 1.0) for meter in range(first, METERS, 2)))
            append(lake, READINGS, rows, remove=rows.select(READINGS.key).head(minute % 3))

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 1)]
    beside = Lake(lake.place, threads=1, memory="256MB")
    for writer in writers:
        writer.start()

    divided = 0
    while any(writer.is_alive() for writer in writers):
        divided += divide(beside, READINGS)

    beside.close()
    assert divided
    assert [row[:2] for row in triples(lake.query("FROM readings"))] == [
        (meter, minute) for meter in range(METERS) for minute in range(12)
    ]
