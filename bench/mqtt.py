"""How many single observations a second become durable by MQTT with QoS 1.

    python bench/mqtt.py [--seconds 15] [--connections 8] [--window 500]

Starts a database, a lake and an ingest process in a temporary folder; one helper process publishes
over several connections, each with a window of messages that are not acknowledged yet. First to
the embedded broker, then to a Mosquitto of its own whose shared subscription the ingest process
holds. A message counts when it is in the lake; at the end sent and stored are compared.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

TERMINALS = 1_000
PATIENCE_SECONDS = 90
BURST = 2
"""Mosquitto takes messages so much faster that it gets them for a shorter time."""
QOS_1 = b"\x32"
MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
"""


class Publisher(asyncio.Protocol):
    """One connection that keeps *window* messages in flight until *stop_at*."""

    def __init__(self, number: int, token: bytes, window: int, stop_at: float) -> None:
        self.name = b"bench-%d" % number
        self.token = token
        self.window = window
        self.stop_at = stop_at
        self.topics = [b"chengshu/T%04d/level" % place for place in range(number, TERMINALS, 16)]
        self.sent = self.acknowledged = 0
        self.delays: list[float] = []
        self._sent_at: dict[int, float] = {}
        self._buffer = b""
        self._is_welcome = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        fields = b"".join(struct.pack("!H", len(f)) + f for f in (self.name, b"bench", self.token))
        transport.write(packet(b"\x10", b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields))

    def data_received(self, data: bytes) -> None:
        octets = self._buffer + data
        whole = len(octets) // 4 * 4
        self._buffer = octets[whole:]
        start = 0
        if not self._is_welcome:
            assert octets[3] == 0, f"refused with {octets[3]}"
            self._is_welcome, start = True, 4
        now = time.monotonic()
        for at in range(start, whole, 4):
            self.acknowledged += 1
            sent_at = self._sent_at.pop(octets[at + 2] << 8 | octets[at + 3], None)
            if sent_at is not None:
                self.delays.append(now - sent_at)
        self._send(now)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the broker hung up"))

    def _send(self, now: float) -> None:
        if now > self.stop_at:
            if self.acknowledged == self.sent and not self.done.done():
                self.done.set_result(None)
                self.transport.close()
            return
        out = []
        for number in range(self.sent, self.acknowledged + self.window):
            packet_id = number % 60_000 + 1
            topic = self.topics[number % len(self.topics)]
            if number % 50 == 0:
                self._sent_at[packet_id] = now
            value = b"%d.%d" % (number // 10 % 1000, number % 10)
            head = struct.pack("!H", len(topic)) + topic + struct.pack("!H", packet_id)
            out.append(packet(QOS_1, head + value))
        self.sent += len(out)
        self.transport.write(b"".join(out))


def packet(first: bytes, body: bytes) -> bytes:
    assert len(body) < 128 or first != QOS_1
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size % 128 | 128, size // 128])
    return first + length + body


async def publish(port: int, connections: int, window: int, seconds: float, token: str) -> None:
    """Publish and print one line of JSON."""
    loop, started_at = asyncio.get_running_loop(), time.monotonic()
    publishers = []
    for number in range(connections):
        one = Publisher(number, token.encode(), window, started_at + seconds)
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
        publishers.append(one)
    await asyncio.gather(*(one.done for one in publishers))
    delays = sorted(delay for one in publishers for delay in one.delays)
    report = {
        "sent": sum(one.sent for one in publishers),
        "seconds": time.monotonic() - started_at,
        "median": statistics.median(delays),
        "p99": delays[len(delays) * 99 // 100],
    }
    print(json.dumps(report))


def published(port: int, chosen: argparse.Namespace, token: str) -> dict[str, float]:
    words = ["--publish", str(port), "--token", token]
    for name in ("connections", "window", "seconds"):
        words += [f"--{name}", str(getattr(chosen, name))]
    said = subprocess.run(
        [sys.executable, __file__, *words], check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_ledger() -> str:
    """TERMINALS terminals with one property each; a token that may write them all."""
    from chengshu.core.access.policy import System
    from chengshu.core.access.tokens import create_token
    from chengshu.core.organisations.models import Kind, Organisation
    from chengshu.core.places import tree
    from chengshu.core.places.models import Level, Place
    from chengshu.core.runtime.schema import bring_up_to_date
    from chengshu.hub.sensing.actions.registration import NewTerminal, register_terminals
    from chengshu.hub.sensing.models import ObservedProperty

    bring_up_to_date()
    city = tree.add(Place(code="9901", name="City", level=Level.CITY))
    owner = tree.add(Organisation(code="o", name="Owner", kind=Kind.DEPARTMENT, place=city))
    ObservedProperty.objects.get_or_create(code="level", defaults={"name": "L", "unit": "m"})
    by = System("bench", frozenset({"sensing.register_terminals"}))
    register_terminals(
        [
            NewTerminal(
                code=f"T{n:04}",
                name=f"T{n}",
                kind="sensor",
                place=city,
                owner=owner,
                properties={"level": 60},
            )
            for n in range(TERMINALS)
        ],
        by=by,
    )
    return create_token("bench", "ingest")


def _environment() -> dict[str, str]:
    """Ours, but for the settings of Django: the process measured has its own."""
    given = dict(os.environ)  # noqa: TID251 - a child's
    given.pop("DJANGO_SETTINGS_MODULE", None)
    return given


@contextmanager
def ingest(**more: str) -> Iterator[str]:
    """An ingest process; its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "chengshu.project.cli", "ingest"],
        env=_environment() | {"CHENGSHU_INGEST_PORT": str(port)} | more,
    )
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: httpx.get(f"{address}/health", trust_env=False).is_success)
    try:
        yield address
    finally:
        process.terminate()
        process.wait(30)


def processor_seconds(address: str) -> float:
    """What the ingest process has used so far: tells something on a busy machine too."""
    lines = httpx.get(f"{address}/metrics", trust_env=False).text.splitlines()
    [found] = [line for line in lines if line.startswith("process_cpu_seconds_total")]
    return float(found.split()[1])


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(MOSQUITTO.format(port=port))
    process = subprocess.Popen(["mosquitto", "-c", str(settings)], stderr=subprocess.DEVNULL)
    wait_for(lambda: socket.create_connection(("127.0.0.1", port)).close() is None)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for(true: Any) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        try:
            if true():
                return
        except (OSError, httpx.TransportError):
            pass
        time.sleep(0.05)
    raise TimeoutError("it did not come true in time")


def stored() -> int:
    from chengshu.core.lake import installation

    return installation.current().query("SELECT count(*) AS n FROM observations").item()


def show(name: str, seconds: float, worked: float, found: dict[str, float], lost: int) -> None:
    sent = int(found["sent"])
    print(
        f"{name:<28} {sent / seconds:>9,.0f} messages/s durable, {sent / worked:,.0f} per "
        f"processor second; acknowledged after median {found['median'] * 1000:.0f} ms, "
        f"99th percentile {found['p99'] * 1000:.0f} ms; {sent:,} sent, {lost} missing"
    )


def embedded(chosen: argparse.Namespace, token: str) -> None:
    port = free_port()
    with ingest(CHENGSHU_MQTT_PORT=str(port)) as address:
        before, worked = stored(), processor_seconds(address)
        found = published(port, chosen, token)
        worked = processor_seconds(address) - worked
        lost = int(found["sent"]) - (stored() - before)
        show("embedded broker", found["seconds"], worked, found, lost)


def beside_mosquitto(chosen: argparse.Namespace, token: str, folder: Path) -> None:
    with mosquitto(folder) as port:
        alone = published(port, chosen, token)
        print(
            f"{'(Mosquitto alone, in memory)':<28} "
            f"{alone['sent'] / alone['seconds']:>9,.0f} messages/s"
        )
        url = f"mqtt://127.0.0.1:{port}"
        with ingest(CHENGSHU_MQTT_URL=url, CHENGSHU_MQTT_TOKEN=token) as address:
            time.sleep(2)
            before, worked, started_at = stored(), processor_seconds(address), time.monotonic()
            chosen.seconds /= BURST
            found = published(port, chosen, token)
            wait_for(lambda: stored() - before >= found["sent"])
            seconds = time.monotonic() - started_at
            show("through Mosquitto", seconds, processor_seconds(address) - worked, found, 0)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=15)
    arguments.add_argument("--connections", type=int, default=8)
    arguments.add_argument("--window", type=int, default=500)
    arguments.add_argument("--publish", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--token", default="", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.publish:
        speed = publish(
            chosen.publish, chosen.connections, chosen.window, chosen.seconds, chosen.token
        )
        asyncio.run(speed)
        return
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="chengshu-bench-") as name:
        measure(chosen, Path(name))


def measure(chosen: argparse.Namespace, folder: Path) -> None:
    import django

    from chengshu.core.runtime.postgres import EmbeddedPostgres

    folder.chmod(0o711)
    with EmbeddedPostgres(folder / "postgres") as server:
        os.environ["CHENGSHU_HOME"] = str(folder / "home")  # noqa: TID251 - before the settings
        os.environ["CHENGSHU_DATABASE_URL"] = server.url  # noqa: TID251
        os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"  # noqa: TID251
        (folder / "home").mkdir()
        django.setup()
        token = make_ledger()
        embedded(chosen, token)
        if shutil.which("mosquitto"):
            beside_mosquitto(chosen, token, folder)
        from chengshu.core.lake import installation

        installation.current().close()


if __name__ == "__main__":
    main()
