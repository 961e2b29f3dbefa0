"""The control packets that a client and a server exchange, and the codes in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from chengshu.kit.errors import Terminal

V3, V5 = 4, 5
"""The protocol levels of MQTT 3.1.1 and 5.0."""

Property: TypeAlias = int | str | bytes | tuple[tuple[str, str], ...] | tuple[int, ...]
Properties: TypeAlias = Mapping[str, Property]


class Kind(IntEnum):
    """Control packet types, clause 2.1.2 of 5.0."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class Reason(IntEnum):
    """Reason codes of 5.0, clause 2.4, as far as they are used."""

    SUCCESS = 0x00
    MALFORMED = 0x81
    PROTOCOL_ERROR = 0x82
    UNSUPPORTED_VERSION = 0x84
    BAD_CLIENT_ID = 0x85
    BAD_LOGIN = 0x86
    NOT_AUTHORIZED = 0x87
    UNAVAILABLE = 0x88
    BUSY = 0x89
    SHUTTING_DOWN = 0x8B
    KEEP_ALIVE = 0x8D
    TAKEN_OVER = 0x8E
    BAD_FILTER = 0x8F
    BAD_TOPIC = 0x90
    UNKNOWN_PACKET = 0x92
    TOO_LARGE = 0x95
    BAD_PAYLOAD = 0x99


CONNACK_V3 = {
    Reason.SUCCESS: 0,
    Reason.UNSUPPORTED_VERSION: 1,
    Reason.BAD_CLIENT_ID: 2,
    Reason.UNAVAILABLE: 3,
    Reason.BUSY: 3,
    Reason.BAD_LOGIN: 4,
    Reason.NOT_AUTHORIZED: 5,
}
"""Return codes of CONNACK in 3.1.1, clause 3.2.2.3, for the reasons of 5.0."""
FAILURE_V3 = 0x80
"""The one failure code of SUBACK in 3.1.1."""


class BadPacket(Terminal):
    """The bytes are no MQTT; *reason* is what 5.0 calls it. The connection must be closed."""

    code = "bad-mqtt-packet"

    def __init__(self, message: str, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connect:
    client_id: str
    version: int = V3
    clean: bool = True
    keep_alive: int = 0
    user: str | None = None
    password: bytes | None = None
    will: Will | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connack:
    """*code* is a return code in 3.1.1 and a reason code in 5.0."""

    code: int = 0
    session_present: bool = False
    properties: Properties = field(default_factory=dict)


@dataclass(slots=True)
class Publish:
    """*packet_id* is 0 for QoS 0 only."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    retain: bool = False
    dup: bool = False
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """PUBACK, PUBREC, PUBREL or PUBCOMP; only 5.0 has *code* and *properties*."""

    kind: Kind
    packet_id: int
    code: int = 0
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """*filters* with their options: QoS in bits 0 and 1, further options of 5.0 above."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """SUBACK or UNSUBACK: one code for each filter; UNSUBACK of 3.1.1 has none."""

    kind: Kind
    packet_id: int
    codes: tuple[int, ...] = ()
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ping:
    """PINGREQ or PINGRESP."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Disconnect:
    code: int = 0
    properties: Properties = field(default_factory=dict)


Packet: TypeAlias = (
    Connect | Connack | Publish | Answer | Subscribe | Unsubscribe | Verdicts | Ping | Disconnect
)
