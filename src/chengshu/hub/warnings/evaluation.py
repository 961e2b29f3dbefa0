"""Judge a batch of observations by one threshold rule: pure, and by column."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import polars as pl

from .rule import ThresholdRule

VALID = 0
"""The quality of an observation that nothing speaks against."""

MOMENT = pl.Datetime("us", "UTC")
STATES: dict[str, pl.DataType] = {
    "datastream": pl.Int64(),
    "seen_at": MOMENT,
    "level": pl.Int64(),
    "since": pl.List(MOMENT),
    "counts": pl.List(pl.Int64()),
}
"""What is known of a stream under one rule before the batch.

*level* counts the steps its warning has reached, 0 without one. *since* and *counts* hold for each
step when the present run of values beyond it began (null: none) and how many values it has.
"""


class Turn(StrEnum):
    RAISED = "raised"
    ESCALATED = "escalated"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Finding:
    """One turn of one stream. *value* is the worst of *readings* values from *at* to *until*."""

    turn: Turn
    datastream: int
    at: datetime
    until: datetime
    level: int
    value: float
    readings: int


@dataclass(frozen=True)
class Evaluation:
    """*states* are the streams to remember (level as before the findings); the rest are calm."""

    findings: list[Finding]
    states: pl.DataFrame


def evaluate(rule: ThresholdRule, readings: pl.DataFrame, states: pl.DataFrame) -> Evaluation:
    """Judge *readings* (datastream, at, value, quality) of the rule's property.

    Values that are invalid, or not newer than what a stream's state has seen, change nothing.
    """
    judged = _sustained(rule, _remarkable(_levels(rule, _fresh(readings, states))))
    return Evaluation(list(_turns(rule, judged)), _states_after(rule, judged))


def _fresh(readings: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    return (
        readings.select(pl.col("datastream").cast(pl.Int64), pl.col("at").cast(MOMENT), "value")
        .filter(readings["quality"] == VALID, readings["value"].is_finite())
        .join(states, on="datastream", how="left")
        .filter(pl.col("seen_at").is_null() | (pl.col("at") > pl.col("seen_at")))
        .sort("datastream", "at")
    )


def _levels(rule: ThresholdRule, readings: pl.DataFrame) -> pl.DataFrame:
    worse = rule.direction * pl.col("value")
    return readings.with_columns(
        reached=pl.sum_horizontal(
            [(worse > rule.direction * step.value).cast(pl.Int64) for step in rule.steps]
        ),
        is_calm=worse <= rule.direction * rule.calm_value,
    )


def _remarkable(judged: pl.DataFrame) -> pl.DataFrame:
    """Only the streams with a state or a value beyond a step: almost all others leave here."""
    streams = judged.filter((pl.col("reached") > 0) | pl.col("seen_at").is_not_null())
    return judged.join(streams.select("datastream").unique(), on="datastream", how="semi")


def _sustained(rule: ThresholdRule, judged: pl.DataFrame) -> pl.DataFrame:
    """Add for each step the run it is in, and how many steps have held long enough."""
    for step in range(1, len(rule.steps) + 1):
        judged = _runs(judged, step)
    held = [
        (
            (pl.col(f"count_{step}") >= rule.for_readings)
            & (pl.col("at") - pl.col(f"since_{step}") >= timedelta(seconds=rule.for_seconds))
        )
        .fill_null(value=False)
        .cast(pl.Int64)
        for step in range(1, len(rule.steps) + 1)
    ]
    return judged.with_columns(held=pl.sum_horizontal(held))


def _runs(judged: pl.DataFrame, step: int) -> pl.DataFrame:
    beyond = pl.col("reached") >= step
    run = (~beyond).cum_sum().over("datastream")
    carried_since = pl.col("since").list.get(step - 1, null_on_oob=True)
    carried_count = pl.col("counts").list.get(step - 1, null_on_oob=True).fill_null(0)
    in_carried = pl.col("run") == 0
    began = pl.when(beyond).then(pl.col("at")).min().over("datastream", "run")
    counted = beyond.cum_sum().over("datastream", "run")
    return (
        judged.with_columns(run=run)
        .with_columns(
            began=pl.when(in_carried).then(pl.coalesce(carried_since, began)).otherwise(began),
            counted=counted + pl.when(in_carried).then(carried_count).otherwise(0),
        )
        .with_columns(
            pl.when(beyond).then(pl.col("began")).alias(f"since_{step}"),
            pl.when(beyond).then(pl.col("counted")).otherwise(0).alias(f"count_{step}"),
        )
        .drop("run", "began", "counted")
    )


def _states_after(rule: ThresholdRule, judged: pl.DataFrame) -> pl.DataFrame:
    steps = range(1, len(rule.steps) + 1)
    return (
        judged.group_by("datastream", maintain_order=True)
        .last()
        .select(
            "datastream",
            seen_at=pl.col("at"),
            level=pl.col("level").fill_null(0),
            since=pl.concat_list([f"since_{step}" for step in steps]),
            counts=pl.concat_list([pl.col(f"count_{step}").cast(pl.Int64) for step in steps]),
        )
    )


def _turns(rule: ThresholdRule, judged: pl.DataFrame) -> Iterator[Finding]:
    """Fold the stretches of equal judgement of each stream into its turns."""
    stream, level = None, 0
    for stretch in _stretches(rule, judged).iter_rows(named=True):
        if stretch["datastream"] != stream:
            stream, level = stretch["datastream"], stretch["level"] or 0
        turn = _turn(stretch, level)
        if turn is None:
            continue
        level = 0 if turn is Turn.CLEARED else max(level, stretch["held"])
        yield Finding(
            turn,
            stretch["datastream"],
            stretch["first_at"],
            stretch["last_at"],
            level,
            stretch["worst"],
            stretch["readings"],
        )


def _turn(stretch: dict[str, int], level: int) -> Turn | None:
    if stretch["held"] > level:
        return Turn.ESCALATED if level else Turn.RAISED
    if level and stretch["is_beyond"]:
        return Turn.REPEATED
    if level and stretch["is_calm"]:
        return Turn.CLEARED
    return None


def _stretches(rule: ThresholdRule, judged: pl.DataFrame) -> pl.DataFrame:
    """Consecutive readings of a stream that are judged alike, of the streams that may turn."""
    turning = (pl.col("held").max().over("datastream") > 0) | (pl.col("level").fill_null(0) > 0)
    alike = pl.struct("datastream", "held", is_beyond=pl.col("reached") > 0, calm="is_calm")
    worst = pl.col("value").min() if rule.is_falling else pl.col("value").max()
    return (
        judged.filter(turning)
        .with_columns(stretch=alike.rle_id())
        .group_by("stretch", maintain_order=True)
        .agg(
            pl.col("datastream", "held", "is_calm", "level").first(),
            is_beyond=pl.col("reached").first() > 0,
            first_at=pl.col("at").first(),
            last_at=pl.col("at").last(),
            worst=worst,
            readings=pl.len(),
        )
    )
