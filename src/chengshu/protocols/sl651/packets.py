"""Messages of many packets (working mode M3): put together, and what to say meanwhile."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from chengshu.kit.codec import BadFrame

from .bodies import HEAD
from .frames import End, Frame, Packet

MOST_OCTETS = 4 * 1024 * 1024
MOST_MESSAGES = 8
PATIENCE_SECONDS = 600.0

Key = tuple[str, int]
"""Station and function: what tells the messages of one connection apart."""


@dataclass
class _Message:
    first: Frame
    total: int
    touched: float
    packets: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Assembler:
    """Collects the packets of one connection; keeps at most *most_octets* of them.

    *now* is any clock in seconds that never goes back. A message that gets no packet for
    *patience* seconds is dropped, and so is the one that waited longest when there are too many.
    """

    def __init__(
        self,
        *,
        most_octets: int = MOST_OCTETS,
        most_messages: int = MOST_MESSAGES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._limits = most_octets, most_messages
        self._patience = patience
        self._messages: dict[Key, _Message] = {}

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def octets(self) -> int:
        return sum(message.size for message in self._messages.values())

    def add(self, frame: Frame, now: float) -> Frame | None:
        """The whole message as one frame without packets, once the last one is there.

        A repeated packet changes nothing; a different total begins the message anew.
        Raise BadFrame for a frame without a packet, an index beyond the total and an excess.
        """
        packet = frame.packet
        if packet is None:
            raise BadFrame("packet", "the frame is not one of several packets")
        if not 1 <= packet.index <= packet.total:
            raise BadFrame("packet", f"packet {packet.index} of {packet.total}")
        self.drop_stale(now)
        key = frame.station, frame.function
        message = self._message(key, frame, packet, now)
        if packet.index not in message.packets:
            self._keep(key, message, packet.index, frame.text)
        if len(message.packets) < message.total:
            return None
        del self._messages[key]
        return _whole(message, frame)

    def missing(self, station: str, function: int, most: int = 16) -> list[int]:
        """The first indexes that have not come, to be asked for again with a NAK."""
        message = self._messages.get((station, function))
        if not message:
            return []
        absent = (n for n in range(1, message.total + 1) if n not in message.packets)
        return list(islice(absent, most))

    def drop_stale(self, now: float) -> list[Key]:
        """Give up the messages that got nothing for too long, and say which."""
        stale = [
            key for key, message in self._messages.items() if now - message.touched > self._patience
        ]
        for key in stale:
            del self._messages[key]
        return stale

    def _message(self, key: Key, frame: Frame, packet: Packet, now: float) -> _Message:
        message = self._messages.pop(key, None)
        if message is None or message.total != packet.total:
            message = _Message(frame, packet.total, now)
        while len(self._messages) >= self._limits[1]:
            del self._messages[next(iter(self._messages))]
        message.touched = now
        self._messages[key] = message
        return message

    def _keep(self, key: Key, message: _Message, index: int, text: bytes) -> None:
        if self.octets + len(text) > self._limits[0]:
            del self._messages[key]
            raise BadFrame("too long", f"the packets are over {self._limits[0]} bytes together")
        message.packets[index] = text
        message.size += len(text)
        if index == 1:
            message.first = replace(message.first, text=text)


def split(frame: Frame, size: int) -> Iterator[Frame]:
    """*frame* as packets of *size* bytes of body, the last one with its own end character."""
    pieces = [frame.text[at : at + size] for at in range(0, len(frame.text), size)] or [b""]
    for index, piece in enumerate(pieces, 1):
        end = frame.end if index == len(pieces) else End.ETB
        yield replace(frame, text=piece, packet=Packet(len(pieces), index), end=int(end))


def _whole(message: _Message, last: Frame) -> Frame:
    pieces = [message.packets[index] for index in range(1, message.total + 1)]
    if _repeats_head(pieces):
        pieces[1:] = [piece[HEAD:] for piece in pieces[1:]]
    return replace(last, text=b"".join(pieces), packet=None, end=int(End.ETX))


def _repeats_head(pieces: Iterable[bytes]) -> bool:
    """Whether every packet carries serial number and time, as one draft of the standard wants.

    The other lets only the first one carry them. Data that continue look like the same serial
    number and a time in decimals in no more than one of 2^40 cases.
    """
    first, *others = pieces
    return bool(others) and all(
        piece[:2] == first[:2] and len(piece) >= HEAD and piece[2:HEAD].hex().isdecimal()
        for piece in others
    )
