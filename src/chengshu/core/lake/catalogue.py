"""Commits written straight into the catalogue's tables, for what happens many times a second.

A commit by way of DuckDB reads the catalogue anew and asks it some forty questions. Adding one file
takes a few statements, sent together, when one writes what DuckLake would (specification 1.0,
"Insert data").
Anything but a file added to a table that has files goes by way of DuckDB.
"""

import json
import select
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import psycopg
from psycopg import errors, sql

from chengshu.kit.errors import Full

from .faults import CatalogueAway, CommitConflict, CommitUnknown
from .storage import Stored
from .tables import LakeTable

VERSION = "1.0"

NEWEST = """
    SELECT snapshot_id, schema_version, next_catalog_id, next_file_id
    FROM {}.ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1
"""
RANGES = """
    SELECT s.column_id, s.contains_null, s.contains_nan, s.min_value, s.max_value
    FROM {}.ducklake_table_column_stats s JOIN {}.ducklake_table t USING (table_id)
    WHERE t.table_name = %s AND t.end_snapshot IS NULL
"""
SNAPSHOT = "INSERT INTO {}.ducklake_snapshot VALUES (%s, now(), %s, %s, %s)"
ADD = """
    WITH counted AS (
        UPDATE {}.ducklake_table_stats SET record_count = record_count + %s,
            next_row_id = next_row_id + %s, file_size_bytes = file_size_bytes + %s
        WHERE table_id = %s RETURNING next_row_id - %s AS first
    )
    INSERT INTO {}.ducklake_data_file (data_file_id, table_id, begin_snapshot, path,
        path_is_relative, file_format, record_count, file_size_bytes, footer_size, mapping_id,
        row_id_start)
    SELECT %s, %s, %s, %s, true, 'parquet', %s, %s, %s, %s, first FROM counted
"""
DESCRIBE = """
    INSERT INTO {}.ducklake_file_column_stats (data_file_id, table_id, column_id, value_count,
        null_count, min_value, max_value, contains_nan)
    VALUES """
WIDEN = """
    UPDATE {}.ducklake_table_column_stats
    SET contains_null = %s, contains_nan = %s, min_value = %s, max_value = %s
    WHERE table_id = %s AND column_id = %s
"""
CHANGES = """
    INSERT INTO {}.ducklake_snapshot_changes
        (snapshot_id, changes_made, author, commit_message, commit_extra_info)
    VALUES (%s, %s, %s, %s, %s)
"""

Connection = psycopg.Connection[tuple[Any, ...]]


def newest(head: "psycopg.Cursor[tuple[Any, ...]]") -> tuple[int, int, int, int]:
    """What NEWEST found: snapshot, schema version, next catalogue number and next file number."""
    found = head.fetchone()
    assert found is not None
    snapshot, version, catalogs, files = found
    return int(snapshot), int(version), int(catalogs), int(files)


@dataclass(frozen=True)
class TableFacts:
    """What the catalogue calls a table and its columns, as long as *schema_version* holds."""

    schema_version: int
    table: int
    mapping: int
    columns: dict[str, int]


