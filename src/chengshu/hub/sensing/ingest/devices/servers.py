"""The listeners of one ingest process: a port for each protocol."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from prometheus_client import Counter, Gauge

from chengshu.hub.sensing.ingest.door import Door

from .book import DeviceBook
from .conversation import Conversation, Limits
from .gathering import Gatherer
from .gb26875 import Gb26875Session
from .heard import Session
from .hj212 import Hj212Session
from .jt808 import Jt808Session
from .logbook import Logbook
from .meters import MeterSession
from .sl651 import Sl651Session

log = logging.getLogger(__name__)

OPEN = Gauge("chengshu_device_connections", "Connections of devices", ["protocol"])
TURNED_AWAY = Counter(
    "chengshu_device_connections_refused", "Connections over the limit", ["protocol"]
)
SESSIONS: Mapping[str, type[Session]] = {
    kind.protocol: kind
    for kind in (Hj212Session, Jt808Session, Gb26875Session, Sl651Session, MeterSession)
}
MOST_CONNECTIONS = 10_000
MOST_WAITING = 1_024
"""Connections that the system holds until they are taken."""
HELD_OCTETS = 32_768
"""What is read ahead from one connection, beside its unfinished frame."""
WRITE_OCTETS = 16_384
THREADS = 8
END_SECONDS = 3.0


class DeviceServers:
    """All listeners of this process, with what they share."""

    def __init__(self, door: Door, folder: Path) -> None:
        self.book = DeviceBook()
        self.logbook = Logbook()
        self.limits = Limits()
        self._door = door
        self._folder = folder
        self._threads = ThreadPoolExecutor(THREADS, "devices")
        self._talks: dict[asyncio.Task[None], Conversation] = {}
        self._servers: list[asyncio.Server] = []

    async def open(self, host: str, ports: Mapping[str, int]) -> None:
        """Listen on each of *ports* that is not 0."""
        for protocol, port in ports.items():
            if not port:
                continue
            gatherer = Gatherer(self._door, protocol, self._threads, self._folder)
            server = await asyncio.start_server(
                partial(self._serve, protocol, gatherer),
                host,
                port,
                limit=HELD_OCTETS,
                backlog=MOST_WAITING,
            )
            self._servers.append(server)
            log.info("%s listens on port %d", protocol, port)

    async def close(self) -> None:
        """Take nothing more, answer what was taken, end."""
        for server in self._servers:
            server.close()
        for talk in self._talks:
            talk.cancel()
        if self._talks:
            await asyncio.wait(self._talks, timeout=END_SECONDS)
        await asyncio.to_thread(self._threads.shutdown)

    def tell(self, order: str) -> None:
        """Pass ``<verb> <number of the device>`` on to the device if it is connected here."""
        verb, _, number = order.partition(" ")
        for talk in list(self._talks.values()):
            device = talk.session.device
            if device is not None and str(device.id) == number:
                task = asyncio.get_running_loop().create_task(talk.order([verb]))
                task.add_done_callback(_read_result)

    async def _serve(
        self,
        protocol: str,
        gatherer: Gatherer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        if len(self._talks) >= MOST_CONNECTIONS:
            TURNED_AWAY.labels(protocol).inc()
            writer.transport.abort()
            return
        _prepare(writer)
        session = SESSIONS[protocol](self.book)
        talk = Conversation(session, gatherer, self.logbook, (reader, writer), self.limits)
        task = asyncio.current_task()
        assert task is not None
        self._talks[task] = talk
        OPEN.labels(protocol).inc()
        try:
            await talk.hold()
        except asyncio.CancelledError:
            log.debug("a conversation of %s ended with the process", protocol)
        finally:
            del self._talks[task]
            OPEN.labels(protocol).dec()
            writer.close()


def _prepare(writer: asyncio.StreamWriter) -> None:
    writer.transport.set_write_buffer_limits(high=WRITE_OCTETS)
    line: socket.socket | None = writer.get_extra_info("socket")
    if line is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _read_result(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("an order did not reach its device: %s", task.exception())


@asynccontextmanager
async def device_servers(door: Door) -> AsyncIterator[None]:
    """The listeners of the ports in the settings, until the process ends."""
    config = settings.CHENGSHU
    ports = {protocol: int(getattr(config, f"{protocol}_port")) for protocol in SESSIONS}
    if not any(ports.values()):
        yield
        return
    servers = DeviceServers(door, Path(config.home) / "frames")
    await asyncio.to_thread(servers.book.read)
    stop = threading.Event()
    loop = asyncio.get_running_loop()

    def order(words: str) -> None:
        loop.call_soon_threadsafe(servers.tell, words)

    threads = [_thread(servers.book.listen, stop, order), _thread(servers.logbook.keep_until, stop)]
    try:
        await servers.open(config.host, ports)
        yield
    finally:
        await servers.close()
        stop.set()
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))


def _thread(run: Callable[..., None], *given: object) -> threading.Thread:
    thread = threading.Thread(target=run, args=given, daemon=True)
    thread.start()
    return thread
