"""The lake with its files in S3-compatible storage."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chengshu.core.lake import dividing, upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
from chengshu.core.storage.faults import StorageAway
from tests.buckets import NOWHERE, Shop, bucket

from .factories import READINGS, readings, triples

NO_TIME = timedelta(0)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with bucket() as found:
        yield found


@pytest.fixture
def lake(catalogue_url: str, shop: Shop) -> Iterator[Lake]:
    opened = Lake.open(catalogue_url, shop.address, access=shop.access)
    opened.ensure([READINGS])
    yield opened
    opened.close()


def names(lake: Lake) -> list[str]:
    return [name for name, _size in lake.files.storage.sizes("")]


def test_what_was_appended_is_read_by_others(lake: Lake) -> None:
    for minute in range(3):
        append(lake, READINGS, readings((1, minute, float(minute))))

    other = Lake(lake.place, threads=1, memory="256MB")

    assert triples(other.query("FROM readings")) == [(1, 0, 0.0), (1, 1, 1.0), (1, 2, 2.0)]
    other.close()


def test_a_row_is_replaced(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0), (2, 0, 2.0)))
    later = readings((1, 0, 9.0))

    append(lake, READINGS, later, remove=later.select(READINGS.key))

    assert triples(lake.query("FROM readings")) == [(1, 0, 9.0), (2, 0, 2.0)]


def test_files_are_merged_and_those_nobody_needs_removed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "YOUNGEST", NO_TIME)
    for minute in range(9):
        append(lake, READINGS, readings((1, minute, float(minute))))
    lake.files.put(READINGS, readings((5, 5, 5.0)))

    upkeep.compact(lake, READINGS)
    upkeep.expire(lake, keep=NO_TIME)
    removed = upkeep.clean(lake, grace=NO_TIME)

    assert (removed, len(names(lake))) == (10, 1)
    assert len(lake.query("FROM readings")) == 9


def test_large_files_are_divided_by_stream(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dividing, "LARGE", 1)
    for minute in range(dividing.ALIKE):
        append(lake, READINGS, readings(*((meter, minute, 0.5) for meter in range(20))))
    before = triples(lake.query("FROM readings"))

    assert dividing.divide(lake, READINGS)

    of_one = lake.query("SELECT DISTINCT filename FROM readings WHERE meter = 7")
    assert (len(of_one), len(upkeep.file_sizes(lake, READINGS))) == (1, 2)
    assert triples(lake.query("FROM readings")) == before


def test_storage_that_went_away_is_said_and_nothing_is_committed(
    catalogue_url: str, shop: Shop
) -> None:
    lake = Lake.open(catalogue_url, shop.address, access=NOWHERE)
    lake.ensure([READINGS])

    with pytest.raises(StorageAway):
        append(lake, READINGS, readings((1, 0, 1.0)))

    assert len(lake.query("FROM readings")) == 0
    lake.close()


def test_files_that_cannot_be_read_are_said(lake: Lake, catalogue_url: str, shop: Shop) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))
    cut_off = Lake.open(catalogue_url, shop.address, access=NOWHERE)

    with pytest.raises(StorageAway):
        cut_off.query("FROM readings")

    cut_off.close()
