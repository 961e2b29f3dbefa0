"""High-water marks: what of every stream can be told to be new without looking into the lake."""

import os
from datetime import datetime
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.lake import OBSERVATIONS

from .batches import KEY, SCHEMA, arrays, rises
from .places import Integers, Places

NEVER = np.iinfo(np.int64).min
STRIDE = 500
"""Snapshots read at once when following the lake."""
DEPTH = 8
"""Times remembered of each stream: what comes so much out of order needs no look."""


class HighWaterMarks:
    """Marks as of *snapshot*. Of each stream they know the *newest* time, a *floor*, and all times
    later than that: they are among the *last* ones.

    A mark or a floor may be too late, as after old rows were deleted; never too early. A stream
    takes about a hundred bytes.
    """

    def __init__(self, snapshot: int, streams: Integers, at: Integers) -> None:
        """*streams* are sorted and have nothing later than *at*."""
        self.snapshot = snapshot
        self._places = Places()
        self._streams = np.full(1, NEVER)
        self._newest = np.full(1, NEVER)
        self._floor = np.full(1, NEVER)
        self._last = np.full((1, DEPTH), NEVER)
        self._slot = np.zeros(1, np.uint8)
        self._reach(streams, at)

    def __len__(self) -> int:
        return len(self._places)

    @classmethod
    def read(cls, lake: Lake) -> Self:
        """From the whole table: every file's two columns are read."""
        snapshot = lake.current_snapshot()
        found = lake.query(
            'SELECT datastream, max(t."at") AS "at" '  # noqa: S608 - a number
            f"FROM observations AS t AT (VERSION => {snapshot:d}) "
            "GROUP BY datastream ORDER BY datastream"
        )
        return cls(snapshot, *arrays(found))

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
        return cls(snapshot, *arrays(kept.sort("datastream")))

    def save(self, path: Path, lake: Lake) -> None:
        """Leave the newest times in *path* for the next start, whole or not at all."""
        taken_at = lake.snapshot_taken(self.snapshot)
        if taken_at is None:
            return
        fresh = path.with_suffix(".new")
        known = len(self)
        at = pl.Series(self._newest[:known]).cast(SCHEMA["at"])
        with fresh.open("wb") as file:
            pl.DataFrame({"datastream": self._streams[:known], "at": at}).write_parquet(
                file,
                metadata={"snapshot": str(self.snapshot), "taken_at": taken_at.isoformat()},
            )
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def unsure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The keys of those *rows* (sorted by key) that are in the lake or may be."""
        streams, at = arrays(rows)
        starts = _starts(streams)
        places = np.repeat(self._places.of(streams[starts]), np.diff(starts, append=len(streams)))
        late = np.flatnonzero(at <= self._newest[places])
        place, time = places[late], at[late]
        may_be = time <= self._floor[place]
        may_be |= (self._last[place] == time[:, None]).any(axis=1)
        keys = rows.select(KEY)[late[may_be]]
        return keys if rises(*arrays(keys)) else keys.unique(maintain_order=True)

    def take(self, rows: pl.DataFrame) -> None:
        """Take in that *rows* (sorted by key, each key once) are stored."""
        streams, at = arrays(rows)
        starts = _starts(streams)
        if not starts.size:
            return
        each = np.diff(starts, append=len(streams))
        ends = starts + each - 1
        places = self._with(streams[starts])
        deep = each > DEPTH
        if deep.any():
            beyond = at[ends[deep] - DEPTH]
            self._floor[places[deep]] = np.maximum(self._floor[places[deep]], beyond)
        for back in reversed(range(min(int(each.max()), DEPTH))):
            has = slice(None) if back == 0 else np.flatnonzero(each > back)
            self._remember(places[has], at[ends[has] - back])
        self._newest[places] = np.maximum(self._newest[places], at[ends])

    def follow(self, lake: Lake) -> None:
        """Take in everything committed since, by whomever. Raises HistoryGone."""
        now = lake.current_snapshot()
        if now < self.snapshot:
            raise HistoryGone("The lake is older than what was read from it")
        while self.snapshot < now:
            through = min(self.snapshot + STRIDE, now)
            rows = lake.insertions(OBSERVATIONS, self.snapshot, through, ("datastream", "at"))
            latest = rows.group_by("datastream").agg(pl.col("at").max()).sort("datastream")
            self._reach(*arrays(latest))
            self.snapshot = through

    def _reach(self, streams: Integers, at: Integers) -> None:
        """*streams* (sorted) may have any row up to *at*."""
        places = self._with(streams)
        self._newest[places] = np.maximum(self._newest[places], at)
        self._floor[places] = self._newest[places]

    def _remember(self, places: Integers, at: Integers) -> None:
        """The time that was remembered longest is let go; the floor rises to it."""
        depth = self._last.shape[1]
        slot = self._slot[places]
        last, there = self._last.reshape(-1), places * depth + slot
        self._floor[places] = np.maximum(self._floor[places], last[there])
        last[there] = at
        self._slot[places] = (slot + np.uint8(1)) % np.uint8(depth)

    def _with(self, streams: Integers) -> Integers:
        """The places of *streams* (sorted, distinct), with room for those that are new.

        The last place of all stays free: there MISSING finds that nothing is known.
        """
        before = len(self)
        places = self._places.take_in(streams)
        if len(self) >= len(self._newest):
            more = max(len(self) + 1, 2 * len(self._newest)) - len(self._newest)
            never = np.full(more, NEVER)
            self._streams = np.append(self._streams, never)
            self._newest = np.append(self._newest, never)
            self._floor = np.append(self._floor, never)
            self._slot = np.append(self._slot, np.zeros(more, np.uint8))
            unknown = np.full((more, self._last.shape[1]), NEVER)
            self._last = np.concatenate([self._last, unknown])
        fresh = places >= before
        self._streams[places[fresh]] = streams[fresh]
        return places


def _starts(streams: Integers) -> Integers:
    """Where each stream's first row is."""
    return np.flatnonzero(np.append(len(streams) > 0, streams[1:] != streams[:-1]))
