"""Compute what a batch of observations touches, in the follower's transaction."""

import orjson
import polars as pl

from chengshu.core.lake import installation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.models import Datastream

from .indicator import Indicator, indicators
from .models import IndicatorValue

INPUTS = """
    SELECT datastream, time_bucket(to_seconds($period), "at") AS "at", avg(value) AS value
    FROM observations
    WHERE "at" >= $start AND "at" < $until AND quality = 0
      AND datastream IN (SELECT unnest($streams))
    GROUP BY ALL
"""


def hear(batch: pl.DataFrame) -> None:
    """Recompute every indicator whose inputs are in *batch*, for the periods they fall in."""
    for indicator in indicators:
        touched = batch.filter(pl.col("property").is_in(indicator.inputs))
        if len(touched):
            _recompute(indicator, touched)


def _recompute(indicator: Indicator, touched: pl.DataFrame) -> None:
    periods = touched["at"].dt.truncate(indicator.period).unique().sort()
    inputs = _inputs(indicator, periods).filter(pl.col("at").is_in(periods.implode()))
    if inputs.is_empty():
        return
    changed = inputs.join(
        touched.select("terminal", at=pl.col("at").dt.truncate(indicator.period)).unique(),
        on=["terminal", "at"],
        how="semi",
    )
    _keep(indicator, _per_terminal(indicator, changed))
    _keep(indicator, _per_place(indicator, inputs))


def _inputs(indicator: Indicator, periods: pl.Series) -> pl.DataFrame:
    """Means of the period: terminal, place, path, property, at, value."""
    streams = pl.DataFrame(
        list(
            Datastream.objects.filter(observed_property__code__in=indicator.inputs).values_list(
                "id",
                "terminal_id",
                "terminal__place_id",
                "terminal__place__path",
                "observed_property__code",
            )
        ),
        schema={
            "datastream": pl.Int64,
            "terminal": pl.Int64,
            "place": pl.Int64,
            "path": pl.String,
            "property": pl.String,
        },
        orient="row",
    )
    values = installation.current().query(
        INPUTS,
        {
            "period": int(indicator.period.total_seconds()),
            "start": periods[0],
            "until": periods[-1] + indicator.period,
            "streams": streams["datastream"].to_list(),
        },
    )
    return values.join(streams, on="datastream")


def _wide(indicator: Indicator, inputs: pl.DataFrame) -> pl.DataFrame:
    wide = inputs.pivot("property", index=["subject", "at"], values="value")
    missing = [name for name in indicator.inputs if name not in wide.columns]
    return wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in missing)


def _per_terminal(indicator: Indicator, inputs: pl.DataFrame) -> pl.DataFrame:
    """indicator values: place, terminal, at, value, detail."""
    if inputs.is_empty():
        return inputs
    values = indicator.compute(_wide(indicator, inputs.with_columns(subject="terminal")))
    places = inputs.select(pl.col("terminal").alias("subject"), "place").unique("subject")
    return values.join(places, on="subject").rename({"subject": "terminal"})


def _per_place(indicator: Indicator, inputs: pl.DataFrame) -> pl.DataFrame:
    """Values of every place that has terminals below it, from the means of its terminals."""
    means = (
        inputs.join(_ancestors(inputs["path"]), on="path")
        .drop("path")
        .rename({"above": "path"})
        .group_by("path", "property", "at")
        .agg(pl.col("value").mean())
    )
    places = Place.objects.filter(path__in=means["path"].unique().to_list())
    ids = pl.DataFrame(
        list(places.values_list("path", "id")),
        schema={"path": pl.String, "subject": pl.Int64},
        orient="row",
    )
    values = indicator.compute(_wide(indicator, means.join(ids, on="path")))
    return values.rename({"subject": "place"}).with_columns(terminal=pl.lit(None, pl.Int64))


def _ancestors(paths: pl.Series) -> pl.DataFrame:
    """Each path with itself and all above it: ``/a/b/`` gives ``/a/`` and ``/a/b/``."""
    pairs = [
        (path, path[: end + 1])
        for path in paths.unique()
        for end, letter in enumerate(path)
        if letter == "/" and end
    ]
    return pl.DataFrame(pairs, schema={"path": pl.String, "above": pl.String}, orient="row")


def _keep(indicator: Indicator, values: pl.DataFrame) -> None:
    if values.is_empty():
        return
    IndicatorValue.objects.bulk_create(
        [
            IndicatorValue(
                indicator=indicator.name,
                place_id=row["place"],
                terminal_id=row["terminal"],
                at=row["at"],
                value=row["value"],
                detail=orjson.loads(row["detail"]),
            )
            for row in values.iter_rows(named=True)
        ],
        update_conflicts=True,
        unique_fields=["indicator", "place", "terminal", "at"],
        update_fields=["value", "detail"],
        batch_size=2000,
    )
