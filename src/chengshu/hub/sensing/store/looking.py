"""A look into the lake for the few rows of which the marks say nothing."""

import polars as pl

from chengshu.core.lake.connection import Lake

from .batches import SCHEMA


def stored(lake: Lake, keys: pl.DataFrame, snapshot: int) -> pl.DataFrame:
    """The lake's rows with *keys* at *snapshot*; bounds let it pass over files without any."""
    if not len(keys):
        return pl.DataFrame(schema=SCHEMA)
    bounds = {
        "first": keys["datastream"].min(),
        "last": keys["datastream"].max(),
        "start": keys["at"].min(),
        "end": keys["at"].max(),
    }
    return lake.query(
        f"SELECT t.* FROM observations AS t AT (VERSION => {snapshot:d}) "  # noqa: S608 - a number
        'JOIN wanted ON t.datastream = wanted.datastream AND t."at" = wanted."at" '
        'WHERE t.datastream BETWEEN $first AND $last AND t."at" BETWEEN $start AND $end',
        bounds,
        frames={"wanted": keys},
    )
