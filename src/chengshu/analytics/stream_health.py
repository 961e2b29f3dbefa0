"""Which streams of reports are frozen, silent, late, out of range or jumping.

``advance`` needs only a small state per stream, never the history: fed with a history in one
batch or in many, it finds the same. A report is a row of ``datastream``, ``at`` (UTC) and
``value``; one without a finite value is no sign of life, one not newer than the last is left out
of the sequence. Expected intervals and ranges differ by kind of stream: call once per kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol

import polars as pl

from chengshu.kit.errors import Invalid

UTC_TIME = pl.Datetime("us", "UTC")
Rows = Literal["sequence", "reports"]


@dataclass(frozen=True)
class StreamState:
    """All that is remembered of a stream; everything is None before its first value."""

    datastream: str | int
    last_at: datetime | None = None
    last_value: float | None = None
    same_since: datetime | None = None
    same_count: int | None = None


STATE = [name.name for name in fields(StreamState)]


class Rule(Protocol):
    """*found* marks the rows that break the rule, *since* when it began.

    Rows of the ``sequence`` are reports in order with ``last_at``, ``last_value`` (of the report
    before), ``same_since`` and ``same_count`` (with this one); ``reports`` are all that came.
    """

    kind: ClassVar[str]
    rows: ClassVar[Rows]

    def found(self) -> pl.Expr: ...

    def since(self) -> pl.Expr: ...


@dataclass(frozen=True)
class Frozen:
    """The same value at least *repeats* times and for at least *span*; found once per freeze.

    *steady* lists closed ranges in which a constant value is normal: a dry gauge at 0, a gas
    below its detection limit. The defaults suit hourly reports of things that vary by the hour.
    """

    kind: ClassVar[str] = "frozen"
    rows: ClassVar[Rows] = "sequence"
    repeats: int = 12
    span: timedelta = timedelta(hours=12)
    steady: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        _require(self.repeats > 1, "repeats must be 2 or more")
        _require(all(low <= high for low, high in self.steady), "steady ranges must be ordered")

    def found(self) -> pl.Expr:
        count, since = pl.col("same_count"), pl.col("same_since")
        before = (count - 1 >= self.repeats) & (pl.col("last_at") - since >= self.span)
        return self._holds(count, pl.col("at"), pl.col("value")) & ~before.fill_null(value=False)

    def since(self) -> pl.Expr:
        return pl.col("same_since")

    def holds_now(self) -> pl.Expr:
        """The same of a row of states."""
        return self._holds(pl.col("same_count"), pl.col("last_at"), pl.col("last_value"))

    def _holds(self, count: pl.Expr, at: pl.Expr, value: pl.Expr) -> pl.Expr:
        steady = pl.any_horizontal(
            pl.lit(value=False), *(value.is_between(low, high) for low, high in self.steady)
        )
        return (count >= self.repeats) & (at - pl.col("same_since") >= self.span) & ~steady


@dataclass(frozen=True)
class Silent:
    """No report for more than *factor* times the *expected* interval (by default 3 x 1 h).

    ``advance`` finds a silence when the next report ends it, ``silences`` while it lasts.
    """

    kind: ClassVar[str] = "silent"
    rows: ClassVar[Rows] = "sequence"
    expected: timedelta = timedelta(hours=1)
    factor: float = 3.0

    def __post_init__(self) -> None:
        _require(self.expected > timedelta(0), "expected must be positive")
        _require(self.factor >= 1, "factor must be 1 or more")

    @property
    def longest(self) -> timedelta:
        return self.expected * self.factor

    def found(self) -> pl.Expr:
        return pl.col("at") - pl.col("last_at") > self.longest

    def since(self) -> pl.Expr:
        return pl.col("last_at")


@dataclass(frozen=True)
class Late:
    """Received more than *after* its own time (by default 15 min); needs ``received_at``."""

    kind: ClassVar[str] = "late"
    rows: ClassVar[Rows] = "reports"
    after: timedelta = timedelta(minutes=15)

    def found(self) -> pl.Expr:
        return pl.col("received_at") - pl.col("at") > self.after

    def since(self) -> pl.Expr:
        return pl.col("at")


@dataclass(frozen=True)
class OutOfRange:
    """A value below *low* or above *high*: no default, the range is the quantity's."""

    kind: ClassVar[str] = "out_of_range"
    rows: ClassVar[Rows] = "reports"
    low: float
    high: float

    def __post_init__(self) -> None:
        _require(self.low <= self.high, "low must not be above high")

    def found(self) -> pl.Expr:
        return ~pl.col("value").is_between(self.low, self.high)

    def since(self) -> pl.Expr:
        return pl.col("at")


