"""From rows to rows of wider buckets."""

import numpy as np
import polars as pl

from chengshu.core.lake.storage import COLUMN_TYPES
from chengshu.hub.sensing.lake import ROLLED

from .buckets import days_of, hours_of, minutes_of

KEY = ("datastream", "at")
SCHEMA = {name: COLUMN_TYPES[kind] for name, kind in ROLLED.items()}
MINUTES_PER_HOUR = 60


def as_rolled(observations: pl.DataFrame) -> pl.DataFrame:
    """Each of *observations* (datastream, at, value) as a bucket of its own."""
    value = pl.col("value")
    return observations.select(
        *KEY, count=pl.lit(1, pl.Int64), sum=value, lowest=value, highest=value, last=value
    )


def hours_from(rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* as rolled, sorted by key, by hour."""
    return _gathered(rows, hours_of(pl.col("at")))


def days_from(hours: pl.DataFrame) -> pl.DataFrame:
    """*hours* sorted by key, by day."""
    return _gathered(hours, days_of(pl.col("at")))


def minutes_from(rows: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """*rows* by minute in those of *hours* that hold more of them than minutes."""
    dense = hours.filter(pl.col("count") > MINUTES_PER_HOUR).select("datastream", hour="at")
    wanted = rows.with_columns(hour=hours_of(pl.col("at"))).join(
        dense, on=["datastream", "hour"], how="semi", maintain_order="left"
    )
    return all_minutes_from(wanted.drop("hour"))


def all_minutes_from(rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* by minute."""
    return _gathered(rows, minutes_of(pl.col("at")))


def _gathered(rows: pl.DataFrame, bucket: pl.Expr) -> pl.DataFrame:
    """Sums are added in order of time, so that the same rows give the same bits."""
    if not len(rows):
        return pl.DataFrame(schema=SCHEMA)
    placed = rows.with_columns(at=bucket)
    streams = placed["datastream"].to_numpy()
    at = placed["at"].to_physical().to_numpy()
    begins = np.append(True, (streams[1:] != streams[:-1]) | (at[1:] != at[:-1]))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(rows)) - 1
    column = {name: placed[name].to_numpy() for name in ("count", "sum", "lowest", "highest")}
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(column["sum"], starts)
    return pl.DataFrame(
        {
            "datastream": streams[starts],
            "at": placed["at"].gather(starts),
            "count": np.add.reduceat(column["count"], starts),
            "sum": sums,
            "lowest": np.minimum.reduceat(column["lowest"], starts),
            "highest": np.maximum.reduceat(column["highest"], starts),
            "last": placed["last"].gather(ends),
        },
        schema=SCHEMA,
    )
