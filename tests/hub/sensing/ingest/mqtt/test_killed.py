"""The ingest process is killed while devices publish: what was acknowledged is there, once."""

import os
import random
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest
from paho.mqtt.client import CallbackAPIVersion, Client

from chengshu.hub.sensing.ingest.mqtt.bridge import process_name
from tests.installation import eventually
from tests.ports import free_port
from tests.serving import ingest_process

from .conftest import Ground, mosquitto

ROUNDS = 2
CRASH_LOOP_SECONDS = 5
"""A worker that ends sooner after its start is not started again by granian."""
START = 1_767_225_600


class Sender:
    """Publishes one second of the year after the other with QoS 1, and keeps what is acknowledged.

    The library publishes again what was not acknowledged when the broker is back.
    """

    def __init__(self, port: int, token: str) -> None:
        self.acknowledged: set[int] = set()
        self.sent = 0
        self._numbers: dict[int, int] = {}
        self._stop = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, "sender", clean_session=False)
        self.client.username_pw_set("sender", token)
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._published
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self.sent - len(self.acknowledged) > 500:
                time.sleep(0.01)
                continue
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + self.sent))
            payload = f'{{"at": "{at}", "value": {self.sent}}}'
            told = self.client.publish("chengshu/T1/temperature", payload, 1)
            self._numbers[told.mid] = self.sent
            self.sent += 1

    def _published(self, _client: object, _data: object, mid: int, *_about: object) -> None:
        while mid not in self._numbers:
            time.sleep(0.001)
        self.acknowledged.add(self._numbers.pop(mid))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        assert eventually(lambda: len(self.acknowledged) == self.sent, 60)
        self.client.disconnect()
        self.client.loop_stop()


def kill_worker() -> None:
    """Kill the process that serves, with no warning; granian starts another."""
    [ingest] = [pid for pid in _children(os.getpid()) if "ingest" in _command(pid)]
    [worker] = [pid for pid in _children(ingest) if "resource_tracker" not in _command(pid)]
    os.kill(worker, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    lists = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for children in lists for pid in children.read_text().split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def kill_some_times(ground: Ground, sender: Sender) -> None:
    moments = random.Random(20260401)
    for _ in range(ROUNDS):
        before = len(ground.stored())
        assert eventually(lambda before=before: len(ground.stored()) > before, 60)
        time.sleep(CRASH_LOOP_SECONDS + moments.uniform(0.0, 1.0))
        kill_worker()
    sender.stop()


@pytest.mark.slow
def test_killed_at_any_moment_the_embedded_broker_loses_nothing_acknowledged(ground: Ground):
    port = free_port()
    with ingest_process(CHENGSHU_MQTT_PORT=str(port)) as address:
        sender = Sender(port, ground.token)

        kill_some_times(ground, sender)

        is_back = eventually(lambda: httpx.get(f"{address}/health", trust_env=False).is_success)
    assert is_back
    assert ground.values() == [float(n) for n in range(sender.sent)]


@pytest.mark.slow
def test_killed_at_any_moment_the_subscriber_loses_nothing_the_broker_has(
    ground: Ground, tmp_path: Path
):
    port = free_port()
    with (
        mosquitto(tmp_path, port),
        ingest_process(
            CHENGSHU_MQTT_URL=f"mqtt://127.0.0.1:{port}", CHENGSHU_MQTT_TOKEN=ground.token
        ),
    ):
        sender = Sender(port, ground.token)

        kill_some_times(ground, sender)

        eventually(lambda: len(ground.stored()) == sender.sent)
    assert ground.values() == [float(n) for n in range(sender.sent)]


def test_an_ingest_process_has_the_same_name_for_the_broker_after_every_start():
    assert process_name(8001) == process_name(8001)
    assert process_name(8001) != process_name(8002)
