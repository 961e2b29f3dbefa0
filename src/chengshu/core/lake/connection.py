"""One lake as one process sees it: open it, ask it, add to it."""

import logging
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

import duckdb
import polars as pl
import psycopg
from duckdb import DuckDBPyConnection
from psycopg import sql

from chengshu.core.lake.faults import CatalogueAway, HistoryGone, Unusable, translated
from chengshu.core.lake.storage import COLUMN_TYPES, LakeFolder
from chengshu.core.lake.tables import LakeTable, lake_tables, quoted

EXTENSIONS = ("postgres_scanner", "ducklake")
RETRIES = 10
OPTIONS = {
    "parquet_compression": "zstd",
    "parquet_version": "2",
    "target_file_size": "64MB",
}
"""For the files DuckLake writes itself when it merges ours: delta and byte-stream-split pages."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which lake: its catalogue's *url*, the *schema* there, the *folder* of its files."""

    url: str
    folder: str
    schema: str = "lake"
    process: int


class Lake:
    """One DuckDB instance on one lake, shared by all threads of the process.

    Every thread has its own cursor. A query sees one snapshot from beginning to end. When the
    catalogue's server was away, calls raise CatalogueAway and work again once it is back.
    """

    _shared: ClassVar[dict[Place, "Lake"]] = {}
    _sharing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, place: Place, *, threads: int, memory: str) -> None:
        self.place = place
        self.folder = LakeFolder(place.folder)
        self.writing = threading.Lock()
        self._settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(Path(tempfile.gettempdir(), f"chengshu-lake-{os.getpid()}")),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._opening = threading.Lock()
        self._instance: DuckDBPyConnection | None = None
        self._local = threading.local()

    @classmethod
    def open(
        cls,
        catalogue_url: str,
        folder: str | Path,
        *,
        threads: int = 2,
        memory: str = "512MB",
        schema: str = "lake",
    ) -> Self:
        """The process's one instance for this lake; it connects when first used.

        *catalogue_url* is a PostgreSQL URL, *memory* a DuckDB size. The limits of whoever opens
        first hold. Raises Unusable for a place that cannot hold a lake.
        """
        place = Place(url=catalogue_url, folder=str(folder), schema=schema, process=os.getpid())
        with cls._sharing:
            found = cls._shared.get(place)
            if not isinstance(found, cls):
                found = cls._shared[place] = cls(place, threads=threads, memory=memory)
            return found

    def close(self) -> None:
        """Let go of the catalogue; the next use connects anew."""
        with self._opening:
            instance, self._instance = self._instance, None
        if instance is not None:
            instance.close()

    @property
    def metadata(self) -> str:
        """Prefix of the catalogue's own tables (``ducklake_snapshot``) in a query."""
        return f"__ducklake_metadata_lake.{quoted(self.place.schema)}"

    def cursor(self) -> DuckDBPyConnection:
        """This thread's connection. A commit on it fails at once when another came first."""
        instance = self._opened()
        kept: DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if kept is not None and self._local.instance is instance:
            return kept
        cursor: DuckDBPyConnection = instance.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET SESSION ducklake_max_retry_count = 0")
        cursor.execute("USE lake")
        self._local.instance, self._local.cursor = instance, cursor
        return cursor

    @contextmanager
    def patient(self) -> Iterator[DuckDBPyConnection]:
        """This thread's connection, whose commits are tried again after those of others.

        For work that stays right when other commits come in between, as merging files does.
        """
        cursor = self.cursor()
        cursor.execute(f"SET SESSION ducklake_max_retry_count = {RETRIES}")
        try:
            yield cursor
        finally:
            cursor.execute("SET SESSION ducklake_max_retry_count = 0")

    def ensure(self, tables: Iterable[LakeTable] = lake_tables) -> None:
        """Make the declared *tables* that are missing. Raises TableDiffers for the others."""
        cursor = self.cursor()
        with self.guarded(), self._alone():
            self._set_options(cursor)
            for table in tables:
                found = self.columns(table)
                if found:
                    table.check(found)
                else:
                    _create(cursor, table)

    def _set_options(self, cursor: DuckDBPyConnection) -> None:
        kept = dict(cursor.execute("SELECT option_name, value FROM lake.options()").fetchall())
        for option, value in OPTIONS.items():
            if kept.get(option) != value:
                cursor.execute("CALL lake.set_option(?, ?)", [option, value])

    def columns(self, table: LakeTable) -> dict[str, str]:
        """Names and DuckDB types of the columns the catalogue has for *table*."""
        with self.guarded():
            rows = self.cursor().execute(
                "SELECT column_name, data_type FROM duckdb_columns() "
                "WHERE database_name = 'lake' AND schema_name = 'main' AND table_name = ? "
                "ORDER BY column_index",
                [table.name],
            )
            return dict(rows.fetchall())

    def query(
        self,
        question: str,
        parameters: Mapping[str, object] | None = None,
        *,
        frames: Mapping[str, pl.DataFrame] | None = None,
    ) -> pl.DataFrame:
        """Answer one SELECT with ``$name`` *parameters*; *frames* are tables of this query only.

        ``FROM name AT (VERSION => 7)`` asks about an earlier snapshot. Quote the column ``"at"``:
        unqualified it is a keyword. Raises CatalogueAway; a wrong query raises duckdb.Error.
        """
        with self.guarded(), self.lending(frames or {}) as cursor:
            return pl.DataFrame(cursor.sql(question, params=dict(parameters or {})))

    @contextmanager
    def lending(self, frames: Mapping[str, pl.DataFrame]) -> Iterator[DuckDBPyConnection]:
        """This thread's connection with *frames* readable under their names.

        After a failure the thread gets a new one: the old may be unable to give them back.
        """
        cursor = self.cursor()
        try:
            for name, frame in frames.items():
                cursor.register(name, _ArrowStream(frame))
            yield cursor
            for name in frames:
                cursor.unregister(name)
        except BaseException:
            self._local.cursor = None
            raise

    def current_snapshot(self) -> int:
        """The newest committed snapshot, of whatever table."""
        return int(self.query("SELECT id FROM ducklake_current_snapshot('lake')").item())

    def snapshot_taken(self, snapshot: int) -> datetime | None:
        """When *snapshot* was committed; None if there is or remains no such snapshot."""
        found = self.query(
            f"SELECT snapshot_time FROM {self.metadata}.ducklake_snapshot "  # noqa: S608
            "WHERE snapshot_id = $snapshot",
            {"snapshot": snapshot},
        )
        return found.item() if len(found) else None

    def insertions(
        self, table: LakeTable, after: int, through: int, columns: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Rows added by the snapshots later than *after* up to *through*, with ``snapshot``.

        As they were added: a row replaced since is among them. Merging files adds nothing.
        Raises HistoryGone when one of these snapshots has been expired.
        """
        wanted = tuple(columns) or tuple(table.columns)
        span = {"after": after, "through": through}
        if through <= after:
            kinds = {name: COLUMN_TYPES[table.columns[name]] for name in wanted}
            return pl.DataFrame(schema={"snapshot": pl.Int64(), **kinds})
        self._require_snapshots(span)
        names = ", ".join(quoted(name) for name in wanted)
        return self.query(
            f"SELECT snapshot_id AS snapshot, {names} "  # noqa: S608 - names of a declaration
            f"FROM ducklake_table_insertions("
            f"'lake', 'main', '{table.name}', {after + 1:d}, {through:d}) "
            f"WHERE snapshot_id IN (SELECT snapshot_id "
            f"FROM {self.metadata}.ducklake_snapshot_changes "
            "WHERE snapshot_id > $after AND snapshot_id <= $through "
            "AND list_contains(string_split(changes_made, ','), 'inserted_into_table:' || "
            "(SELECT table_id FROM ducklake_table_info('lake') "
            f"WHERE table_name = '{table.name}')))",
            span,
        )

    def _require_snapshots(self, span: Mapping[str, int]) -> None:
        found = self.query(
            f"SELECT count(*) FROM {self.metadata}.ducklake_snapshot "  # noqa: S608
            "WHERE snapshot_id > $after AND snapshot_id <= $through",
            span,
        ).item()
        if found != span["through"] - span["after"]:
            raise HistoryGone(
                f"Not every snapshot of {span['after'] + 1}..{span['through']} is kept", where=span
            )

    def notes(self, kind: str, *, after: int, since: datetime) -> pl.DataFrame:
        """What commits with a note of *kind* carried: ``snapshot``, ``at``, ``content``.

        Only snapshots later than *after* and not older than *since*; oldest first.
        """
        return self.query(
            'SELECT snapshot_id AS snapshot, snapshot_time AS "at", '  # noqa: S608
            "commit_extra_info AS content "
            f"FROM {self.metadata}.ducklake_snapshot_changes "
            f"JOIN {self.metadata}.ducklake_snapshot USING (snapshot_id) "
            "WHERE commit_message = $kind AND snapshot_id > $after AND snapshot_time >= $since "
            "ORDER BY snapshot_id",
            {"kind": kind, "after": after, "since": since},
        )

    def without_secrets(self, error: BaseException) -> str:
        """The text of *error* fit for a log: DuckDB quotes the catalogue's URL."""
        return str(error).replace(self.place.url, "the catalogue")

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Raise expected failures as CityError; give up an instance that DuckDB calls broken."""
        try:
            with translated():
                yield
        except (duckdb.FatalException, duckdb.InternalException):
            self.close()
            raise

    def _opened(self) -> DuckDBPyConnection:
        with self._opening:
            if self._instance is None:
                with translated(), self._alone():
                    self._instance = self._attached()
            return self._instance

    def _attached(self) -> DuckDBPyConnection:
        instance = duckdb.connect(":memory:", config=self._settings)
        try:
            for name in EXTENSIONS:
                instance.execute(f"LOAD {_literal(str(_extension(name)))}")
            instance.execute(
                f"ATTACH {_literal('ducklake:postgres:' + self.place.url)} AS lake ("
                f"DATA_PATH {_literal(f'{self.folder.root}/')}, "
                f"METADATA_SCHEMA {_literal(self.place.schema)}, "
                "DATA_INLINING_ROW_LIMIT 0)"
            )
        except duckdb.Error as error:
            instance.close()
            if "does not match existing data path" in str(error):
                raise Unusable(f"This catalogue's lake is not in {self.folder.root}") from None
            raise
        return instance

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes that would make the catalogue or its tables just now."""
        name = sql.Literal(f"chengshu lake {self.place.schema}")
        lock = sql.SQL("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))").format(name)
        try:
            with psycopg.connect(self.place.url) as connection:
                connection.execute(lock)
                yield
        except psycopg.OperationalError:
            raise CatalogueAway("The lake's PostgreSQL does not answer") from None


class _ArrowStream:
    """A frame as DuckDB takes it without pyarrow: by the Arrow C stream interface."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def _create(cursor: DuckDBPyConnection, table: LakeTable) -> None:
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in table.columns.items())
    cursor.execute("BEGIN")
    try:
        cursor.execute(f"CREATE TABLE lake.main.{quoted(table.name)} ({columns})")
        if table.sorted_by:
            order = ", ".join(quoted(name) for name in table.sorted_by)
            cursor.execute(f"ALTER TABLE lake.main.{quoted(table.name)} SET SORTED BY ({order})")
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _extension(name: str) -> Path:
    """The file of a DuckDB extension in its wheel; loaded from there, nothing is installed."""
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise Unusable(f"The package duckdb-extension-{name.replace('_', '-')} is not installed")
    version = f"v{duckdb.__version__}"
    return Path(spec.origin).parent / "extensions" / version / f"{name}.duckdb_extension"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
