"""Computes rollups of given hours and days from the lake, and puts them in place of the old."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.tables import LakeTable
from chengshu.core.lake.writing import Note, append
from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES
from chengshu.hub.sensing.store.batches import sorted_by_key

from .buckets import DAY, HOUR, hours_in, sql_hour
from .changes import PAIRS, computable
from .gathering import KEY, all_minutes_from, as_rolled, days_from, hours_from, minutes_from

NOTE = Note("rollups")
MOST_ROWS = 2_000_000
"""Observations held in memory at once, about 150 bytes each."""

PRESENT = """
    SELECT datastream, {hour} AS "at", count(*) AS rows FROM observations
    WHERE "at" >= $start AND "at" < $until GROUP BY ALL
    UNION ALL SELECT datastream, "at", 0 FROM observations_hour
    WHERE "at" >= $start AND "at" < $until
"""
WEIGHED = """
    SELECT o.datastream, o."at", count FROM observations_hour AS o
    SEMI JOIN wanted AS w ON o.datastream = w.datastream AND o."at" = w."at"
    WHERE {within}
"""
READ = """
    SELECT o.datastream, o."at", value FROM observations AS o
    SEMI JOIN wanted AS w ON o.datastream = w.datastream AND {hour} = w."at"
    WHERE quality = 0 AND {within}
"""
KEPT = """
    SELECT o.* FROM {table} AS o
    SEMI JOIN wanted AS w ON o.datastream = w.datastream AND {bucket} = w."at"
    WHERE {within}
"""
PRESENT_DAYS = """
    SELECT DISTINCT datastream, "at" FROM (
        SELECT datastream, "at" FROM observations_hour WHERE "at" >= $start AND "at" < $until
        UNION ALL
        SELECT datastream, "at" FROM observations_day WHERE "at" >= $start AND "at" < $until
    )
"""
WITHIN = """
    o.datastream BETWEEN $first AND $last AND o."at" >= $start AND o."at" < $until
"""


def present(lake: Lake, start: datetime, until: datetime) -> pl.DataFrame:
    """datastream, at (start of the hour), rows: the hours from *start* before *until* that have
    observations, or a rollup."""
    found = lake.query(PRESENT.format(hour=sql_hour('"at"')), {"start": start, "until": until})
    return found.group_by(KEY).agg(pl.col("rows").sum())


def weighed(lake: Lake, hours: pl.DataFrame) -> pl.DataFrame:
    """Changed *hours* (datastream, at, rows that came or went) with ``rows``: how many good
    observations each can have, by what it had when it was rolled up."""
    if not len(hours):
        return hours
    found = lake.query(
        WEIGHED.format(within=WITHIN), _bounds(hours, HOUR), frames={"wanted": hours}
    )
    both = hours.join(found, on=KEY, how="left")
    return both.select(*KEY, pl.col("rows") + pl.col("count").fill_null(0))


def roll_hours(lake: Lake, hours: pl.DataFrame) -> None:
    """Put the minutes and hours of *hours* (as ``weighed``) in place, durably.

    Hours first: from their rows is found again what a kill has left.
    """
    for wanted in _pieces(computable(hours)):
        rows = _rows(lake, wanted)
        fresh = hours_from(rows)
        _replace(lake, HOURS, wanted, fresh)
        _replace(lake, MINUTES, wanted, minutes_from(rows, fresh))


def roll_days(lake: Lake, days: pl.DataFrame) -> None:
    """Put the *days* (datastream, at) in place, durably, from the hours in the lake."""
    wanted = computable(days)
    if not len(wanted):
        return
    hours = _kept(lake, HOURS, hours_in(wanted), 'o."at"', HOUR)
    _replace(lake, DAYS, wanted, days_from(sorted_by_key(hours)))


def fill_minutes(lake: Lake, streams: pl.DataFrame, start: datetime, until: datetime) -> None:
    """Write minutes of all hours of *streams* from *start* before *until*, durably: those that
    had none too."""
    hours = present(lake, start, until).join(streams, on="datastream", how="semi")
    for wanted in _pieces(computable(hours)):
        _replace(lake, MINUTES, wanted, all_minutes_from(_rows(lake, wanted)))


def present_days(lake: Lake, start: datetime, until: datetime) -> pl.DataFrame:
    """datastream, at: what has hours or a rollup from the day *start* before the day *until*; at
    is any time in the day."""
    if start >= until:
        return pl.DataFrame(schema=PAIRS)
    return lake.query(PRESENT_DAYS, {"start": start, "until": until})


def _rows(lake: Lake, wanted: pl.DataFrame) -> pl.DataFrame:
    """The good observations of the *wanted* hours, as rolled, in order."""
    observations = lake.query(
        READ.format(hour=sql_hour('o."at"'), within=WITHIN),
        _bounds(wanted, HOUR),
        frames={"wanted": wanted},
    )
    return as_rolled(sorted_by_key(observations))


def _pieces(hours: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """*hours* in turns of neighbouring streams, each with as many observations as memory takes."""
    ordered = hours.sort(KEY).with_columns(turn=pl.col("rows").cum_sum() // MOST_ROWS)
    for piece in ordered.partition_by("turn", maintain_order=True):
        yield piece.select(KEY)


def _replace(lake: Lake, table: LakeTable, wanted: pl.DataFrame, fresh: pl.DataFrame) -> None:
    """Make *fresh* what *table* has of the *wanted* buckets; what is right stays untouched."""
    width, bucket = (DAY, 'o."at"') if table is DAYS else (HOUR, sql_hour('o."at"'))
    kept = _kept(lake, table, wanted, bucket, width)
    values = [name for name in table.columns if name not in KEY]
    both = fresh.join(kept, on=KEY, how="full", suffix="_kept", coalesce=True)
    differs = both.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_kept")) for name in values)
    )
    append(
        lake,
        table,
        differs.filter(pl.col("count").is_not_null()),
        remove=differs.filter(pl.col("count_kept").is_not_null()).select(KEY),
        note=NOTE,
        is_patient=True,
    )


def _kept(
    lake: Lake, table: LakeTable, wanted: pl.DataFrame, bucket: str, width: timedelta
) -> pl.DataFrame:
    question = KEPT.format(table=table.name, bucket=bucket, within=WITHIN)
    return lake.query(question, _bounds(wanted, width), frames={"wanted": wanted})


def _bounds(wanted: pl.DataFrame, width: timedelta) -> dict[str, object]:
    """What lets the lake pass over files without any of *wanted*, buckets of *width*."""
    first, last = wanted["at"].min(), wanted["at"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    streams = wanted["datastream"]
    return {
        **{"first": streams.min(), "last": streams.max()},
        **{"start": first, "until": last + width},
    }
