"""Numbers of food production licences: SC and 14 digits, the last a check digit (GB/T 17710)."""

import re
from dataclasses import dataclass

from chengshu.kit.codes.check_characters import hybrid
from chengshu.kit.errors import Invalid

DIGITS = "0123456789"

_FORM = re.compile(r"SC[12][0-9]{13}")


class BadFoodLicence(Invalid):
    """Not the number of a food production licence."""

    code = "bad-food-licence"


@dataclass(frozen=True)
class FoodLicence:
    """*food_class*: three digits, 1 first for food and 2 first for an additive."""

    number: str
    food_class: str
    division: str
    sequence: int

    @property
    def is_additive(self) -> bool:
        return self.food_class[0] == "2"


def parse(text: str) -> FoodLicence:
    """Read SC and 14 digits; lower-case letters are accepted."""
    number = text.strip().upper()
    if not _FORM.fullmatch(number):
        raise _bad("form", "must be SC, then 1 or 2 and 13 more digits")
    if hybrid(number[2:15], DIGITS) != number[15]:
        raise _bad("check", "does not match its check digit")
    return FoodLicence(number, number[2:5], number[5:11], int(number[11:15]))


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except BadFoodLicence:
        return False
    return True


def _bad(part: str, why: str) -> BadFoodLicence:
    return BadFoodLicence(f"The food licence number {why}.", where={"part": part})
