"""The curve of one stream: observations over a short time, the range of buckets over a long one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from chengshu.analytics.decimation import decimated
from chengshu.core.lake import installation
from chengshu.kit.errors import Invalid, NotFound

from .models import Datastream, Terminal
from .rollups.buckets import Bucket
from .rollups.reading import LEVELS, cells, kept_since

MOST_POINTS = 2_000
MOST_READ = 20_000
"""Observations, or buckets, that are read for one curve."""
BEARABLE = timedelta(days=8)
SHORT = timedelta(hours=1)
"""So long a curve is always of observations, if they are kept."""

OBSERVED = """
    SELECT "at", value FROM observations
    WHERE datastream = $datastream AND "at" >= $start AND "at" <= $until
    ORDER BY "at"
"""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Series:
    """*rows* are ``at``, ``value``: observations, or lowest and highest of each *bucket*."""

    rows: pl.DataFrame
    bucket: Bucket | None


def series(terminal: Terminal, code: str, start: datetime, until: datetime, points: int) -> Series:
    """One stream, thinned to *points* that keep the shape of the curve and all its peaks.

    What retention has removed is drawn from the finest level that is still there.
    """
    if start >= until:
        raise Invalid("The start is not before the end", where={"field": "start"})
    stream = terminal.datastreams.filter(code=code).first()
    if stream is None:
        raise NotFound(
            f"{terminal.code} does not observe {code}",
            where={"property": code},
        )
    bucket = _bucket(stream, (start, until))
    rows = _ranges(stream, bucket, (start, until)) if bucket else _observed(stream, (start, until))
    return Series(decimated(rows, min(points, MOST_POINTS)), bucket)


def _bucket(stream: Datastream, span: Span) -> Bucket | None:
    """The finest level that is there and not too much; None for the observations."""
    start, until = span
    is_kept = start >= kept_since(stream.observed_property_id, "observations")
    if is_kept and (_is_little(stream, span) or _count(stream, span) <= MOST_READ):
        return None
    for bucket in (Bucket.MINUTE, Bucket.HOUR):
        is_there = start >= kept_since(stream.observed_property_id, LEVELS[bucket])
        if is_there and (until - start) / bucket.width <= MOST_READ:
            return bucket
    return Bucket.DAY


def _observed(stream: Datastream, span: Span) -> pl.DataFrame:
    return installation.current().query(
        OBSERVED, {"datastream": stream.pk, "start": span[0], "until": span[1]}
    )


def _is_little(stream: Datastream, span: Span) -> bool:
    """Whether to read without a look how much there is: it is little if the stream keeps its
    interval, and bearable if it does not."""
    asked = span[1] - span[0]
    expected = asked.total_seconds() / stream.interval_seconds
    return asked <= SHORT or (asked <= BEARABLE and expected <= MOST_READ)


def _count(stream: Datastream, span: Span) -> int:
    return int(_cells(stream, Bucket.HOUR, span)["count"].sum())


def _ranges(stream: Datastream, bucket: Bucket, span: Span) -> pl.DataFrame:
    """Lowest and highest of each bucket, both at its start."""
    since = kept_since(stream.observed_property_id, LEVELS[bucket])
    start, until = max(span[0], since), span[1]
    if start >= until:
        return pl.DataFrame(schema={"at": pl.Datetime("us", "UTC"), "value": pl.Float64})
    ranges = _cells(stream, bucket, (start, until)).with_columns(
        pl.max_horizontal("at", pl.lit(start, pl.Datetime("us", "UTC")))
    )
    lowest = ranges.select("at", value="lowest")
    highest = ranges.filter(pl.col("highest") > pl.col("lowest")).select("at", value="highest")
    return pl.concat([lowest, highest]).sort("at", maintain_order=True)


def _cells(stream: Datastream, bucket: Bucket, span: Span) -> pl.DataFrame:
    one = pl.DataFrame(
        {"datastream": [stream.pk], "grp": [0]}, schema={"datastream": pl.Int64, "grp": pl.Int64}
    )
    whole = (bucket.floor(span[0]), bucket.ceiling(span[1]))
    return cells(one, stream.observed_property_id, bucket, whole)
