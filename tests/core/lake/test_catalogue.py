"""What we write into the catalogue is what DuckLake would have written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import CommitConflict
from chengshu.core.lake.writing import Note, append, transaction

from .factories import READINGS, readings, triples

OWN = {"data_file_id", "path", "begin_snapshot", "column_size_bytes", "contains_nan", "file_order"}
"""What differs from file to file, and what one of the two leaves open."""
TABLES = {
    "ducklake_data_file": "data_file_id",
    "ducklake_file_column_stats": "data_file_id, column_id",
    "ducklake_table_stats": "table_id",
    "ducklake_table_column_stats": "column_id",
    "ducklake_snapshot_changes": "snapshot_id",
}
PARTS = (
    readings((1, 0, 1.5), (2, 7, -2.25)),
    readings((1, 5, 1e300), (9, 1, 0.1)),
    readings((0, 9, -7.0)),
)


def said(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    """The catalogue's rows without OWN."""
    found = {}
    with psycopg.connect(lake.place.url, row_factory=psycopg.rows.dict_row) as asking:
        for table, order in TABLES.items():
            rows = asking.execute(
                sql.SQL("SELECT * FROM {}.{} ORDER BY {}").format(
                    sql.Identifier(lake.place.schema), sql.Identifier(table), sql.SQL(order)
                )
            )
            found[table] = [
                {name: value for name, value in row.items() if name not in OWN} for row in rows
            ]
    return found


@pytest.fixture
def other(lake: Lake, tmp_path: Path) -> Iterator[Lake]:
    """Another new lake, beside the first."""
    opened = Lake.open(lake.place.url, tmp_path / "other", schema="other")
    opened.ensure([READINGS])
    yield opened
    opened.close()


def test_the_catalogue_is_as_ducklake_would_have_left_it(lake: Lake, other: Lake):
    for part in PARTS:
        append(lake, READINGS, part, note=Note("k", "content"))
        with transaction(other, note=Note("k", "content")) as change:
            change.add(READINGS, other.files.put(READINGS, part))

    assert said(lake) == said(other)


def test_rows_of_both_ways_are_read_together(lake: Lake):
    for part in PARTS:
        append(lake, READINGS, part)

    rows = lake.query("SELECT * FROM readings WHERE value < 0")

    assert triples(rows) == [(0, 9, -7.0), (2, 7, -2.25)]


def test_a_commit_on_another_base_is_refused_and_leaves_nothing(lake: Lake):
    for part in PARTS[:2]:
        append(lake, READINGS, part)
    before = lake.current_snapshot()

    with pytest.raises(CommitConflict):
        append(lake, READINGS, PARTS[2], base=before - 1)

    assert lake.current_snapshot() == before
    assert len(lake.query("SELECT * FROM readings")) == 4
