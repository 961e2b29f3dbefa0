"""Reads buckets: from rollups where they hold, from the observations themselves elsewhere.

So the answer is always what a GROUP BY over all observations would be, at one snapshot.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.models import KeptSince, RollupProgress
from chengshu.kit.errors import Terminal

from .buckets import (
    EVER,
    HOUR,
    Bucket,
    day_of,
    days_of,
    hour_of,
    hours_in,
    sql_day,
    sql_hour,
    sql_minute,
)
from .changes import PAIRS, changed_hours_of
from .gathering import MINUTES_PER_HOUR

LEVELS = {Bucket.MINUTE: "minutes", Bucket.HOUR: "hours", Bucket.DAY: "days"}
"""The level of `KeptSince` of each bucket."""

ROLLED = """
    SELECT {grp}o."at", o.count, o.sum, o.lowest, o.highest, o.last
    FROM {table} AS o AT (VERSION => {version}) JOIN streams AS s USING (datastream)
    WHERE {where}
"""
RAW = """
    SELECT {grp}{bucket} AS "at", count(*) AS count, sum(o.value) AS sum,
        min(o.value) AS lowest, max(o.value) AS highest, arg_max(o.value, o."at") AS last
    FROM observations AS o AT (VERSION => {version}) JOIN streams AS s USING (datastream)
    WHERE o.quality = 0 AND {where} GROUP BY ALL
"""
GROUPED = """
    SELECT {grp}{bucket} AS "at", {columns} FROM ({parts}) GROUP BY ALL ORDER BY ALL
"""
COLUMNS = {
    "count": "sum(count)::BIGINT AS count",
    "sum": "sum(sum) AS sum",
    "lowest": "min(lowest) AS lowest",
    "highest": "max(highest) AS highest",
    "last": 'arg_max(last, "at") AS last',
}
"""What is known of a bucket, and how it comes from parts of it."""
SPARSE = """
    SELECT o.datastream, o."at"
    FROM observations_hour AS o AT (VERSION => {version}) JOIN streams AS s USING (datastream)
    WHERE o.count <= {most} AND {where}
"""
WITHIN = """
    o.datastream BETWEEN {first} AND {last}
    AND o."at" >= TIMESTAMPTZ '{start}' AND o."at" < TIMESTAMPTZ '{until}'
