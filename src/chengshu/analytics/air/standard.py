"""Tables of the ambient air quality index: HJ 633-2012 and HJ 633-2026.

Concentrations are in µg/m³, carbon monoxide in mg/m³. The edition follows from the day of the
observation in the city's own calendar: 2026 from 2026-03-01, 2012 on any day before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

Period = Literal["hour", "day"]

SUB_INDEX_STEPS = (0, 50, 100, 150, 200, 300, 400, 500)

POLLUTANTS = ("pm2.5", "pm10", "so2", "no2", "co", "o3", "o3-8h")
"""Observed-property codes; ``o3`` is the 1-hour mean, ``o3-8h`` the 8-hour sliding mean."""

SO2_DAY_MEAN = "so2-24h"
"""Read only for an hour under HJ 633-2012 in which sulphur dioxide is above its 1-hour scale."""

READ = (*POLLUTANTS, SO2_DAY_MEAN)

DECIMALS = 6
PARTS_PER_UNIT: int = 10**DECIMALS
"""Concentrations are taken to the millionth, which is finer than any instrument."""

PRIMARY_ABOVE = 50
"""A primary pollutant is named only for a larger AQI."""

HIGHEST_CREDIBLE: Mapping[str, float] = dict.fromkeys(READ, 10_000.0) | {"co": 1_000.0}
"""Default ceilings above which a number is an instrument's error, not air.

No standard sets them: 10 000 µg/m³ is the usual range of particle monitors, which dust storms
have nearly reached; 1 000 mg/m³ of carbon monoxide is about the immediate danger to life.
"""


@dataclass(frozen=True)
class Scale:
    """Concentrations at which the sub-index reaches each of ``SUB_INDEX_STEPS``.

    A scale with fewer breakpoints than steps ends early: sulphur dioxide of one hour at 200,
    ozone of eight hours at 300. Above an early end HJ 633-2012 computes nothing and reports the
    sub-index of the *substitute* quantity; HJ 633-2026 lets the last sub-index stand. Above a
    full scale both are silent: 500 stands, the largest value the index has.
    """

    breakpoints: tuple[int, ...]
    decimals: int = 0
    substitute: str | None = None

    @property
    def top(self) -> int:
        return self.breakpoints[-1]

    @cached_property
    def segments(self) -> list[tuple[int, int, int]]:
        """Per segment: lowest concentration, width, rise of the sub-index."""
        steps = SUB_INDEX_STEPS[: len(self.breakpoints)]
        return [
            (low, high - low, upper - lower)
            for low, high, lower, upper in zip(
                self.breakpoints, self.breakpoints[1:], steps, steps[1:], strict=False
            )
        ]


@dataclass(frozen=True)
class Edition:
    """One edition of the standard.

    *forming* are the items whose largest sub-index is the AQI: of an hour the six 1-hour means,
    particles by their daily breakpoints. *scales* also holds sliding means reported beside them.
    With *publishes_partial_above* set, the AQI of an incomplete set is published only when it is
    greater than that (HJ 633-2026, 5.3.1); otherwise missing items are NA and the others count.
    """

    name: str
    applies_from: date
    forming: Mapping[Period, tuple[str, ...]]
    scales: Mapping[Period, Mapping[str, Scale]]
    rounds_concentrations: bool = False
    publishes_partial_above: int | None = None


@dataclass(frozen=True)
class Level:
    """A class of the AQI; *name* is the standard's term, *rgb* its annex A."""

    number: int
    key: str
    name: str
    highest: int
    colour: str
    rgb: tuple[int, int, int] = field(repr=False)


LEVELS = (
    Level(1, "excellent", "优", 50, "green", (0, 228, 0)),
    Level(2, "good", "良", 100, "yellow", (255, 255, 0)),
    Level(3, "lightly-polluted", "轻度污染", 150, "orange", (255, 126, 0)),
    Level(4, "moderately-polluted", "中度污染", 200, "red", (255, 0, 0)),
    Level(5, "heavily-polluted", "重度污染", 300, "purple", (153, 0, 76)),
    Level(6, "severely-polluted", "严重污染", 500, "maroon", (126, 0, 35)),
)

SO2_HOUR = (0, 150, 500, 650, 800)
OZONE_8_HOURS = (0, 100, 160, 215, 265, 800)
GASES_HOUR = {
    "no2": Scale((0, 100, 200, 700, 1200, 2340, 3090, 3840)),
    "co": Scale((0, 5, 10, 35, 60, 90, 120, 150), decimals=1),
    "o3": Scale((0, 160, 200, 300, 400, 800, 1000, 1200)),
}
GASES_DAY = {
    "so2": Scale((0, 50, 150, 475, 800, 1600, 2100, 2620)),
    "no2": Scale((0, 40, 80, 180, 280, 565, 750, 940)),
    "co": Scale((0, 2, 4, 14, 24, 36, 48, 60), decimals=1),
}
PARTICLES_2012 = {
    "pm2.5": Scale((0, 35, 75, 115, 150, 250, 350, 500)),
    "pm10": Scale((0, 50, 150, 250, 350, 420, 500, 600)),
}
PARTICLES_2026 = {
    "pm2.5": Scale((0, 35, 60, 115, 150, 250, 350, 500)),
    "pm10": Scale((0, 50, 120, 250, 350, 420, 500, 600)),
}

HJ633_2012 = Edition(
    name="HJ 633-2012",
    applies_from=date.min,
    forming={
        "hour": ("pm2.5", "pm10", "so2", "no2", "co", "o3"),
        "day": ("pm2.5", "pm10", "so2", "no2", "co", "o3", "o3-8h"),
    },
    scales={
        "hour": {
            **PARTICLES_2012,
            "so2": Scale(SO2_HOUR, substitute=SO2_DAY_MEAN),
            SO2_DAY_MEAN: GASES_DAY["so2"],
            **GASES_HOUR,
            "o3-8h": Scale(OZONE_8_HOURS, substitute="o3"),
        },
        "day": {
            **PARTICLES_2012,
            **GASES_DAY,
            "o3": GASES_HOUR["o3"],
            "o3-8h": Scale(OZONE_8_HOURS, substitute="o3"),
        },
    },
)

HJ633_2026 = Edition(
    name="HJ 633-2026",
    applies_from=date(2026, 3, 1),
    forming={
        "hour": ("pm2.5", "pm10", "so2", "no2", "co", "o3"),
        "day": ("pm2.5", "pm10", "so2", "no2", "co", "o3-8h"),
    },
    scales={
        "hour": {
            **PARTICLES_2026,
            "so2": Scale(SO2_HOUR),
            **GASES_HOUR,
            "o3-8h": Scale(OZONE_8_HOURS),
        },
        "day": {**PARTICLES_2026, **GASES_DAY, "o3-8h": Scale(OZONE_8_HOURS)},
    },
    rounds_concentrations=True,
    publishes_partial_above=100,
)

EDITIONS = (HJ633_2012, HJ633_2026)


def edition_on(day: date) -> Edition:
    """The edition for an observation of *day*, a date of the city's own calendar."""
    return next(edition for edition in reversed(EDITIONS) if day >= edition.applies_from)


def level_of(aqi: int) -> Level:
    """The class of an AQI between 0 and 500."""
    return next(level for level in LEVELS if aqi <= level.highest)
