"""The wire to one client: packets in while nothing holds it back, bytes out, and its end."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

from chengshu.protocols.mqtt.decoding import Splitter, decode
from chengshu.protocols.mqtt.encoding import encode
from chengshu.protocols.mqtt.packets import (
    CONNACK_V3,
    V3,
    V5,
    BadPacket,
    Connack,
    Disconnect,
    Kind,
    Packet,
    Reason,
)

from . import counting

if TYPE_CHECKING:
    from .broker import Broker

FLUSH_SECONDS = 5.0
UNSENT_BYTES = 64 * 1024
"""What the kernel keeps for a client that does not read: answers are small, clients are many."""


class Link(asyncio.Protocol):
    """*is_known* once the client has been welcomed."""

    transport: asyncio.Transport

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.version = V3
        self.is_known = False
        self._is_greeted = False
        self.splitter = Splitter(broker.limits.first_packet)
        self.heard_at = self.slow_since = broker.now()
        self.silence_seconds = broker.limits.connect_seconds
        self._later: deque[tuple[int, bytes]] = deque()
        self._holds: set[str] = set()

    def handle(self, packet: Packet) -> None:
        """Work in one packet. Raises BadPacket for what the protocol does not allow here."""
        raise NotImplementedError

    @property
    def is_held(self) -> bool:
        return bool(self._holds)

    @property
    def is_slow(self) -> bool:
        return "slow" in self._holds

    @property
    def is_over(self) -> bool:
        return self.transport.is_closing()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        wire = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.broker.now()
        try:
            if not self._is_greeted:
                self._greet(data[0])
            self._later.extend(self.splitter.feed(data))
            self._work()
        except BadPacket as bad:
            self.end(bad.reason)

    def pause_writing(self) -> None:
        self.slow_since = self.broker.now()
        self.hold("slow")

    def resume_writing(self) -> None:
        self.release("slow")

    def hold(self, why: str) -> None:
        """Read no more until `release`."""
        self._holds.add(why)
        self.transport.pause_reading()

    def release(self, why: str) -> None:
        if why not in self._holds:
            return
        self._holds.discard(why)
        if self._holds or self.is_over:
            return
        self.heard_at = self.broker.now()
        self.transport.resume_reading()
        try:
            self._work()
        except BadPacket as bad:
            self.end(bad.reason)

    def write(self, octets: bytes) -> None:
        if octets and not self.is_over:
            self.transport.write(octets)

    def send(self, packet: Packet) -> None:
        self.write(encode(packet, self.version))

    def end(self, reason: Reason, why: str = "") -> None:
        """Tell the client *reason* as its version can, count it as *why*, and close."""
        if self.is_over:
            return
        counting.ENDED.labels(why or reason.name.lower().replace("_", "-")).inc()
        code = reason if self.version == V5 else CONNACK_V3.get(reason)
        if not self.is_known and code is not None:
            self.send(Connack(code))
        elif self.is_known and self.version == V5:
            self.send(Disconnect(reason))
        self.close()

    def close(self) -> None:
        """Leave what was read and not worked in; what was written gets a moment to go out."""
        self._later.clear()
        self.transport.close()
        self.broker.loop.call_later(FLUSH_SECONDS, self.transport.abort)

    def _greet(self, first: int) -> None:
        """Turn away at the first byte who does not speak MQTT."""
        self._is_greeted = True
        if first != Kind.CONNECT << 4:
            raise BadPacket("CONNECT comes first", Reason.PROTOCOL_ERROR)

    def _work(self) -> None:
        while self._later and not self._holds:
            first, body = self._later.popleft()
            self.handle(decode(first, body, self.version))
