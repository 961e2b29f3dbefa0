"""Put new data files in the place of others in the catalogue, as DuckLake does when it merges.

DuckLake's own merging makes one file of several. This writes what it would write then
(specification 1.0), for as many new files as there are.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from .catalogue import NEWEST, SNAPSHOT, VERSION, Connection, Line, newest
from .faults import CommitConflict
from .session import Place
from .tables import LakeTable

ATTEMPTS = 12
PAUSE_SECONDS = 0.05

FILES = """
    SELECT f.data_file_id, f.path, f.file_size_bytes, f.begin_snapshot,
        coalesce(f.partial_max, f.begin_snapshot), s.min_value::bigint, s.max_value::bigint
    FROM {}.ducklake_data_file f
    JOIN {}.ducklake_column c ON c.table_id = f.table_id AND c.end_snapshot IS NULL
    JOIN {}.ducklake_file_column_stats s
        ON s.data_file_id = f.data_file_id AND s.column_id = c.column_id
    WHERE f.table_id = %s AND c.column_name = %s AND f.file_size_bytes >= %s
        AND f.end_snapshot IS NULL AND f.path_is_relative AND f.encryption_key IS NULL
        AND NOT EXISTS (
            SELECT FROM {}.ducklake_delete_file d WHERE d.data_file_id = f.data_file_id)
    ORDER BY f.begin_snapshot, f.data_file_id
"""
UNTOUCHED = """
    SELECT count(*) FROM {}.ducklake_data_file f
    WHERE f.data_file_id = ANY(%s) AND f.end_snapshot IS NULL AND NOT EXISTS (
        SELECT FROM {}.ducklake_delete_file d WHERE d.data_file_id = f.data_file_id)
"""
INSERT_FILE = """
    INSERT INTO {}.ducklake_data_file (data_file_id, table_id, begin_snapshot, path,
        path_is_relative, file_format, record_count, file_size_bytes, footer_size, row_id_start,
        partial_max)
    VALUES (%s, %s, %s, %s, true, 'parquet', %s, %s, %s, %s, %s)
"""
INSERT_COLUMNS = """
    INSERT INTO {}.ducklake_file_column_stats (data_file_id, table_id, column_id,
        column_size_bytes, value_count, null_count, min_value, max_value, contains_nan)
    SELECT %s, %s, c.column_id, (said.value->>'column_size_bytes')::bigint,
        (said.value->>'num_values')::bigint, (said.value->>'null_count')::bigint,
        said.value->>'min', said.value->>'max', (said.value->>'has_nan')::boolean
    FROM jsonb_each(%s) AS said JOIN {}.ducklake_column c
        ON c.column_name = said.key AND c.table_id = %s AND c.end_snapshot IS NULL
"""
SCHEDULE = """
    INSERT INTO {}.ducklake_files_scheduled_for_deletion
        (data_file_id, path, path_is_relative, schedule_start)
    SELECT f.data_file_id, %s || f.path, true, now()
    FROM {}.ducklake_data_file f WHERE f.data_file_id = ANY(%s)
"""


class Touched(CommitConflict):
    """Somebody deleted rows of the files, or merged them, meanwhile."""


@dataclass(frozen=True)
class DataFile:
    """A file of rows added by the snapshots *since* to *through*, and from *lowest* to *highest* in
    the first column it is sorted by."""

    number: int
    path: str
    bytes: int
    since: int
    through: int
    lowest: int
    highest: int


@dataclass(frozen=True)
class NewFile:
    """A file at *path* in the table's folder, with what DuckDB said of each of its *columns*."""

    path: str
    rows: int
    bytes: int
    footer: int
    columns: Mapping[str, Mapping[str, str]]


