"""Time limits as the catalogues of city management write them, and the moment they run out."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from chengshu.kit.calendar.hours import utc
from chengshu.kit.calendar.working import Calendar
from chengshu.kit.errors import Invalid


class BadLimit(Invalid):
    """Not a time limit."""

    code = "bad-limit"


class LimitUnit(StrEnum):
    """Clock and calendar units run day and night, working units only in the calendar's hours."""

    CLOCK_MINUTES = "clock-minutes"
    CLOCK_HOURS = "clock-hours"
    WORKING_HOURS = "working-hours"
    WORKING_DAYS = "working-days"
    CALENDAR_DAYS = "calendar-days"


NAMES = MappingProxyType(
    {
        "分钟": LimitUnit.CLOCK_MINUTES,
        "小时": LimitUnit.CLOCK_HOURS,
        "紧急工作时": LimitUnit.CLOCK_HOURS,
        "工作时": LimitUnit.WORKING_HOURS,
        "工作日": LimitUnit.WORKING_DAYS,
        "紧急工作日": LimitUnit.CALENDAR_DAYS,
        "自然日": LimitUnit.CALENDAR_DAYS,
    }
)

_WRITTEN = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*个?\s*({'|'.join(NAMES)})")
_ELAPSED = MappingProxyType(
    {
        LimitUnit.CLOCK_MINUTES: timedelta(minutes=1),
        LimitUnit.CLOCK_HOURS: timedelta(hours=1),
        LimitUnit.CALENDAR_DAYS: timedelta(days=1),
    }
)


@dataclass(frozen=True)
class Limit:
    """*value* may be a fraction, more than 0."""

    value: float
    unit: LimitUnit

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and 0 < self.value <= 100_000):
            raise BadLimit("A limit must be more than 0 and at most 100000.")


def parse(text: str) -> Limit:
    """Read what the tables print, such as ``1.5 工作时`` or ``5个工作日``."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise BadLimit(f"A limit is a number and one of {', '.join(NAMES)}.")
    return Limit(float(match[1]), NAMES[match[2]])


def due(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    """The moment, UTC, at which *limit* runs out for work begun at *start*."""
    if (step := _ELAPSED.get(limit.unit)) is not None:
        return utc(start) + limit.value * step
    if limit.unit is LimitUnit.WORKING_HOURS:
        return calendar.add(start, timedelta(hours=limit.value))
    return _working_days(calendar, start, limit.value)


def _working_days(calendar: Calendar, start: datetime, days: float) -> datetime:
    """Whole days by the date; a part of a day by the working time of the day it falls on."""
    part, whole = math.modf(days)
    at = calendar.add_days(start, int(whole))
    return calendar.add(at, part * calendar.working_time(calendar.local_day(at)))
