"""Adding to the lake: Parquet files made durable first, then one catalogue transaction."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

from chengshu.kit.errors import Full

from .connection import Lake
from .faults import CommitConflict, CommitUnknown, expected, translated
from .storage import Stored, conforming
from .tables import LakeTable, quoted

ATTEMPTS = 12
PAUSE_SECONDS = 0.02
AUTHOR = "chengshu"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Note:
    """Words kept with a commit in the catalogue, in the transaction that makes it visible."""

    kind: str
    content: str = ""


@dataclass(frozen=True)
class Appended:
    """What one commit did. *snapshot* is the first one in which it can be seen."""

    snapshot: int
    rows: int
    files: int
    removed: int = 0


class Transaction:
    """An open catalogue transaction, standing on *snapshot*."""

    def __init__(self, lake: Lake, cursor: DuckDBPyConnection, snapshot: int) -> None:
        self.lake = lake
        self.snapshot = snapshot
        self._cursor = cursor

    def add(self, table: LakeTable, file: Stored) -> None:
        """Make the rows of *file* part of *table*."""
        self._cursor.execute(
            "CALL ducklake_add_data_files('lake', ?, ?)", [table.name, file.address]
        )

    def remove(self, table: LakeTable, keys: pl.DataFrame) -> int:
        """Delete the rows whose key is in *keys*; how many there were.

        The bounds let DuckLake pass over files that cannot hold such a key.
        """
        if not len(keys):
            return 0
        started_at = time.time()
        matches = " AND ".join(f"t.{quoted(c)} = gone.{quoted(c)}" for c in table.key)
        within = " AND ".join(f"t.{quoted(c)} BETWEEN ? AND ?" for c in table.key)
        bounds = [end for c in table.key for end in (keys[c].min(), keys[c].max())]
        gone = {"gone": keys.select(table.key)}
        with self.lake.lending(gone, is_in_transaction=True) as cursor:
            done = cursor.execute(
                f"DELETE FROM lake.main.{quoted(table.name)} AS t USING gone "  # noqa: S608
                f"WHERE {matches} AND {within}",
                bounds,
            ).fetchone()
        self.lake.files.settle(table, started_at)
        return int(done[0]) if done else 0


@contextmanager
def transaction(
    lake: Lake, *, note: Note | None = None, base: int | None = None
) -> Iterator[Transaction]:
    """All or nothing, committed as the very next snapshot after the one it began on, unless the
    lake is ``patient``.

    Raises CommitConflict when another commit came in between or the lake is not at *base*:
    nothing happened. Raises CommitUnknown when the answer to the commit was lost.
    """
    with lake.writing, lake.guarded():
        cursor = lake.cursor()
        cursor.execute("BEGIN")
        try:
            found = lake.current_snapshot()
            if base is not None and found != base:
                raise CommitConflict(f"The lake is at snapshot {found}, not {base}")
            yield Transaction(lake, cursor, found)
            if note is not None:
                cursor.execute(
                    "CALL lake.set_commit_message(?, ?, extra_info => ?)",
                    [AUTHOR, note.kind, note.content],
                )
        except BaseException:
            with suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            raise
        _commit(lake, cursor)


def append(
    lake: Lake,
    table: LakeTable,
    frame: pl.DataFrame,
    *,
    note: Note | None = None,
    remove: pl.DataFrame | None = None,
    base: int | None = None,
    is_patient: bool = False,
) -> Appended:
    """Add *frame* to *table* durably, in the same commit deleting the keys in *remove*.

    With *base*, only if the lake still is at that snapshot: what was decided from reading it
    then still holds. When *is_patient*, commits of others may come in between, for what stays
    right then, and ``Appended.snapshot`` is the earliest it can be. Raises Invalid for a frame
    of another shape, Full, CatalogueAway, CommitConflict, CommitUnknown; only after the last may
    the rows be there.
    """
    rows = conforming(table, frame)
    gone = rows.select(table.key).clear() if remove is None else remove
    if not len(rows) and not len(gone):
        return Appended(lake.current_snapshot(), 0, 0)
    with translated():
        file = lake.files.put(table, rows) if len(rows) else None
    change = _Change(table, rows, file, gone)
    try:
        with lake.patient() if is_patient else nullcontext():
            snapshot, removed = _registered(lake, change, note, base)
    except CommitUnknown:
        raise
    except BaseException:
        if file is not None:
            lake.files.remove(table, file.within_table)
        raise
    return Appended(snapshot, len(rows), int(file is not None), removed)


@dataclass(frozen=True)
class _Change:
    """*rows* that lie in *file*, and keys that go."""

    table: LakeTable
    rows: pl.DataFrame
    file: Stored | None
    gone: pl.DataFrame


def _registered(
    lake: Lake, change: _Change, note: Note | None, base: int | None
) -> tuple[int, int]:
    """Make *change* visible: the new snapshot and how many rows were deleted."""
    attempts = 1 if base is not None else ATTEMPTS
    for attempt in range(attempts):
        try:
            return _committed(lake, change, note, base)
        except CommitConflict:
            if attempt == attempts - 1:
                raise
            time.sleep(PAUSE_SECONDS * 2 ** min(attempt, 5))
    raise AssertionError("the last attempt returns or raises")


def _committed(lake: Lake, change: _Change, note: Note | None, base: int | None) -> tuple[int, int]:
    if change.file is not None and not len(change.gone):
        words = (AUTHOR, note.kind, note.content) if note is not None else None
        with lake.writing:
            snapshot = lake.catalogue.add_file(
                change.table, change.file, change.rows, note=words, base=base
            )
        if snapshot is not None:
            return snapshot, 0
    with transaction(lake, note=note, base=base) as began:
        removed = began.remove(change.table, change.gone)
        if change.file is not None:
            began.add(change.table, change.file)
    return began.snapshot + 1, removed


def _commit(lake: Lake, cursor: DuckDBPyConnection) -> None:
    try:
        cursor.execute("COMMIT")
    except duckdb.Error as error:
        known = expected(error)
        if isinstance(known, CommitConflict | Full):
            raise known from None
        logger.warning("Commit of unknown outcome: %s", lake.without_secrets(error))
        raise CommitUnknown("The connection broke during the commit to the lake") from None