"""


class NoLongerKept(Terminal):
    """What was asked for has been removed by the retention of its observed property."""

    code, status = "no-longer-kept", 410


@dataclass(frozen=True)
class Coverage:
    """Rollups hold before *until*, with everything up to *snapshot*; of the observations those
    before *observed_since* have been removed, and rollups hold there anyway."""

    snapshot: int
    until: datetime
    observed_since: datetime
    version: int


def kept_since(observed_property: int, level: str) -> datetime:
    """From when on *level* (a field of `KeptSince`) of an observed property is there."""
    found = KeptSince.objects.filter(pk=observed_property).values_list(level, flat=True).first()
    return found or EVER


def cells(
    streams: pl.DataFrame,
    observed_property: int,
    bucket: Bucket,
    span: tuple[datetime, datetime],
    columns: Collection[str] = tuple(COLUMNS),
) -> pl.DataFrame:
    """grp, at and *columns*: the buckets in *span*, whose ends are starts of buckets, over all good
    observations of the *streams* of a group. Columns that are not asked for are not read.

    *streams* (datastream, grp) are of one observed property; ``last`` means something only for
    groups of one. Raises NoLongerKept.
    """
    level = LEVELS[bucket]
    if span[0] < (since := kept_since(observed_property, level)):
        raise NoLongerKept(
            f"Before {since:%Y-%m-%d} {level} are no longer kept",
            where={"level": level, "since": since.isoformat()},
        )
    reading = Reading(installation.current(), streams, observed_property, bucket, span)
    return reading.answer(columns)


class Reading:
    """One question, made of parts that do not overlap."""

    def __init__(
        self,
        lake: Lake,
        streams: pl.DataFrame,
        observed_property: int,
        bucket: Bucket,
        span: tuple[datetime, datetime],
    ) -> None:
        self._lake = lake
        self._streams = streams
        self._bucket = bucket
        self._frames = {"streams": streams}
        self._covers = _coverage(lake, observed_property)
        self._start, self._until = span
        self._changed = self._changes()

    def answer(self, columns: Collection[str]) -> pl.DataFrame:
        parts = self._parts()
        found = self._lake.query(
            GROUPED.format(
                grp="" if self._is_one_group else "grp, ",
                bucket=sql_day('"at"') if self._bucket == Bucket.DAY else '"at"',
                columns=", ".join(COLUMNS[name] for name in columns),
                parts=" UNION ALL ".join(filter(None, parts)),
            ),
            frames=self._frames,
            copied=("streams",),
        )
        if not self._is_one_group:
            return found
        return found.select(pl.lit(self._streams["grp"][0], pl.Int64).alias("grp"), pl.all())

    def _parts(self) -> list[str]:
        if self._bucket == Bucket.MINUTE:
            return self._minutes()
        return self._hours() if self._bucket == Bucket.HOUR else self._days()

    @property
    def _tail(self) -> datetime:
        """Where rollups end."""
        until = max(self._covers.until, self._covers.observed_since)
        return min(self._until, max(self._start, until))

    @property
    def _observed(self) -> datetime:
        """Where observations begin: the start of an hour."""
        return max(hour_of(self._start), self._covers.observed_since)

    def _changes(self) -> pl.DataFrame:
        """Hours that have changed since the rollups were written."""
        snapshots = (self._covers.snapshot, self._covers.version)
        only, span = self._streams.select("datastream"), (self._observed, self._tail)
        try:
            found = changed_hours_of(self._lake, only, snapshots, span)
        except HistoryGone:
            self._covers = replace(self._covers, until=EVER)
            found = pl.DataFrame(schema=PAIRS)
        if len(found):
            self._frames["changed"] = found
        return found

    def _minutes(self) -> list[str]:
        loose = pl.concat([self._sparse(), self._changed]).unique()
        return [
            self._rolled("observations_minute", (self._start, self._tail), sql_hour('o."at"')),
            *self._raw(sql_minute('o."at"'), loose),
        ]

    def _sparse(self) -> pl.DataFrame:
        """Hours without minutes, whose observations are there."""
        if self._observed >= self._tail:
            return pl.DataFrame(schema=PAIRS)
        within = self._within(self._observed, self._tail)
        return self._lake.query(
            SPARSE.format(version=self._covers.version, most=MINUTES_PER_HOUR, where=within),
            frames={"streams": self._streams},
        )

    def _hours(self) -> list[str]:
        return [
            self._rolled("observations_hour", (self._start, self._tail), 'o."at"'),
            *self._raw(sql_hour('o."at"'), self._changed),
        ]

    def _days(self) -> list[str]:
        """Whole days, of the others the hours."""
        whole = max(self._start, day_of(self._tail))
        days = self._changed.with_columns(at=days_of(pl.col("at"))).unique()
        if len(days):
            self._frames["changed_days"] = days
        parts = [
            self._rolled("observations_day", (self._start, whole), 'o."at"', "changed_days"),
            self._rolled("observations_hour", (whole, self._tail), 'o."at"'),
            *self._raw(sql_hour('o."at"'), self._changed),
        ]
        again = hours_in(days.filter(pl.col("at") < whole)).join(
            self._changed, on=["datastream", "at"], how="anti"
        )
        if len(again):
            self._frames["again"] = again
            only = '(o.datastream, o."at") IN (SELECT (datastream, "at") FROM again)'
            parts.append(self._part(ROLLED, "observations_hour", (self._start, whole), only))
        return parts

    def _rolled(
        self, table: str, span: tuple[datetime, datetime], bucket: str, changed: str = "changed"
    ) -> str:
        """The rows of *table* in *span* without those that have changed."""
        but = ""
        if len(self._changed):
            but = f'(o.datastream, {bucket}) NOT IN (SELECT (datastream, "at") FROM {changed})'  # noqa: S608
        return self._part(ROLLED, table, span, but)

    def _raw(self, bucket: str, loose: pl.DataFrame) -> list[str]:
        """Observations after the rollups, and those of the hours *loose*."""
        parts = [self._part(RAW, "observations", (self._tail, self._until), bucket=bucket)]
        if len(loose):
            self._frames["loose"] = loose
            first, last = loose["at"].min(), loose["at"].max()
            assert isinstance(first, datetime)
            assert isinstance(last, datetime)
            span = (max(first, self._start), min(last + HOUR, self._tail))
            hour = sql_hour('o."at"')
            only = f'(o.datastream, {hour}) IN (SELECT (datastream, "at") FROM loose)'  # noqa: S608
            parts.append(self._part(RAW, "observations", span, only, bucket=bucket))
        return parts

    def _part(
        self,
        question: str,
        table: str,
        span: tuple[datetime, datetime],
        only: str = "",
        bucket: str = "",
    ) -> str:
        """Empty for no time at all: the rollups of a new installation have no tables yet."""
        if span[0] >= span[1]:
            return ""
        where = " AND ".join(filter(None, (self._within(*span), only)))
        return question.format(
            table=table,
            version=self._covers.version,
            where=where,
            bucket=bucket,
            grp="" if self._is_one_group else "s.grp, ",
        )

    @property
    def _is_one_group(self) -> bool:
        """Then the time alone is grouped by, which takes little more than half as long."""
        return self._streams["grp"].n_unique() == 1

    def _within(self, start: datetime, until: datetime) -> str:
        """The bounds let the lake pass over files without any such row."""
        streams = self._streams["datastream"]
        return WITHIN.format(
            first=streams.min(),
            last=streams.max(),
            start=start.isoformat(),
            until=until.isoformat(),
        )


def _coverage(lake: Lake, observed_property: int) -> Coverage:
    """Progress follows what is durable, so it is read before the snapshot; what is kept is said
    before it is removed, so it is read after."""
    progress = RollupProgress.objects.select_related("follower").first()
    version = lake.current_snapshot()
    observed_since = kept_since(observed_property, "observations")
    if progress is None:
        return Coverage(version, EVER, observed_since, version)
    return Coverage(progress.follower.snapshot, progress.until, observed_since, version)
