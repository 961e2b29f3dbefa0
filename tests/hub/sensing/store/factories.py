from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from chengshu.core.lake.connection import Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
Stored = dict[tuple[int, int], tuple[float, int]]


def observations(*rows: tuple[int, int, float], quality: int = 0) -> pl.DataFrame:
    """Rows of (datastream, seconds since START, value)."""
    return pl.DataFrame(
        {
            "datastream": pl.Series([stream for stream, _, _ in rows], dtype=pl.Int64),
            "at": pl.select(
                pl.lit(START).dt.cast_time_unit("us")
                + pl.duration(seconds=pl.Series([at for _, at, _ in rows], dtype=pl.Int64))
            ).to_series(),
            "value": pl.Series([value for _, _, value in rows], dtype=pl.Float64),
            "quality": pl.Series([quality] * len(rows), dtype=pl.UInt8),
        }
    )


def stored_in(lake: Lake) -> Stored:
    """Everything stored, by (datastream, seconds); two rows of one key are an error."""
    rows = lake.query("FROM observations")
    found = {
        (stream, at): (value, quality)
        for stream, at, value, quality in rows.with_columns(
            at=(pl.col("at") - pl.lit(START)).dt.total_seconds()
        ).iter_rows()
    }
    assert len(found) == len(rows)
    return found


def good(values: Mapping[tuple[int, int], float]) -> Stored:
    """What ``stored_in`` says of *values* of quality 0."""
    return {key: (value, 0) for key, value in values.items()}
