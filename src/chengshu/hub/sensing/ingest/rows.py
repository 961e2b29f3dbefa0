"""What an entrance hands over: rows as sent, and what became of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from chengshu.core.access.policy import Reach

SENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64,
    "terminal": pl.String,
    "property": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=10)

REASONS = {
    "unknown-terminal": "No terminal has this code",
    "unknown-property": "The terminal has no such observed property",
    "not-allowed": "The terminal is outside this token's area",
    "not-in-service": "The terminal is not in service",
    "bad-time": "The time is not an ISO 8601 time with its offset",
    "far-future": "The time lies in the future",
    "too-old": "The time lies before 1990",
    "not-a-number": "The value is not a number",
    "not-finite": "The value is NaN or infinite",
    "out-of-range": "The value is physically impossible for this property",
    "bad-row": "The row is not an object with terminal, at and values",
}
"""Every reason for which a row is kept out, with its sentence: part of the public interface."""


@dataclass
class Parcel:
    """One body taken apart: *rows* in the form of `SENT` and *rejected* (row number, reason)."""

    rows: pl.DataFrame
    rejected: list[tuple[int, str, dict[str, object]]] = field(default_factory=list)


def sort_out(
    parcel: Parcel, streams: pl.DataFrame, reaches: list[Reach], now: datetime
) -> pl.DataFrame:
    """The rows of *parcel* fit to store (datastream, at, value, quality); the others join
    ``parcel.rejected``.

    *streams* is the stream index; *reaches* is where the sender may put observations.
    """
    known = parcel.rows.join(streams, on=["terminal", "property"], how="left").with_columns(
        has_terminal=pl.col("terminal").is_in(streams["terminal"].unique().implode()),
        is_allowed=_allowed(reaches),
    )
    judged = known.with_columns(reason=_reason(now))
    for row in judged.filter(pl.col("reason").is_not_null()).iter_rows(named=True):
        sent = {key: row[key] for key in ("terminal", "property", "value")}
        sent["at"] = row["at"].isoformat() if row["at"] else None
        parcel.rejected.append((row["row"], row["reason"], sent))
    fit = judged.filter(pl.col("reason").is_null())
    return fit.select("datastream", "at", "value", quality=pl.lit(0, pl.UInt8))


def _reason(now: datetime) -> pl.Expr:
    value, at = pl.col("value"), pl.col("at")
    return (
        pl.when(~pl.col("has_terminal"))
        .then(pl.lit("unknown-terminal"))
        .when(pl.col("datastream").is_null())
        .then(pl.lit("unknown-property"))
        .when(~pl.col("is_allowed"))
        .then(pl.lit("not-allowed"))
        .when(~pl.col("is_in_service"))
        .then(pl.lit("not-in-service"))
        .when(value.is_null() | ~value.is_finite())
        .then(pl.lit("not-finite"))
        .when(at > now + AHEAD)
        .then(pl.lit("far-future"))
        .when(at < EARLIEST)
        .then(pl.lit("too-old"))
        .when((value < pl.col("lowest")) | (value > pl.col("highest")))
        .then(pl.lit("out-of-range"))
    )


def _allowed(reaches: list[Reach]) -> pl.Expr:
    allowed = pl.lit(False)
    for reach in reaches:
        allowed |= (
            pl.col("place_path").str.starts_with(reach.place_path)
            & pl.col("organisation_path").str.starts_with(reach.organisation_path)
            & (pl.col("grade") <= reach.grade)
        )
    return allowed
