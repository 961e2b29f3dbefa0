"""Connections that break the rules: half-open, slow, flooding, strange."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest

from chengshu.core.lake import installation
from chengshu.hub.sensing.ingest.devices.book import DeviceBook
from chengshu.hub.sensing.ingest.devices.conversation import (
    MOST_REFUSED,
    MOST_SPOILT,
    Allowance,
    Conversation,
    Limits,
)
from chengshu.hub.sensing.ingest.devices.gathering import Gatherer
from chengshu.hub.sensing.ingest.devices.heard import TAKEN, UNKNOWN, Heard, Session
from chengshu.hub.sensing.ingest.devices.logbook import MOST_STRANGERS, Logbook
from chengshu.hub.sensing.ingest.door import open_door
from chengshu.hub.sensing.ingest.index import StreamIndex
from chengshu.protocols.hj212 import Reader
from chengshu.protocols.hj212.frame import framed

pytestmark = pytest.mark.django_db(transaction=True)
FRAME = framed(b"QN=20260101080000001;ST=22;CN=2011;PW=123456;MN=M1;Flag=5;CP=&&&&")


class Talkative(Session):
    """Answers every frame with *answer*."""

    protocol: ClassVar[str] = "hj212"
    silence_seconds = 3
    answer: ClassVar[bytes] = b"yes"
    verdict: ClassVar[str] = TAKEN

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = Reader()

    def hear(self, frame: bytes, now: datetime) -> Heard:
        return Heard("M1", self.verdict, answer=self.answer)


class Loud(Talkative):
    answer = b"x" * 32_000_000


class Refusing(Talkative):
    verdict = UNKNOWN
    answer = b"no"


Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(kind: type[Session], limits: Limits, act: Act, tmp_path: Path) -> None:
    """Let *act* use a connection to a server of *kind*; its conversation has to end by itself."""
    door = open_door(StreamIndex())

    async def run() -> None:
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            gatherer = Gatherer(door, "hj212", threads, tmp_path)
            session = kind(DeviceBook())
            await Conversation(session, gatherer, Logbook(), (reader, writer), limits).hold()
            writer.close()
            over.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        line = socket.create_connection(address)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader, writer = await asyncio.open_connection(sock=line, limit=4096)
        await act(reader, writer)
        async with asyncio.timeout(15):
            await over.wait()
        writer.close()
        server.close()

    with ThreadPoolExecutor(1) as threads:
        try:
            asyncio.run(run())
        finally:
            door.store.close()
            installation.current().close()


async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


def test_a_connection_that_says_nothing_is_closed(tmp_path: Path):
    talk(Talkative, Limits(first_seconds=1), nothing, tmp_path)


def test_a_connection_that_never_says_a_good_frame_is_closed(tmp_path: Path):
    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(FRAME[:20])

    talk(Talkative, Limits(first_seconds=1), trickle, tmp_path)


def test_a_device_that_falls_silent_is_closed(tmp_path: Path):
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(FRAME)
        assert await reader.readexactly(3) == b"yes"

    talk(Talkative, Limits(), once, tmp_path)


def test_a_client_that_does_not_take_its_answers_is_dropped(tmp_path: Path):
    async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(FRAME)

    talk(Loud, Limits(write_seconds=1), deaf, tmp_path)


def test_a_connection_that_only_sends_garbage_is_closed(tmp_path: Path):
    async def garbage(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(MOST_SPOILT + 2):
            writer.write(b"##0010" + b"z" * 30 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    talk(Talkative, Limits(), garbage, tmp_path)


def test_a_connection_that_is_refused_too_often_is_closed(tmp_path: Path):
    async def guess(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(FRAME * (MOST_REFUSED + 5))
        assert len(await reader.read()) <= 2 * (MOST_REFUSED + 1)

    talk(Refusing, Limits(), guess, tmp_path)


def test_a_flood_has_to_wait_after_its_burst():
    allowance = Allowance()

    pauses = [allowance.seconds_to_wait() for _ in range(250)]

    assert pauses[199] == 0
    assert pauses[-1] > 0.5


def test_strangers_without_number_do_not_fill_the_memory():
    logbook = Logbook()

    for number in range(MOST_STRANGERS + 500):
        logbook.meet("hj212", f"S{number}", "10.0.0.1", "")

    assert len(logbook._strangers) == MOST_STRANGERS
