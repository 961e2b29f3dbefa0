"""One client of the embedded broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chengshu.core.access.policy import Actor
from chengshu.kit.errors import NotAllowed, NotSignedIn
from chengshu.protocols.mqtt import topics
from chengshu.protocols.mqtt.encoding import acknowledgement, encode
from chengshu.protocols.mqtt.packets import (
    FAILURE_V3,
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
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Verdicts,
    Will,
)

from . import counting
from .gathering import Refusal
from .link import Link
from .messages import Message
from .promises import keep_seconds, promises, silence_seconds
from .sessions import Session
from .subscriptions import identified, may_hear

if TYPE_CHECKING:
    from .broker import Broker

QOS_HEARD = 0
"""Subscribers are granted QoS 0: what they miss is in the lake."""
KEEP_WILL = 0x04
"""A client of 5.0 says goodbye and wants its will published all the same."""
REASONS = {"not-allowed": Reason.NOT_AUTHORIZED, "bad-topic": Reason.BAD_TOPIC}
"""Reason codes of 5.0 for reasons of rejection; otherwise the payload is at fault."""


class Connection(Link):
    """An answer leaves once its message is durable, or kept as rejected.

    *actor*, *token*, *key* and *session* are there once the client has been welcomed.
    """

    actor: Actor
    key: tuple[str, str]
    session: Session
    token: str

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self._in_flight = 0
        self._will: Will | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.broker.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.broker.left(self)
        if self._will is not None and topics.is_name(self._will.topic):
            self._take(Publish(self._will.topic, self._will.payload))

    def hear(self, topic: str, payload: bytes) -> None:
        if self.transport.get_write_buffer_size() > self.broker.limits.unread:
            counting.UNHEARD.inc()
        else:
            self.send(Publish(topic, payload))

    def settle(self, answered: Sequence[tuple[Message, Refusal]]) -> None:
        self._in_flight -= len(answered)
        acknowledged = bytearray()
        for message, refusal in answered:
            if message.qos == 1:
                acknowledged += self._answer(Kind.PUBACK, message.packet_id, refusal)
            elif message.qos:
                self._settle_exactly_once(message, refusal)
        self.write(bytes(acknowledged))
        self.release("in-flight")

    def give_up(self, error: BaseException) -> None:
        """What was half-way is forgotten, so that the client may send it again."""
        self.session.storing.clear()
        is_denied = isinstance(error, NotAllowed | NotSignedIn)
        self.end(Reason.NOT_AUTHORIZED if is_denied else Reason.BUSY)

    def handle(self, packet: Packet) -> None:
        if isinstance(packet, Connect) and not self.is_known:
            self._connect(packet)
        elif self.is_known:
            self._handle_known(packet)
        else:
            raise BadPacket("CONNECT comes first", Reason.PROTOCOL_ERROR)

    def _handle_known(self, packet: Packet) -> None:
        match packet:
            case Publish():
                self._publish(packet)
            case Answer(kind=Kind.PUBREL):
                self._complete(packet.packet_id)
            case Ping(kind=Kind.PINGREQ):
                self.send(Ping(Kind.PINGRESP))
            case Subscribe():
                self.hold("rights")
                self.broker.begin(self._grant(packet))
            case Unsubscribe():
                self._unsubscribe(packet)
            case Disconnect():
                self._will = self._will if packet.code == KEEP_WILL else None
                self.close()
            case _:
                raise BadPacket("A client does not send this", Reason.PROTOCOL_ERROR)

    def _publish(self, packet: Publish) -> None:
        if not topics.is_name(packet.topic):
            raise BadPacket("This is no topic name", Reason.BAD_TOPIC)
        if packet.qos == 2:
            if packet.packet_id in self.session.received:
                self.write(acknowledgement(Kind.PUBREC, packet.packet_id))
                return
            if packet.packet_id in self.session.storing:
                return
            self.session.storing.add(packet.packet_id)
        self._in_flight += 1
        self._take(packet)
        if self._in_flight >= self.broker.limits.in_flight:
            self.hold("in-flight")
        if self.broker.gatherer.is_full:
            self.broker.hold_back(self)

    def _take(self, packet: Publish) -> None:
        counting.MESSAGES.labels(packet.qos).inc()
        gatherer = self.broker.gatherer
        message = Message(
            packet.topic, packet.payload, gatherer.now(), packet.qos, packet.packet_id
        )
        gatherer.add(self.token, self, message)

    def _answer(self, kind: Kind, packet_id: int, refusal: Refusal) -> bytes:
        if refusal is None or self.version != V5:
            return acknowledgement(kind, packet_id)
        reason = REASONS.get(refusal, Reason.BAD_PAYLOAD)
        return encode(Answer(kind, packet_id, reason, {"reason": refusal}), V5)

    def _settle_exactly_once(self, message: Message, refusal: Refusal) -> None:
        """The client may have come back on another connection meanwhile."""
        self.session.storing.discard(message.packet_id)
        present = self.session.connection
        if refusal is None or present is None or present.version != V5:
            self.session.received.add(message.packet_id)
        if present is not None:
            present.write(present._answer(Kind.PUBREC, message.packet_id, refusal))

    def _complete(self, packet_id: int) -> None:
        is_known = packet_id in self.session.received
        self.session.received.discard(packet_id)
        self.send(Answer(Kind.PUBCOMP, packet_id, 0 if is_known else Reason.UNKNOWN_PACKET))

    def _connect(self, packet: Connect) -> None:
        self.version = packet.version
        if not packet.client_id and not packet.clean and packet.version == V3:
            self.end(Reason.BAD_CLIENT_ID)
        elif packet.password is None or "authentication_method" in packet.properties:
            self.end(Reason.BAD_LOGIN)
        else:
            self.hold("login")
            self.broker.begin(self._log_in(packet, packet.password.decode(errors="replace")))

    async def _log_in(self, packet: Connect, token: str) -> None:
        try:
            actor = await self.broker.ask(identified, token)
        except NotSignedIn:
            self.end(Reason.BAD_LOGIN)
        except NotAllowed:
            self.end(Reason.NOT_AUTHORIZED)
        except self.broker.AWAY:
            self.end(Reason.UNAVAILABLE)
        else:
            if not self.is_over:
                self.token, self.actor, self._will = token, actor, packet.will
                self._welcome(packet)

    def _welcome(self, packet: Connect) -> None:
        limits = self.broker.limits
        client_id = packet.client_id or self.broker.new_client_id()
        self.key = self.actor.name, client_id
        self.session, is_present = self.broker.sessions.open(
            self.key, self, clean=packet.clean, now=self.broker.now()
        )
        self.session.keep_seconds = keep_seconds(packet, limits)
        self.silence_seconds = silence_seconds(packet, limits)
        self.splitter.largest = limits.packet
        self.is_known = True
        self.broker.welcomed(self)
        self.send(Connack(0, is_present, promises(packet, client_id, limits)))
        self.release("login")

    async def _grant(self, packet: Subscribe) -> None:
        codes = []
        for wanted, _options in packet.filters:
            refusal = await self._refusal(wanted)
            if self.is_over:
                return
            if refusal is None:
                self.session.filters.add(wanted)
                self.broker.subscriptions.add(self, wanted)
                codes.append(QOS_HEARD)
            else:
                codes.append(FAILURE_V3 if self.version == V3 else refusal)
        self.send(Verdicts(Kind.SUBACK, packet.packet_id, tuple(codes)))
        self.release("rights")

    async def _refusal(self, wanted: str) -> Reason | None:
        if not topics.is_filter(wanted) or len(self.session.filters) >= self.broker.limits.filters:
            return Reason.BAD_FILTER
        try:
            may = await self.broker.ask(may_hear, self.actor, wanted)
        except self.broker.AWAY:
            return Reason.UNAVAILABLE
        return None if may else Reason.NOT_AUTHORIZED

    def _unsubscribe(self, packet: Unsubscribe) -> None:
        self.broker.subscriptions.remove(self, packet.filters)
        self.session.filters.difference_update(packet.filters)
        codes = (0,) * len(packet.filters) if self.version == V5 else ()
        self.send(Verdicts(Kind.UNSUBACK, packet.packet_id, codes))
