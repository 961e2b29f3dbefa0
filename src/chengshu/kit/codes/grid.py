"""Codes of grid cells and of the objects that a grid is made to watch."""

import re
from dataclasses import dataclass

from chengshu.kit.codes import divisions
from chengshu.kit.codes.divisions import BadDivisionCode, Division, Level
from chengshu.kit.errors import Invalid


class BadGridCode(Invalid):
    """Not the code of a grid cell or of an object in it."""

    code = "bad-grid-code"


@dataclass(frozen=True)
class GridCell:
    """A cell of GB/T 30428.1-2013. *sequence* runs from west to east, then north to south."""

    code: str
    community: Division
    sequence: int

    @property
    def division(self) -> Division:
        """The cell as the last level of the tree of divisions."""
        return Division(self.code, Level.CELL)


@dataclass(frozen=True)
class CommunityGrid:
    """A service grid of CJ/T 349-2010; *sequence* 0: the community is not subdivided."""

    code: str
    object_class: str
    community: Division
    sequence: int


@dataclass(frozen=True)
class Component:
    """A numbered thing in the street, GB/T 30428.2: *major* and *minor* are its classes."""

    code: str
    county: Division
    major: str
    minor: str
    sequence: int


def parse(text: str) -> GridCell:
    """Read the 15 digits of a cell."""
    code = _digits(text, 15, "grid cell")
    sequence = int(code[12:])
    if sequence == 0:
        raise _bad("sequence", "grid cell has the sequence 000")
    return GridCell(code, _community(code[:12]), sequence)


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except BadGridCode:
        return False
    return True


def upgrade(text: str) -> str:
    """The 15-digit code of a 14-digit one of CJ/T 213-2005, whose sequence had two digits."""
    old = _digits(text, 14, "old grid cell")
    return parse(f"{old[:12]}0{old[12:]}").code


def parse_community_grid(text: str) -> CommunityGrid:
    """Read 20 digits: class of object, division, street, community, sequence."""
    code = _digits(text, 20, "community grid")
    return CommunityGrid(code, code[:6], _community(code[6:18]), int(code[18:]))


def parse_component(text: str) -> Component:
    """Read 16 digits: county, major class, minor class, sequence."""
    code = _digits(text, 16, "component")
    county = _division(code[:6], Level.COUNTY)
    if not int(code[10:]):
        raise _bad("sequence", "component has the sequence 000000")
    return Component(code, county, code[6:8], code[8:10], int(code[10:]))


def _digits(text: str, length: int, what: str) -> str:
    code = text.strip()
    if not re.fullmatch(rf"[0-9]{{{length}}}", code):
        raise _bad("length", f"{what} must be {length} digits")
    return code


def _community(code: str) -> Division:
    return _division(code, Level.VILLAGE)


def _division(code: str, level: Level) -> Division:
    try:
        division = divisions.parse(code)
    except BadDivisionCode as error:
        raise BadGridCode(error.message, where=error.where) from error
    if division.level is not level:
        raise _bad("division", f"division must name a {level.name.lower()}")
    return division


def _bad(part: str, why: str) -> BadGridCode:
    return BadGridCode(f"The {why}.", where={"part": part})
