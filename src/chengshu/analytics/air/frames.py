"""The AQI of many hours or days at once, as polars expressions over whole numbers.

Concentrations are taken to the millionth of their unit as 64-bit integers, so the result is the
same as in ``reports``, digit for digit.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import add

import polars as pl

from chengshu.analytics.air.standard import (
    EDITIONS,
    HIGHEST_CREDIBLE,
    LEVELS,
    PARTS_PER_UNIT,
    POLLUTANTS,
    PRIMARY_ABOVE,
    READ,
    Edition,
    Period,
    Scale,
)
from chengshu.kit.errors import Invalid


def hourly(
    frame: pl.DataFrame,
    *,
    unmonitored: Iterable[str] = (),
    ceilings: Mapping[str, float] = HIGHEST_CREDIBLE,
) -> pl.DataFrame:
    """Reports of hours as ``hourly_report`` gives them, one per row of *frame*, in its order.

    *frame* has ``on`` (dates in the city's calendar) and a numeric column for each pollutant it
    knows. Added, or replaced: ``iaqi_<pollutant>``, ``gap_<pollutant>`` (why it has no sub-index),
    ``aqi``, ``primary`` (a list), ``level`` (number), ``na_reason``, ``edition``.
    """
    return _reports(frame, "hour", frozenset(unmonitored), ceilings)


def daily(
    frame: pl.DataFrame,
    *,
    unmonitored: Iterable[str] = (),
    ceilings: Mapping[str, float] = HIGHEST_CREDIBLE,
) -> pl.DataFrame:
    """Reports of days as ``daily_report`` gives them; columns as for ``hourly``."""
    return _reports(frame, "day", frozenset(unmonitored), ceilings)


def _reports(
    frame: pl.DataFrame, period: Period, unmonitored: frozenset[str], ceilings: Mapping[str, float]
) -> pl.DataFrame:
    _check(frame)
    highest = {**HIGHEST_CREDIBLE, **ceilings}
    parts, rows = [], []
    for edition, applies in _by_edition(frame["on"]):
        part = frame.filter(applies)
        rows.append(applies.arg_true())
        parts.append(_Reporting(edition, period, unmonitored).added_to(part, highest))
    return pl.concat(parts)[pl.concat(rows).arg_sort()]


def _by_edition(days: pl.Series) -> Iterator[tuple[Edition, pl.Series]]:
    """The editions that are needed, at least one, each with a mask of its rows."""
    for edition, newer in zip(EDITIONS, [*EDITIONS[1:], None], strict=True):
        applies = days >= edition.applies_from
        if newer is not None:
            applies &= days < newer.applies_from
        if applies.any() or (newer is None and days.is_empty()):
            yield edition, applies


def _check(frame: pl.DataFrame) -> None:
    if frame.schema.get("on") != pl.Date or frame["on"].null_count():
        raise Invalid("Column 'on' must hold a date in every row", where={"column": "on"})
    given = [name for name in READ if name in frame.columns]
    if not given:
        raise Invalid(f"No pollutant column. Known: {', '.join(READ)}")
    for name in given:
        if not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Null):
            raise Invalid(f"Column {name!r} must be numeric", where={"column": name})


class _Reporting:
    """Expressions for one edition and period, over a working frame with, per item, its
    ``value``, the ``reason`` it is refused, its ``exact`` millionths and its ``index``."""

    def __init__(self, edition: Edition, period: Period, unmonitored: frozenset[str]) -> None:
        self.edition = edition
        self.scales = edition.scales[period]
        self.forming = edition.forming[period]
        self.expected = [name for name in self.forming if name not in unmonitored]

    def added_to(self, frame: pl.DataFrame, ceilings: Mapping[str, float]) -> pl.DataFrame:
        work = (
            frame.select(_value(name, frame) for name in self.scales)
            .with_columns(_reason(name, ceilings[name]) for name in self.scales)
            .with_columns(self._exact(name, scale) for name, scale in self.scales.items())
            .with_columns(_index(name, scale) for name, scale in self.scales.items())
            .with_columns(self._standing())
            .with_columns(largest=pl.max_horizontal(f"index {name}" for name in self.forming))
            .with_columns(na_reason=self._na_reason())
            .with_columns(aqi=pl.when(pl.col("na_reason").is_null()).then("largest"))
        )
        outcome = work.select(*self._outcome()).with_columns(primary=self._primary(work))
        return frame.with_columns(outcome)

    def _exact(self, name: str, scale: Scale) -> pl.Expr:
        accepted = pl.when(pl.col(f"reason {name}").is_null()).then(pl.col(f"value {name}"))
        parts = (accepted * PARTS_PER_UNIT).round().cast(pl.Int64)
        if self.edition.rounds_concentrations:
            parts = _rounded(parts, PARTS_PER_UNIT // 10**scale.decimals)
        return parts.alias(f"exact {name}")

    def _standing(self) -> Iterator[pl.Expr]:
        for name, scale in self.scales.items():
            if scale.substitute is None:
                continue
            above = pl.col(f"exact {name}") > scale.top * PARTS_PER_UNIT
            instead = pl.col(f"index {scale.substitute}")
            stands = pl.lit(None, pl.Int64) if scale.substitute in self.forming else instead
            beyond = above & stands.is_null()
            reason, index = pl.col(f"reason {name}"), pl.col(f"index {name}")
            yield (
                pl.when(beyond)
                .then(pl.lit("above-scale"))
                .otherwise(reason)
                .alias(f"reason {name}")
            )
            yield pl.when(above).then(stands).otherwise(index).alias(f"index {name}")

    def _undetermined(self) -> pl.Expr:
        lacking = [
            (pl.col(f"reason {name}") == "above-scale").fill_null(value=False)
            & pl.col(f"index {scale.substitute}").is_null()
            for name, scale in self.scales.items()
            if name in self.forming and scale.substitute is not None
        ]
        return pl.any_horizontal(pl.lit(value=False), *lacking)

    def _na_reason(self) -> pl.Expr:
        largest, threshold = pl.col("largest"), self.edition.publishes_partial_above
        incomplete = pl.lit(value=False)
        if threshold is not None:
            gap = pl.any_horizontal(pl.col(f"index {name}").is_null() for name in self.expected)
            incomplete = gap & (largest <= threshold)
        return (
            pl.when(self._undetermined())
            .then(pl.lit("above-scale"))
            .when(largest.is_null())
            .then(pl.lit("no-concentration"))
            .when(incomplete)
            .then(pl.lit("incomplete"))
        )

    def _outcome(self) -> Iterator[pl.Expr]:
        for name in POLLUTANTS:
            index = pl.col(f"index {name}") if name in self.scales else pl.lit(None)
            yield index.cast(pl.Int32).alias(f"iaqi_{name}")
        for name in POLLUTANTS:
            yield self._gap(name).alias(f"gap_{name}")
        yield pl.col("aqi").cast(pl.Int32)
        above = [(pl.col("aqi") > level.highest).cast(pl.Int8) for level in LEVELS[:-1]]
        yield (reduce(add, above) + 1).cast(pl.Int8).alias("level")
        yield pl.col("na_reason")
        yield pl.lit(self.edition.name).alias("edition")

    def _gap(self, name: str) -> pl.Expr:
        if name not in self.scales:
            return pl.lit(None, pl.String)
        reason = pl.col(f"reason {name}")
        return reason if name in self.expected else pl.when(reason != "missing").then(reason)

    def _primary(self, work: pl.DataFrame) -> pl.Series:
        """Looked up among all sets of pollutants by the bits of those that lead."""
        aqi = pl.when(pl.col("aqi") > PRIMARY_ABOVE).then("aqi")
        bits = [
            (pl.col(f"index {name}") == aqi).fill_null(value=False).cast(pl.Int32) * 2**place
            for place, name in enumerate(self.forming)
        ]
        sets = pl.Series(
            [
                [name for place, name in enumerate(self.forming) if chosen >> place & 1]
                for chosen in range(2 ** len(self.forming))
            ],
            dtype=pl.List(pl.String),
        )
        return sets.gather(work.select(reduce(add, bits)).to_series())


def _value(name: str, frame: pl.DataFrame) -> pl.Expr:
    value = pl.col(name) if name in frame.columns else pl.lit(None)
    return value.cast(pl.Float64).alias(f"value {name}")


def _reason(name: str, ceiling: float) -> pl.Expr:
    value = pl.col(f"value {name}")
    return (
        pl.when(value.is_null())
        .then(pl.lit("missing"))
        .when(~value.is_finite())
        .then(pl.lit("not-finite"))
        .when(value < 0)
        .then(pl.lit("negative"))
        .when(value > ceiling)
        .then(pl.lit("absurd"))
        .alias(f"reason {name}")
    )


def _rounded(parts: pl.Expr, unit: int) -> pl.Expr:
    """To whole *unit*, a half to the even one (GB/T 8170)."""
    whole, rest = parts // unit, parts % unit
    up = (2 * rest > unit) | ((2 * rest == unit) & (whole % 2 == 1))
    return (whole + up.cast(pl.Int64)) * unit


def _index(name: str, scale: Scale) -> pl.Expr:
    """Sum of the segments' rises, each rounded up: whole segments rise by whole numbers."""
    parts = pl.col(f"exact {name}")
    rises = []
    for low, width, rise in scale.segments:
        whole = width * PARTS_PER_UNIT
        within = (parts - low * PARTS_PER_UNIT).clip(0, whole)
        rises.append((within * rise + (whole - 1)) // whole)
    return reduce(add, rises).alias(f"index {name}")
