"""The envelope of JT/T 808: flags, escapes, check byte and header of 2013 and 2019."""

import re
from dataclasses import dataclass
from struct import Struct
from typing import NoReturn

from chengshu.kit.codec import BadFrame
from chengshu.kit.octets import xor

FLAG = b"\x7e"
LONGEST_BODY = 1023
_LENGTH = 0x03FF
_ENCRYPTION_SHIFT = 10
_SPLIT = 1 << 13
_VERSION = 1 << 14
_RESERVED = 1 << 15
_HEAD_2013 = Struct(">HH6sH")
_HEAD_2019 = Struct(">HHB10sH")
_PACKAGE = Struct(">HH")
_BAD_ESCAPE = re.compile(rb"\x7d(?![\x01\x02])")


@dataclass(frozen=True)
class Package:
    """Part *index* of *total*, counted from 1."""

    total: int
    index: int


@dataclass(frozen=True)
class Header:
    """*phone* has the digits of the layout, 12 or 20, with leading zeros.

    *protocol_version* is None in the layout of 2013. Some terminals of 2013 set *version_flag*
    all the same; the layout is then told from the length.
    """

    message_id: int
    phone: str
    serial: int
    version_flag: bool = False
    protocol_version: int | None = None
    package: Package | None = None
    encryption: int = 0
    reserved: bool = False

    @property
    def is_2013_forced(self) -> bool:
        return self.version_flag and self.protocol_version is None

    def attributes(self, body_length: int) -> int:
        return (
            body_length
            | self.encryption << _ENCRYPTION_SHIFT
            | (_SPLIT if self.package else 0)
            | (_VERSION if self.version_flag else 0)
            | (_RESERVED if self.reserved else 0)
        )


@dataclass(frozen=True)
class Frame:
    """A frame without flags and escapes."""

    header: Header
    body: bytes
    check: int


def escaped(octets: bytes) -> bytes:
    return octets.replace(b"\x7d", b"\x7d\x01").replace(FLAG, b"\x7d\x02")


def unescaped(octets: bytes) -> bytes:
    """Raises BadFrame ("escape") when 7D is followed by anything but 01 and 02."""
    if b"\x7d" not in octets:
        return octets
    if _BAD_ESCAPE.search(octets):
        raise BadFrame("escape", "7D is followed by neither 01 nor 02")
    return octets.replace(b"\x7d\x02", FLAG).replace(b"\x7d\x01", b"\x7d")


def parse(frame: bytes) -> Frame:
    """Raises BadFrame: "delimiter", "escape", "bcc", "length"."""
    if len(frame) < 2 or frame[:1] != FLAG or frame[-1:] != FLAG:
        raise BadFrame("delimiter", "The frame does not begin and end with 7E")
    inner = frame[1:-1]
    if FLAG in inner:
        raise BadFrame("delimiter", "There is a 7E inside the frame")
    octets = unescaped(inner)
    if len(octets) <= _HEAD_2013.size:
        raise BadFrame("length", f"{len(octets)} bytes are less than a header")
    if xor(octets):
        _refuse_check(octets)
    return _parsed(octets)


def _refuse_check(octets: bytes) -> NoReturn:
    expected = xor(octets[:-1])
    raise BadFrame(
        "bcc",
        f"The check byte is 0x{expected:02X} and not 0x{octets[-1]:02X}",
        bcc_declared=f"0x{octets[-1]:02X}",
        bcc_actual=f"0x{expected:02X}",
    )


def _parsed(octets: bytes) -> Frame:
    attributes = int.from_bytes(octets[2:4], "big")
    declared = attributes & _LENGTH
    packages = _PACKAGE.size if attributes & _SPLIT else 0
    rest = len(octets) - 1 - packages - declared
    version_flag = bool(attributes & _VERSION)
    protocol_version = None
    if version_flag and rest == _HEAD_2019.size:
        head = _HEAD_2019
        message_id, _, protocol_version, phone, serial = head.unpack_from(octets)
    elif rest == _HEAD_2013.size:
        head = _HEAD_2013
        message_id, _, phone, serial = head.unpack_from(octets)
    else:
        _refuse_length(octets, declared, packages, version_flag=version_flag)
    package = Package(*_PACKAGE.unpack_from(octets, head.size)) if packages else None
    header = Header(
        message_id,
        phone.hex().upper(),
        serial,
        version_flag,
        protocol_version,
        package,
        attributes >> _ENCRYPTION_SHIFT & 7,
        bool(attributes & _RESERVED),
    )
    return Frame(header, octets[head.size + packages : -1], octets[-1])


def _refuse_length(octets: bytes, declared: int, packages: int, *, version_flag: bool) -> NoReturn:
    head = _HEAD_2019 if version_flag else _HEAD_2013
    actual = len(octets) - 1 - packages - head.size
    raise BadFrame(
        "length",
        f"The frame declares a body of {declared} bytes and holds {actual}",
        message_id=f"0x{int.from_bytes(octets[:2], 'big'):04X}",
        length_declared=declared,
        length_actual=actual,
    )


def build(header: Header, body: bytes) -> bytes:
    """The frame as on the wire. Raises BadFrame ("length", "phone")."""
    if len(body) > LONGEST_BODY:
        raise BadFrame("length", f"A body of {len(body)} bytes does not fit a frame")
    attributes = header.attributes(len(body))
    if header.protocol_version is None:
        phone = _phone(header.phone, 6)
        head = _HEAD_2013.pack(header.message_id, attributes, phone, header.serial)
    else:
        phone = _phone(header.phone, 10)
        head = _HEAD_2019.pack(
            header.message_id, attributes, header.protocol_version, phone, header.serial
        )
    if header.package:
        head += _PACKAGE.pack(header.package.total, header.package.index)
    octets = head + body
    return FLAG + escaped(octets + bytes([xor(octets)])) + FLAG


def _phone(digits: str, size: int) -> bytes:
    """Half bytes over 9, which some terminals send, are kept."""
    try:
        octets = bytes.fromhex(digits.zfill(2 * size))
    except ValueError:
        octets = b""
    if len(octets) != size:
        raise BadFrame("phone", f"{digits!r} is not a phone number of {2 * size} digits")
    return octets
