"""Divide large files by the first column they are sorted by, as an LSM tree does level by level.

DuckLake merges files that follow one another in time, and each then holds rows of all streams: the
weeks of one stream lie in all of them. Divided, they lie in a few. Some files of about the same
streams become files of a part of them each, and some of such a part are divided once more.
"""

import time
import uuid
from collections.abc import Sequence
from contextlib import closing

from .connection import Lake
from .exchange import DataFile, Exchange, NewFile
from .faults import CommitUnknown, translated
from .tables import LakeTable, literal, quoted

LARGE = 48_000_000
"""Bytes of a file that is merged no more."""
ALIKE = 4
"""Files of about the same streams worth dividing."""
PART = 64_000_000
"""Bytes aimed at of a new file: sorting one takes some twenty times as much on the disk."""
NARROW = 12
"""A file is divided no more once it holds less than one in this many streams: what is asked of all
streams at some time has to pass over everything that was divided with it."""
COPYING = {"parquet_compression": "COMPRESSION", "parquet_version": "PARQUET_VERSION"}
"""Options of the lake, and what writing one file calls them."""
SINCE = "_ducklake_internal_snapshot_id"
SINCE_FIELD = 2_147_483_539
"""How DuckLake knows of each row of a merged file since which snapshot it is there."""


def divide(lake: Lake, table: LakeTable) -> bool:
    """Divide some of the large files of *table*; False when none are worth it.

    Earlier snapshots and followers see what they saw before. Raises CommitConflict when rows were
    deleted meanwhile, Full, CatalogueAway, StorageAway: nothing happened. Raises CommitUnknown.
    """
    with closing(Exchange(lake.place, table)) as exchange:
        old = _chosen(exchange.files(LARGE))
        if not old:
            return False
        names: list[str] = []
        try:
            with translated():
                new = _written(lake, table, old, exchange.fields(), names)
            exchange.make(old, new)
        except CommitUnknown:
            raise
        except BaseException:
            for name in names:
                lake.files.remove(table, name)
            raise
    return True


def _chosen(files: Sequence[DataFile]) -> list[DataFile]:
    """The first files of about the same streams, if there are enough."""
    if not files:
        return []
    whole = max(each.highest for each in files) - min(each.lowest for each in files)
    wide = [each for each in files if (each.highest - each.lowest) * NARROW > whole]
    for file in wide:
        alike = [other for other in wide if _are_alike(file, other)]
        if len(alike) >= ALIKE:
            return alike[:ALIKE]
    return []


def _are_alike(one: DataFile, other: DataFile) -> bool:
    """Whether most streams of both are streams of each."""
    common = min(one.highest, other.highest) - max(one.lowest, other.lowest)
    both = max(one.highest, other.highest) - min(one.lowest, other.lowest)
    return 2 * common >= both


def _written(
    lake: Lake,
    table: LakeTable,
    old: Sequence[DataFile],
    fields: dict[str, int],
    names: list[str],
) -> list[NewFile]:
    """The rows of *old* in new files, each of a range of streams, that survive a power cut.

    Their *names* are told before there is anything of them.
    """
    version, started_at = lake.current_snapshot(), time.time()
    addresses = ", ".join(literal(lake.files.address(table, each.path)) for each in old)
    rows = f"{quoted(table.name)} AT (VERSION => {version:d}) WHERE filename IN ({addresses})"
    new = []
    for lowest, highest in _ranges(lake, table, rows, sum(each.bytes for each in old)):
        names.append(f"divided-{uuid.uuid4().hex}.parquet")
        within = f"{quoted(table.sorted_by[0])} BETWEEN {lowest:d} AND {highest:d}"
        new.append(_copied(lake, table, f"{rows} AND {within}", fields, names[-1]))
    lake.files.settle(table, started_at)
    return new


def _ranges(lake: Lake, table: LakeTable, rows: str, size: int) -> list[tuple[int, ...]]:
    """Lowest and highest stream of each part, of about as many rows each."""
    parts = _parts(size)
    found = lake.query(
        f"SELECT min(stream), max(stream) FROM ("  # noqa: S608 - names and numbers
        f"SELECT stream, (sum(n) OVER (ORDER BY stream) - n) * {parts} // sum(n) OVER () AS part "
        f"FROM (SELECT {quoted(table.sorted_by[0])} AS stream, count(*) AS n FROM {rows} "
        "GROUP BY 1)) GROUP BY part ORDER BY part"
    )
    return found.rows()


def _parts(size: int) -> int:
    """Two, four or eight parts: so those of one division are like those of another, or of half."""
    return int(2 ** min(3, max(1, (size // PART).bit_length() - 1)))


def _copied(lake: Lake, table: LakeTable, rows: str, fields: dict[str, int], name: str) -> NewFile:
    """Write *rows*, what follows FROM, as DuckLake writes a merged file."""
    columns = ", ".join(quoted(column) for column in table.columns)
    order = ", ".join(quoted(column) for column in table.sorted_by)
    numbers = ", ".join(f"{quoted(column)}: {fields[column]}" for column in table.columns)
    with lake.guarded():
        done = lake.cursor().execute(
            f"COPY (SELECT {columns}, snapshot_id AS {SINCE} FROM {rows} ORDER BY {order}) "  # noqa: S608
            f"TO {literal(lake.files.address(table, name))} "
            f"(FORMAT parquet, RETURN_STATS, {_options(lake)}, "
            f"FIELD_IDS {{{numbers}, {SINCE}: {SINCE_FIELD}}})"
        )
        said = done.fetchone()
    assert said is not None
    _address, count, size, footer, of_columns, _partitions = said
    return NewFile(name, count, size, footer, {k.strip('"'): v for k, v in of_columns.items()})


def _options(lake: Lake) -> str:
    question = "SELECT option_name, value FROM lake.options() WHERE scope = 'GLOBAL'"
    kept = lake.query(question).rows()
    return ", ".join(f"{COPYING[name]} {literal(value)}" for name, value in kept if name in COPYING)
