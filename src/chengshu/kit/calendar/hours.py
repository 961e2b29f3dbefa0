"""Opening hours as written, and the moments they mean in a time zone."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chengshu.kit.errors import Invalid

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = timedelta(days=1)

_SPAN = re.compile(r"([0-2]\d):([0-5]\d)\s*-\s*([0-2]\d):([0-5]\d)")


class BadCalendar(Invalid):
    """A calendar or a list of holidays that cannot be meant; ``where["key"]`` says which part."""

    code = "bad-calendar"


@dataclass(frozen=True, order=True)
class Hours:
    """From *opens* up to *closes*, both as time since local midnight."""

    opens: timedelta
    closes: timedelta


def parse_day(written: object, key: str) -> tuple[Hours, ...]:
    """Read ``["08:30-12:00", "14:00-18:00"]``; the spans must be in order and apart."""
    if not isinstance(written, list | tuple):
        raise BadCalendar(f"{key} must be a list of spans.", where={"key": key})
    spans = tuple(_parse_span(item, key) for item in written)
    for before, after in zip(spans, spans[1:], strict=False):
        if after.opens < before.closes:
            raise BadCalendar(
                f"The spans of {key} overlap or are out of order.", where={"key": key}
            )
    return spans


def parse_week(written: object) -> tuple[tuple[Hours, ...], ...]:
    """Seven days, Monday first; a day left out is free. At least one day must have hours."""
    if not isinstance(written, Mapping):
        raise BadCalendar("weekly must map days to spans.", where={"key": "weekly"})
    if unknown := set(written) - set(WEEKDAYS):
        raise BadCalendar(
            f"No weekday {', '.join(map(str, unknown))}. Known: {', '.join(WEEKDAYS)}.",
            where={"key": "weekly"},
        )
    week = tuple(parse_day(written.get(day, ()), day) for day in WEEKDAYS)
    if not any(week):
        raise BadCalendar("The week has no working hours.", where={"key": "weekly"})
    return week


def utc(at: datetime) -> datetime:
    """Refuses a naive time with ``ValueError``."""
    if at.tzinfo is None:
        raise ValueError("A moment needs a time zone")
    return at.astimezone(UTC)


def moment(day: date, clock: timedelta, zone: ZoneInfo) -> datetime:
    """UTC of a local time; one that the clocks skip becomes the moment they skip it.

    Of an hour that happens twice the first is meant.
    """
    local = (datetime.combine(day, time()) + clock).replace(tzinfo=zone)
    again = local.replace(fold=1)
    late, early = local.astimezone(UTC), again.astimezone(UTC)
    if early >= late:
        return late
    return _skip(early, late, zone)


def _skip(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The second between *early* and *late* at which the clocks go forward."""
    after = late.astimezone(zone).utcoffset()
    seconds = range((late - early) // timedelta(seconds=1) + 1)
    index = bisect_left(
        seconds,
        True,
        key=lambda s: (early + timedelta(seconds=s)).astimezone(zone).utcoffset() == after,
    )
    return early + timedelta(seconds=index)


def _parse_span(written: object, key: str) -> Hours:
    match = _SPAN.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise BadCalendar(f"{key} must have spans like 08:30-12:00.", where={"key": key})
    hours = [int(group) for group in match.groups()]
    opens = timedelta(hours=hours[0], minutes=hours[1])
    closes = timedelta(hours=hours[2], minutes=hours[3])
    if not opens < closes <= DAY:
        raise BadCalendar(f"A span of {key} must end after it begins.", where={"key": key})
    return Hours(opens, closes)
