"""One listener per process reads what happens and hands it to every open stream."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import psycopg
from django.db import DatabaseError, connections

from chengshu.core.access.policy import Policy
from chengshu.core.events.listening import listening, wait
from chengshu.core.events.outbox import CHANNEL

from . import live
from .frames import Cursor, Frame, fleeting_frame
from .past import events_since, now

log = logging.getLogger(__name__)

MOST_WAITING = 500
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 1.0
READY_SECONDS = 10.0


@dataclass(eq=False)
class Client:
    """One open stream, owned by an event loop. One that reads too slowly is *lost*."""

    policy: Policy
    loop: asyncio.AbstractEventLoop
    waiting: "asyncio.Queue[Frame]" = field(
        default_factory=lambda: asyncio.Queue(maxsize=MOST_WAITING)
    )
    is_lost: bool = False

    def offer(self, frames: list[Frame]) -> None:
        """Put what this client may see into its queue; runs in its loop."""
        for frame in frames:
            if self.is_lost or not frame.is_for(self.policy):
                continue
            try:
                self.waiting.put_nowait(frame)
            except asyncio.QueueFull:
                self.is_lost = True

    def lose(self) -> None:
        self.is_lost = True


class Relay:
    """Listens while there are clients; a database that goes away is waited for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: set[Client] = set()
        self._thread: threading.Thread | None = None
        self._is_listening = threading.Event()

    def join(self, client: Client) -> None:
        """Hand *client* everything from now on; waits until the listener stands."""
        with self._lock:
            self._clients.add(client)
            if self._thread is None:
                self._is_listening.clear()
                self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
                self._thread.start()
        self._is_listening.wait(READY_SECONDS)

    def leave(self, client: Client) -> None:
        with self._lock:
            self._clients.discard(client)

    def close(self) -> None:
        """Wait until the listener, which no client needs any more, has ended."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        reading = _Reading()
        try:
            while self._is_wanted():
                try:
                    self._listen(reading)
                except (psycopg.Error, DatabaseError) as error:
                    log.warning("the relay lost the database: %s", error)
                    connections.close_all()
                    time.sleep(PAUSE_SECONDS)
        finally:
            connections.close_all()

    def _listen(self, reading: "_Reading") -> None:
        with listening(CHANNEL, live.CHANNEL) as listener:
            reading.begin()
            self._is_listening.set()
            self._hand_out(reading.news())
            while self._is_wanted():
                told = wait(listener, LOOK_SECONDS)
                fleeting = [
                    frame
                    for notice in told
                    if notice.channel == live.CHANNEL and (frame := fleeting_frame(notice.payload))
                ]
                lasting = any(notice.channel == CHANNEL for notice in told)
                self._hand_out(fleeting + (reading.news() if lasting else []))
                if reading.has_gap:
                    self._lose_all()
                    reading.begin_anew()

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._clients:
                self._thread = None
            return self._thread is not None

    def _hand_out(self, frames: list[Frame]) -> None:
        if not frames:
            return
        for client in self._present():
            _in_loop(client, partial(client.offer, frames))

    def _lose_all(self) -> None:
        """Streams that come again learn that they have missed too much."""
        for client in self._present():
            _in_loop(client, client.lose)

    def _present(self) -> list[Client]:
        with self._lock:
            return list(self._clients)


class _Reading:
    """How far the relay has read the outbox."""

    def __init__(self) -> None:
        self._cursor: Cursor | None = None
        self._told: frozenset[int] = frozenset()
        self.has_gap = False

    def begin(self) -> None:
        """From now on, or from where the lost connection left off."""
        self._cursor = self._cursor or now()

    def begin_anew(self) -> None:
        self._cursor, self._told, self.has_gap = now(), frozenset(), False

    def news(self) -> list[Frame]:
        assert self._cursor is not None
        missed = events_since(self._cursor)
        frames = [frame for frame in missed.frames if frame.id not in self._told]
        self._cursor, self._told, self.has_gap = missed.end, missed.open, missed.is_gap
        return frames


def _in_loop(client: Client, act: Callable[[], None]) -> None:
    """Run *act* in the client's loop, which may have ended."""
    with suppress(RuntimeError):
        client.loop.call_soon_threadsafe(act)


relay = Relay()
