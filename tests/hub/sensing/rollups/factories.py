"""Observations for rollups, and what they come to when one asks the observations themselves."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.rollups import rolling
from chengshu.hub.sensing.store.batches import SCHEMA

START = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""Midnight of 3 March in the city of the tests, which is eight hours ahead."""

Row = tuple[int, datetime, float]
DIRECT = """
    SELECT datastream, {bucket} AS "at", count(*) AS count, sum(value) AS sum, min(value) AS lowest,
        max(value) AS highest, arg_max(value, "at") AS last
    FROM (SELECT *, count(*) OVER (PARTITION BY datastream, date_trunc('hour', "at")) AS dense
        FROM observations WHERE quality = 0 AND datastream IN (SELECT unnest($streams)))
    WHERE {where} AND {bucket} < $until GROUP BY ALL ORDER BY ALL
"""
BUCKETS = {
    "observations_minute": ("date_trunc('minute', \"at\")", "dense > 60"),
    "observations_hour": ("date_trunc('hour', \"at\")", "true"),
    "observations_day": (
        "(date_trunc('day', \"at\" AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai')",
        "true",
    ),
}


def frame(rows: Iterable[Row], quality: int = 0) -> pl.DataFrame:
    return pl.DataFrame([(*row, quality) for row in rows], schema=SCHEMA, orient="row")


def remove(lake: Lake, rows: Iterable[Row]) -> None:
    keys = frame(rows).select("datastream", "at")
    append(lake, OBSERVATIONS, frame(()), remove=keys)


def roll_up(now: datetime) -> None:
    """Everything there is to do."""
    while not rolling.step(now).is_last:
        pass


def rollups(lake: Lake, table: str, streams: list[int]) -> list[tuple[object, ...]]:
    found = lake.query(
        f"SELECT * FROM {table} WHERE datastream IN (SELECT unnest($streams)) ORDER BY ALL",  # noqa: S608
        {"streams": streams},
    )
    return found.rows()


def direct(lake: Lake, table: str, streams: list[int], until: datetime) -> list[tuple[object, ...]]:
    bucket, where = BUCKETS[table]
    question = DIRECT.format(bucket=bucket, where=where)
    return lake.query(question, {"streams": streams, "until": until}).rows()


def are_equal(found: list[tuple[object, ...]], wanted: list[tuple[object, ...]]) -> bool:
    """Sums up to the order in which they were added."""
    return len(found) == len(wanted) and all(
        one[:3] == other[:3]
        and one[4:] == other[4:]
        and math.isclose(float(str(one[3])), float(str(other[3])), abs_tol=1e-6)
        for one, other in zip(found, wanted, strict=True)
    )