class Line:
    """The connection to the catalogue at *url*, made when needed and anew after it broke."""

    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self.schema = sql.Identifier(schema)
        self._words: dict[str, bytes] = {}
        self._connection: Connection | None = None
        self._closing = threading.Lock()

    def close(self) -> None:
        with self._closing:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """The connection, made anew after it broke; what was begun on it and fails is undone."""
        try:
            yield self._connected()
        except errors.UniqueViolation:
            self._undo()
            raise CommitConflict("Another commit to the lake came first") from None
        except errors.DiskFull:
            self._undo()
            raise Full("No space left for the catalogue") from None
        except psycopg.OperationalError:
            self.close()
            raise CatalogueAway("The lake's PostgreSQL does not answer") from None
        except BaseException:
            self._undo()
            raise

    def _connected(self) -> Connection:
        if self._connection is None or not self._is_alive():
            self._connection = psycopg.connect(self._url)
            weakref.finalize(self, self._connection.close)  # a lake may be let go of unclosed
        return self._connection

    def _is_alive(self) -> bool:
        """Whether the connection outlived a restart of its server, which says so unasked."""
        if self._connection is None or self._connection.closed:
            return False
        heard = select.poll()  # of the other ways one knows no more than 1,024 open files
        heard.register(self._connection.fileno(), select.POLLIN)
        if not heard.poll(0):
            return True
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.close()
            return False
        return True

    def _undo(self) -> None:
        connection = self._connection
        try:
            if connection is not None and not connection.closed:
                connection.rollback()
        except psycopg.Error:
            self.close()

    def commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except psycopg.OperationalError:
            self.close()
            raise CommitUnknown("The connection broke during the commit to the lake") from None

    def columns(self, connection: Connection, table: int) -> dict[str, int]:
        """The number of each column, by which every file knows it."""
        found = self.run(
            connection,
            "SELECT column_name, column_id FROM {}.ducklake_column "
            "WHERE table_id = %s AND end_snapshot IS NULL AND parent_column IS NULL",
            (table,),
        ).fetchall()
        return dict(found)

    def run(
        self, connection: Connection, statement: str, values: tuple[Any, ...] = ()
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        return connection.execute(self._worded(statement), values)

    def _worded(self, statement: str) -> bytes:
        """*statement* with the schema's name for ``{}``."""
        known = self._words.get(statement)
        if known is None:
            whole = sql.SQL(statement).format(*[self.schema] * statement.count("{}"))
            known = self._words[statement] = whole.as_bytes()
        return known


class Catalogue:
    """Adds files to the tables of the catalogue at *url*; calls are made one at a time."""

    def __init__(self, url: str, schema: str) -> None:
        self._line = Line(url, schema)
        self._facts: dict[str, TableFacts | None] = {}
        self._version = -1

    def close(self) -> None:
        self._line.close()

    def add_file(
        self,
        table: LakeTable,
        file: Stored,
        frame: pl.DataFrame,
        *,
        note: tuple[str, str, str] | None,
        base: int | None,
    ) -> int | None:
        """Commit *file*, which holds *frame*, as part of *table*.

        The new snapshot; None when this is no table for it and nothing was done. *note* is
        author, message and extra information. Raises CommitConflict when the lake is not at
        *base* or another commit came first, CatalogueAway and Full: nothing was committed. Raises
        CommitUnknown.
        """
        with self._line.open() as connection:
            with connection.pipeline():
                head = self._line.run(connection, NEWEST)
                kept = self._line.run(connection, RANGES, (table.name,))
            snapshot, version, catalogs, files = newest(head)
            if base is not None and snapshot != base:
                raise CommitConflict(f"The lake is at snapshot {snapshot}, not {base}")
            facts = self._facts_of(connection, table, version)
            if facts is None:
                connection.rollback()
                return None
            after = snapshot + 1
            ranges = [
                Range.of(facts.columns[column.name], column) for column in frame.iter_columns()
            ]
            with connection.pipeline():
                self._line.run(connection, SNAPSHOT, (after, version, catalogs, files + 1))
                added = self._add(connection, facts, file, len(frame), (after, files))
                self._describe(connection, facts, ranges, len(frame), files)
                self._widen(connection, facts, ranges, kept.fetchall())
                said = f"inserted_into_table:{facts.table}"
                self._line.run(connection, CHANGES, (after, said, *(note or (None, None, None))))
            assert added.rowcount == 1
            self._line.commit(connection)
        return after

    def _facts_of(
        self, connection: Connection, table: LakeTable, version: int
    ) -> TableFacts | None:
        if version != self._version:
            self._facts.clear()
            self._version = version
        if self._facts.get(table.name) is None:
            self._facts[table.name] = self._read_facts(connection, table, version)
        return self._facts[table.name]

    def _read_facts(
        self, connection: Connection, table: LakeTable, version: int
    ) -> TableFacts | None:
        """None before the table's first file, or in a catalogue of another version."""
        found = self._line.run(
            connection,
            "SELECT t.table_id, m.mapping_id FROM {}.ducklake_table t "
            "JOIN {}.ducklake_column_mapping m USING (table_id) "
            "JOIN {}.ducklake_table_stats s USING (table_id) "
            "WHERE t.table_name = %s AND t.end_snapshot IS NULL AND EXISTS ("
            "SELECT 1 FROM {}.ducklake_metadata WHERE key = 'version' AND value = %s) "
            "ORDER BY m.mapping_id LIMIT 1",
            (table.name, VERSION),
        ).fetchone()
        if found is None:
            return None
        columns = self._line.columns(connection, found[0])
        if set(columns) != set(table.columns):
            return None
        return TableFacts(version, found[0], found[1], columns)

    def _add(
        self,
        connection: Connection,
        facts: TableFacts,
        file: Stored,
        rows: int,
        numbers: tuple[int, int],
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        """The file, whose rows get the table's next numbers."""
        snapshot, number = numbers
        return self._line.run(
            connection,
            ADD,
            (
                *(rows, rows, file.bytes, facts.table, rows),
                *(number, facts.table, snapshot, file.within_table),
                *(rows, file.bytes, file.footer, facts.mapping),
            ),
        )

    def _describe(
        self,
        connection: Connection,
        facts: TableFacts,
        ranges: "Sequence[Range]",
        rows: int,
        number: int,
    ) -> None:
        """The ranges of the columns of the file *number*."""
        values = [(number, facts.table, each.column, rows, *each.facts) for each in ranges]
        one = f"({', '.join(['%s'] * len(values[0]))})"
        self._line.run(
            connection,
            DESCRIBE + ", ".join([one] * len(values)),
            tuple(value for each in values for value in each),
        )

    def _widen(
        self,
        connection: Connection,
        facts: TableFacts,
        ranges: "Sequence[Range]",
        kept: "Sequence[tuple[Any, ...]]",
    ) -> None:
        """Make the table's range of every column, as *kept*, hold the file's too."""
        of = {each.column: each for each in ranges}
        for column, *before in kept:
            after = of[column].with_table(*before) if column in of else tuple(before)
            if after != tuple(before):
                self._line.run(connection, WIDEN, (*after, facts.table, column))


@dataclass(frozen=True)
class Range:
    """What is in one column of a file; *lowest* and *highest* are None when all is null."""

    column: int
    nulls: int
    lowest: Any
    highest: Any
    has_nan: bool | None

    @classmethod
    def of(cls, column: int, values: pl.Series) -> "Range":
        has_nan = bool(values.is_nan().any()) if values.dtype.is_float() else None
        if values.dtype == pl.Binary:
            return cls(column, values.null_count(), None, None, has_nan)
        return cls(column, values.null_count(), values.min(), values.max(), has_nan)

    @property
    def facts(self) -> tuple[int, str | None, str | None, bool | None]:
        """As the catalogue keeps it for a file."""
        return self.nulls, _text(self.lowest), _text(self.highest), self.has_nan

    def with_table(
        self, contains_null: bool, contains_nan: bool | None, lowest: str, highest: str
    ) -> tuple[bool, bool | None, str | None, str | None]:
        """The same of the table with this file; an end that was not known stays so."""
        nan = None if contains_nan is None or self.has_nan is None else contains_nan | self.has_nan
        return (
            contains_null or self.nulls > 0,
            nan,
            _text(_further(min, lowest, self.lowest)),
            _text(_further(max, highest, self.highest)),
        )


def _further(choose: Any, kept: str | None, new: Any) -> Any:
    if kept is None or new is None:
        return kept
    before = _value(kept, new)
    return None if before is None else choose(before, new)


def _value(text: str, like: Any) -> Any:
    """*text* of the catalogue as a value of the type of *like*; None if it cannot be."""
    try:
        if isinstance(like, bool):
            return text == "true"
        if isinstance(like, datetime):
            return datetime.fromisoformat(text).astimezone(UTC)
        if isinstance(like, date):
            return date.fromisoformat(text)
        return type(like)(text)
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str | None:
    """*value* as DuckDB writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}+00"
    return str(value)
