"""The AQI of one hour or one day, in whole numbers.

Sub-indices are rounded up, so no binary fraction may enter: a concentration is taken to the
millionth of its unit, and the rest is exact.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chengshu.analytics.air.standard import (
    DECIMALS,
    HIGHEST_CREDIBLE,
    PARTS_PER_UNIT,
    POLLUTANTS,
    PRIMARY_ABOVE,
    READ,
    Edition,
    Level,
    Period,
    Scale,
    edition_on,
    level_of,
)
from chengshu.kit.errors import Invalid, UnknownName

Concentration = int | float | Decimal | None
SubIndices = dict[str, int | None]


@dataclass(frozen=True)
class Report:
    """The AQI of one hour or day; *aqi* is None where the standard says NA, for *na_reason*.

    *na_reason* is ``no-concentration``, ``incomplete`` (HJ 633-2026, 5.3.1) or ``above-scale``
    (HJ 633-2012: the mean to be reported instead is not given). *gaps* tells why a pollutant has
    no sub-index: ``missing``, ``negative``, ``not-finite``, ``absurd`` or ``above-scale``.
    *primary* holds all pollutants that share the largest sub-index, when that is above 50.
    """

    edition: str
    sub_indices: Mapping[str, int | None]
    aqi: int | None
    primary: tuple[str, ...]
    level: Level | None
    gaps: Mapping[str, str]
    na_reason: str | None


def hourly_report(
    concentrations: Mapping[str, Concentration],
    *,
    on: date,
    unmonitored: Iterable[str] = (),
    ceilings: Mapping[str, float] = HIGHEST_CREDIBLE,
) -> Report:
    """Report of one hour (实时报): µg/m³, CO mg/m³; *on* is the day in the city's calendar.

    *unmonitored* pollutants may be missing without making the set incomplete (HJ 633-2026,
    5.3.2). ``so2-24h`` may be given for hours above the sulphur dioxide scale of HJ 633-2012.
    """
    return _report(concentrations, "hour", on, frozenset(unmonitored), ceilings)


def daily_report(
    concentrations: Mapping[str, Concentration],
    *,
    on: date,
    unmonitored: Iterable[str] = (),
    ceilings: Mapping[str, float] = HIGHEST_CREDIBLE,
) -> Report:
    """Report of one day (日报): 24-hour means, ``o3`` and ``o3-8h`` the day's largest means."""
    return _report(concentrations, "day", on, frozenset(unmonitored), ceilings)


def _report(
    concentrations: Mapping[str, Concentration],
    period: Period,
    on: date,
    unmonitored: frozenset[str],
    ceilings: Mapping[str, float],
) -> Report:
    edition = edition_on(on)
    for name in concentrations:
        if name not in READ:
            raise UnknownName("pollutant", name, READ)
    scales, forming = edition.scales[period], edition.forming[period]
    values = {name: concentrations.get(name) for name in scales}
    highest = {**HIGHEST_CREDIBLE, **ceilings}
    gaps = {n: reason for n, v in values.items() if (reason := _refusal(n, v, highest[n]))}
    exact = {n: _exact(v, scales[n], edition) for n, v in values.items() if n not in gaps}
    indices, beyond = _standing(exact, scales, forming)
    gaps |= dict.fromkeys(beyond, "above-scale")

    expected = [name for name in forming if name not in unmonitored]
    largest = max((i for name in forming if (i := indices[name]) is not None), default=None)
    na_reason = _na_reason(largest, indices, expected, edition)
    if _undetermined(beyond, indices, scales, forming):
        na_reason = "above-scale"
    aqi = None if na_reason else largest
    return Report(
        edition=edition.name,
        sub_indices={name: indices.get(name) for name in POLLUTANTS},
        aqi=aqi,
        primary=_primary(aqi, indices, forming),
        level=None if aqi is None else level_of(aqi),
        gaps={
            name: gaps[name]
            for name in POLLUTANTS
            if name in gaps and (gaps[name] != "missing" or name in expected)
        },
        na_reason=na_reason,
    )


def _refusal(name: str, value: Concentration, ceiling: float) -> str | None:
    if value is None:
        return "missing"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Invalid(f"{name}: {value!r} is not a concentration", where={"pollutant": name})
    if not _is_finite(value):
        return "not-finite"
    if value < 0:
        return "negative"
    return "absurd" if value > ceiling else None


def _is_finite(value: int | float | Decimal) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) or math.isfinite(value)


def _exact(value: Concentration, scale: Scale, edition: Edition) -> int:
    assert value is not None
    parts = round(float(value) * PARTS_PER_UNIT)
    # round() of an int takes a half to the even side, as GB/T 8170 asks.
    return round(parts, scale.decimals - DECIMALS) if edition.rounds_concentrations else parts


def _sub_index(parts: int, scale: Scale) -> int:
    """Sum of the segments' rises, each rounded up: whole segments rise by whole numbers."""
    index = 0
    for low, width, rise in scale.segments:
        whole = width * PARTS_PER_UNIT
        within = min(max(parts - low * PARTS_PER_UNIT, 0), whole)
        index += (within * rise + whole - 1) // whole
    return index


def _standing(
    exact: Mapping[str, int], scales: Mapping[str, Scale], forming: tuple[str, ...]
) -> tuple[SubIndices, list[str]]:
    """Sub-indices as reported, and the pollutants above their scale that have none."""
    indices: SubIndices = dict.fromkeys(scales)
    indices |= {name: _sub_index(parts, scales[name]) for name, parts in exact.items()}
    beyond = []
    for name, parts in exact.items():
        substitute = scales[name].substitute
        if substitute and parts > scales[name].top * PARTS_PER_UNIT:
            indices[name] = None if substitute in forming else indices[substitute]
            beyond += [name] if indices[name] is None else []
    return indices, beyond


def _undetermined(
    beyond: list[str],
    indices: SubIndices,
    scales: Mapping[str, Scale],
    forming: tuple[str, ...],
) -> bool:
    """A forming item above its scale whose substitute is not known: no maximum can be stated."""
    substitutes = [scales[name].substitute for name in beyond if name in forming]
    return any(name is not None and indices[name] is None for name in substitutes)


def _na_reason(
    largest: int | None, indices: SubIndices, expected: list[str], edition: Edition
) -> str | None:
    if largest is None:
        return "no-concentration"
    threshold = edition.publishes_partial_above
    if threshold is None or largest > threshold:
        return None
    return "incomplete" if any(indices[name] is None for name in expected) else None


def _primary(aqi: int | None, indices: SubIndices, forming: tuple[str, ...]) -> tuple[str, ...]:
    if aqi is None or aqi <= PRIMARY_ABOVE:
        return ()
    return tuple(name for name in forming if indices[name] == aqi)
