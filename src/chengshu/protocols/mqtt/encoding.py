"""Packets as bytes."""

from collections.abc import Callable
from typing import Any

from . import fields
from .packets import (
    V3,
    V5,
    Answer,
    Connack,
    Connect,
    Disconnect,
    Kind,
    Packet,
    Ping,
    Properties,
    Publish,
    Subscribe,
    Unsubscribe,
    Verdicts,
)


def encode(packet: Packet, version: int = V3) -> bytes:
    """*packet* as it goes on the wire; a Connect brings its own version.

    Raises OverflowError for strings of more than 65,535 bytes.
    """
    first, body = WRITERS[type(packet)](packet, version)
    return fields.one(first) + fields.variable(len(body)) + body


def acknowledgement(kind: Kind, packet_id: int) -> bytes:
    """PUBACK, PUBREC or PUBCOMP of success: the same four bytes in both versions."""
    return bytes((kind << 4, 2, packet_id >> 8, packet_id & 0xFF))


def _properties(values: Properties, version: int) -> bytes:
    return fields.properties(values) if version == V5 else b""


def _connect(packet: Connect, _version: int) -> tuple[int, bytes]:
    will, version = packet.will, packet.version
    flags = packet.clean << 1
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
    flags |= (packet.password is not None) << 6 | (packet.user is not None) << 7
    body = fields.text("MQTT") + bytes((version, flags)) + fields.two(packet.keep_alive)
    body += _properties(packet.properties, version) + fields.text(packet.client_id)
    if will is not None:
        body += _properties(will.properties, version)
        body += fields.text(will.topic) + fields.binary(will.payload)
    if packet.user is not None:
        body += fields.text(packet.user)
    if packet.password is not None:
        body += fields.binary(packet.password)
    return Kind.CONNECT << 4, body


def _connack(packet: Connack, version: int) -> tuple[int, bytes]:
    body = bytes((packet.session_present, packet.code))
    return Kind.CONNACK << 4, body + _properties(packet.properties, version)


def _publish(packet: Publish, version: int) -> tuple[int, bytes]:
    body = fields.text(packet.topic)
    if packet.qos:
        body += fields.two(packet.packet_id)
    body += _properties(packet.properties, version) + packet.payload
    return Kind.PUBLISH << 4 | packet.dup << 3 | packet.qos << 1 | packet.retain, body


def _answer(packet: Answer, version: int) -> tuple[int, bytes]:
    first = packet.kind << 4 | (2 if packet.kind is Kind.PUBREL else 0)
    body = fields.two(packet.packet_id)
    if version == V5 and (packet.code or packet.properties):
        body += fields.one(packet.code) + fields.properties(packet.properties)
    return first, body


def _subscribe(packet: Subscribe, version: int) -> tuple[int, bytes]:
    body = fields.two(packet.packet_id) + _properties(packet.properties, version)
    for wanted, options in packet.filters:
        body += fields.text(wanted) + fields.one(options)
    return Kind.SUBSCRIBE << 4 | 2, body


def _unsubscribe(packet: Unsubscribe, version: int) -> tuple[int, bytes]:
    body = fields.two(packet.packet_id) + _properties(packet.properties, version)
    return Kind.UNSUBSCRIBE << 4 | 2, body + b"".join(map(fields.text, packet.filters))


def _verdicts(packet: Verdicts, version: int) -> tuple[int, bytes]:
    body = fields.two(packet.packet_id) + _properties(packet.properties, version)
    return packet.kind << 4, body + bytes(packet.codes)


def _ping(packet: Ping, _version: int) -> tuple[int, bytes]:
    return packet.kind << 4, b""


def _disconnect(packet: Disconnect, version: int) -> tuple[int, bytes]:
    if version != V5 or not (packet.code or packet.properties):
        return Kind.DISCONNECT << 4, b""
    return Kind.DISCONNECT << 4, fields.one(packet.code) + fields.properties(packet.properties)


WRITERS: dict[type[Any], Callable[[Any, int], tuple[int, bytes]]] = {
    Connect: _connect,
    Connack: _connack,
    Publish: _publish,
    Answer: _answer,
    Subscribe: _subscribe,
    Unsubscribe: _unsubscribe,
    Verdicts: _verdicts,
    Ping: _ping,
    Disconnect: _disconnect,
}
