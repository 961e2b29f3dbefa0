"""Number plates of motor vehicles, GA 36-2018."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chengshu.kit.errors import Invalid

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_START = rf"[{PROVINCES}][A-HJ-Z]"
_SERIAL = "[A-HJ-NP-Z0-9]"
_SEPARATORS = re.compile(r"[\s·•.\-]")


class BadPlate(Invalid):
    """Not a number plate."""

    code = "bad-plate"


class Colour(StrEnum):
    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"  # fading from white
    YELLOW_GREEN = "yellow-green"
    WHITE = "white"
    BLACK = "black"


@dataclass(frozen=True)
class PlateKind:
    """One form of plate: *pattern* for the whole number, *colours* it is made in."""

    name: str
    pattern: re.Pattern[str]
    colours: frozenset[Colour]


def _kind(name: str, pattern: str, *colours: Colour) -> PlateKind:
    return PlateKind(name, re.compile(pattern), frozenset(colours))


GA36_2018 = (
    _kind("ordinary", f"{_START}{_SERIAL}{{5}}", Colour.BLUE, Colour.YELLOW),
    _kind("small-new-energy", f"{_START}[A-HJK]{_SERIAL}[0-9]{{4}}", Colour.GREEN),
    _kind("large-new-energy", f"{_START}[0-9]{{5}}[A-HJK]", Colour.YELLOW_GREEN),
    _kind("trailer", f"{_START}{_SERIAL}{{4}}挂", Colour.YELLOW),
    _kind("learner", f"{_START}{_SERIAL}{{4}}学", Colour.YELLOW),
    _kind("police", f"{_START}{_SERIAL}{{4}}警", Colour.WHITE),
    _kind("hong-kong-macao", f"{_START}{_SERIAL}{{4}}[港澳]", Colour.BLACK),
    _kind("embassy", "[0-9]{6}使|使[0-9]{6}", Colour.BLACK),
    _kind("consulate", f"{_START}{_SERIAL}{{4}}领", Colour.BLACK),
)


@dataclass(frozen=True)
class Plate:
    """*colour* is part of the identity: one number may exist in two colours.

    It is known when it was given or when the kind has only one.
    """

    number: str
    kind: str
    colour: Colour | None

    @property
    def office(self) -> str:
        """Province and letter of the issuing office; empty on an embassy's plate."""
        return self.number[:2] if self.number[0] in PROVINCES else ""


def parse(
    text: str, *, colour: Colour | None = None, kinds: Sequence[PlateKind] = GA36_2018
) -> Plate:
    """Read a number with or without its dot; *kinds* may be a city's own table."""
    number = _SEPARATORS.sub("", text).upper()
    kind = next((kind for kind in kinds if kind.pattern.fullmatch(number)), None)
    if kind is None:
        raise BadPlate("The number is of no known kind of plate.", where={"part": "number"})
    if colour is not None and colour not in kind.colours:
        raise BadPlate(
            f"A plate of kind {kind.name} is not made in {colour}.", where={"part": "colour"}
        )
    if colour is None and len(kind.colours) == 1:
        (colour,) = kind.colours
    return Plate(number, kind.name, colour)


def is_valid(text: str, *, colour: Colour | None = None) -> bool:
    try:
        parse(text, colour=colour)
    except BadPlate:
        return False
    return True
