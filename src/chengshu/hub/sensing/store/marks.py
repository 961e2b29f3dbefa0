"""High-water marks: the latest stored time of every stream, sixteen bytes each."""

import os
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.lake import OBSERVATIONS

from .batches import SCHEMA

Integers = NDArray[np.int64]
NEVER = np.iinfo(np.int64).min
STRIDE = 500
"""Snapshots read at once when following the lake."""


class HighWaterMarks:
    """Marks as of *snapshot*: a row later than its stream's mark is new without looking.

    A mark may be too late, as after old rows were deleted; it must never be too early.
    """

    def __init__(self, snapshot: int, streams: Integers, at: Integers) -> None:
        self.snapshot = snapshot
        self._streams = streams
        self._at = at

    def __len__(self) -> int:
        return len(self._streams)

    def copy(self) -> Self:
        """The marks as they are now."""
        return type(self)(self.snapshot, self._streams, self._at.copy())

    @classmethod
    def read(cls, lake: Lake) -> Self:
        """From the whole table: every file's two columns are read."""
        snapshot = lake.current_snapshot()
        found = lake.query(
            'SELECT datastream, max(t."at") AS "at" '  # noqa: S608 - a number
            f"FROM observations AS t AT (VERSION => {snapshot:d}) "
            "GROUP BY datastream ORDER BY datastream"
        )
        return cls(snapshot, *_arrays(found))

    @classmethod
    def restored(cls, path: Path, lake: Lake) -> Self | None:
        """From what ``save`` left in *path* if that belongs to this lake's past."""
        try:
            said = pl.read_parquet_metadata(path)
            kept = pl.read_parquet(path)
            snapshot, taken_at = int(said["snapshot"]), datetime.fromisoformat(said["taken_at"])
        except (OSError, KeyError, ValueError, pl.exceptions.PolarsError):
            return None
        if lake.snapshot_taken(snapshot) != taken_at:
            return None
        return cls(snapshot, *_arrays(kept))

    def save(self, path: Path, lake: Lake) -> None:
        """Leave the marks in *path* for the next start, whole or not at all."""
        taken_at = lake.snapshot_taken(self.snapshot)
        if taken_at is None:
            return
        fresh = path.with_suffix(".new")
        at = pl.Series(self._at).cast(SCHEMA["at"])
        with fresh.open("wb") as file:
            pl.DataFrame({"datastream": self._streams, "at": at}).write_parquet(
                file,
                metadata={"snapshot": str(self.snapshot), "taken_at": taken_at.isoformat()},
            )
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def of(self, streams: Integers) -> Integers:
        """The marks of *streams* in microseconds since 1970; NEVER where nothing is stored."""
        if not len(self._streams):
            return np.full(len(streams), NEVER)
        places = np.minimum(np.searchsorted(self._streams, streams), len(self._streams) - 1)
        return np.where(self._streams[places] == streams, self._at[places], NEVER)

    def late(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of *rows* (sorted by key) that are not later than their stream's mark."""
        streams, at = _arrays(rows)
        starts = _starts(streams)
        marks = np.repeat(self.of(streams[starts]), np.diff(starts, append=len(streams)))
        return rows.filter(pl.Series(at <= marks))

    def raise_to(self, rows: pl.DataFrame) -> None:
        """Take in that *rows* (sorted by key) are stored."""
        if not len(rows):
            return
        streams, at = _arrays(rows)
        ends = np.append(_starts(streams)[1:], len(streams)) - 1
        streams, at = streams[ends], at[ends]
        places = np.searchsorted(self._streams, streams)
        known = places < len(self._streams)
        known[known] = self._streams[places[known]] == streams[known]
        seen = places[known]
        self._at[seen] = np.maximum(self._at[seen], at[known])
        if not known.all():
            self._streams = np.insert(self._streams, places[~known], streams[~known])
            self._at = np.insert(self._at, places[~known], at[~known])

    def follow(self, lake: Lake) -> None:
        """Take in everything committed since, by whomever. Raises HistoryGone."""
        now = lake.current_snapshot()
        if now < self.snapshot:
            raise HistoryGone("The lake is older than what was read from it")
        while self.snapshot < now:
            through = min(self.snapshot + STRIDE, now)
            rows = lake.insertions(OBSERVATIONS, self.snapshot, through, ("datastream", "at"))
            self.raise_to(rows.group_by("datastream").agg(pl.col("at").max()).sort("datastream"))
            self.snapshot = through


def _starts(streams: Integers) -> NDArray[np.intp]:
    """Where each stream's first row is."""
    return np.flatnonzero(np.append(len(streams) > 0, streams[1:] != streams[:-1]))


def _arrays(rows: pl.DataFrame) -> tuple[Integers, Integers]:
    """Streams and times in microseconds; the arrays are our own."""
    return (
        rows["datastream"].to_numpy().astype(np.int64),
        rows["at"].to_physical().to_numpy().astype(np.int64),
    )
