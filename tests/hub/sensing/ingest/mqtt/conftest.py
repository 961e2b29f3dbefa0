import asyncio
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from chengshu.core.access.tokens import create_token
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.ingest.door import Door
from chengshu.hub.sensing.ingest.index import StreamIndex
from chengshu.hub.sensing.ingest.mqtt.address import Address
from chengshu.hub.sensing.ingest.mqtt.bridge import Bridge
from chengshu.hub.sensing.ingest.mqtt.broker import Broker
from chengshu.hub.sensing.ingest.mqtt.limits import Limits
from chengshu.hub.sensing.models import Rejection
from chengshu.hub.sensing.store import ObservationStore
from tests.hub.sensing.factories import place, stream, terminal
from tests.installation import eventually
from tests.ports import free_port

CONF = """
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
"""


@dataclass
class Ground:
    """Two districts with a terminal each, and a token for the first."""

    lake: Lake
    door: Door
    token: str
    stream: int
    rows: Counter = field(
        default_factory=lambda: Counter(
            "rows", "rows", ["entrance", "fate"], registry=CollectorRegistry()
        )
    )

    def stored(self) -> list[tuple[Any, float]]:
        """Time and value of what is in the lake for the terminal T1."""
        found = self.lake.query(
            'SELECT o."at", value FROM observations AS o WHERE datastream = $stream ORDER BY 1',
            {"stream": self.stream},
        )
        return found.rows()

    def values(self) -> list[float]:
        return sorted(value for _at, value in self.stored())

    def fates(self) -> dict[str, int]:
        return {
            fate: int(self.rows.labels("mqtt", fate)._value.get())
            for fate in ("stored", "duplicate", "rejected")
        }

    def reasons(self) -> list[str]:
        return list(Rejection.objects.order_by("id").values_list("code", flat=True))


@pytest.fixture
def ground(transactional_db: None, lake: Lake) -> Iterator[Ground]:
    city = place()
    north, south = place("9901", city), place("9902", city)
    heard = terminal("T1", place=north)
    terminal("T2", place=south)
    store = ObservationStore(lake)
    token = create_token("north", "ingest", place=north)
    yield Ground(lake, Door(store, StreamIndex()), token, stream(heard))
    store.close()


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def looping() -> Iterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


@contextmanager
def embedded(ground: Ground, limits: Limits | None = None) -> Iterator[int]:
    """The embedded broker; its port."""
    port = free_port()

    async def begin() -> Broker:
        broker = Broker(ground.door, ground.rows, limits)
        await broker.listen("127.0.0.1", port)
        return broker

    with looping() as loop:
        broker = loop.run(begin())
        try:
            yield port
        finally:
            loop.run(broker.close())


@contextmanager
def mosquitto(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A Mosquitto of our own."""
    program = which("mosquitto")
    if program is None:
        pytest.skip("Mosquitto is not installed")
    settings = folder / f"mosquitto-{port}.conf"
    settings.write_text(CONF.format(port=port))
    process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: _listens(port))
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def bridged(ground: Ground, port: int, options: str = "") -> Iterator[Bridge]:
    """A subscriber of the broker on *port*."""

    async def begin() -> Bridge:
        address = Address.read(f"mqtt://127.0.0.1:{port}{options}")
        bridge = Bridge(ground.door, ground.rows, address, ground.token, "chengshu-test")
        bridge.start()
        return bridge

    with looping() as loop:
        bridge = loop.run(begin())
        try:
            assert eventually(lambda: bridge.is_subscribed)
            yield bridge
        finally:
            loop.run(bridge.close())


@pytest.fixture
def open_embedded(ground: Ground) -> Iterator[Callable[..., int]]:
    """Open an embedded broker with certain limits; its port."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(embedded(ground, Limits(**limits)))


@pytest.fixture(params=["embedded", "mosquitto"])
def port(request: pytest.FixtureRequest, ground: Ground, tmp_path: Path) -> Iterator[int]:
    """Where devices publish: either broker."""
    with ExitStack() as stack:
        if request.param == "embedded":
            yield stack.enter_context(embedded(ground))
        else:
            at = free_port()
            stack.enter_context(mosquitto(tmp_path, at))
            stack.enter_context(bridged(ground, at))
            yield at
