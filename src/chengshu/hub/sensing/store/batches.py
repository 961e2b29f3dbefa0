"""One hand-in of observations: checked, sorted, each key once."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from chengshu.core.lake.storage import COLUMN_TYPES, conforming
from chengshu.hub.sensing.lake import OBSERVATIONS

SCHEMA = {name: COLUMN_TYPES[kind] for name, kind in OBSERVATIONS.columns.items()}
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""What a datetime can hold in every time zone; the entrances are stricter."""


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
    sound = sent.filter(is_sound())
    rows = sorted_by_key(sound).filter(is_last_of_key())
    return Batch(rows, repeated=len(sound) - len(rows), rejected=len(sent) - len(sound))


def prepared_each(frame: pl.DataFrame, batches: int) -> list[Batch]:
    """``prepared`` for several: ``turn`` in *frame* says which batch a row belongs to."""
    turns = frame["turn"]
    sent = conforming(OBSERVATIONS, frame).with_columns(turns)
    sound = sent.filter(is_sound())
    ordered = sorted_by_key(sound).sort("turn", maintain_order=True)
    last = is_last_of_key() | (pl.col("turn") != pl.col("turn").shift(-1)).fill_null(value=False)
    kept = ordered.filter(last)
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


def is_sound() -> pl.Expr:
    """No field is null, the value is finite and the time within all range.

    Made when needed: a literal time sets polars to work, which a process forked later cannot bear.
    """
    return pl.all_horizontal(
        pl.all().is_not_null(),
        pl.col("value").is_finite(),
        pl.col("at").is_between(EARLIEST, LATEST),
    )


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
