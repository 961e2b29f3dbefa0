"""Codes of administrative divisions: GB/T 2260 down to the county, GB/T 10114 below it.

The code is the path: 2 digits of province, 2 of city, 2 of county, 3 of town or street, 3 of
village or community, 3 of grid cell (GB/T 30428.1). No real place is named here: lists of places
are imported data.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from chengshu.kit.errors import Invalid

LENGTHS = (6, 9, 12, 15)
DIRECTLY_ADMINISTERED = "90"  # the city digits of counties that answer to the province itself


class BadDivisionCode(Invalid):
    """Not a code of an administrative division."""

    code = "bad-division-code"


class Level(IntEnum):
    """The value is the number of digits that tell divisions of this level apart."""

    PROVINCE = 2
    CITY = 4
    COUNTY = 6
    TOWN = 9
    VILLAGE = 12
    CELL = 15


@dataclass(frozen=True, order=True)
class Division:
    """*code* in its shortest legal form: 6, 9, 12 or 15 digits."""

    code: str
    level: Level

    def __str__(self) -> str:
        return self.code

    def padded(self, digits: int = 12) -> str:
        """The code filled with zeros, as in the 12-digit statistical list."""
        if digits not in LENGTHS or digits < len(self.code):
            raise ValueError(f"A {len(self.code)}-digit code does not fit {digits} digits")
        return self.code.ljust(digits, "0")

    @property
    def parent(self) -> "Division | None":
        """The next division up that the code itself names; none above a province."""
        for level in reversed(Level):
            if level < self.level and _names(self.code, level):
                return Division(_shortest(self.code, level), level)
        return None

    @property
    def ancestors(self) -> "tuple[Division, ...]":
        """From the province down to the parent."""
        parent = self.parent
        return () if parent is None else (*parent.ancestors, parent)

    def at(self, level: Level) -> "Division | None":
        """This division or the ancestor at *level*, if the code names one."""
        return next((d for d in (*self.ancestors, self) if d.level is level), None)

    def contains(self, other: "Division") -> bool:
        """Whether *other* is this division or lies below it."""
        return self == other or self in other.ancestors


@dataclass(frozen=True)
class ListedDivision:
    """One row of a list of places."""

    division: Division
    name: str


def parse(text: str) -> Division:
    """Read 6, 9, 12 or 15 digits; trailing zeros say that the lower levels are not meant."""
    code = text.strip()
    if not re.fullmatch(r"[0-9]+", code):
        raise _bad("characters", "must be digits only")
    if len(code) not in LENGTHS:
        raise _bad("length", f"must have 6, 9, 12 or 15 digits, not {len(code)}")
    if code[0] == "0":
        raise _bad("province", "must not begin with 0")
    level = max(level for level in Level if level <= len(code) and _segment(code, level))
    if level > Level.CITY and not _segment(code, Level.CITY):
        raise _bad("city", "names a place below the city but no city")
    if level > Level.TOWN and not _segment(code, Level.TOWN):
        raise _bad("town", "names a place below the town but no town")
    return Division(_shortest(code, level), level)


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except BadDivisionCode:
        return False
    return True


def read(lines: Iterable[str]) -> Iterator[ListedDivision]:
    """Read CSV lines with a header that has at least ``code`` and ``name``; refuse repeats."""
    rows = csv.DictReader(lines)
    if missing := {"code", "name"} - set(rows.fieldnames or ()):
        raise BadDivisionCode(
            f"The list of divisions lacks the column {', '.join(sorted(missing))}.",
            where={"row": 1},
        )
    seen: set[str] = set()
    for row in rows:
        listed = _listed(row, rows.line_num)
        if listed.division.code in seen:
            raise _bad_row(rows.line_num, f"division {listed.division} is listed twice")
        seen.add(listed.division.code)
        yield listed


def load(path: Path) -> tuple[ListedDivision, ...]:
    """All rows of a UTF-8 CSV file, see :func:`read`."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return tuple(read(lines))


def _segment(code: str, level: Level) -> int:
    """The number that tells a division of *level* from its siblings; 0 means none."""
    start = max((other.value for other in Level if other < level), default=0)
    return int(code[start:level] or 0)


def _names(code: str, level: Level) -> bool:
    if level is Level.CITY and code[2:4] == DIRECTLY_ADMINISTERED and _segment(code, Level.COUNTY):
        return False
    return _segment(code, level) > 0


def _shortest(code: str, level: Level) -> str:
    return code[:level].ljust(6, "0")


def _listed(row: dict[str, str | None], number: int) -> ListedDivision:
    name = (row["name"] or "").strip()
    if not name:
        raise _bad_row(number, "the name is missing")
    try:
        return ListedDivision(parse(row["code"] or ""), name)
    except BadDivisionCode as error:
        raise _bad_row(number, error.message) from error


def _bad(part: str, why: str) -> BadDivisionCode:
    return BadDivisionCode(f"The division code {why}.", where={"part": part})


def _bad_row(number: int, why: str) -> BadDivisionCode:
    return BadDivisionCode(f"Row {number}: {why}", where={"row": number})
