"""One hand-in of observations: checked, sorted, each key once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chengshu.core.lake.storage import COLUMN_TYPES, conforming
from chengshu.hub.sensing.lake import OBSERVATIONS

KEY = ("datastream", "at")
SCHEMA = {name: COLUMN_TYPES[kind] for name, kind in OBSERVATIONS.columns.items()}
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""What a datetime can hold in every time zone; the entrances are stricter."""
SPAN = tuple(
    (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    for moment in (EARLIEST, LATEST)
)
"""The same in microseconds since 1970."""


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one hand-in: received == stored + duplicate + rejected."""

    received: int
    stored: int
    duplicate: int
    rejected: int


@dataclass(frozen=True)
class Batch:
    """*rows* are sound, sorted by key, and each key is there once: the last one sent.

    *repeated* counts the earlier ones, *rejected* the unsound.
    """

    rows: pl.DataFrame
    repeated: int
    rejected: int

    def counts(self, duplicate: int = 0) -> Counts:
        """The answer when *duplicate* of the rows were already stored."""
        rows = len(self.rows)
        return Counts(
            received=rows + self.repeated + self.rejected,
            stored=rows - duplicate,
            duplicate=duplicate + self.repeated,
            rejected=self.rejected,
        )


def prepared(frame: pl.DataFrame) -> Batch:
    """Check and order *frame*. Raises Invalid for missing columns or other types.

    A row is unsound when a field is null, the value not finite or the time out of all range.
    """
    sent = conforming(OBSERVATIONS, frame)
    sound = _sound(sent)
    rows = sound
    if not rises(*arrays(sound)):
        rows = sorted_by_key(sound).filter(is_last_of_key())
    return Batch(rows, repeated=len(sound) - len(rows), rejected=len(sent) - len(sound))


def prepared_each(frame: pl.DataFrame, batches: int) -> list[Batch]:
    """``prepared`` for several: ``turn`` in *frame* says which batch a row belongs to."""
    sent = conforming(OBSERVATIONS, frame).with_columns(frame["turn"])
    sound = _sound(sent)
    kept = sound
    if not rises(sound["turn"].to_numpy(), *arrays(sound)):
        ordered = sorted_by_key(sound).sort("turn", maintain_order=True)
        is_end = (pl.col("turn") != pl.col("turn").shift(-1)).fill_null(value=False)
        kept = ordered.filter(is_last_of_key() | is_end)
    counted = [_of_each(rows, batches) for rows in (sent, sound, kept)]
    rows, start, found = kept.drop("turn"), 0, []
    for came, good, left in zip(*counted, strict=True):
        found.append(Batch(rows[start : start + left], good - left, came - good))
        start += left
    return found


def _of_each(rows: pl.DataFrame, batches: int) -> list[int]:
    """How many *rows* there are of each batch."""
    counted: list[int] = np.bincount(rows["turn"].to_numpy(), minlength=batches).tolist()
    return counted


def _sound(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of *rows* in which no field is null, the value finite and the time within all range."""
    whole = rows if _is_whole(rows) else rows.drop_nulls()
    at, value = whole["at"].to_physical().to_numpy(), whole["value"].to_numpy()
    sound = np.isfinite(value) & (at >= SPAN[0]) & (at <= SPAN[1])
    return whole if sound.all() else whole.filter(pl.Series(sound))


def _is_whole(rows: pl.DataFrame) -> bool:
    return not any(column.null_count() for column in rows.iter_columns())


def arrays(rows: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Streams, and times in microseconds since 1970; not to be written to."""
    return rows["datastream"].to_numpy(), rows["at"].to_physical().to_numpy()


def rises(*columns: NDArray[np.int64]) -> bool:
    """Whether every row is after the one before, the first of *columns* counting most."""
    *others, last = columns
    after = last[1:] > last[:-1]
    for column in reversed(others):
        after = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & after)
    return bool(after.all())


def sorted_by_key(rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* by stream and time; equal keys keep their order.

    Rows usually come in order of time: then two passes over one column each are twice as fast
    as one over both.
    """
    return rows.sort("at", maintain_order=True).sort("datastream", maintain_order=True)


def is_again() -> pl.Expr:
    """In rows sorted by key: whether the row before has the same key."""
    same = (pl.col("datastream") == pl.col("datastream").shift(1)) & (
        pl.col("at") == pl.col("at").shift(1)
    )
    return same.fill_null(value=False)


def is_last_of_key() -> pl.Expr:
    """In rows sorted by key: whether the next row has another key."""
    return ~is_again().shift(-1, fill_value=False)
