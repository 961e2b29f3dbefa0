"""Bodies of ASCII frames: serial number and time without separators, then words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

HEAD = 16
STATION, STATION_TYPE = "ST", "station type"
STATION_TYPES = frozenset("PHKZDTMGQIO")
NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")


@dataclass(frozen=True)
class TextBody:
    """*words* is the text after serial number and time, spaces kept."""

    serial: int
    send_time: str
    words: str

    @property
    def octets(self) -> bytes:
        return f"{self.serial:04X}{self.send_time}{self.words}".encode("latin-1")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Identifier and datum, in order; a last word without a datum has an empty one.

        The letter of the station type that may follow the station's address has no identifier.
        """
        words = iter(self.words.split())
        found: list[tuple[str, str]] = []
        for word in words:
            is_type = bool(found) and found[-1][0] == STATION and word in STATION_TYPES
            datum = next(words, "")
            if is_type and not _is_number(datum):
                found.append((STATION_TYPE, word))
                word, datum = datum, next(words, "")
            if word:
                found.append((word, datum))
        return found

    def values(self) -> Iterator[tuple[str, Decimal]]:
        """The pairs whose datum is a number."""
        for identifier, datum in self.pairs:
            if _is_number(datum):
                yield identifier, Decimal(datum)


def read_text(octets: bytes) -> TextBody | None:
    """None for a body that does not begin with a serial number and a time."""
    text = octets.decode("latin-1")
    serial, send_time = text[:4], text[4:HEAD]
    if len(send_time) != HEAD - 4 or not (send_time.isascii() and send_time.isdecimal()):
        return None
    if any(digit not in "0123456789ABCDEF" for digit in serial):
        return None
    return TextBody(int(serial, 16), send_time, text[HEAD:])


def _is_number(word: str) -> bool:
    return NUMBER.fullmatch(word) is not None
