"""What becomes durable is told to those who listen, whoever brought it.

Told to each subscriber by the rights of that moment, with QoS 0; who misses some finds it in the
lake.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson

from chengshu.core.access.policy import Actor
from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.subscriptions.reading import MOST_SNAPSHOTS, Position, read, recent
from chengshu.hub.sensing.wanted import Wanted
from chengshu.kit.errors import NotAllowed, NotSignedIn
from chengshu.protocols.mqtt import topics
from chengshu.protocols.mqtt.packets import Reason

from .subscriptions import OBSERVED, identified

if TYPE_CHECKING:
    from .broker import Broker
    from .connection import Connection

log = logging.getLogger(__name__)

MOST_ROWS = 10_000
"""Told of one stretch of the lake to one subscriber; what is beyond is missed."""

Told = list[tuple[str, bytes]]
Memory = dict[str, Any]
Tell = Callable[[Actor, Collection[str], Position, int, Memory], Told]
"""Topics and payloads of what became durable after a position up to a snapshot, as far as an actor
may see it and its filters ask for it; the memory is of one connection. Raises HistoryGone."""


@dataclass(frozen=True)
class Telling:
    """*watches*: *tell* is asked again and again, also when nothing became durable."""

    tell: Tell
    watches: bool = False


def _observations(
    actor: Actor, filters: Collection[str], after: Position, through: int, _memory: Memory
) -> Told:
    """``observations/<terminal>/<property>``: time, value, unit and quality."""
    wanted = Wanted(terminals=sorted({asked.split("/")[1] for asked in filters}))
    found = []
    for row in read(after, through, wanted, actor, MOST_ROWS).observations():
        topic = f"{OBSERVED}/{row.pop('terminal')}/{row.pop('property')}"
        if any(topics.matches(asked, topic) for asked in filters):
            found.append((topic, orjson.dumps(row)))
    return found


TELLERS: dict[str, Telling] = {OBSERVED: Telling(_observations)}
"""By the first level of the filter; the right to it stands in `RIGHTS`."""


class Teller:
    """Follows the lake for those who listen below *root*, while somebody does."""

    def __init__(self, broker: Broker, root: str, telling: Telling) -> None:
        self._broker = broker
        self._root = root
        self._telling = telling
        self._position: Position | None = None
        self._memories: WeakKeyDictionary[Connection, Memory] = WeakKeyDictionary()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._broker.limits.tell_seconds)
            try:
                await self._tell_all()
            except self._broker.AWAY as error:
                log.warning("subscribers could not be told: %s", error)

    async def _tell_all(self) -> None:
        hearers = self._broker.hearers(self._root)
        if not hearers:
            self._position = None
            return
        head = await self._broker.ask(recent.head)
        after = self._position or Position(head)
        self._position = Position(min(head, after.snapshot + MOST_SNAPSHOTS))
        if self._position == after and not self._telling.watches:
            return
        for connection, filters in hearers.items():
            await self._tell_one(connection, filters, after, self._position.snapshot)

    async def _tell_one(
        self, connection: Connection, filters: Collection[str], after: Position, through: int
    ) -> None:
        memory = self._memories.setdefault(connection, {})
        try:
            actor = await self._broker.ask(identified, connection.token)
            told = await self._broker.ask(
                self._telling.tell, actor, filters, after, through, memory
            )
        except (NotSignedIn, NotAllowed):
            connection.end(Reason.NOT_AUTHORIZED)
        except HistoryGone as error:
            log.warning("a subscriber misses some: %s", error)
        else:
            for topic, payload in told:
                connection.hear(topic, payload)
