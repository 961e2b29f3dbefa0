"""Streams whose values are refused again and again for their time or their range."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl
from django.db import connection

from chengshu.hub.sensing.models import Terminal

LOOK_BACK = timedelta(hours=1)
MOST_LOOKED_AT = 20_000

REFUSED = """
    WITH newest AS (
        SELECT at, code, terminal_id, stated_property FROM sensing_rejection
        WHERE code IN ('far-future', 'out-of-range') AND at > %(since)s
        ORDER BY id DESC LIMIT %(most)s
    ), said AS (
        SELECT stream.id, newest.code, newest.at FROM newest
        JOIN sensing_datastream AS stream ON stream.terminal_id = newest.terminal_id
            AND stream.code = newest.stated_property
    ), counted AS (
        SELECT id, code, count(*) AS times, min(said.at) AS first_at, max(said.at) AS last_at
        FROM said JOIN sensing_streamstate AS state ON state.datastream_id = said.id
        WHERE state.received_at IS NULL OR said.at > state.received_at
        GROUP BY id, code
    )
    SELECT DISTINCT ON (stream.id) stream.id, terminal.id, observed.code, terminal.kind,
        counted.code, counted.times, counted.first_at, counted.last_at, state.health
    FROM counted
    JOIN sensing_datastream AS stream ON stream.id = counted.id
    JOIN sensing_streamstate AS state ON state.datastream_id = stream.id
    JOIN sensing_terminal AS terminal ON terminal.id = stream.terminal_id
    JOIN sensing_observedproperty AS observed ON observed.id = stream.observed_property_id
    WHERE terminal.state = 'in-service'
    ORDER BY stream.id, counted.last_at DESC
"""
"""Refusals of each stream since its last accepted value: the reason given last."""

MARK = """
    UPDATE sensing_streamstate AS state
    SET since = CASE WHEN state.health = given.health THEN state.since ELSE given.since END,
        health = given.health, refused_at = given.refused_at
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[])
        AS given (id, health, since, refused_at)
    WHERE state.datastream_id = given.id
"""
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "datastream": pl.Int64,
    "terminal": pl.Int64,
    "property": pl.String,
    "kind": pl.String,
    "reason": pl.String,
    "times": pl.Int64,
    "first_at": pl.Datetime("us", "UTC"),
    "last_at": pl.Datetime("us", "UTC"),
    "before": pl.String,
}


def hear_refusals(now: datetime, limits: pl.DataFrame) -> Iterable[int]:
    """Mark the streams that have been refused often enough in a row; the terminals that changed.

    Only streams that were heard before: of others nothing is known to compare with.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, {"since": now - LOOK_BACK, "most": MOST_LOOKED_AT})
        rows = cursor.fetchall()
    if not rows:
        return []
    is_time = pl.col("reason") == "far-future"
    found = (
        pl.DataFrame(rows, schema=SCHEMA, orient="row")
        .join(limits, on=["property", "kind"])
        .filter(
            pl.col("times")
            >= pl.when(is_time).then(pl.col("clock_reports")).otherwise(pl.col("range_reports"))
        )
        .with_columns(
            health=pl.when(is_time)
            .then(pl.lit(Terminal.Health.CLOCK_WRONG.value))
            .otherwise(pl.lit(Terminal.Health.OUT_OF_RANGE.value))
        )
    )
    marked = found.select("datastream", "health", "first_at", "last_at")
    with connection.cursor() as cursor:
        cursor.execute(MARK, [column.to_list() for column in marked])
    changed = found.filter(pl.col("before") != pl.col("health"))
    return changed["terminal"].unique().to_list()
