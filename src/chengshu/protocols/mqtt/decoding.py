"""Packets from bytes as they come: split anywhere, glued together, or broken."""

from collections.abc import Callable
from typing import TypeVar

from .fields import Cursor, text_of
from .packets import (
    V3,
    V5,
    Answer,
    BadPacket,
    Connack,
    Connect,
    Disconnect,
    Kind,
    Packet,
    Ping,
    Properties,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Verdicts,
    Will,
)

T = TypeVar("T")
NAME = b"MQTT"
SHORTEST = 2
KINDS = frozenset(Kind)


class Splitter:
    """Cuts a byte stream into packets of at most *largest* bytes."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._buffer = bytearray()
        self._needed = SHORTEST

    def feed(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The packets that are complete now: first byte and body of each.

        Raises BadPacket when the next one is too large or its length cannot be one.
        """
        if not self._buffer:
            return self._cut(octets)
        self._buffer += octets
        if len(self._buffer) < self._needed:
            return []
        waiting = bytes(self._buffer)
        self._buffer.clear()
        return self._cut(waiting)

    def _cut(self, octets: bytes) -> list[tuple[int, bytes]]:
        packets: list[tuple[int, bytes]] = []
        at, end = 0, len(octets)
        while end - at >= SHORTEST:
            if octets[at] >> 4 not in KINDS:
                raise BadPacket("There is no such packet type")
            start, size = at + 2, octets[at + 1]
            if size > 0x7F:
                start, size = self._long(octets, at)
            if not start or start + size > end:
                self._needed = start - at + size if start else end - at + 1
                break
            packets.append((octets[at], octets[start : start + size]))
            at = start + size
        else:
            self._needed = SHORTEST
        self._buffer += octets[at:]
        return packets

    def _long(self, octets: bytes, at: int) -> tuple[int, int]:
        """Where the body of the packet at *at* starts, and its size; 0 and 0 if not known yet."""
        size = 0
        for place in range(4):
            where = at + 1 + place
            if where >= len(octets):
                return 0, 0
            size |= (octets[where] & 0x7F) << 7 * place
            if octets[where] < 0x80:
                if where + 1 - at + size > self.largest:
                    raise BadPacket(f"A packet has {size} bytes", Reason.TOO_LARGE)
                return where + 1, size
        raise BadPacket("The length of a packet has more than four bytes")


def decode(first: int, body: bytes, version: int = V3) -> Packet:
    """The packet whose first byte is *first*. Raises BadPacket."""
    kind = first >> 4
    if kind == Kind.PUBLISH:
        return _publish(first, body, version)
    reader = READERS.get(kind)
    if reader is None:
        raise BadPacket("There is no such packet type")
    if first & 0x0F != (2 if kind in FLAGGED else 0):
        raise BadPacket("The flags of the first byte are wrong")
    cursor = Cursor(body)
    packet = reader(Kind(kind), cursor, version)
    if not cursor.is_done:
        raise BadPacket("The packet is longer than its fields")
    return packet


def _publish(first: int, body: bytes, version: int) -> Publish:
    """Written out, as an entrance reads tens of thousands of these a second."""
    qos = first >> 1 & 3
    at = 2 + (body[0] << 8 | body[1]) if len(body) >= SHORTEST else len(body) + 1
    packet_id = 0
    if qos:
        if qos > 2:
            raise BadPacket("There is no QoS 3")
        packet_id = int.from_bytes(body[at : at + 2], "big")
        if not packet_id:
            raise BadPacket("A packet identifier is missing or 0", Reason.PROTOCOL_ERROR)
        at += 2
    if at > len(body):
        raise BadPacket("The packet ends in the middle of a field")
    topic = text_of(body[2 : at - 2 if qos else at])
    dup, retain = first & 8 > 0, first & 1 > 0
    if version != V5:
        return Publish(topic, body[at:], qos, packet_id, retain, dup)
    cursor = Cursor(body[at:])
    properties = cursor.properties()
    return Publish(topic, cursor.rest(), qos, packet_id, retain, dup, properties)


def _properties(cursor: Cursor, version: int) -> Properties:
    return cursor.properties() if version == V5 else {}


