"""Frames of SL 651-2014 in both encodings: clause 6.2, high byte first throughout."""

from binascii import unhexlify
from dataclasses import dataclass
from enum import IntEnum

from chengshu.kit.codec import BadFrame

from .crc import crc16

HEX_START, ASCII_START = b"\x7e\x7e", b"\x01"
HEX_HEAD, ASCII_HEAD = 14, 24
MOST_TEXT = 0xFFF
LONGEST = ASCII_HEAD + MOST_TEXT + 5
STX, SYN = 0x02, 0x16
UP, DOWN = 0, 8
TRUNCATED = "truncated: wait for more bytes"


class End(IntEnum):
    """The character after the body; the standard sends the first two up and the others down."""

    ETX = 0x03
    ETB = 0x17
    ENQ = 0x05
    ACK = 0x06
    EOT = 0x04
    NAK = 0x15
    ESC = 0x1B


@dataclass(frozen=True)
class Packet:
    """Which of how many, when a message is longer than a frame."""

    total: int
    index: int


@dataclass(frozen=True)
class Frame:
    """One frame either way. *station* is ten hexadecimal digits, *text* the body as sent."""

    is_up: bool
    centre: int
    station: str
    password: int
    function: int
    end: int
    text: bytes
    packet: Packet | None = None
    is_ascii: bool = False


def decode(octets: bytes) -> Frame:
    """One whole frame. Raise BadFrame for bad start, length, end or CRC."""
    check(octets)
    is_ascii = octets[:1] == ASCII_START
    head, at = _head(octets, 0)
    length = int.from_bytes(head[9:11], "big") & MOST_TEXT
    is_up = head[9] >> 4 == UP
    body = octets[at + 1 : at + 1 + length]
    packet, text = _packet(body, is_ascii=is_ascii) if octets[at] == SYN else (None, body)
    return Frame(
        is_up=is_up,
        centre=head[0] if is_up else head[5],
        station=(head[1:6] if is_up else head[:5]).hex(),
        password=int.from_bytes(head[6:8], "big"),
        function=head[8],
        end=octets[at + 1 + length],
        text=text,
        packet=packet,
        is_ascii=is_ascii,
    )


def encode(frame: Frame) -> bytes:
    """Raise ValueError for values that their bytes cannot hold."""
    body = _packet_head(frame) + frame.text
    if len(body) > MOST_TEXT:
        raise ValueError(f"a body of {len(body)} bytes is over {MOST_TEXT}")
    direction = UP if frame.is_up else DOWN
    centre, station = bytes((frame.centre,)), bytes.fromhex(frame.station)
    head = (centre + station if frame.is_up else station + centre) + b"".join(
        (
            frame.password.to_bytes(2, "big"),
            bytes((frame.function,)),
            (direction << 12 | len(body)).to_bytes(2, "big"),
        )
    )
    start = ASCII_START + head.hex().upper().encode() if frame.is_ascii else HEX_START + head
    mark = bytes((SYN if frame.packet else STX,))
    counted = start + mark + body + bytes((frame.end,))
    crc = crc16(counted).to_bytes(2, "big")
    return counted + (crc.hex().upper().encode() if frame.is_ascii else crc)


def check(octets: bytes) -> None:
    """Raise BadFrame unless start, length, end and CRC of a whole frame are right."""
    size = measure(bytearray(octets), 0)
    if size is None or len(octets) < size:
        raise BadFrame(TRUNCATED, f"{len(octets)} bytes are not yet a whole frame")
    if len(octets) > size:
        raise BadFrame("length", f"{len(octets)} bytes where the frame declares {size}")
    is_ascii = octets[:1] == ASCII_START
    tail = 4 if is_ascii else 2
    sent = _octets(octets[-tail:]) if is_ascii else octets[-tail:]
    if octets[-tail - 1] not in ENDS:
        raise BadFrame("end character", f"the body ends with {octets[-tail - 1]:02X}")
    right = crc16(octets[:-tail]).to_bytes(2, "big")
    if sent == right:
        return
    if sent == right[::-1]:
        raise BadFrame("CRC bytes swapped (low byte first)", "the CRC is sent low byte first")
    raise BadFrame("CRC", f"the CRC is {right.hex().upper()}, the frame says {sent.hex().upper()}")


ENDS = frozenset(End)


def measure(octets: bytearray, at: int) -> int | None:
    """The length of the frame that begins at *at*; None while its head is not complete."""
    is_ascii = octets[at : at + 1] == ASCII_START
    if not is_ascii and octets[at : at + 2] != HEX_START[: len(octets) - at]:
        raise BadFrame("start mark", "the frame begins neither with 7E7E nor with 01")
    if len(octets) - at < (ASCII_HEAD if is_ascii else HEX_HEAD):
        return None
    head, text = _head(octets, at)
    length = int.from_bytes(head[9:11], "big")
    if length >> 12 not in (UP, DOWN):
        raise BadFrame("direction", f"direction {length >> 12:X} is neither 0 nor 8")
    if octets[text] not in (STX, SYN):
        raise BadFrame("start of text", f"the body begins with {octets[text]:02X}")
    return text - at + 1 + (length & MOST_TEXT) + (5 if is_ascii else 3)


def _head(octets: bytes | bytearray, at: int) -> tuple[bytes, int]:
    """The eleven bytes between start and start of text, and where the latter stands."""
    if octets[at : at + 1] == ASCII_START:
        return _octets(octets[at + 1 : at + ASCII_HEAD - 1]), at + ASCII_HEAD - 1
    return bytes(octets[at + 2 : at + HEX_HEAD - 1]), at + HEX_HEAD - 1


def _octets(characters: bytes | bytearray) -> bytes:
    try:
        return unhexlify(characters)
    except ValueError:
        raise BadFrame("characters", "hexadecimal digits were expected") from None


def _packet(body: bytes, *, is_ascii: bool) -> tuple[Packet | None, bytes]:
    size = 6 if is_ascii else 3
    if len(body) < size:
        raise BadFrame("packet", "total and index of a packet are missing")
    both = int.from_bytes(_octets(body[:size]) if is_ascii else body[:size], "big")
    return Packet(both >> 12, both & 0xFFF), body[size:]


def _packet_head(frame: Frame) -> bytes:
    if not frame.packet:
        return b""
    both = (frame.packet.total << 12 | frame.packet.index).to_bytes(3, "big")
    return both.hex().upper().encode() if frame.is_ascii else both
