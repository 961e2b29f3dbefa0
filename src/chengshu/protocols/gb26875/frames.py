"""Frames of GB/T 26875.3-2011: clause 6, little-endian throughout."""

import re
from dataclasses import dataclass
from enum import IntEnum

from chengshu.kit.codec import BadFrame
from chengshu.kit.framing import FrameReader, Framing

from .stamps import Stamp
from .units import LONGEST, RawUnit, Unit, decode_unit, encode_unit

HEAD, TAIL = b"@@", b"##"
SHORTEST = 30
MOST = SHORTEST + LONGEST


class Command(IntEnum):
    CONTROL = 1
    SEND = 2
    CONFIRM = 3
    REQUEST = 4
    ANSWER = 5
    DENY = 6


@dataclass(frozen=True)
class Frame:
    """One message; *source* and *destination* are the addresses of 6 bytes as numbers."""

    serial: int
    time: Stamp
    source: int
    destination: int
    command: int
    unit: Unit | RawUnit | None = None
    version_major: int = 1
    version_minor: int = 1


def decode(octets: bytes) -> Frame:
    """One whole frame. Raise BadFrame for bad marks, length, command or sum.

    A unit of a good frame that cannot be read is kept as RawUnit: frame and unit fail apart.
    """
    check(octets)
    return Frame(
        serial=_number(octets[2:4]),
        version_major=octets[4],
        version_minor=octets[5],
        time=Stamp.read(octets[6:12]),
        source=_number(octets[12:18]),
        destination=_number(octets[18:24]),
        command=octets[26],
        unit=_unit(octets[27:-3]),
    )


def encode(frame: Frame) -> bytes:
    """Raise ValueError for values that their bytes cannot hold."""
    unit = encode_unit(frame.unit) if frame.unit else b""
    if len(unit) > LONGEST:
        raise ValueError(f"an application unit of {len(unit)} bytes is over {LONGEST}")
    counted = b"".join(
        (
            frame.serial.to_bytes(2, "little"),
            bytes((frame.version_major, frame.version_minor)),
            frame.time.octets,
            frame.source.to_bytes(6, "little"),
            frame.destination.to_bytes(6, "little"),
            len(unit).to_bytes(2, "little"),
            bytes((frame.command,)),
            unit,
        )
    )
    return HEAD + counted + bytes((sum(counted) & 0xFF,)) + TAIL


def check(octets: bytes) -> None:
    """Raise BadFrame unless marks, length, command and sum of a whole frame are right."""
    size = measure(bytearray(octets), 0)
    if size is None or len(octets) < size:
        raise BadFrame("need more bytes", f"{len(octets)} bytes are not yet a whole frame")
    if len(octets) > size:
        raise BadFrame("length", f"{len(octets)} bytes where the frame declares {size}")
    if octets[-2:] != TAIL:
        raise BadFrame("tail flag", f"the frame ends with {octets[-2:].hex()}, not 2323")
    if octets[-3] != sum(octets[2:-3]) & 0xFF:
        counted = sum(octets[2:-3]) & 0xFF
        raise BadFrame("checksum", f"the sum is {counted:02X}, the frame says {octets[-3]:02X}")
    if octets[26] == 0 or 7 <= octets[26] <= 127:
        raise BadFrame("command", f"command {octets[26]} is reserved")


def measure(octets: bytearray, at: int) -> int | None:
    if octets[at : at + 2] != HEAD[: len(octets) - at]:
        raise BadFrame("head flag", "the frame does not begin with 4040")
    if len(octets) - at < SHORTEST:
        return None
    length = _number(octets[at + 24 : at + 26])
    if length > LONGEST:
        raise BadFrame("length", f"an application unit of {length} bytes is over {LONGEST}")
    return SHORTEST + length


FRAMING = Framing(re.compile(rb"(?s)@(?:@(?=.{23}[\x00-\x04]|.{0,23}\Z)|\Z)"), measure, check, MOST)


class Reader(FrameReader):
    """Cuts the stream of one connection, or the datagrams of one device, into frames."""

    def __init__(self) -> None:
        super().__init__(FRAMING)


def _unit(octets: bytes) -> Unit | RawUnit | None:
    if not octets:
        return None
    try:
        return decode_unit(octets)
    except BadFrame as refusal:
        return RawUnit(octets, refusal.reason)


def _number(octets: bytes | bytearray) -> int:
    return int.from_bytes(octets, "little")
