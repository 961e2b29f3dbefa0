"""Yearly notices of public holidays and of the days worked to make up for them."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path

from chengshu.kit.calendar.hours import DAY, BadCalendar

LONGEST = timedelta(days=31)

_DATA = resources.files("chengshu.kit.calendar") / "data"
_NOTICE_KEYS = frozenset({"year", "title", "number", "issued_on", "holiday"})
_HOLIDAY_KEYS = frozenset({"name", "first", "last", "make_up"})


@dataclass(frozen=True)
class Holiday:
    """Free from *first* to *last*, both included; *make_up* days are worked in exchange."""

    name: str
    first: date
    last: date
    make_up: tuple[date, ...]

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + number * DAY


@dataclass(frozen=True)
class Notice:
    """The arrangement of one *year*; *number* is the source."""

    year: int
    title: str
    number: str
    issued_on: date
    holidays: tuple[Holiday, ...]


def bundled_names() -> list[str]:
    """Notices that come with the package."""
    return sorted(
        file.name.removesuffix(".toml") for file in _DATA.iterdir() if file.name.endswith(".toml")
    )


def bundled(name: str) -> Notice:
    """A notice that comes with the package, such as ``cn-2026``."""
    if name not in bundled_names():
        raise BadCalendar(
            f"No notice {name!r}. Known: {', '.join(bundled_names())}.", where={"key": "notices"}
        )
    return read(tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8")))


def load(path: Path) -> Notice:
    """A notice from a TOML file."""
    try:
        return read(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCalendar(f"{path.name} is not TOML: {error}") from error


def read(written: Mapping[str, object]) -> Notice:
    """A notice from a mapping; dates may be ISO text. Refuses days that contradict each other."""
    _expect_keys(written, _NOTICE_KEYS)
    year, rows = written["year"], written["holiday"]
    if not isinstance(year, int) or not isinstance(rows, list):
        raise BadCalendar("year must be a number and holiday a list.", where={"key": "year"})
    notice = Notice(
        year,
        str(written["title"]),
        str(written["number"]),
        as_date(written["issued_on"], "issued_on"),
        tuple(_read_holiday(row, year) for row in rows),
    )
    _expect_each_day_once(notice)
    return notice


def as_date(written: object, key: str) -> date:
    """A date or its ISO text."""
    if isinstance(written, date) and not isinstance(written, datetime):
        return written
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise BadCalendar(f"{key} must be a date, not {written}.", where={"key": key}) from None


def as_dates(written: object, key: str) -> tuple[date, ...]:
    if not isinstance(written, list | tuple):
        raise BadCalendar(f"{key} must be a list of dates.", where={"key": key})
    return tuple(as_date(item, key) for item in written)


def _read_holiday(row: object, year: int) -> Holiday:
    if not isinstance(row, Mapping):
        raise BadCalendar("A holiday must be a table.", where={"key": "holiday"})
    _expect_keys(row, _HOLIDAY_KEYS)
    holiday = Holiday(
        str(row["name"]),
        as_date(row["first"], "first"),
        as_date(row["last"], "last"),
        as_dates(row["make_up"], "make_up"),
    )
    if not holiday.first <= holiday.last < holiday.first + LONGEST:
        raise BadCalendar(f"{holiday.name} must end within a month of its first day.")
    begins, ends = date(year - 1, 12, 1), date(year, 12, 31)
    if not all(begins <= day <= ends for day in (holiday.first, holiday.last, *holiday.make_up)):
        raise BadCalendar(f"{holiday.name} has days outside {year}.", where={"key": "year"})
    return holiday


def _expect_keys(written: Mapping[str, object], keys: frozenset[str]) -> None:
    if wrong := set(written) ^ keys:
        raise BadCalendar(
            f"Missing or unknown: {', '.join(sorted(wrong))}. Expected: {', '.join(sorted(keys))}."
        )


def _expect_each_day_once(notice: Notice) -> None:
    seen: set[date] = set()
    for holiday in notice.holidays:
        for day in (*holiday.days(), *holiday.make_up):
            if day in seen:
                raise BadCalendar(f"{day} is named twice in {notice.number}.")
            seen.add(day)
