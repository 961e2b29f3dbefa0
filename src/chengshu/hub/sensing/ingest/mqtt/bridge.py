"""A subscriber of the city's own broker, in place of the embedded one.

Messages are acknowledged to the broker once they are durable. The session outlives the process,
so the broker sends again what was not acknowledged. Subscriptions ask for QoS 1: what was
published with QoS 2 comes with QoS 1 and is stored once by its stream and time.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter

from chengshu.hub.sensing.ingest.door import Door
from chengshu.protocols.mqtt.decoding import Splitter, decode
from chengshu.protocols.mqtt.encoding import acknowledgement, encode
from chengshu.protocols.mqtt.packets import (
    FAILURE_V3,
    BadPacket,
    Connack,
    Disconnect,
    Kind,
    Packet,
    Ping,
    Publish,
    Verdicts,
)

from . import counting, native
from .address import KEEP_ALIVE, Address
from .broker import told
from .gathering import Gatherer, Refusal
from .limits import Limits
from .messages import Message
from .subscriptions import errors_of

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
SILENCE = 1.5
OWN = f"{native.ROOT}/{native.ERRORS}/"
"""What we publish ourselves and hear again, as a subscriber of everything below the root."""


class Delivery(asyncio.Protocol):
    """What comes over one connection. A packet identifier means nothing on the next one."""

    transport: asyncio.Transport

    def __init__(self, bridge: "Bridge") -> None:
        self._bridge = bridge
        self._splitter = Splitter(bridge.limits.packet)
        self._version = bridge.address.version
        self.is_welcome = self.is_subscribed = False
        self.heard_at = bridge.loop.time()
        self.ended = bridge.loop.create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.send(self._bridge.hello())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._bridge.loop.time()
        try:
            for first, body in self._splitter.feed(data):
                self._handle(decode(first, body, self._version))
        except BadPacket as bad:
            log.error("the broker does not speak MQTT: %s", bad)
            self.transport.abort()
        if self._bridge.gatherer.is_full:
            self.transport.pause_reading()

    def send(self, packet: Packet) -> None:
        if not self.transport.is_closing():
            self.transport.write(encode(packet, self._version))

    def settle(self, answered: Sequence[tuple[Message, Refusal]]) -> None:
        """The identifiers of a connection that was lost are not acknowledged on another."""
        if self.transport.is_closing():
            return
        self.transport.write(
            b"".join(
                acknowledgement(Kind.PUBACK, message.packet_id)
                for message, _refusal in answered
                if message.qos
            )
        )
        if not self._bridge.is_closing:
            self.transport.resume_reading()

    def give_up(self, error: BaseException) -> None:
        log.error("the broker's messages cannot be stored and stay with it: %s", error)
        if not self._bridge.is_closing:
            self.transport.resume_reading()

    def _handle(self, packet: Packet) -> None:
        match packet:
            case Publish():
                self._take(packet)
            case Connack():
                self._welcomed(packet)
            case Verdicts(codes=codes):
                self._subscribed(codes)
            case Disconnect():
                log.warning("the broker hangs up with reason %s", packet.code)

    def _subscribed(self, codes: Sequence[int]) -> None:
        self.is_subscribed = all(code < FAILURE_V3 for code in codes)
        if not self.is_subscribed:
            counting.ENDED.labels("broker-refused").inc()
            log.error("the broker lets us subscribe to only a part: %s", codes)

    def _welcomed(self, packet: Connack) -> None:
        if packet.code:
            counting.ENDED.labels("broker-refused").inc()
            log.error("the broker refuses us with code %s", packet.code)
            self.transport.close()
            return
        self.is_welcome = True
        self.send(self._bridge.address.subscribe())

    def _take(self, packet: Publish) -> None:
        gatherer = self._bridge.gatherer
        message = Message(
            packet.topic, packet.payload, gatherer.now(), packet.qos, packet.packet_id
        )
        if packet.retain or packet.topic.startswith(OWN):
            self.settle([(message, None)])
            return
        counting.MESSAGES.labels(packet.qos).inc()
        gatherer.add(self._bridge.token, self, message)


class Bridge:
    """Subscribes until it is closed. Every message is stored with the rights of *token*."""

    def __init__(
        self, door: Door, rows: Counter, address: Address, token: str, client_id: str
    ) -> None:
        self.limits = Limits()
        self.address = address
        self.token = token
        self.loop = asyncio.get_running_loop()
        self.gatherer = Gatherer(door, rows, self._told, self.limits.waiting)
        self.is_closing = False
        self._client_id = client_id
        self._delivery: Delivery | None = None
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect now, or as soon as the broker is there, and again whenever it was lost."""
        self._work = self.loop.create_task(self._stay_connected())

    async def close(self) -> None:
        """Take no more, acknowledge what becomes durable in time, disconnect."""
        self.is_closing = True
        if self._delivery is not None:
            self._delivery.transport.pause_reading()
        await self.gatherer.close()
        if self._work is not None:
            self._work.cancel()
        if self._delivery is not None:
            self._delivery.send(Disconnect())
            self._delivery.transport.close()

    @property
    def is_subscribed(self) -> bool:
        """Whether messages come now."""
        return self._delivery is not None and self._delivery.is_subscribed

    def hello(self) -> Packet:
        return self.address.connect(self._client_id, self.limits.packet)

    async def _stay_connected(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._connect()
            except OSError as error:
                log.warning("the broker %s cannot be reached: %s", self.address.host, error)
            was_welcome = self._delivery is not None and self._delivery.is_welcome
            self._delivery = None
            pause = FIRST_PAUSE_SECONDS if was_welcome else min(2 * pause, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _connect(self) -> None:
        """Returns when the connection has ended."""
        address = self.address
        _transport, self._delivery = await self.loop.create_connection(
            lambda: Delivery(self),
            address.host,
            address.port,
            ssl=ssl.create_default_context() if address.is_secure else None,
        )
        while not self._delivery.ended.done():
            await asyncio.wait([self._delivery.ended], timeout=KEEP_ALIVE / 2)
            self._delivery.send(Ping(Kind.PINGREQ))
            is_reading = self._delivery.transport.is_reading()
            if is_reading and self.loop.time() > self._delivery.heard_at + SILENCE * KEEP_ALIVE:
                self._delivery.transport.abort()

    def _told(self, sender: str, _stored: Sequence[Message], reasons: dict[str, int]) -> None:
        if reasons and self._delivery is not None:
            self._delivery.send(Publish(errors_of(sender), told(self.gatherer.now(), reasons)))


def process_name(port: int) -> str:
    """The client identifier of the ingest process on *port* of this machine, always the same."""
    return f"chengshu-{socket.gethostname()}-{port}"
