"""Citizen identity numbers, GB 11643-1999, and the permits numbered by the same rule.

A number is personal information: errors and ``repr`` never contain it.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from chengshu.kit.errors import Invalid

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
COMPATRIOT_DIVISIONS = frozenset({"810000", "820000", "830000"})

_FORM = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FORM = re.compile(r"[0-9]{15}")


class BadCitizenId(Invalid):
    """Not a citizen identity number."""

    code = "bad-citizen-id"


class Holder(StrEnum):
    """Whose number it is, told by the first digit."""

    CITIZEN = "citizen"
    COMPATRIOT = "compatriot"  # residence permit of Hong Kong, Macao and Taiwan residents
    FOREIGNER = "foreigner"  # foreign permanent resident card since 2023


@dataclass(frozen=True)
class CitizenId:
    """*division* is where the number was first registered, perhaps a code since retired.

    For a foreigner it is not a division: 9, two digits of province, three of nationality.
    """

    number: str = field(repr=False)
    division: str
    born_on: date = field(repr=False)
    is_male: bool = field(repr=False)
    holder: Holder


def parse(
    text: str,
    *,
    divisions: Container[str] | None = None,
    today: date | None = None,
) -> CitizenId:
    """Read an 18-digit number; a lower-case x is accepted.

    *divisions*: every six-digit code ever used; without it the division is not checked.
    *today*: the latest possible birth date; without it a future date is not noticed.
    """
    number = text.strip().upper()
    if len(number) != 18:
        raise _bad("length", f"must have 18 characters, not {len(number)}")
    if not _FORM.fullmatch(number):
        raise _bad("characters", "must be 17 digits and a digit or X")
    born_on = _birth_date(number[6:14])
    if today is not None and born_on > today:
        raise _bad("birth date", "has a birth date in the future")
    if check_character(number[:17]) != number[17]:
        raise _bad("check", "does not match its check character")
    holder = _holder(number)
    if divisions is not None and not _division_is_known(number[:6], holder, divisions):
        raise _bad("division", "begins with a division code that was never in use")
    return CitizenId(number, number[:6], born_on, int(number[16]) % 2 == 1, holder)


def is_valid(
    text: str, *, divisions: Container[str] | None = None, today: date | None = None
) -> bool:
    try:
        parse(text, divisions=divisions, today=today)
    except BadCitizenId:
        return False
    return True


def upgrade(text: str) -> str:
    """The 18-digit number of a 15-digit one from before 1999: all born in the 20th century."""
    number = text.strip()
    if not _OLD_FORM.fullmatch(number):
        raise _bad("characters", "of the old form must be 15 digits")
    body = f"{number[:6]}19{number[6:]}"
    _birth_date(body[6:14])
    return body + check_character(body)


def check_character(body: str) -> str:
    """Of 17 digits, ISO 7064 MOD 11-2."""
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return CHECKS[total % 11]


def _birth_date(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise _bad("birth date", "has no real date in characters 7 to 14") from None


def _holder(number: str) -> Holder:
    if number[0] == "9":
        return Holder.FOREIGNER
    return Holder.COMPATRIOT if number[:6] in COMPATRIOT_DIVISIONS else Holder.CITIZEN


def _division_is_known(division: str, holder: Holder, divisions: Container[str]) -> bool:
    return holder is not Holder.CITIZEN or division in divisions


def _bad(part: str, why: str) -> BadCitizenId:
    return BadCitizenId(f"The citizen identity number {why}.", where={"part": part})
