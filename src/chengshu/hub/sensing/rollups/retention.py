"""Removes what is no longer kept: whole days of the city, never a rollup with its observations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.storage import COLUMN_TYPES
from chengshu.core.lake.tables import LakeTable
from chengshu.core.lake.writing import Note, append
from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES, OBSERVATIONS
from chengshu.hub.sensing.models import Datastream, KeptSince, ObservedProperty, RollupProgress

from . import rolling
from .buckets import DAY, EVER, day_of, next_day
from .changes import RETENTION
from .writing import fill_minutes

MOST_ROWS = 500_000
"""Rows removed by one commit."""


@dataclass(frozen=True)
class Level:
    """*kept*: the field of the property with its days; *since*: that of `KeptSince`."""

    kept: str
    since: str
    table: LakeTable


LEVELS = (
    Level("observations_kept", "observations", OBSERVATIONS),
    Level("minutes_kept", "minutes", MINUTES),
    Level("hours_kept", "hours", HOURS),
    Level("days_kept", "days", DAYS),
)
FIRST = """
    SELECT min("at") FROM {table}
    WHERE "at" >= $start AND "at" < $before AND datastream BETWEEN $first AND $last
      AND datastream IN (SELECT datastream FROM streams)
"""
SOME = """
    SELECT datastream, "at" FROM {table}
    WHERE "at" >= $start AND "at" < $before AND datastream BETWEEN $first AND $last
      AND datastream IN (SELECT datastream FROM streams) LIMIT {most}
"""
Tell = Callable[[int, int], None]


def retain(now: datetime, progress: Tell) -> dict[str, int]:
    """Remove what every observed property keeps no longer; how many rows of each level went."""
    _catch_up(now)
    found = list(ObservedProperty.objects.order_by("pk"))
    removed = dict.fromkeys((level.since for level in LEVELS), 0)
    for done, observed in enumerate(found):
        progress(done, len(found))
        streams = _streams(observed)
        for level in LEVELS if len(streams) else ():
            before = _decided(observed, level, now)
            if before is not None:
                removed[level.since] += _remove(level.table, streams, before)
    progress(len(found), len(found))
    return removed


def _decided(observed: ObservedProperty, level: Level, now: datetime) -> datetime | None:
    """Before when rows of *level* go; None when all stay. From now on nobody counts on them."""
    days = getattr(observed, level.kept)
    with rolling.holding(now):
        found = KeptSince.objects.filter(observed_property=observed).first()
        marks = found or KeptSince(observed_property=observed)
        since: datetime | None = getattr(marks, level.since)
        if days is None:
            return since
        _catch_up(now)
        until = RollupProgress.objects.get(follower__name=rolling.NAME).until
        before = min(day_of(now - days * DAY), day_of(until))
        if since is not None and before <= since:
            return since
        if level.table is OBSERVATIONS and observed.minutes_kept != days:
            _fill(observed, since, before)
        setattr(marks, level.since, before)
        marks.save()
    return before


def _fill(observed: ObservedProperty, since: datetime | None, before: datetime) -> None:
    """Give minutes to the hours that have none as their observations are their minutes."""
    lake, streams = installation.current(), _streams(observed)
    start = since or EVER
    while (first := _first(lake, OBSERVATIONS, streams, (start, before))) is not None:
        start = next_day(first)
        fill_minutes(lake, streams, day_of(first), start)


def _remove(table: LakeTable, streams: pl.DataFrame, before: datetime) -> int:
    """A day after the other, so many rows at a time that nobody has to wait for it."""
    lake, removed = installation.current(), 0
    nothing = pl.DataFrame(schema={n: COLUMN_TYPES[kind] for n, kind in table.columns.items()})
    while (first := _first(lake, table, streams, (EVER, before))) is not None:
        span = {"start": first, "before": min(next_day(first), before)}
        question = SOME.format(table=table.name, most=MOST_ROWS)
        keys = lake.query(question, _ends(streams) | span, frames={"streams": streams})
        note = Note(RETENTION)
        removed += append(lake, table, nothing, remove=keys, note=note, is_patient=True).removed
    return removed


def _first(
    lake: Lake, table: LakeTable, streams: pl.DataFrame, span: tuple[datetime, datetime]
) -> datetime | None:
    """The first row of *streams* in *span*."""
    within = _ends(streams) | {"start": span[0], "before": span[1]}
    found = lake.query(FIRST.format(table=table.name), within, frames={"streams": streams}).item()
    return found if isinstance(found, datetime) else None


def _ends(streams: pl.DataFrame) -> dict[str, object]:
    return {"first": streams["datastream"].min(), "last": streams["datastream"].max()}


def _streams(observed: ObservedProperty) -> pl.DataFrame:
    numbers = Datastream.objects.filter(observed_property=observed).order_by("pk")
    found = list(numbers.values_list("pk", flat=True))
    return pl.DataFrame({"datastream": found}, schema={"datastream": pl.Int64})


def _catch_up(now: datetime) -> None:
    while not rolling.step(now).is_last:
        pass
