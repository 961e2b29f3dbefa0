"""How one terminal has been."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from chengshu.hub.sensing.models import HealthPeriod, Terminal

from .board import tone

SHOWN = timedelta(days=7)
MOST_TROUBLES, LOOKED_THROUGH = 5, 50
WIDTH = 1000
ILL = ("bad", "fair")


@dataclass(frozen=True)
class Segment:
    """A stretch of the last week from *left* for *width* of WIDTH."""

    title: str
    tone: str
    since: datetime
    left: float
    width: float


@dataclass(frozen=True)
class Past:
    """The last week, oldest first, and the latest troubles, newest first."""

    start: datetime
    segments: list[Segment]
    troubles: list[HealthPeriod]


def past(terminal: Terminal, now: datetime) -> Past:
    start = now - SHOWN
    periods = HealthPeriod.objects.filter(terminal=terminal).order_by("since", "id")
    recent = periods.filter(Q(until=None) | Q(until__gt=start), since__lt=now)
    ill = [
        period
        for period in periods.reverse()[:LOOKED_THROUGH]
        if tone(period.health) in ("bad", "fair")
    ]
    return Past(start, [_segment(one, start, now) for one in recent], ill[:MOST_TROUBLES])


def _segment(period: HealthPeriod, start: datetime, now: datetime) -> Segment:
    left = (max(period.since, start) - start) / SHOWN * WIDTH
    right = ((period.until or now) - start) / SHOWN * WIDTH
    title = period.get_health_display()
    return Segment(title, tone(period.health), period.since, left, max(0.0, right - left))
