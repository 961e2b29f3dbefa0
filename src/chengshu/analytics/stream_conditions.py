"""In which condition each stream is after a batch of reports, all streams and limits at once.

Like `stream_health` it needs a small state per stream and never the history. Time passing
without a report (late, silent) is not seen here.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from .stream_health import UTC_TIME, in_order, known_and_new

CONDITIONS: Final = (
    "online",
    "low-battery",
    "clock-wrong",
    "jumping",
    "out-of-range",
    "frozen",
)
"""Mildest first: a stream is in the worst that holds."""

STATES: Final[Mapping[str, pl.DataType]] = {
    "datastream": pl.Int64(),
    "last_at": UTC_TIME,
    "last_value": pl.Float64(),
    "same_since": UTC_TIME,
    "same_count": pl.Int64(),
    "outside_since": UTC_TIME,
    "outside_count": pl.Int64(),
    "jumps": pl.Int64(),
    "lag_seconds": pl.Float64(),
    "lag_count": pl.Int64(),
    "condition": pl.String(),
    "since": UTC_TIME,
}
"""What is remembered of a stream. *jumps* has a bit for each of the last steps, newest lowest;
*condition* may be one that others set."""

LIMITS: Final[Mapping[str, pl.DataType]] = {
    "interval_seconds": pl.Int64(),
    "quiet_below": pl.Float64(),
    "frozen_reports": pl.Int64(),
    "normal_low": pl.Float64(),
    "normal_high": pl.Float64(),
    "range_reports": pl.Int64(),
    "largest_step": pl.Float64(),
    "step_seconds": pl.Int64(),
    "jump_times": pl.Int64(),
    "jump_within": pl.Int64(),
    "ahead_seconds": pl.Int64(),
    "behind_seconds": pl.Int64(),
    "clock_reports": pl.Int64(),
    "battery_low": pl.Float64(),
}
"""What holds for a stream; values and steps in its unit. Null limits nothing. *jump_within* is
at most 30, so that the steps fit into one number."""

SECONDS = 1_000_000
STEADY_INTERVALS, BEHIND_INTERVALS = 0.5, 2.0


def advance(states: pl.DataFrame, batch: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """New STATES of the streams that said something new in *batch*.

    *states* are those known, *limits* have LIMITS by ``datastream``. Reports are ``datastream``,
    ``at``, ``value`` and ``received_at``, null where it says nothing about the device's clock.
    Only finite values that are newer than the last count.
    """
    known = states.select(list(STATES)).cast(pl.Schema(STATES))
    reports = batch.select("datastream", "at", pl.col("value").fill_nan(None))
    rows = in_order(known_and_new(known, reports), reports).filter("fresh")
    facts = rows.join(limits, on="datastream", how="left", maintain_order="left")
    received = batch.group_by("datastream").agg(pl.col("received_at").max())
    after = (
        _counted(_marked(facts))
        .join(limits, on="datastream", how="left", maintain_order="left")
        .join(known.select(_carried()), on="datastream", how="left", maintain_order="left")
        .join(received, on="datastream", how="left", maintain_order="left")
    )
    return _judged(_with_clock(_with_runs(after))).select(list(STATES))


def _carried() -> list[pl.Expr]:
    names = ("outside_since", "outside_count", "jumps", "lag_seconds", "lag_count")
    before = [pl.col(name).alias(f"{name}_before") for name in (*names, "condition", "since")]
    return [pl.col("datastream"), *before]


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    """*age* is 0 for the newest report of a stream."""
    value = pl.col("value")
    too_far = (value - pl.col("last_value")).abs() > pl.col("largest_step")
    near = pl.col("at") - pl.col("last_at") <= pl.duration(seconds="step_seconds")
    outside = (value < pl.col("normal_low")).fill_null(value=False) | (
        value > pl.col("normal_high")
    ).fill_null(value=False)
    return rows.with_columns(
        is_outside=outside,
        is_jump=(too_far & near).fill_null(value=False),
        age=pl.int_range(pl.len() - 1, -1, -1).over("datastream"),
    )


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per stream: its newest report, and the runs and steps of this batch."""
    inside_age = pl.col("age").filter(~pl.col("is_outside")).min()
    run = inside_age.fill_null(pl.len())
    remembered = pl.col("is_jump") & (pl.col("age") < pl.col("jump_within"))
    return rows.group_by("datastream", maintain_order=True).agg(
        pl.col("same_since", "same_count").last(),
        first_at=pl.col("at").first(),
        last_at=pl.col("at").last(),
        last_value=pl.col("value").last(),
        reports=pl.len().cast(pl.Int64),
        was_inside=inside_age.is_not_null(),
        run=run.cast(pl.Int64),
        run_since=pl.col("at").filter(pl.col("is_outside") & (pl.col("age") < run)).min(),
        steps=(2.0 ** pl.col("age").filter(remembered)).sum().cast(pl.Int64),
    )


