"""Identifiers of electronic licences, GB/T 36904-2018."""

import re
from dataclasses import dataclass

from chengshu.kit.codes import credit
from chengshu.kit.codes.check_characters import hybrid
from chengshu.kit.errors import Invalid

ROOT = "1.2.156.3005.2"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_TYPE = re.compile(r"[0-9A-Z]{21}")
_LETTERS = re.compile(r"[0-9A-Z]+")
_VERSION = re.compile(r"[0-9]{3}")


class BadLicenceId(Invalid):
    """Not the identifier of an electronic licence."""

    code = "bad-licence-id"


@dataclass(frozen=True)
class LicenceId:
    """*type_code* is the credit code of the body that defined the type and a number of its own.

    *issuer* is the issuing body's credit code; some issuers wrongly write a division's code.
    *serial* is unique per issuer and type; *version* grows with each change of the licence.
    """

    type_code: str
    issuer: str
    serial: str
    version: int
    check: str

    def __str__(self) -> str:
        return ".".join((ROOT, *_fields(self), self.check))

    @property
    def definer(self) -> str:
        """Credit code of the body that defined the type."""
        return self.type_code[:18]

    @property
    def has_sound_issuer(self) -> bool:
        return credit.is_valid(self.issuer)

    def at_version(self, version: int) -> "LicenceId":
        """The identifier of the same licence after a change."""
        return make(self.type_code, self.issuer, self.serial, version)


def parse(text: str) -> LicenceId:
    """Read the dotted form; lower-case letters are accepted."""
    identifier = text.strip().upper()
    if not identifier.startswith(f"{ROOT}."):
        raise _bad("root", f"must begin with {ROOT}")
    fields = identifier.removeprefix(f"{ROOT}.").split(".")
    if len(fields) != 5:
        raise _bad("length", f"must have five fields after the root, not {len(fields)}")
    type_code, issuer, serial, version, check = fields
    if not _VERSION.fullmatch(version):
        raise _bad("version", "must have a version of three digits")
    licence = make(type_code, issuer, serial, int(version))
    if licence.check != check:
        raise _bad("check", "does not match its check character")
    return licence


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except BadLicenceId:
        return False
    return True


def make(type_code: str, issuer: str, serial: str, version: int = 1) -> LicenceId:
    """A new identifier with its check character."""
    if not _TYPE.fullmatch(type_code):
        raise _bad("type", "must have a licence type of 21 digits and capital letters")
    for part, field in (("issuer", issuer), ("serial", serial)):
        if not _LETTERS.fullmatch(field):
            raise _bad(part, f"must have {part} characters that are digits or capital letters")
    if not 1 <= version <= 999:
        raise _bad("version", "must have a version from 001 to 999")
    check = hybrid("".join((type_code, issuer, serial, f"{version:03}")), ALPHABET)
    return LicenceId(type_code, issuer, serial, version, check)


def _fields(licence: LicenceId) -> tuple[str, ...]:
    return (licence.type_code, licence.issuer, licence.serial, f"{licence.version:03}")


def _bad(part: str, why: str) -> BadLicenceId:
    return BadLicenceId(f"The licence identifier {why}.", where={"part": part})