class Exchange:
    """What the catalogue at *place* knows of the files of one *table*, and is told of them."""

    def __init__(self, place: Place, table: LakeTable) -> None:
        self._line = Line(place.url, place.schema)
        self._table = table

    def close(self) -> None:
        self._line.close()

    def files(self, least_bytes: int) -> list[DataFile]:
        """Those of *least_bytes* or more without deleted rows, oldest first; none of a catalogue
        of another version than we know."""
        with self._line.open() as connection:
            found = []
            if (number := self._number(connection)) is not None:
                wanted = (number, self._table.sorted_by[0], least_bytes)
                found = self._line.run(connection, FILES, wanted).fetchall()
            connection.rollback()
        return [DataFile(*row) for row in found]

    def fields(self) -> dict[str, int]:
        """The numbers that columns have in every file, whatever they are called there."""
        with self._line.open() as connection:
            number = self._number(connection)
            found = {} if number is None else self._line.columns(connection, number)
            connection.rollback()
        return found

    def make(self, old: Sequence[DataFile], new: Sequence[NewFile]) -> None:
        """Put *new* in the place of *old*, whatever others commit meanwhile elsewhere.

        Raises Touched, CommitConflict, CatalogueAway and Full: nothing was committed. Raises
        CommitUnknown.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self._line.open() as connection:
                    self._exchange(connection, old, new)
                    self._line.commit(connection)
            except Touched:
                raise
            except CommitConflict:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(PAUSE_SECONDS * 2 ** min(attempt, 4))
            else:
                return

    def _number(self, connection: Connection) -> int | None:
        found = self._line.run(
            connection,
            "SELECT table_id FROM {}.ducklake_table WHERE table_name = %s "
            "AND end_snapshot IS NULL AND EXISTS ("
            "SELECT FROM {}.ducklake_metadata WHERE key = 'version' AND value = %s)",
            (self._table.name, VERSION),
        ).fetchone()
        return None if found is None else int(found[0])

    def _exchange(
        self, connection: Connection, old: Sequence[DataFile], new: Sequence[NewFile]
    ) -> None:
        """The snapshot comes first: from then on nobody else's commit can come in between, and
        whoever looked at the old files before finds that theirs comes too late."""
        table, numbers = self._number(connection), [each.number for each in old]
        snapshot, version, catalogs, files = newest(self._line.run(connection, NEWEST))
        self._run(
            connection,
            SNAPSHOT,
            *(snapshot + 1, version, catalogs, files + len(new)),
        )
        untouched = self._run(connection, UNTOUCHED, numbers).fetchone()
        if untouched is None or untouched[0] != len(old):
            raise Touched("Rows of these files of the lake were deleted meanwhile")
        self._run(
            connection,
            "INSERT INTO {}.ducklake_snapshot_changes (snapshot_id, changes_made) VALUES (%s, %s)",
            *(snapshot + 1, f"merge_adjacent:{table}"),
        )
        since, through = min(f.since for f in old), max(f.through for f in old)
        row = self._first_row(connection, table, sum(each.rows for each in new))
        for number, file in enumerate(new, files):
            self._run(
                connection,
                INSERT_FILE,
                *(number, table, since, file.path),
                *(file.rows, file.bytes, file.footer, row, through),
            )
            self._run(connection, INSERT_COLUMNS, number, table, Jsonb(file.columns), table)
            row += file.rows
        self._run(connection, SCHEDULE, f"main/{self._table.name}/", numbers)
        for name in ("ducklake_file_column_stats", "ducklake_data_file"):
            self._run(connection, f"DELETE FROM {{}}.{name} WHERE data_file_id = ANY(%s)", numbers)  # noqa: S608

    def _first_row(self, connection: Connection, table: int | None, rows: int) -> int:
        """Numbers for so many rows that no row had before: DuckLake's merging numbers anew too."""
        found = self._run(
            connection,
            "UPDATE {}.ducklake_table_stats SET next_row_id = next_row_id + %s "
            "WHERE table_id = %s RETURNING next_row_id - %s",
            *(rows, table, rows),
        ).fetchone()
        assert found is not None
        return int(found[0])

    def _run(
        self, connection: Connection, statement: str, *values: Any
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        return self._line.run(connection, statement, values)
