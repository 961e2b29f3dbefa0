"""Masks for personal details on screens and in exports: same form, not reversible.

How much is shown is a house rule: the lengths are arguments, the defaults are common practice.
"""

STAR = "*"
MOBILE_DIGITS = 11


def mask(text: str, *, first: int, last: int) -> str:
    """Keep *first* and *last* characters; a text too short to hide anything is hidden whole."""
    hidden = len(text) - first - last
    if hidden <= 0:
        return STAR * len(text)
    return text[:first] + STAR * hidden + text[first + hidden :]


def mask_citizen_id(number: str, *, first: int = 6, last: int = 4) -> str:
    """Keep the division and the last four characters: the birth date is gone."""
    return mask(number, first=first, last=last)


def mask_phone(number: str, *, first: int = 3, last: int = 4) -> str:
    """Keep digits at both ends of a mobile, at the end only of a shorter one; separators stay."""
    digits = "".join(filter(str.isdigit, number))
    shown = first if len(digits) >= MOBILE_DIGITS else 0
    masked = iter(mask(digits, first=shown, last=last))
    return "".join(next(masked) if character.isdigit() else character for character in number)
