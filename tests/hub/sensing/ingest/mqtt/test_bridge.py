"""The subscriber of a broker that behaves badly."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chengshu.protocols.mqtt.decoding import Splitter, decode
from chengshu.protocols.mqtt.encoding import encode
from chengshu.protocols.mqtt.packets import (
    V5,
    Answer,
    Connack,
    Connect,
    Kind,
    Packet,
    Publish,
    Subscribe,
    Verdicts,
)
from tests.installation import eventually
from tests.ports import free_port

from .conftest import Ground, bridged, mosquitto
from .devices import device

ONE = b'{"at": "2026-01-01T00:00:00Z", "value": 7}'
TOPIC = "chengshu/T1/temperature"


class FakeBroker:
    """Sends the same message on every connection; hangs up on the first before the answer."""

    def __init__(self) -> None:
        self.heard: list[list[Packet]] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._server.accept()
            except OSError:
                return
            with line:
                self._speak(line, is_first=not self.heard)

    def _speak(self, line: socket.socket, *, is_first: bool) -> None:
        said: list[Packet] = []
        self.heard.append(said)
        splitter = Splitter(100_000)
        while octets := line.recv(65_536):
            for first, body in splitter.feed(octets):
                said.append(decode(first, body, V5))
                line.sendall(b"".join(encode(a, V5) for a in self._answers(said[-1])))
                if is_first and isinstance(said[-1], Subscribe):
                    return

    def _answers(self, packet: Packet) -> list[Packet]:
        if isinstance(packet, Connect):
            return [Connack()]
        if isinstance(packet, Subscribe):
            codes = (1,) * len(packet.filters)
            return [Verdicts(Kind.SUBACK, 1, codes), Publish(TOPIC, ONE, 1, 5)]
        return []

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@contextmanager
def fake_broker() -> Iterator[FakeBroker]:
    broker = FakeBroker()
    try:
        yield broker
    finally:
        broker.close()


def test_a_message_is_acknowledged_on_the_connection_it_came_over(ground: Ground):
    with fake_broker() as broker, bridged(ground, broker.port):
        assert eventually(lambda: len(broker.heard) > 1 and broker.heard[1][2:])

    first, second, *_more = broker.heard
    assert not any(isinstance(packet, Answer) for packet in first)
    assert Answer(Kind.PUBACK, 5) in second
    assert ground.values() == [7.0]


def test_a_broker_that_comes_back_is_subscribed_again(ground: Ground, tmp_path: Path):
    port = free_port()
    with mosquitto(tmp_path, port) as first, bridged(ground, port):
        first.kill()
        first.wait(30)
        with mosquitto(tmp_path, port), device(port, "any") as sender:
            assert eventually(lambda: _publish_until_stored(ground, sender))


def _publish_until_stored(ground: Ground, sender) -> bool:
    sender.publish(TOPIC, ONE.decode())
    return bool(ground.stored())


@pytest.mark.parametrize("options", ["?version=3", "?share=", "?version=3&share="])
def test_other_brokers_are_spoken_to_as_they_need(ground: Ground, tmp_path: Path, options: str):
    port = free_port()
    with mosquitto(tmp_path, port), bridged(ground, port, options), device(port, "any") as sender:
        sender.publish(TOPIC, ONE.decode())

        assert eventually(ground.stored)

    assert ground.values() == [7.0]


def test_what_a_broker_had_retained_is_no_new_observation(ground: Ground, tmp_path: Path):
    port = free_port()
    with mosquitto(tmp_path, port), device(port, "any") as sender:
        sender.publish(TOPIC, "1", retain=True)
        with bridged(ground, port, "?share="):
            sender.publish(TOPIC, "2")

            assert eventually(ground.stored)

    assert ground.values() == [2.0]
