"""Frames of DL/T 645: clause 5 of the 2007 edition; the 1997 edition frames alike."""

import re
from dataclasses import dataclass

from chengshu.kit.codec import BadFrame
from chengshu.kit.framing import FrameReader, Framing

from .messages import Message, read_message

PREAMBLE, START, END = b"\xfe", 0x68, 0x16
MOST_PREAMBLE = 4
HEAD = 10
LONGEST = MOST_PREAMBLE + HEAD + 255 + 2
OFFSET = 0x33
EDITION_1997 = {0x01, 0x02, 0x03, 0x04, 0x0A, 0x0C, 0x0F, 0x10}
ANY_METER = "aa" * 6
ALL_METERS = "99" * 6

_PLUS = bytes((octet + OFFSET) & 0xFF for octet in range(256))
_MINUS = bytes((octet - OFFSET) & 0xFF for octet in range(256))


@dataclass(frozen=True)
class Frame:
    """One message; *address* is twelve digits, the highest first."""

    address: str
    control: int
    message: Message
    preamble: int = 0

    @property
    def edition(self) -> int:
        """1997 or 2007, told by the control code; code 08 (time for all) is the same in both."""
        return 1997 if self.control & 0x1F in EDITION_1997 else 2007


def decode(octets: bytes) -> Frame:
    """One whole frame with up to four FE before it. Raise BadFrame for a bad frame."""
    check(octets)
    at = _start(octets, 0)
    control = octets[at + 8]
    return Frame(
        address=octets[at + 1 : at + 7][::-1].hex(),
        control=control,
        message=read_message(control, octets[at + HEAD : -2].translate(_MINUS)),
        preamble=at,
    )


def encode(frame: Frame) -> bytes:
    """Raise ValueError for values that their bytes cannot hold."""
    data = frame.message.octets
    counted = b"".join(
        (
            bytes((START,)),
            bytes.fromhex(frame.address)[::-1],
            bytes((START, frame.control, len(data))),
            data.translate(_PLUS),
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
    if len(octets) - start < HEAD:
        return None
    if octets[start] != START or octets[start + 7] != START:
        raise BadFrame("start mark", "68 does not stand before and after an address")
    return start - at + HEAD + octets[start + 9] + 2


def _start(octets: bytes | bytearray, at: int) -> int:
    end = min(at + MOST_PREAMBLE, len(octets))
    while at < end and octets[at] == PREAMBLE[0]:
        at += 1
    return at


FRAMING = Framing(
    re.compile(rb"(?s)\xfe{0,4}(?:\x68(?=.{6}\x68|.{0,6}\Z)|\Z)"), measure, check, LONGEST
)


class Reader(FrameReader):
    """Finds frames in the stream of a line, whatever a gateway puts around them."""

    def __init__(self) -> None:
        super().__init__(FRAMING)