def _with_runs(after: pl.DataFrame) -> pl.DataFrame:
    """Join the run and the steps of this batch to those before it."""
    goes_on = ~pl.col("was_inside") & (pl.col("outside_count_before") > 0)
    shift = pl.min_horizontal("reports", "jump_within").cast(pl.Float64)
    kept = pl.col("jumps_before").fill_null(0) * (2.0**shift).cast(pl.Int64)
    room = (2.0 ** pl.col("jump_within").cast(pl.Float64)).cast(pl.Int64)
    return after.with_columns(
        outside_count=pl.col("run")
        + pl.when(goes_on.fill_null(value=False)).then("outside_count_before").otherwise(0),
        outside_since=pl.when(goes_on.fill_null(value=False))
        .then("outside_since_before")
        .otherwise("run_since"),
        jumps=(kept + pl.col("steps")) % room,
    )


def _with_clock(after: pl.DataFrame) -> pl.DataFrame:
    """A clock ahead dates reports after their reception. One behind keeps its distance, while
    what was held back and is sent later comes closer and closer."""
    interval = pl.col("interval_seconds").cast(pl.Float64)
    lag = (pl.col("received_at") - pl.col("last_at")).dt.total_microseconds() / SECONDS
    behind = pl.max_horizontal(
        pl.col("behind_seconds").cast(pl.Float64), interval * BEHIND_INTERVALS
    )
    is_ahead = lag < -pl.col("ahead_seconds")
    is_behind = lag > behind
    is_steady = (lag - pl.col("lag_seconds_before")).abs() <= interval * STEADY_INTERVALS
    goes_on = (is_ahead & (pl.col("lag_seconds_before") < 0)) | (is_behind & is_steady)
    before = pl.when(goes_on.fill_null(value=False)).then(pl.col("lag_count_before")).otherwise(0)
    is_off = (is_ahead | is_behind).fill_null(value=False)
    return after.with_columns(
        lag_seconds=lag, lag_count=pl.when(is_off).then(before + 1).otherwise(0)
    )


def _judged(after: pl.DataFrame) -> pl.DataFrame:
    condition = pl.lit("online")
    began = pl.col("first_at")
    for name, (holds, since) in zip(CONDITIONS[1:], _rules(), strict=True):
        holding = holds.fill_null(value=False)
        condition = pl.when(holding).then(pl.lit(name)).otherwise(condition)
        began = pl.when(holding).then(since).otherwise(began)
    judged = after.with_columns(condition=condition, began=began)
    lasts = (pl.col("condition") == pl.col("condition_before")).fill_null(value=False)
    return judged.with_columns(since=pl.when(lasts).then("since_before").otherwise("began"))


def _rules() -> list[tuple[pl.Expr, pl.Expr]]:
    """Whether each of the CONDITIONS but the first holds, and when it began if it is new."""
    last_at, value = pl.col("last_at"), pl.col("last_value")
    seconds = pl.col("interval_seconds") * (pl.col("frozen_reports") - 1)
    is_quiet = (value <= pl.col("quiet_below")).fill_null(value=False)
    lasted = last_at - pl.col("same_since") >= pl.duration(seconds=seconds)
    frozen = (pl.col("same_count") >= pl.col("frozen_reports")) & lasted & ~is_quiet
    jumping = pl.col("jumps").bitwise_count_ones() > pl.col("jump_times")
    return [
        (value < pl.col("battery_low"), last_at),
        (pl.col("lag_count") >= pl.col("clock_reports"), last_at),
        (jumping, last_at),
        (pl.col("outside_count") >= pl.col("range_reports"), pl.col("outside_since")),
        (frozen, pl.col("same_since")),
    ]
