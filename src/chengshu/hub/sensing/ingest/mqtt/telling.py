"""What becomes durable is told to those who listen, whoever brought it.

Told to each subscriber by the rights of that moment, with QoS 0; who misses some finds it in the
lake.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

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
Tell = Callable[[Actor, Collection[str], Position, int], Told]
"""Topics and payloads of what became durable after a position up to a snapshot, as far as an actor
may see it and its filters ask for it. Raises HistoryGone."""


def _observations(actor: Actor, filters: Collection[str], after: Position, through: int) -> Told:
    """``observations/<terminal>/<property>``: time, value, unit and quality."""
    wanted = Wanted(terminals=sorted({asked.split("/")[1] for asked in filters}))
    found = []
    for row in read(after, through, wanted, actor, MOST_ROWS).observations():
        topic = f"{OBSERVED}/{row.pop('terminal')}/{row.pop('property')}"
        if any(topics.matches(asked, topic) for asked in filters):
            found.append((topic, orjson.dumps(row)))
    return found


TELLERS: dict[str, Tell] = {OBSERVED: _observations}
"""By the first level of the filter; the right to it stands in `RIGHTS`."""


class Teller:
    """Follows the lake while somebody listens."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._position: Position | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._broker.limits.tell_seconds)
            try:
                await self._tell_all()
            except self._broker.AWAY as error:
                log.warning("subscribers could not be told: %s", error)

    async def _tell_all(self) -> None:
        hearers = [
            (tell, connection, filters)
            for root, tell in TELLERS.items()
            for connection, filters in self._broker.hearers(root).items()
        ]
        head = await self._broker.ask(recent.head) if hearers else 0
        if not hearers or self._position is None:
            self._position = Position(head) if hearers else None
            return
        while self._position.snapshot < head:
            after, through = self._position, min(head, self._position.snapshot + MOST_SNAPSHOTS)
            for tell, connection, filters in hearers:
                await self._tell(tell, connection, filters, after, through)
            self._position = Position(through)

    async def _tell(
        self,
        tell: Tell,
        connection: Connection,
        filters: Collection[str],
        after: Position,
        through: int,
    ) -> None:
        try:
            actor = await self._broker.ask(identified, connection.token)
            told = await self._broker.ask(tell, actor, filters, after, through)
        except (NotSignedIn, NotAllowed):
            connection.end(Reason.NOT_AUTHORIZED)
        except HistoryGone as error:
            log.warning("a subscriber misses some: %s", error)
        else:
            for topic, payload in told:
                connection.hear(topic, payload)
