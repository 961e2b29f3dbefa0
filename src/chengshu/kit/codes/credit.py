"""Unified social credit codes, GB 32100-2015, and organisation codes, GB 11714-1997."""

import re
from dataclasses import dataclass

from chengshu.kit.errors import Invalid

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_FORM = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_ORGANISATION_FORM = re.compile(r"([0-9A-Z]{8})-?([0-9X])")


class BadCreditCode(Invalid):
    """Not a unified social credit code."""

    code = "bad-credit-code"


class BadOrganisationCode(Invalid):
    """Not an organisation code."""

    code = "bad-organisation-code"


@dataclass(frozen=True)
class OrganisationCode:
    """*is_check_right* is a warning, not a verdict: issued codes that break the check exist."""

    body: str
    check: str
    is_check_right: bool

    def __str__(self) -> str:
        return f"{self.body}-{self.check}"


@dataclass(frozen=True)
class CreditCode:
    """*authority* registered the body, *entity* is its type there (9 and 1: a company).

    *division* is the GB/T 2260 code of the registration, 100000 for a national one.
    """

    code: str
    authority: str
    entity: str
    division: str
    organisation: OrganisationCode

    @property
    def has_doubtful_organisation(self) -> bool:
        """Whether the organisation code inside breaks its own check."""
        return not self.organisation.is_check_right


def parse(text: str) -> CreditCode:
    """Read 18 characters; lower-case letters are accepted."""
    code = text.strip().upper()
    if len(code) != 18:
        raise _bad("length", f"must have 18 characters, not {len(code)}")
    if not _FORM.fullmatch(code):
        raise _bad("characters", "must be digits and letters other than I, O, S, V, Z")
    if check_character(code[:17]) != code[17]:
        raise _bad("check", "does not match its check character")
    return CreditCode(code, code[0], code[1], code[2:8], _organisation(code[8:16], code[16]))


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except BadCreditCode:
        return False
    return True


def parse_organisation(text: str) -> OrganisationCode:
    """Read eight characters and a check character, with or without the hyphen."""
    match = _ORGANISATION_FORM.fullmatch(text.strip().upper())
    if match is None:
        raise BadOrganisationCode(
            "The organisation code must be eight digits or letters and a digit or X.",
            where={"part": "characters"},
        )
    return _organisation(match[1], match[2])


def check_character(body: str) -> str:
    """Of the first 17 characters: MOD 31 with the powers of 3 as weights."""
    total = sum(ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(body))
    return ALPHABET[-total % 31]


def organisation_check_character(body: str) -> str:
    """Of the eight characters of an organisation code."""
    values = map(ORGANISATION_ALPHABET.index, body)
    total = sum(v * weight for v, weight in zip(values, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def _organisation(body: str, check: str) -> OrganisationCode:
    return OrganisationCode(body, check, organisation_check_character(body) == check)


def _bad(part: str, why: str) -> BadCreditCode:
    return BadCreditCode(f"The unified social credit code {why}.", where={"part": part})
