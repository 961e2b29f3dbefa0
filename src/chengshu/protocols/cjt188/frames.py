"""Frames of CJ/T 188-2004: clause 6."""

import re
from dataclasses import dataclass

from chengshu.kit.codec import BadFrame
from chengshu.kit.framing import FrameReader, Framing

PREAMBLE, MARK, START, END = b"\xfe", b"\x68", 0x68, 0x16
MOST_PREAMBLE = 4
HEAD = 11
LONGEST = MOST_PREAMBLE + HEAD + 255 + 2
ANSWER, ERROR = 0x80, 0x40
ANY_METER = "aa" * 7
ANY_TYPE = 0xAA
METER_TYPES = {
    0x10: "cold water",
    0x11: "hot water",
    0x12: "drinking water",
    0x13: "reclaimed water",
    0x20: "heat (heating)",
    0x21: "heat (cooling)",
    0x30: "gas",
    0x40: "electricity",
    ANY_TYPE: "any",
}


@dataclass(frozen=True)
class Exchange:
    """A question or an answer about *di*, the two bytes as sent: meters use both orders."""

    di: str
    sequence: int
    data: bytes = b""

    @property
    def octets(self) -> bytes:
        return bytes.fromhex(self.di) + bytes((self.sequence,)) + self.data

    @property
    def identifier(self) -> str:
        """The identifier with the byte first that the standard writes first: 901F, never 1F90."""
        turned = self.di[2:] + self.di[:2]
        return turned if _is_known(turned) and not _is_known(self.di) else self.di


@dataclass(frozen=True)
class Failure:
    """A refusal by the meter, with its two status bytes."""

    sequence: int
    status: bytes

    @property
    def octets(self) -> bytes:
        return bytes((self.sequence,)) + self.status


@dataclass(frozen=True)
class Plain:
    """Data too short to name what they are about."""

    octets: bytes = b""


Message = Exchange | Failure | Plain


@dataclass(frozen=True)
class Frame:
    """One message; *address* is fourteen digits, maker's code first."""

    meter_type: int
    address: str
    control: int
    message: Message
    preamble: int = 0


def _is_known(di: str) -> bool:
    return di in ("901f", "0c00") or di[:2] in ("d1", "81", "a0")


def decode(octets: bytes) -> Frame:
    """One whole frame with up to four FE before it. Raise BadFrame for a bad frame."""
    check(octets)
    at = _start(octets, 0)
    control = octets[at + 9]
    return Frame(
        meter_type=octets[at + 1],
        address=octets[at + 2 : at + 9][::-1].hex(),
        control=control,
        message=_message(control, octets[at + HEAD : -2]),
        preamble=at,
    )


def encode(frame: Frame) -> bytes:
    """Raise ValueError for values that their bytes cannot hold."""
    data = frame.message.octets
    counted = b"".join(
        (
            bytes((START, frame.meter_type)),
            bytes.fromhex(frame.address)[::-1],
            bytes((frame.control, len(data))),
            data,
        )
    )
    return PREAMBLE * frame.preamble + counted + bytes((sum(counted) & 0xFF, END))


def check(octets: bytes) -> None:
    """Raise BadFrame unless marks, length and sum of a whole frame are right."""
    size = measure(bytearray(octets), 0)
    if size is None or len(octets) < size:
        raise BadFrame("truncated", f"{len(octets)} bytes are not yet a whole frame")
    if len(octets) > size:
        raise BadFrame("length", f"{len(octets)} bytes where the frame declares {size}")
    if octets[-1] != END:
        raise BadFrame("end mark", f"the frame ends with {octets[-1]:02X}, not 16")
    counted = sum(octets[_start(octets, 0) : -2]) & 0xFF
    if octets[-2] != counted:
        raise BadFrame("checksum", f"the sum is {counted:02X}, the frame says {octets[-2]:02X}")


def measure(octets: bytearray, at: int) -> int | None:
    """The length of the frame that begins at *at*, FE included; None while it cannot be told."""
    start = _start(octets, at)
    if octets[start : start + 1] not in (b"", MARK):
        raise BadFrame("start mark", "the frame does not begin with 68")
    if len(octets) - start < HEAD:
        return None
    return start - at + HEAD + octets[start + 10] + 2


def _start(octets: bytes | bytearray, at: int) -> int:
    end = min(at + MOST_PREAMBLE, len(octets))
    while at < end and octets[at] == PREAMBLE[0]:
        at += 1
    return at


def _message(control: int, data: bytes) -> Message:
    if control & ANSWER and control & ERROR and len(data) == 3:
        return Failure(data[0], data[1:])
    if len(data) >= 3:
        return Exchange(data[:2].hex(), data[2], data[3:])
    return Plain(data)


FRAMING = Framing(
    re.compile(rb"\xfe{0,4}(?:\x68(?=[\x10-\x4f\xaa]|\Z)|\Z)"), measure, check, LONGEST
)


class Reader(FrameReader):
    """Finds frames in the stream of a line, whatever a gateway puts around them.

    In a stream only 68 before a known type of meter begins a frame; `decode` takes any type.
    """

    def __init__(self) -> None:
        super().__init__(FRAMING)
