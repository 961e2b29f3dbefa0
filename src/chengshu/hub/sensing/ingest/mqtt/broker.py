"""The embedded broker: takes what terminals publish, and lets subscribers hear it."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

from chengshu.core.runtime.files import allow_connections
from chengshu.core.runtime.server import MOST_CONNECTIONS
from chengshu.core.runtime.threads import borrowing
from chengshu.hub.sensing.ingest.door import Door
from chengshu.kit.errors import NotAllowed, NotSignedIn, Transient
from chengshu.protocols.mqtt.packets import Reason

from . import counting
from .connection import Connection
from .gathering import Gatherer
from .limits import Limits
from .messages import EPOCH, MICROSECOND, Message
from .sessions import Sessions
from .subscriptions import Subscriptions, errors_of, identified, may_hear
from .telling import TELLERS, Teller

log = logging.getLogger(__name__)
T = TypeVar("T")

ASKERS = 4
"""Threads that look up tokens and rights."""
BACKLOG = 1024


class Broker:
    """Listens until it is closed. All methods run in the event loop."""

    AWAY = (OperationalError, InterfaceError, Transient)
    """What is raised while the database cannot be asked."""

    def __init__(self, door: Door, rows: Counter, limits: Limits | None = None) -> None:
        self.door = door
        self.limits = limits or Limits()
        self.loop = asyncio.get_running_loop()
        self.gatherer = Gatherer(door, rows, self._told, self.limits.waiting)
        self.subscriptions = Subscriptions()
        self.sessions = Sessions(self.limits.sessions)
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}
        self._held_back: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._askers = ThreadPoolExecutor(ASKERS, "mqtt-rights")
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Raises OSError when the port is taken."""
        allow_connections(self.limits.connections + MOST_CONNECTIONS)
        self._server = await self.loop.create_server(
            lambda: Connection(self), host, port, backlog=BACKLOG
        )
        self.begin(self._look_after())
        self.begin(self._look_at_rights())
        for root, telling in TELLERS.items():
            self.begin(Teller(self, root, telling).run())

    async def close(self) -> None:
        """Take no more, acknowledge what becomes durable in time, say goodbye."""
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.hold("closing")
        await self.gatherer.close()
        for connection in list(self._connections):
            connection.end(Reason.SHUTTING_DOWN)
        for task in list(self._tasks):
            task.cancel()
        self._askers.shutdown(wait=False, cancel_futures=True)

    def now(self) -> float:
        return self.loop.time()

    def new_client_id(self) -> str:
        return f"auto-{secrets.token_hex(8)}"

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, question: Callable[..., T], *about: Any) -> T:
        """The answer to *question*, which asks the database, from another thread."""
        return await self.loop.run_in_executor(self._askers, borrowing()(question), *about)

    def came(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._strangers[connection] = None
        counting.CONNECTIONS.set(len(self._connections))
        if len(self._connections) > self.limits.connections:
            connection.end(Reason.BUSY, "too-many-connections")
        elif len(self._strangers) > self.limits.strangers:
            next(iter(self._strangers)).end(Reason.BUSY, "gave-way")

    def welcomed(self, connection: Connection) -> None:
        self._strangers.pop(connection, None)
        for wanted in connection.session.filters:
            self.subscriptions.add(connection, wanted)

    def left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._strangers.pop(connection, None)
        self._held_back.discard(connection)
        counting.CONNECTIONS.set(len(self._connections))
        if connection.is_known:
            self.subscriptions.remove(connection, connection.session.filters)
            if connection.session.connection is connection:
                self.sessions.end(connection.key, connection.session, self.now())

    def hearers(self, root: str) -> dict[Connection, set[str]]:
        """The clients that listen below the first level *root*, and their filters there."""
        found = self.subscriptions.below(root)
        return {c: found[c] for c in self._connections if c in found}

    def hold_back(self, connection: Connection) -> None:
        """Read no more from *connection* until there is room again."""
        connection.hold("full")
        self._held_back.add(connection)

    def _told(self, sender: str, stored: Sequence[Message], reasons: dict[str, int]) -> None:
        if not self.gatherer.is_full:
            for connection in list(self._held_back):
                self._held_back.discard(connection)
                connection.release("full")
        if not self.subscriptions:
            return
        for message in stored:
            self.subscriptions.publish(message.topic, message.payload)
        if reasons:
            self.subscriptions.publish(errors_of(sender), told(self.gatherer.now(), reasons))

    async def _look_after(self) -> None:
        """End what was silent or slow for too long; forget old sessions."""
        while True:
            await asyncio.sleep(self.limits.look_seconds)
            now = self.now()
            for connection in list(self._connections):
                if connection.is_slow and now > connection.slow_since + self.limits.slow_seconds:
                    connection.end(Reason.BUSY, "slow")
                    connection.transport.abort()
                elif (
                    not connection.is_held
                    and now > connection.heard_at + connection.silence_seconds
                ):
                    connection.end(Reason.KEEP_ALIVE, "" if connection.is_known else "no-connect")
            self.sessions.expire(now)

    async def _look_at_rights(self) -> None:
        """End subscribers whose token was withdrawn or may not hear its filters any more."""
        while True:
            await asyncio.sleep(self.limits.rights_seconds)
            for connection in [c for c in self._connections if c.is_known and c.session.filters]:
                try:
                    await self._check_rights(connection)
                except self.AWAY as error:
                    log.warning("rights of subscribers could not be checked: %s", error)

    async def _check_rights(self, connection: Connection) -> None:
        try:
            connection.actor = await self.ask(identified, connection.token)
        except (NotSignedIn, NotAllowed):
            connection.end(Reason.NOT_AUTHORIZED)
            return
        for wanted in list(connection.session.filters):
            if not await self.ask(may_hear, connection.actor, wanted):
                connection.end(Reason.NOT_AUTHORIZED)
                return


def told(now: int, reasons: dict[str, int]) -> bytes:
    """What a sender is told: numbers and codes only."""
    at = (EPOCH + now * MICROSECOND).isoformat(timespec="milliseconds")
    return orjson.dumps({"at": at, "rejected": sum(reasons.values()), "reasons": reasons})