@dataclass(frozen=True)
class Jumping:
    """More than *step* away from the report before, when that is at most *within* old (1 h)."""

    kind: ClassVar[str] = "jumping"
    rows: ClassVar[Rows] = "sequence"
    step: float
    within: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        _require(self.step > 0, "step must be positive")

    def found(self) -> pl.Expr:
        recent = pl.col("at") - pl.col("last_at") <= self.within
        return recent & ((pl.col("value") - pl.col("last_value")).abs() > self.step)

    def since(self) -> pl.Expr:
        return pl.col("last_at")


def advance(
    states: pl.DataFrame | None, batch: pl.DataFrame, rules: Sequence[Rule]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New states of all streams, and the findings of *batch*.

    A finding has ``datastream``, ``kind``, ``at``, ``since`` (when a freeze or silence began,
    or the time of the report compared with) and ``value``. *batch* may hold any number of
    streams in any order, but the batches of one stream come in order of time.
    """
    reports = _checked(batch, rules)
    prior = known_and_new(states, reports)
    sequence = in_order(prior, reports)
    rows = {"sequence": sequence.filter("fresh"), "reports": reports}
    findings = [
        rows[rule.rows]
        .filter(rule.found())
        .select("datastream", "at", "value", kind=pl.lit(rule.kind), since=rule.since())
        for rule in rules
    ]
    return _following(prior, sequence), _together(findings, prior)


def history(
    frame: pl.DataFrame, rules: Sequence[Rule], *, until: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """States and findings of a whole history, with the silences that still last *until* then."""
    states, findings = advance(None, frame, rules)
    lasting = [silences(states, rule, now=until) for rule in rules if isinstance(rule, Silent)]
    return states, _together([findings, *lasting], states)


def silences(states: pl.DataFrame, rule: Silent, *, now: datetime) -> pl.DataFrame:
    """Findings for streams silent *now*; ``since`` is null for one that never had a value."""
    last_at, at = pl.col("last_at"), pl.lit(now, UTC_TIME)
    silent = last_at.is_null() | (at - last_at > rule.longest)
    return states.filter(silent).select(
        "datastream", kind=pl.lit(rule.kind), at=at, since=last_at, value=pl.col("last_value")
    )


def freezes(states: pl.DataFrame, rule: Frozen) -> pl.DataFrame:
    """Findings for streams whose last report is still the frozen value."""
    return states.filter(rule.holds_now()).select(
        "datastream",
        kind=pl.lit(rule.kind),
        at=pl.col("last_at"),
        since=pl.col("same_since"),
        value=pl.col("last_value"),
    )


def as_frame(states: Iterable[StreamState], *, datastream: pl.DataType) -> pl.DataFrame:
    """States as ``advance`` takes them; *datastream* is the type of that column."""
    return pl.DataFrame([asdict(state) for state in states], schema=_state_schema(datastream))


def as_states(frame: pl.DataFrame) -> list[StreamState]:
    return [StreamState(**row) for row in frame.select(STATE).iter_rows(named=True)]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Invalid(message)


def _state_schema(datastream: pl.DataType) -> pl.Schema:
    return pl.Schema(
        {
            "datastream": datastream,
            "last_at": UTC_TIME,
            "last_value": pl.Float64(),
            "same_since": UTC_TIME,
            "same_count": pl.Int64(),
        }
    )


def _checked(batch: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    wanted = ["datastream", "at", "value"]
    wanted += ["received_at"] if any(isinstance(rule, Late) for rule in rules) else []
    for name in wanted:
        _require(name in batch.columns, f"Reports need a column {name!r}")
    for name in {"at", "received_at"} & set(wanted):
        kind = batch.schema[name]
        in_utc = isinstance(kind, pl.Datetime) and kind.time_zone == "UTC"
        _require(in_utc, f"Column {name!r} must hold times in UTC")
    whole = batch.select("datastream", "at").null_count().row(0) == (0, 0)
    _require(whole, "A report needs a datastream and a time")
    times = [pl.col(name).cast(UTC_TIME) for name in wanted if name.endswith("at")]
    return batch.select(wanted).with_columns(
        pl.col("value").cast(pl.Float64).fill_nan(None), *times
    )


def known_and_new(states: pl.DataFrame | None, reports: pl.DataFrame) -> pl.DataFrame:
    """One state for each stream that is known or reports."""
    schema = _state_schema(reports.schema["datastream"])
    known = pl.DataFrame(schema=schema) if states is None else states.select(STATE).cast(schema)
    _require(known["datastream"].is_unique().all(), "A stream has more than one state")
    reporting = reports.select(pl.col("datastream").unique(maintain_order=True))
    new = reporting.join(known, on="datastream", how="anti")
    return pl.concat([known, new], how="diagonal")


def in_order(prior: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """New reports in order behind the row their stream's state stands for."""
    new = (
        reports.filter(pl.col("value").is_finite())
        .join(prior, on="datastream", maintain_order="left")
        .filter(pl.col("last_at").is_null() | (pl.col("at") > pl.col("last_at")))
        .unique(["datastream", "at"], keep="first", maintain_order=True)
        .select("datastream", "at", "value", same_since="at", same_count=pl.lit(1, pl.Int64))
    )
    last = prior.filter(pl.col("last_at").is_not_null()).rename(
        {"last_at": "at", "last_value": "value"}
    )
    rows = pl.concat(
        [last.with_columns(fresh=pl.lit(value=False)), new.with_columns(fresh=pl.lit(value=True))],
        how="diagonal",
    ).sort("datastream", "at")
    before = rows.with_columns(
        last_at=pl.col("at").shift().over("datastream"),
        last_value=pl.col("value").shift().over("datastream"),
    )
    changed = (pl.col("value") != pl.col("last_value")).fill_null(value=True)
    run = ["datastream", changed.cum_sum().over("datastream")]
    return before.with_columns(
        same_since=pl.col("same_since").first().over(run),
        same_count=pl.col("same_count").first().over(run) + pl.int_range(pl.len()).over(run),
    )


def _following(prior: pl.DataFrame, sequence: pl.DataFrame) -> pl.DataFrame:
    last = sequence.group_by("datastream", maintain_order=True).last()
    moved = last.select(
        "datastream", "same_since", "same_count", last_at="at", last_value="value"
    ).select(STATE)
    unborn = prior.join(moved, on="datastream", how="anti")
    return pl.concat([moved, unborn]).sort("datastream")


def _together(findings: Sequence[pl.DataFrame], streams: pl.DataFrame) -> pl.DataFrame:
    schema = {
        "datastream": streams.schema["datastream"],
        "kind": pl.String(),
        "at": UTC_TIME,
        "since": UTC_TIME,
        "value": pl.Float64(),
    }
    none = pl.DataFrame(schema=schema)
    return pl.concat([none, *(found.select(list(schema)) for found in findings)]).sort(
        "at", "datastream", "kind"
    )
