"""A device with a real client (paho-mqtt), and one that writes bytes of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTMessageInfo, MQTTv5, MQTTv311
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_SECONDS = 20
CONNECT = "10{size:02x}00044d51545404c2{keep_alive:04x}"


class Device:
    """Connects, publishes and waits for what the broker answers."""

    def __init__(
        self,
        port: int,
        token: str,
        name: str = "dev",
        version: int = MQTTv311,
        window: int = 200,
        **connect: Any,
    ) -> None:
        clean = None if version == MQTTv5 else True
        self.client = Client(
            CallbackAPIVersion.VERSION2, name, clean_session=clean, protocol=version
        )
        self.client.max_inflight_messages_set(window)
        self.client.username_pw_set("device", token)
        self.heard: list[tuple[str, bytes]] = []
        self.answers: list[Any] = []
        self.codes: list[Any] = []
        self.welcome: Any = None
        self.is_session_present = False
        self.is_gone = threading.Event()
        self._is_answered = threading.Event()
        self._is_granted = threading.Event()
        self.client.on_connect = self._connected
        self.client.on_disconnect = lambda *_about: self.is_gone.set()
        self.client.on_message = lambda _c, _d, told: self.heard.append((told.topic, told.payload))
        self.client.on_publish = lambda _c, _d, _m, code, _p: self.answers.append(code)
        self.client.on_subscribe = self._subscribed
        self.client.connect("127.0.0.1", port, keepalive=30, **connect)
        self.client.loop_start()
        assert self._is_answered.wait(PATIENCE_SECONDS)

    def _connected(self, _client: Any, _data: Any, flags: Any, code: Any, _more: Any) -> None:
        self.welcome, self.is_session_present = code, flags.session_present
        self._is_answered.set()

    def _subscribed(self, _client: Any, _data: Any, _mid: int, codes: Any, _more: Any) -> None:
        self.codes = codes
        self._is_granted.set()

    def publish(self, topic: str, payload: str, qos: int = 1, **more: Any) -> MQTTMessageInfo:
        """Publish and wait for the acknowledgement."""
        told = self.client.publish(topic, payload, qos, **more)
        told.wait_for_publish(PATIENCE_SECONDS)
        return told

    def subscribe(self, wanted: str) -> bool:
        """Whether the broker grants it."""
        self._is_granted.clear()
        self.client.subscribe(wanted)
        assert self._is_granted.wait(PATIENCE_SECONDS)
        return not self.codes[0].is_failure

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def device(port: int, token: str, name: str = "dev", **more: Any) -> Iterator[Device]:
    one = Device(port, token, name, **more)
    try:
        yield one
    finally:
        one.close()


def session_for(seconds: int) -> Properties:
    """The properties of a CONNECT of 5.0 that asks for its session to be kept."""
    wanted = Properties(PacketTypes.CONNECT)
    wanted.SessionExpiryInterval = seconds
    return wanted


@contextmanager
def wire(port: int) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        yield connection


def connect_bytes(token: str, keep_alive: int = 60) -> bytes:
    fields = b"\x00\x03raw\x00\x01u" + len(token).to_bytes(2, "big") + token.encode()
    head = CONNECT.format(size=10 + len(fields), keep_alive=keep_alive)
    return bytes.fromhex(head) + fields


def is_cut(connection: socket.socket) -> bool:
    """Whether the other side ends the connection, whatever it says before."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True