def _connect(_kind: Kind, cursor: Cursor, _version: int) -> Connect:
    if cursor.binary() != NAME:
        raise BadPacket("The protocol is not MQTT", Reason.UNSUPPORTED_VERSION)
    version = cursor.one()
    if version not in (V3, V5):
        raise BadPacket(f"Protocol level {version}", Reason.UNSUPPORTED_VERSION)
    flags, keep_alive = cursor.one(), cursor.two()
    _check_flags(flags, version)
    properties = _properties(cursor, version)
    return Connect(
        client_id=cursor.text(),
        version=version,
        clean=flags & 0x02 > 0,
        keep_alive=keep_alive,
        properties=properties,
        will=_will(flags, cursor, version) if flags & 0x04 else None,
        user=cursor.text() if flags & 0x80 else None,
        password=cursor.binary() if flags & 0x40 else None,
    )


def _check_flags(flags: int, version: int) -> None:
    if flags & 0x01 or flags & 0x18 == 0x18:
        raise BadPacket("The connect flags are wrong")
    if not flags & 0x04 and flags & 0x38:
        raise BadPacket("There are options of a will, and no will")
    if version == V3 and flags & 0xC0 == 0x40:
        raise BadPacket("There is a password, and no user name")


def _will(flags: int, cursor: Cursor, version: int) -> Will:
    properties = _properties(cursor, version)
    return Will(
        topic=cursor.text(),
        payload=cursor.binary(),
        qos=flags >> 3 & 3,
        retain=flags & 0x20 > 0,
        properties=properties,
    )


def _connack(_kind: Kind, cursor: Cursor, version: int) -> Connack:
    flags = cursor.one()
    if flags > 1:
        raise BadPacket("The acknowledge flags are wrong")
    return Connack(cursor.one(), flags == 1, _properties(cursor, version))


def _answer(kind: Kind, cursor: Cursor, version: int) -> Answer:
    packet_id, code, properties = cursor.packet_id(), 0, {}
    if version == V5 and not cursor.is_done:
        code = cursor.one()
        properties = dict(cursor.properties()) if not cursor.is_done else {}
    return Answer(kind, packet_id, code, properties)


def _subscribe(_kind: Kind, cursor: Cursor, version: int) -> Subscribe:
    packet_id, properties = cursor.packet_id(), _properties(cursor, version)
    filters = []
    while not cursor.is_done:
        wanted, options = cursor.text(), cursor.one()
        if options & 3 == 3 or options & (0xC0 if version == V5 else 0xFC):
            raise BadPacket("The options of a subscription are wrong")
        filters.append((wanted, options))
    return Subscribe(packet_id, _some(filters), properties)


def _unsubscribe(_kind: Kind, cursor: Cursor, version: int) -> Unsubscribe:
    packet_id, properties = cursor.packet_id(), _properties(cursor, version)
    filters = []
    while not cursor.is_done:
        filters.append(cursor.text())
    return Unsubscribe(packet_id, _some(filters), properties)


def _some(filters: list[T]) -> tuple[T, ...]:
    if not filters:
        raise BadPacket("There is no topic filter", Reason.PROTOCOL_ERROR)
    return tuple(filters)


def _verdicts(kind: Kind, cursor: Cursor, version: int) -> Verdicts:
    packet_id, properties = cursor.packet_id(), _properties(cursor, version)
    return Verdicts(kind, packet_id, tuple(cursor.rest()), properties)


def _ping(kind: Kind, _cursor: Cursor, _version: int) -> Ping:
    return Ping(kind)


def _disconnect(_kind: Kind, cursor: Cursor, version: int) -> Disconnect:
    if version != V5 or cursor.is_done:
        return Disconnect()
    code = cursor.one()
    return Disconnect(code, {} if cursor.is_done else cursor.properties())


FLAGGED = {Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE}
READERS: dict[int, Callable[[Kind, Cursor, int], Packet]] = {
    Kind.CONNECT: _connect,
    Kind.CONNACK: _connack,
    Kind.PUBACK: _answer,
    Kind.PUBREC: _answer,
    Kind.PUBREL: _answer,
    Kind.PUBCOMP: _answer,
    Kind.SUBSCRIBE: _subscribe,
    Kind.SUBACK: _verdicts,
    Kind.UNSUBSCRIBE: _unsubscribe,
    Kind.UNSUBACK: _verdicts,
    Kind.PINGREQ: _ping,
    Kind.PINGRESP: _ping,
    Kind.DISCONNECT: _disconnect,
}
