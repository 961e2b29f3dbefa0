"""Upkeep of the lake's files and history, beside running writers.

The order of a round: ``compact`` every table, ``expire`` old snapshots, ``clean`` files.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from .connection import Lake
from .dividing import divide
from .faults import CommitConflict
from .holding import unheld
from .tables import LakeTable

MEGABYTE = 1_000_000
TIERS = tuple((low * MEGABYTE, high * MEGABYTE) for low, high in ((0, 1), (1, 8), (8, 48)))
"""Sizes of files merged with one another, into some of the lake's ``target_file_size``: a row is
rewritten about once per tier, not per round."""
FEWEST = 8
"""Files of a tier worth merging."""
REWRITE_SHARE = 0.2
"""Files of which more than this share of rows is deleted are written anew."""
YOUNGEST = timedelta(minutes=10)
"""Snapshots are never expired sooner: an open transaction may need them to see a conflict, and
deletions would be lost (DuckLake issue 1472); files never removed sooner: they may be in use."""
AT_ONCE = 1000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Compacted:
    """Data files of a table before and after; *passed_over* steps lost to a concurrent delete."""

    before: int
    after: int
    passed_over: int = 0


def silent(_done: int, _total: int) -> None:
    """Report progress to nobody."""


def compact(lake: Lake, table: LakeTable, progress: Progress = silent) -> Compacted:
    """Merge small files of neighbouring snapshots, divide large ones, and rewrite files full of
    deleted rows.

    Earlier snapshots and followers see what they saw before. A step that meets a concurrent
    delete is passed over; the next round does it.
    """
    before = len(file_sizes(lake, table))
    passed_over = 0
    for done, (low, high) in enumerate(TIERS):
        progress(done, len(TIERS) + 2)
        if sum(low <= size < high for size in file_sizes(lake, table)) >= FEWEST:
            passed_over += not _merged(lake, table, low, high)
    progress(len(TIERS), len(TIERS) + 2)
    if table.is_divided:
        passed_over += not _divided(lake, table)
    progress(len(TIERS) + 1, len(TIERS) + 2)
    rewriting = (
        f"CALL ducklake_rewrite_data_files('lake', '{table.name}', "
        f"delete_threshold => {REWRITE_SHARE})"
    )
    passed_over += not _rewritten(lake, table, rewriting)
    progress(len(TIERS) + 2, len(TIERS) + 2)
    return Compacted(before, len(file_sizes(lake, table)), passed_over)


def expire(
    lake: Lake,
    *,
    keep: timedelta,
    followers: Iterable[int] = (),
    progress: Progress = silent,
) -> int:
    """Forget snapshots older than *keep*; how many.

    A follower is the last snapshot somebody has worked in; nothing later is forgotten. Time
    travel and the idempotency keys in the notes of forgotten snapshots are gone with them.
    """
    end = min(followers, default=lake.current_snapshot())
    old = lake.query(
        f"SELECT snapshot_id FROM {lake.metadata}.ducklake_snapshot "  # noqa: S608
        "WHERE snapshot_time < $before AND snapshot_id < $end ORDER BY snapshot_id",
        {"before": datetime.now(UTC) - max(keep, YOUNGEST), "end": end},
    )["snapshot_id"].to_list()
    for done in range(0, len(old), AT_ONCE):
        progress(done, len(old))
        versions = ", ".join(f"{snapshot:d}" for snapshot in old[done : done + AT_ONCE])
        with lake.guarded(), lake.patient() as cursor:
            cursor.execute(f"CALL ducklake_expire_snapshots('lake', versions => [{versions}])")
    progress(len(old), len(old))
    return len(old)


def clean(lake: Lake, *, grace: timedelta, progress: Progress = silent) -> int:
    """Remove files that no kept snapshot needs and files of writers that were killed; how many.

    *grace* must be longer than any query and any commit takes. While somebody holds the files,
    as a backup does, none is removed.
    """
    before = datetime.now(UTC) - max(grace, YOUNGEST)
    functions = ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files")
    removed = 0
    with unheld(lake.place) as is_free:
        for done, function in enumerate(functions if is_free else ()):
            progress(done, len(functions))
            with lake.guarded(), lake.patient() as cursor:
                found = cursor.execute(f"CALL {function}('lake', older_than => ?)", [before])
                removed += len(found.fetchall())
    progress(len(functions), len(functions))
    return removed


def file_sizes(lake: Lake, table: LakeTable) -> list[int]:
    """Bytes of each data file of the current snapshot."""
    found = lake.query(
        "SELECT data_file_size_bytes FROM ducklake_list_files('lake', $table)",
        {"table": table.name},
    )
    return [int(size) for size in found["data_file_size_bytes"]]


def _merged(lake: Lake, table: LakeTable, low: int, high: int) -> bool:
    """Merge the files of a tier, one new file at a time: sorting takes over ten times its size on
    the disk. False when a delete came between."""
    call = (
        f"CALL ducklake_merge_adjacent_files('lake', '{table.name}', "
        f"min_file_size => {low}, max_file_size => {high}, max_compacted_files => 1)"
    )
    left = len(file_sizes(lake, table))
    while _rewritten(lake, table, call):
        before, left = left, len(file_sizes(lake, table))
        if left >= before:
            return True
    return False


def _divided(lake: Lake, table: LakeTable) -> bool:
    """Divide what is worth it; False when a delete came between."""
    try:
        while divide(lake, table):
            pass
    except CommitConflict:
        return False
    return True


def _rewritten(lake: Lake, table: LakeTable, call: str) -> bool:
    """Run *call*, syncing what it wrote before its commit; False when a delete came between."""
    try:
        with lake.guarded(), lake.patient() as cursor:
            started_at = time.time()
            cursor.execute("BEGIN")
            try:
                cursor.execute(call)
                lake.files.settle(table, started_at)
            except BaseException:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
    except CommitConflict:
        return False
    return True
