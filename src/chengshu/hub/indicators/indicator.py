"""Indicators declared by apps and computed as their inputs arrive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from chengshu.core.words import Words
from chengshu.kit.registry import Registry


@dataclass(frozen=True)
class Indicator:
    """A number by terminal or place and period.

    *inputs* are observed-property codes. *compute* gets one row per subject and period:
    ``subject``, ``at`` (start of the period, UTC) and one column per input (mean of the period,
    null where nothing came); it returns ``subject``, ``at``, ``value`` and ``detail`` (a JSON
    text). For a place the inputs are means over its terminals.
    """

    name: str
    title: Words
    unit: str
    inputs: tuple[str, ...]
    compute: Callable[[pl.DataFrame], pl.DataFrame]
    permission: str = "indicators.view_indicatorvalue"
    period: timedelta = timedelta(hours=1)
    standard: str = ""


indicators: Registry[Indicator] = Registry("indicator", Indicator)
