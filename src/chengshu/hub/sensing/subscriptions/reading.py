"""What a reader of the lake has still to be told, by rights as they are now."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import polars as pl

from chengshu.core.access.policy import Actor
from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import OBSERVATIONS, QUALITY
from chengshu.hub.sensing.wanted import Wanted

MOST_SNAPSHOTS = 4
MOST_KEPT = 2
"""A snapshot may hold millions of rows."""
LARGEST = 2**63
MOST_ASKED = 10_000
HEAD_SECONDS = 0.5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDER = ("snapshot", "datastream", "at")


@dataclass(frozen=True)
class Position:
    """Everything up to *snapshot* is told, and of what came later everything up to *row*:
    its snapshot, datastream and time in microseconds since 1970."""

    snapshot: int
    row: tuple[int, int, int] | None = None

    def __str__(self) -> str:
        return ".".join(map(str, (self.snapshot, *(self.row or ()))))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what is no position."""
        parts = text.split(".")
        if len(text) > 80 or len(parts) not in (1, 4):
            return None
        if not all(part.removeprefix("-").isdecimal() for part in parts):
            return None
        snapshot, *row = numbers = [int(part) for part in parts]
        if max(map(abs, numbers)) >= LARGEST:
            return None
        return cls(snapshot, (row[0], row[1], row[2]) if row else None)


@dataclass(frozen=True)
class Reading:
    """*rows* for one reader in the order of the lake, and how far they come."""

    rows: pl.DataFrame
    end: Position

    def observations(self) -> list[dict[str, Any]]:
        """The rows as JSON tells them."""
        names = ("terminal", "property", "at", "value", "unit", "quality")
        return [
            {**row, "at": _rfc3339(row["at"]), "quality": QUALITY.get(row["quality"], "")}
            for row in self.rows.select(names).iter_rows(named=True)
        ]


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class Recent:
    """What was added to the lake lately, read once for all readers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[tuple[int, int], pl.DataFrame] = OrderedDict()
        self._head = (0.0, 0)

    def head(self) -> int:
        """The newest snapshot, as of half a second ago at the earliest."""
        with self._lock:
            looked_at, head = self._head
            if time.monotonic() - looked_at > HEAD_SECONDS:
                head = installation.current().current_snapshot()
                self._head = time.monotonic(), head
            return head

    def rows(self, after: int, through: int) -> pl.DataFrame:
        """Rows added after *after* up to *through* in ORDER. Raises HistoryGone."""
        with self._lock:
            found = self._frames.get((after, through))
            if found is None:
                found = installation.current().insertions(OBSERVATIONS, after, through).sort(ORDER)
                self._frames[after, through] = found
                while len(self._frames) > MOST_KEPT:
                    self._frames.popitem(last=False)
            return found

    def forget(self) -> None:
        with self._lock:
            self._frames.clear()
            self._head = (0.0, 0)


recent = Recent()


def read(position: Position, head: int, wanted: Wanted, actor: Actor, most: int) -> Reading:
    """At most *most* of the rows *wanted* after *position* that *actor* may see now.

    Raises HistoryGone when the lake has forgotten some of them.
    """
    through = min(head, position.snapshot + MOST_SNAPSHOTS)
    rows = recent.rows(position.snapshot, through)
    if position.row is not None:
        rows = rows.filter(_is_later(position.row))
    streams = _streams(wanted, actor, rows["datastream"].unique().to_list())
    found = rows.join(streams, on="datastream", maintain_order="left")
    found = found.filter(wanted.takes(pl.col("value")))
    if len(found) <= most:
        return Reading(found, Position(through))
    found = found.head(most)
    snapshot, datastream, at = found.select(ORDER).row(-1)
    micros = (at - EPOCH) // timedelta(microseconds=1)
    return Reading(found, Position(position.snapshot, (snapshot, datastream, micros)))


def _is_later(row: tuple[int, int, int]) -> pl.Expr:
    snapshot, datastream, at = row
    later_here = (pl.col("datastream") > datastream) | (
        (pl.col("datastream") == datastream) & (pl.col("at").to_physical() > at)
    )
    return (pl.col("snapshot") > snapshot) | ((pl.col("snapshot") == snapshot) & later_here)


def _streams(wanted: Wanted, actor: Actor, numbers: list[int]) -> pl.DataFrame:
    names = ("id", "terminal__code", "code", "observed_property__unit")
    schema = {"datastream": pl.Int64, "terminal": pl.String, "property": pl.String}
    found = (
        row
        for some in _parts(sorted(numbers))
        for row in wanted.streams(actor).filter(pk__in=some).order_by().values_list(*names)
    )
    return pl.DataFrame(list(found), schema=schema | {"unit": pl.String}, orient="row")


def _parts(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), MOST_ASKED):
        yield numbers[start : start + MOST_ASKED]
