"""What an entrance hands over: rows as sent, and what became of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from chengshu.core.access.policy import Reach

from .index import NO_PROPERTY, NO_TERMINAL, Streams
from .keys import Numbers

SENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64,
    "terminal": pl.String,
    "property": pl.String,
    "datastream": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REASONS = {
    "unknown-terminal": gettext_noop("No terminal has this code"),
    "unknown-property": gettext_noop("The terminal has no such observed property"),
    "unknown-datastream": gettext_noop("No datastream has this number"),
    "not-allowed": gettext_noop("The terminal is outside this token's area"),
    "not-in-service": gettext_noop("The terminal is not in service"),
    "bad-time": gettext_noop("The time cannot be read, or lacks its offset"),
    "far-future": gettext_noop("The time lies in the future"),
    "too-old": gettext_noop("The time lies before 1990"),
    "past-retention": gettext_noop("The time lies before what is kept of this property"),
    "not-a-number": gettext_noop("The value is not a number"),
    "not-finite": gettext_noop("The value is NaN or infinite"),
    "out-of-range": gettext_noop("The value is physically impossible for this property"),
    "bad-topic": gettext_noop("Nothing is taken under this MQTT topic"),
    "refused-observation": gettext_noop("SensorThings refused the observation"),
    "bad-row": gettext_noop("The row cannot be taken apart"),
}
"""Every reason for which a row is kept out, with its sentence: part of the public interface."""

Rejected = tuple[int, str, dict[str, object]]
"""Row number, reason, what was sent."""


@dataclass(frozen=True)
class Addressed:
    """Rows with the position of their stream (see `Streams`); *at* in microseconds since 1970.

    *turn* says which of several bodies, from 0, each row came in.
    """

    position: Numbers
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8] | None = None
    turn: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.position)

    def of(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Addressed":
        quality = None if self.quality is None else self.quality[which]
        turn = None if self.turn is None else self.turn[which]
        return Addressed(self.position[which], self.at[which], self.value[which], quality, turn)


class Parcel(ABC):
    """One body taken apart; *rejected* are the rows that could not be read."""

    rejected: list[Rejected]

    @abstractmethod
    def addressed(self, streams: Streams) -> Addressed:
        """The readable rows."""

    @abstractmethod
    def sent(self, which: NDArray[np.intp]) -> list[tuple[int, dict[str, Any]]]:
        """Number and content of those among the readable rows: ``terminal`` and ``property``, or
        ``datastream``, with ``at`` and ``value``."""


@dataclass
class NamedRows(Parcel):
    """Rows in the form of `SENT`, each naming its stream by terminal and property or by number,
    perhaps with a ``quality``."""

    rows: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)

    def addressed(self, streams: Streams) -> Addressed:
        position = streams.named(self.rows["terminal"], self.rows["property"])
        numbered = self.rows["datastream"].is_not_null().to_numpy()
        if numbered.any():
            numbers = self.rows["datastream"].to_numpy()[numbered].astype(np.int64)
            position[numbered] = streams.numbered(numbers)
        at, value = self.rows["at"].to_physical(), self.rows["value"].fill_null(np.nan)
        quality = self.rows["quality"].to_numpy() if "quality" in self.rows.columns else None
        return Addressed(position, at.to_numpy(), value.to_numpy(), quality)

    def sent(self, which: NDArray[np.intp]) -> list[tuple[int, dict[str, Any]]]:
        return [
            (
                row["row"],
                _name(row)
                | {"value": said_value(row["value"]), "at": row["at"].isoformat()}
                | said_quality(row.get("quality")),
            )
            for row in self.rows[which].iter_rows(named=True)
        ]


def _name(row: dict[str, Any]) -> dict[str, Any]:
    if row["datastream"] is not None:
        return {"datastream": row["datastream"]}
    return {"terminal": row["terminal"], "property": row["property"]}


def sort_out(
    parcel: Parcel, rows: Addressed, streams: Streams, reaches: list[Reach], now: datetime
) -> pl.DataFrame:
    """The *rows* of *parcel* fit to store (datastream, at, value, quality, and turn if they have
    one); the others join ``parcel.rejected``. *reaches* is where the sender may put observations.
    """
    fit = _fits(rows, streams, reaches, now)
    if not fit.all():
        unfit = np.flatnonzero(~fit)
        reasons = _reasons(rows.of(unfit), streams, reaches, now)
        parcel.rejected += [
            (number, reason if "datastream" not in sent else _of_number(reason), sent)
            for reason, (number, sent) in zip(reasons, parcel.sent(unfit), strict=True)
        ]
        rows = rows.of(fit)
    quality = np.zeros(len(rows), np.uint8) if rows.quality is None else rows.quality
    return pl.DataFrame(
        {
            "datastream": streams.datastream[rows.position],
            "at": pl.Series(rows.at).cast(pl.Datetime("us", "UTC")),
            "value": rows.value,
            "quality": quality,
        }
        | ({} if rows.turn is None else {"turn": rows.turn})
    )


def _fits(
    rows: Addressed, streams: Streams, reaches: list[Reach], now: datetime
) -> NDArray[np.bool_]:
    """All checks at once: most bodies have nothing wrong with them."""
    if not len(streams):
        return np.zeros(len(rows), bool)
    at, value, position = rows.at, rows.value, np.maximum(rows.position, 0)
    takes = streams.allowed(reaches) & streams.is_in_service
    fit: NDArray[np.bool_] = (
        (rows.position >= 0)
        & takes[position]
        & (at >= np.maximum(_micros(EARLIEST), streams.kept_since[position]))
        & (at <= _micros(now + AHEAD))
        & np.isfinite(value)
        & (value >= streams.lowest[position])
        & (value <= streams.highest[position])
    )
    return fit


def _reasons(rows: Addressed, streams: Streams, reaches: list[Reach], now: datetime) -> list[str]:
    """Why each of *rows* is unfit: the first that applies."""
    position, at, value = rows.position, rows.at, rows.value
    known = np.maximum(position, 0)
    if not len(streams):
        return ["unknown-terminal"] * len(rows)
    checks = {
        "unknown-terminal": position == NO_TERMINAL,
        "unknown-property": position == NO_PROPERTY,
        "not-allowed": ~streams.allowed(reaches)[known],
        "not-in-service": ~streams.is_in_service[known],
        "not-finite": ~np.isfinite(value),
        "far-future": at > _micros(now + AHEAD),
        "too-old": at < _micros(EARLIEST),
        "past-retention": at < streams.kept_since[known],
    }
    found = np.select(list(checks.values()), list(checks), "out-of-range")
    return [str(reason) for reason in found]


def _of_number(reason: str) -> str:
    return "unknown-datastream" if reason == "unknown-terminal" else reason


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def said_value(value: float | None) -> float | None:
    """As JSON can hold it, which has neither NaN nor infinity."""
    return value if value is not None and np.isfinite(value) else None


def said_quality(quality: int | None) -> dict[str, int]:
    """Nothing for a good value, as most are."""
    return {"quality": quality} if quality else {}


def said_time(at: int) -> str | None:
    """*at* (microseconds since 1970) in ISO 8601; a time that no calendar holds is none."""
    try:
        return (EPOCH + timedelta(microseconds=at)).isoformat()
    except OverflowError:
        return None
