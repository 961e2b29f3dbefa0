"""Where a table's Parquet files lie, and how they get there durably."""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import polars as pl

from chengshu.kit.errors import Invalid

from .faults import Unusable
from .tables import LakeTable

ROWS_PER_GROUP = 122_880
"""DuckDB's own unit of parallel scanning; smaller groups prune better and compress worse."""

COLUMN_TYPES: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "BOOLEAN": pl.Boolean(),
        "UTINYINT": pl.UInt8(),
        "SMALLINT": pl.Int16(),
        "INTEGER": pl.Int32(),
        "BIGINT": pl.Int64(),
        "FLOAT": pl.Float32(),
        "DOUBLE": pl.Float64(),
        "VARCHAR": pl.String(),
        "BLOB": pl.Binary(),
        "DATE": pl.Date(),
        "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    }
)


class LakeFolder:
    """The folder below which DuckLake keeps the files of every table.

    Object storage takes this class's place one day: a put there is durable by itself.
    """

    def __init__(self, root: str | Path) -> None:
        if "://" in str(root):
            raise Unusable(f"The lake's files must lie in a folder for now, not in {root}")
        self.root = Path(root).absolute()
        make_durable_folder(self.root)

    def put(self, table: LakeTable, frame: pl.DataFrame) -> Path:
        """Write *frame*, sorted, as a new file that survives a power cut once this returns.

        Files lie in a folder per day, so that each stays small enough to list and sync quickly.
        Raises OSError; then the file is gone again.
        """
        content = encoded(frame.sort(table.sorted_by) if table.sorted_by else frame)
        folder = self._of(table) / f"{datetime.now(UTC):%Y%m%d}"
        make_durable_folder(folder)
        path = folder / f"{uuid.uuid4().hex}.parquet"
        try:
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            sync(folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def settle(self, table: LakeTable, since: float) -> None:
        """Sync the files DuckLake itself wrote from *since* (``time.time()``): it does not.

        Those are merged files and lists of deleted rows, directly in the table's folder.
        """
        folder = self._of(table)
        if not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            fresh = [e.path for e in entries if e.is_file() and e.stat().st_mtime >= since - 1]
        for path in fresh:
            sync(Path(path))
        sync(folder)

    def _of(self, table: LakeTable) -> Path:
        return self.root / "main" / table.name


def conforming(table: LakeTable, frame: pl.DataFrame) -> pl.DataFrame:
    """*frame* with the table's columns in their order. Raises Invalid naming a wrong column."""
    for column, kind in table.columns.items():
        found = frame.schema.get(column)
        if found != COLUMN_TYPES[kind]:
            raise Invalid(
                f"Lake table {table.name!r} wants {kind} for {column!r}, got {found}",
                where={"table": table.name, "column": column},
            )
    return frame.select(table.columns.keys())


def encoded(frame: pl.DataFrame) -> memoryview:
    """*frame* as a Parquet file in memory: zstd over dictionary and plain pages."""
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="zstd", row_group_size=ROWS_PER_GROUP)
    return buffer.getbuffer()


def make_durable_folder(folder: Path) -> None:
    """Make *folder* and what is above it, so that they survive a power cut."""
    if folder.is_dir():
        return
    make_durable_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Bring the file or folder *path* to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
