"""One lake as one process sees it: open it, ask it, add to it."""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar, Self

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

from chengshu.core.storage.access import Access

from .history import History
from .session import Place, asked
from .tables import LakeTable, lake_tables, quoted

OPTIONS = {
    "parquet_compression": "zstd",
    "parquet_version": "2",
    "target_file_size": "200MB",
}
"""For the files DuckLake writes itself when it merges ours: delta and byte-stream-split pages.

Set once; an operator's other choice stays."""

ROWS_OF_A_GROUP = 100_000


class Lake(History):
    """One DuckDB instance on one lake, shared by all threads of the process.

    Every thread has its own cursor. A query sees one snapshot from beginning to end. When the
    catalogue's server was away, calls raise CatalogueAway and work again once it is back.
    """

    _shared: ClassVar[dict[Place, "Lake"]] = {}
    _sharing: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def open(
        cls,
        catalogue_url: str,
        folder: str | Path,
        *,
        threads: int = 2,
        memory: str = "512MB",
        schema: str = "lake",
        access: Access | None = None,
        spare: Path | None = None,
    ) -> Self:
        """The process's one instance for this lake; it connects when first used.

        *catalogue_url* is a PostgreSQL URL, *folder* may be a bucket (``s3://bucket/prefix``) that
        wants *access*, *memory* is a DuckDB size, and what exceeds it lies in the folder *spare*
        for a while: the system's own for such things unless told. The limits of whoever opens
        first hold. Raises Invalid for a place that cannot hold a lake.
        """
        place = Place(
            url=catalogue_url,
            folder=str(folder),
            access=access or Access(),
            schema=schema,
            process=os.getpid(),
        )
        with cls._sharing:
            found = cls._shared.get(place)
            if not isinstance(found, cls):
                found = cls(place, threads=threads, memory=memory, spare=spare)
                cls._shared[place] = found
            return found

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
        kept = cursor.execute("SELECT option_name FROM lake.options()").fetchall()
        for option, value in OPTIONS.items():
            if (option,) not in kept:
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

    def write_parquet(
        self,
        question: str,
        parameters: Mapping[str, object],
        path: Path,
        *,
        frames: Mapping[str, pl.DataFrame],
    ) -> None:
        """Answer a question like those of ``query`` into the file *path*, in constant memory."""
        with self.guarded(), self.lending(frames) as cursor:
            answer = asked(cursor, question, parameters)
            answer.write_parquet(str(path), row_group_size=ROWS_OF_A_GROUP, compression="zstd")


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
