"""Where a table's Parquet files lie, and how they get there durably."""

import struct
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from types import MappingProxyType

import polars as pl

from chengshu.core.storage.place import Storage
from chengshu.kit.errors import Invalid

from .tables import LakeTable

FOOTER = struct.Struct("<I4s")
"""At the end of every Parquet file: the bytes of its footer, and ``PAR1``."""
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


@dataclass(frozen=True)
class Stored:
    """A Parquet file of a table: its *name* in the storage, its *address* for DuckDB, its size and
    that of its footer in bytes."""

    name: str
    address: str
    bytes: int
    footer: int

    @property
    def within_table(self) -> str:
        return self.name.split("/", 2)[2]


class LakeFiles:
    """Where DuckLake keeps the files of every table: ``main/<table>/…`` in *storage*."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.root = storage.root

    def put(self, table: LakeTable, frame: pl.DataFrame) -> Stored:
        """Write *frame*, sorted, as a new file that survives a power cut once this returns.

        Files lie in a folder per day, so that each stays small enough to list and sync quickly.
        Raises OSError, StorageAway, StorageRefuses; then the file is gone again.
        """
        content = encoded(in_order(frame, table.sorted_by))
        name = f"{_of(table)}/{datetime.now(UTC):%Y%m%d}/{uuid.uuid4().hex}.parquet"
        self.storage.put(name, content)
        footer, _magic = FOOTER.unpack(content[-FOOTER.size :])
        return Stored(name, f"{self.root}/{name}", len(content), footer)

    def address(self, table: LakeTable, path: str) -> str:
        """For DuckDB, of the file at *path* in the table's folder."""
        return f"{self.root}/{_of(table)}/{path}"

    def remove(self, table: LakeTable, path: str) -> None:
        """Remove what there is at *path* in the table's folder: no commit came to name it."""
        self.storage.remove(f"{_of(table)}/{path}")

    def settle(self, table: LakeTable, since: float) -> None:
        """Make durable what DuckLake itself wrote from *since* (``time.time()``): it does not.

        Those are merged files and lists of deleted rows, directly in the table's folder.
        """
        self.storage.settle(_of(table), since)


def _of(table: LakeTable) -> str:
    return f"main/{table.name}"


def conforming(table: LakeTable, frame: pl.DataFrame) -> pl.DataFrame:
    """*frame* with the table's columns in their order. Raises Invalid naming a wrong column."""
    for column, kind in table.columns.items():
        found = frame.schema.get(column)
        if found != COLUMN_TYPES[kind]:
            raise Invalid(
                f"Lake table {table.name!r} wants {kind} for {column!r}, got {found}",
                where={"table": table.name, "column": column},
            )
    columns = list(table.columns)
    return frame if frame.columns == columns else frame.select(columns)


def in_order(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """*frame* sorted by *columns*; a look whether it is already costs a tenth of sorting it."""
    rises = pl.lit(value=True)
    for name in reversed(columns):
        before = pl.col(name).shift(1)
        rises = (pl.col(name) > before) | ((pl.col(name) == before) & rises)
    if not columns or frame.select(rises.slice(1).fill_null(value=False).all()).item():
        return frame
    return frame.sort(columns)


def encoded(frame: pl.DataFrame) -> memoryview:
    """*frame* as a Parquet file in memory: zstd over dictionary and plain pages.

    The quickest level: what comes in small files is soon merged, and pressed harder then.
    """
    buffer = BytesIO()
    frame.write_parquet(
        buffer, compression="zstd", compression_level=1, row_group_size=ROWS_PER_GROUP
    )
    return buffer.getbuffer()
