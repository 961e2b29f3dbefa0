"""Keeps the rollups equal to the observations, a step at a time.

An hour is gathered once it is over, and again whenever something in it changes. All is computed
from what the lake holds at that moment, so doing it twice is the same as doing it once: progress
is moved after the rollups are durable, and a kill in between is forgotten.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from django.db import transaction
from django.utils import timezone

from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import HistoryGone
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES, OBSERVATIONS
from chengshu.hub.sensing.models import RollupProgress

from .buckets import DAY, EVER, day_of, days_of, hour_of, next_day
from .changes import PAIRS, changed_hours
from .writing import present, present_days, roll_days, roll_hours, weighed

NAME = "sensing.rollups"
GRACE = timedelta(minutes=5)
"""How long after its end an hour waits for what is on its way; what comes later is a repair."""
PACE_SECONDS = 30.0
"""So that an hour into which something late comes all the time is not repaired all the time."""
MOST_SNAPSHOTS = 256

FIRST = """
    SELECT min("at") FROM (
        SELECT min("at") AS "at" FROM observations WHERE "at" >= $after
        UNION ALL SELECT min("at") FROM observations_hour WHERE "at" >= $after
    )
"""


@dataclass(frozen=True)
class Step:
    """*hours* of streams were looked at; *is_last*: there is nothing more to do now."""

    hours: int
    until: datetime
    is_last: bool


@contextmanager
def holding(now: datetime) -> Iterator[RollupProgress]:
    """The progress, begun if there is none, and locked until the end: nobody else writes rollups
    or removes observations."""
    with transaction.atomic():
        Follower.objects.get_or_create(name=NAME)
        follower = Follower.objects.select_for_update().get(name=NAME)
        found = RollupProgress.objects.filter(follower=follower).first()
        progress = found or begin(follower, now)
        progress.follower = follower
        yield progress


def begin(follower: Follower, now: datetime) -> RollupProgress:
    """Have everything computed from the first observation on; until then readers read those."""
    lake = installation.current()
    follower.snapshot = lake.current_snapshot()
    follower.save(update_fields=["snapshot"])
    over = hour_of(now - GRACE)
    until = min(_first_day(lake, EVER) or over, over)
    return RollupProgress.objects.update_or_create(follower=follower, defaults={"until": until})[0]


def step(now: datetime) -> Step:
    """Repair what changed in the next snapshots; once all are worked in, gather what is over by
    *now*, a day at most."""
    lake = installation.current()
    with holding(now) as progress:
        head, after = lake.current_snapshot(), progress.follower.snapshot
        through, before = min(head, after + MOST_SNAPSHOTS), progress.until
        try:
            changed = changed_hours(lake, after, through, before)
        except HistoryGone:
            return Step(0, begin(progress.follower, now).until, is_last=False)
        until = _next(lake, before, now) if through >= head else before
        hours = pl.concat([weighed(lake, changed), present(lake, before, until)], how="diagonal")
        roll_hours(lake, hours)
        roll_days(lake, _days(lake, changed, day_of(before), day_of(until)))
        _move(progress, through, until)
    return Step(len(hours), until, through >= head and until >= hour_of(now - GRACE))


def run(stop: threading.Event) -> None:
    """Roll up until *stop*."""
    installation.current().ensure([OBSERVATIONS, MINUTES, HOURS, DAYS])
    while not stop.is_set():
        while not stop.is_set() and not step(timezone.now()).is_last:
            pass
        stop.wait(PACE_SECONDS)


def _days(lake: Lake, changed: pl.DataFrame, complete: datetime, until: datetime) -> pl.DataFrame:
    """The days to compute: those before *complete* in which something *changed*, and all before
    *until*."""
    again = changed.filter(pl.col("at") < complete).select(*PAIRS)
    both = pl.concat([again, present_days(lake, complete, until)])
    return both.with_columns(at=days_of(pl.col("at"))).unique()


def _move(progress: RollupProgress, through: int, until: datetime) -> None:
    progress.follower.snapshot, progress.until = through, until
    progress.follower.save(update_fields=["snapshot"])
    progress.save(update_fields=["until"])


def _next(lake: Lake, until: datetime, now: datetime) -> datetime:
    """Where the next window of hours ends; days without any observation are jumped over."""
    goal = hour_of(now - GRACE)
    if goal - until <= DAY:
        return max(goal, until)
    first = _first_day(lake, until)
    return min(goal, next_day(max(until, first))) if first else goal


def _first_day(lake: Lake, after: datetime) -> datetime | None:
    """The day of the first observation, or rollup, that is not before *after*."""
    found = lake.query(FIRST, {"after": after}).item()
    return day_of(found) if found else None
