"""Spans of time that observations are gathered in; each is known by its start.

Minutes are those of UTC. Hours and days are the city's: where its clock differs from UTC by a
fraction of an hour, its hours begin at that fraction.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings

EVER = datetime(2, 1, 1, tzinfo=UTC)
"""Before all observations."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Bucket(StrEnum):
    """Widths as ISO 8601 says them."""

    MINUTE = "PT1M"
    HOUR = "PT1H"
    DAY = "P1D"

    @property
    def width(self) -> timedelta:
        return {"PT1M": MINUTE, "PT1H": HOUR, "P1D": DAY}[self.value]

    def floor(self, at: datetime) -> datetime:
        """The start of the bucket that *at* lies in."""
        if self == Bucket.DAY:
            return day_of(at)
        return hour_of(at) if self == Bucket.HOUR else at.replace(second=0, microsecond=0)

    def ceiling(self, at: datetime) -> datetime:
        """The first start of a bucket that is not before *at*."""
        begun = self.floor(at)
        if begun == at:
            return at
        return next_day(at) if self == Bucket.DAY else begun + self.width


STANDARD = datetime(2026, 1, 1, tzinfo=UTC)


def hour_of(at: datetime) -> datetime:
    """The start of the hour that *at* lies in."""
    local = (at + _shift()).replace(minute=0, second=0, microsecond=0)
    return local - _shift()


def day_of(at: datetime) -> datetime:
    """The start of the day that *at* lies in, in UTC."""
    local = at.astimezone(_zone()).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return local.astimezone(UTC)


def next_day(at: datetime) -> datetime:
    """The start of the day after the one that *at* lies in."""
    return day_of(day_of(at) + DAY + DAY / 4)


def minutes_of(at: pl.Expr) -> pl.Expr:
    return at.dt.truncate("1m")


def hours_of(at: pl.Expr) -> pl.Expr:
    return at.dt.offset_by(_by(_shift())).dt.truncate("1h").dt.offset_by(_by(-_shift()))


def days_of(at: pl.Expr) -> pl.Expr:
    return at.dt.convert_time_zone(settings.TIME_ZONE).dt.truncate("1d").dt.convert_time_zone("UTC")


def hours_in(days: pl.DataFrame) -> pl.DataFrame:
    """*days* (datastream, at) as the hours they have: 24, or one less or more."""
    local = pl.col("at").dt.convert_time_zone(settings.TIME_ZONE)
    after = local.dt.offset_by("1d").dt.convert_time_zone("UTC")
    hours = pl.datetime_ranges(pl.col("at"), after, "1h", closed="left")
    return days.select("datastream", at=hours).explode("at")


def sql_minute(at: str) -> str:
    """The SQL of the minute of the column *at*."""
    return _floored(at, MINUTE, timedelta())


def sql_hour(at: str) -> str:
    return _floored(at, HOUR, _shift())


def sql_day(at: str) -> str:
    zone = f"'{settings.TIME_ZONE}'"
    return f"(date_trunc('day', {at} AT TIME ZONE {zone}) AT TIME ZONE {zone})"


def _floored(at: str, width: timedelta, shift: timedelta) -> str:
    """Whole numbers: ``time_bucket`` of a time with a zone is three times as slow."""
    wide, moved = width // timedelta(microseconds=1), shift // timedelta(microseconds=1)
    into = f"(((epoch_us({at}) + {moved}) % {wide} + {wide}) % {wide})"
    return f"make_timestamptz(epoch_us({at}) - {into})"


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def _shift() -> timedelta:
    """By how much of an hour the city's clock is ahead of a full hour of UTC."""
    return (STANDARD.astimezone(_zone()).utcoffset() or timedelta()) % HOUR


def _by(shift: timedelta) -> str:
    return f"{shift // timedelta(microseconds=1)}us"
