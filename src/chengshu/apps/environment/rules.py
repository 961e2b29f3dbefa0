"""Pollutants above the breakpoints of their hourly scale for an hour.

A colour begins where the individual index passes 150, 200, 300 and 400: moderately, heavily,
severely polluted and half-way up from there. The breakpoints are those of the edition in force
when the platform was built; which index deserves which colour is the city's to decide.
"""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chengshu.analytics.air.standard import EDITIONS, SUB_INDEX_STEPS
from chengshu.hub.warnings.rule import Step, ThresholdRule, register

from .domain import AIR_POLLUTION, POLLUTANTS

COLOURS = {150: "blue", 200: "yellow", 300: "orange", 400: "red"}
SUSTAINED_SECONDS = 3600
QUIET_SECONDS = 6 * 3600
LATEST = EDITIONS[-1]


def _steps(pollutant: str) -> tuple[Step, ...]:
    reached = dict(zip(SUB_INDEX_STEPS, LATEST.scales["hour"][pollutant].breakpoints, strict=False))
    return tuple(
        Step(float(reached[index]), colour) for index, colour in COLOURS.items() if index in reached
    )


for pollutant in POLLUTANTS:
    if pollutant.code in LATEST.forming["hour"]:
        register(
            ThresholdRule(
                name=f"environment.{pollutant.code}-high",
                title=format_lazy(_("{pollutant} too high"), pollutant=pollutant.title),
                observed_property=pollutant.code,
                unit=pollutant.unit,
                steps=_steps(pollutant.code),
                for_readings=2,
                for_seconds=SUSTAINED_SECONDS,
                quiet_seconds=QUIET_SECONDS,
                case_type=AIR_POLLUTION,
                source=f"{LATEST.name} 1h",
            )
        )
