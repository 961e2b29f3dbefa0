"""Observations put straight into the lake."""

from datetime import datetime

import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.lake import OBSERVATIONS


def store(lake: Lake, *rows: tuple[int, datetime, float]) -> None:
    """Add (datastream, at, value) rows of good quality."""
    frame = pl.DataFrame(
        [(*row, 0) for row in rows],
        schema={
            "datastream": pl.Int64,
            "at": pl.Datetime("us", "UTC"),
            "value": pl.Float64,
            "quality": pl.UInt8,
        },
        orient="row",
    )
    append(lake, OBSERVATIONS, frame)
