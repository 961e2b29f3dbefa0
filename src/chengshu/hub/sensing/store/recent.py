"""The rows written last: what comes a little out of order needs no look into the lake."""

from dataclasses import dataclass, field

import polars as pl

from chengshu.core.lake.connection import Lake

from .batches import SCHEMA
from .marks import HighWaterMarks
from .plans import KEY

MOST_ROWS = 1_000_000
"""Rows of one generation; two are kept, at 25 bytes a row."""


@dataclass
class Generation:
    """*rows* are all that was written since the marks were *floor*, each frame with its first and
    last time in microseconds since 1970."""

    floor: HighWaterMarks
    rows: list[tuple[int, int, pl.DataFrame]] = field(default_factory=list)
    count: int = 0


class RecentRows:
    """Knows every row later than its stream's floor; the floor rises as old rows are let go."""

    def __init__(self, lake: Lake, marks: HighWaterMarks) -> None:
        self._lake = lake
        self.forget(marks)

    def forget(self, marks: HighWaterMarks) -> None:
        """Begin anew: others wrote rows too, which the *marks* know and this does not."""
        self._older, self._younger = Generation(marks.copy()), Generation(marks.copy())

    def take(self, rows: pl.DataFrame, marks: HighWaterMarks) -> None:
        """Take in *rows* that were written; *marks* are as they were before."""
        if self._younger.count + len(rows) > MOST_ROWS:
            self._older, self._younger = self._younger, Generation(marks.copy())
        self._younger.rows.append((*_span(rows), rows))
        self._younger.count += len(rows)

    def stored(self, keys: pl.DataFrame, snapshot: int) -> pl.DataFrame:
        """The lake's rows with *keys* (sorted) at *snapshot*, the one that was written last."""
        far = self._older.floor.late(keys)
        near = keys.join(far, on=KEY, how="anti", maintain_order="left") if len(far) else keys
        return pl.concat([self._with(near), _looked_up(self._lake, far, snapshot)])

    def _with(self, keys: pl.DataFrame) -> pl.DataFrame:
        if not len(keys):
            return pl.DataFrame(schema=SCHEMA)
        start, end = _span(keys)
        rows = [
            one
            for first, last, one in self._older.rows + self._younger.rows
            if first <= end and last >= start
        ]
        if not rows:
            return pl.DataFrame(schema=SCHEMA)
        found = pl.concat(rows).join(keys, on=KEY, how="semi", maintain_order="left")
        return found.unique(KEY, keep="last")


def _looked_up(lake: Lake, keys: pl.DataFrame, snapshot: int) -> pl.DataFrame:
    """The rows with *keys*; bounds let the lake pass over files without any."""
    if not len(keys):
        return pl.DataFrame(schema=SCHEMA)
    bounds = {
        "first": keys["datastream"].min(),
        "last": keys["datastream"].max(),
        "start": keys["at"].min(),
        "end": keys["at"].max(),
    }
    return lake.query(
        f"SELECT t.* FROM observations AS t AT (VERSION => {snapshot:d}) "  # noqa: S608 - a number
        'JOIN wanted ON t.datastream = wanted.datastream AND t."at" = wanted."at" '
        'WHERE t.datastream BETWEEN $first AND $last AND t."at" BETWEEN $start AND $end',
        bounds,
        frames={"wanted": keys},
    )


def _span(rows: pl.DataFrame) -> tuple[int, int]:
    at = rows["at"].to_physical().to_numpy()
    return int(at.min()), int(at.max())
