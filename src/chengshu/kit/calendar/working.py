"""The working-time calendar: which moments count, and adding and measuring in them."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chengshu.kit.calendar import holidays
from chengshu.kit.calendar.holidays import Notice
from chengshu.kit.calendar.hours import DAY, BadCalendar, Hours, moment, parse_day, parse_week, utc

NOTHING = timedelta()
KEYS = frozenset({"time_zone", "weekly", "notices", "make_up_hours", "make_up", "holidays"})

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Calendar:
    """Working time of one place. Moments go in aware and come out in UTC.

    A moment is working from a span's opening up to, not including, its closing. Naive times,
    negative durations and negative numbers of days raise ``ValueError``.
    """

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]
    make_up_hours: tuple[Hours, ...]
    holidays: Mapping[date, str]
    make_up: frozenset[date]
    years: frozenset[int] = frozenset()
    _spans: dict[date, tuple[Span, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def covers(self, on: date) -> bool:
        """Whether the holidays of that year are known, or only the week."""
        return on.year in self.years

    def is_working_day(self, on: date) -> bool:
        return bool(self.hours(on))

    def is_working(self, at: datetime) -> bool:
        at = utc(at)
        return any(opens <= at < closes for opens, closes in self._spans_of(self._local_day(at)))

    def hours(self, on: date) -> tuple[Hours, ...]:
        """The hours of a day: a make-up day counts before a holiday, a holiday before the week."""
        if on in self.make_up:
            return self.make_up_hours
        return () if on in self.holidays else self.week[on.weekday()]

    def next_working(self, at: datetime) -> datetime:
        """The first working moment at or after *at*."""
        opens, _ = next(self._spans_after(utc(at)))
        return opens

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The first moment by which *working* has passed since *start*."""
        at, left = utc(start), _not_negative(working)
        if not left:
            return at
        spans = self._spans_after(at)
        opens, closes = next(spans)
        while left > closes - opens:
            left -= closes - opens
            opens, closes = next(spans)
        return opens + left

    def subtract(self, end: datetime, working: timedelta) -> datetime:
        """The last moment from which *working* passes until *end*."""
        at, left = utc(end), _not_negative(working)
        if not left:
            return at
        spans = self._spans_before(at)
        opens, closes = next(spans)
        while left > closes - opens:
            left -= closes - opens
            opens, closes = next(spans)
        return closes - left

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from *start* to *end*, negative when *end* is earlier."""
        start, end = utc(start), utc(end)
        if end < start:
            return -self.between(end, start)
        total, day, last = NOTHING, self._local_day(start), self._local_day(end)
        while day <= last:
            for opens, closes in self._spans_of(day):
                total += max(NOTHING, min(closes, end) - max(opens, start))
            day += DAY
        return total

    def add_days(self, start: datetime, days: int) -> datetime:
        """The same time of day, *days* working days after the first working moment from *start*.

        On a day with other hours: the first working moment from that time on, or else the closing.
        """
        if days < 0:
            raise ValueError("Working days are counted forward")
        first = self.next_working(start)
        local = first.astimezone(self.zone)
        day = local.date()
        for _ in range(days):
            day = self._next_working_day(day)
        clock = timedelta(
            hours=local.hour,
            minutes=local.minute,
            seconds=local.second,
            microseconds=local.microsecond,
        )
        return self._into_hours(moment(day, clock, self.zone), day)

    def working_time(self, on: date) -> timedelta:
        """How much of a day is worked."""
        return sum((closes - opens for opens, closes in self._spans_of(on)), NOTHING)

    def local_day(self, at: datetime) -> date:
        """The date of a moment in the calendar's time zone."""
        return self._local_day(utc(at))

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _spans_of(self, day: date) -> tuple[Span, ...]:
        if (spans := self._spans.get(day)) is None:
            spans = tuple(
                (moment(day, hours.opens, self.zone), moment(day, hours.closes, self.zone))
                for hours in self.hours(day)
            )
            self._spans[day] = spans
        return spans

    def _spans_after(self, at: datetime) -> Iterator[Span]:
        """What is left of the working spans from *at* on, never empty ones."""
        day = self._local_day(at)
        while True:
            for opens, closes in self._spans_of(day):
                if max(opens, at) < closes:
                    yield max(opens, at), closes
            day += DAY

    def _spans_before(self, at: datetime) -> Iterator[Span]:
        """What there is of the working spans up to *at*, latest first, never empty ones."""
        day = self._local_day(at)
        while True:
            for opens, closes in reversed(self._spans_of(day)):
                if opens < min(closes, at):
                    yield opens, min(closes, at)
            day -= DAY

    def _next_working_day(self, day: date) -> date:
        day += DAY
        while not self.hours(day):
            day += DAY
        return day

    def _into_hours(self, at: datetime, day: date) -> datetime:
        spans = self._spans_of(day)
        return next((max(opens, at) for opens, closes in spans if at < closes), spans[-1][1])


def load(source: Path | Mapping[str, object], *, notices: Iterable[Notice] = ()) -> Calendar:
    """A calendar from a TOML file or a mapping, in the form shown in this package's docstring.

    *notices* are added to those that *source* names. Raises :class:`BadCalendar`.
    """
    written = _read_file(source) if isinstance(source, Path) else source
    if unknown := set(written) - KEYS:
        raise BadCalendar(
            f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(KEYS))}."
        )
    week = parse_week(written.get("weekly"))
    all_notices = [*_named_notices(written.get("notices", ())), *notices]
    arranged = [holiday for notice in all_notices for holiday in notice.holidays]
    return Calendar(
        zone=_zone(written.get("time_zone")),
        week=week,
        make_up_hours=_make_up_hours(written, week),
        holidays={day: holiday.name for holiday in arranged for day in holiday.days()}
        | _local_holidays(written.get("holidays", {})),
        make_up=frozenset(day for holiday in arranged for day in holiday.make_up)
        | frozenset(holidays.as_dates(written.get("make_up", ()), "make_up")),
        years=frozenset(notice.year for notice in all_notices),
    )


def _read_file(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCalendar(f"{path.name} is not TOML: {error}") from error


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise BadCalendar(f"No time zone {name!r}.", where={"key": "time_zone"}) from None


def _named_notices(names: object) -> list[Notice]:
    if not isinstance(names, list | tuple):
        raise BadCalendar("notices must be a list of names.", where={"key": "notices"})
    return [holidays.bundled(str(name)) for name in names]


def _make_up_hours(
    written: Mapping[str, object], week: tuple[tuple[Hours, ...], ...]
) -> tuple[Hours, ...]:
    if "make_up_hours" not in written:
        return next(day for day in week if day)
    hours = parse_day(written["make_up_hours"], "make_up_hours")
    if not hours:
        raise BadCalendar("make_up_hours is empty.", where={"key": "make_up_hours"})
    return hours


def _local_holidays(written: object) -> dict[date, str]:
    if not isinstance(written, Mapping):
        raise BadCalendar("holidays must map dates to names.", where={"key": "holidays"})
    return {holidays.as_date(day, "holidays"): str(name) for day, name in written.items()}


def _not_negative(working: timedelta) -> timedelta:
    if working < NOTHING:
        raise ValueError("Working time is not negative: use the opposite operation")
    return working
