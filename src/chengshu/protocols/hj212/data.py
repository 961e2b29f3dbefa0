"""The data area between ``CP=&&`` and ``&&``: groups of name and value.

A value is text throughout: its trailing zeros tell the precision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property

BEIJING = timezone(timedelta(hours=8))

Pair = tuple[str, str]
Group = tuple[Pair, ...]


def pairs_of(text: str) -> list[Pair]:
    """The items of *text*, whichever of the two separators a device uses between them.

    Empty items, as a trailing separator leaves them, are dropped.
    """
    return [
        (name, value)
        for item in text.replace(",", ";").split(";")
        if item
        for name, _, value in (item.partition("="),)
    ]


def parse_time(text: str) -> datetime | None:
    """``YYYYMMDDhhmmss`` of Beijing time as aware UTC; None when it is no such time."""
    if len(text) != 14 or not (text.isascii() and text.isdecimal()):
        return None
    try:
        local = datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[8:10]),
            int(text[10:12]),
            int(text[12:]),
            tzinfo=BEIJING,
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_text(moment: datetime) -> str:
    """Beijing time as the standard writes it: ``YYYYMMDDhhmmss``."""
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


@dataclass(frozen=True)
class Data:
    """A data area as sent: groups between ``;``, items between ``,`` inside a group."""

    text: str = ""

    @classmethod
    def of(cls, *groups: Mapping[str, str]) -> "Data":
        return cls.joined(tuple(group.items()) for group in groups if group)

    @classmethod
    def joined(cls, groups: Iterable[Group]) -> "Data":
        written = (",".join(f"{name}={value}" for name, value in group) for group in groups)
        return cls(";".join(written))

    @property
    def groups(self) -> tuple[Group, ...]:
        parted = (tuple(pairs_of(group)) for group in self.text.split(";"))
        return tuple(group for group in parted if group)

    @cached_property
    def _sorted(self) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        fields: dict[str, str] = {}
        factors: dict[str, dict[str, str]] = {}
        for name, value in pairs_of(self.text):
            code, dash, part = name.rpartition("-")
            if not dash:
                fields[name] = value
            elif code in factors:
                factors[code][part] = value
            else:
                factors[code] = {part: value}
        return fields, factors

    @property
    def fields(self) -> dict[str, str]:
        """Items without a dash (``DataTime``, ``PolId``); of a repeated name the last value."""
        return self._sorted[0]

    @property
    def factors(self) -> dict[str, dict[str, str]]:
        """By the part before the last dash: ``{"w01018": {"Rtd": "40.10", "Flag": "N"}}``."""
        return self._sorted[1]

    @property
    def time(self) -> datetime | None:
        """``DataTime`` in UTC: an instant for 2011, 2021, 2081, 3015, else a period's start."""
        return parse_time(self.fields.get("DataTime", ""))
