"""The envelope ``##LLLL<segment>CCCC<CR><LF>``, HJ 212-2017 clause 6.3."""

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212.cipher import CIPHER_MARK, revealed
from chengshu.protocols.hj212.crc import crc, modbus

START = b"##"
END = b"\r\n"
LONGEST_SEGMENT = 1024
LONGEST_DATA = 950
_HEX = frozenset(b"0123456789abcdefABCDEF")


def framed(segment: bytes) -> bytes:
    """*segment* with length, check and line end.

    Raises BadFrame ("length") for a segment whose length does not fit four digits.
    """
    if len(segment) > 9999:
        raise BadFrame("length", f"A segment of {len(segment)} bytes does not fit a frame")
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))


def unframed(frame: bytes, key: bytes | None = None) -> tuple[bytes, int]:
    """The plain segment of *frame* and its check.

    A missing line end is accepted, as `Reader` does before the next ``##``. *key* opens an
    encrypted data area (2025). Raises BadFrame with one of the reasons "delimiter", "length",
    "crc", "encrypted", "key".
    """
    if frame[:2] != START:
        raise BadFrame("delimiter", "The frame does not begin with ##")
    digits = frame[2:6]
    if len(digits) < 4 or not digits.isdigit():
        raise BadFrame("length", "The four digits of the length are missing")
    line = frame[:-2] if frame[-2:] == END else frame
    sent = line[6:-4]
    encrypted = CIPHER_MARK in sent
    segment = revealed(sent, key) if encrypted else sent
    _check_length(int(digits), len(segment), encrypted, len(sent))
    return segment, _checked(segment, line[-4:])


def _check_length(declared: int, actual: int, encrypted: bool, sent: int) -> None:
    """An encrypted frame may declare its length before or after encryption."""
    if declared == actual or (encrypted and declared == sent):
        return
    raise BadFrame(
        "length",
        f"The frame declares {declared} bytes and holds {actual}",
        length_declared=declared,
        length_actual=actual,
    )


def _checked(segment: bytes, check: bytes) -> int:
    expected = crc(segment)
    declared = int(check, 16) if len(check) == 4 and _HEX.issuperset(check) else None
    if declared == expected:
        return expected
    written = check.decode("ascii", "replace")
    cause = {"crc_cause": "modbus"} if declared == modbus(segment) else {}
    raise BadFrame(
        "crc",
        f"The check is {expected:04X} and not {written}" + (", that of Modbus" if cause else ""),
        crc_declared=written,
        crc_actual=f"{expected:04X}",
        **cause,
    )
