"""The topics ``observations/<terminal>/<property>``: what becomes durable, whoever brought it.

Told to each subscriber by the rights of that moment, with QoS 0; who misses some finds it in the
lake.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

import orjson

from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.subscriptions.reading import (
    MOST_SNAPSHOTS,
    Position,
    Reading,
    read,
    recent,
)
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


class Teller:
    """Follows the lake while somebody listens."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._position: Position | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._broker.limits.tell_seconds)
            try:
                await self.tell()
            except self._broker.AWAY as error:
                log.warning("subscribers could not be told: %s", error)

    async def tell(self) -> None:
        """Tell everyone what has become durable since the last time."""
        hearers = self._broker.hearers(OBSERVED)
        head = await self._broker.ask(recent.head) if hearers else 0
        if not hearers or self._position is None:
            self._position = Position(head) if hearers else None
            return
        while self._position.snapshot < head:
            before, through = self._position, min(head, self._position.snapshot + MOST_SNAPSHOTS)
            for connection, filters in hearers.items():
                reading = await self._reading(connection, filters, before, through)
                if reading is not None:
                    _publish(connection, filters, reading)
            self._position = Position(through)

    async def _reading(
        self, connection: Connection, filters: Collection[str], before: Position, through: int
    ) -> Reading | None:
        """What *connection* may hear now; None when that is nothing."""
        try:
            actor = await self._broker.ask(identified, connection.token)
        except (NotSignedIn, NotAllowed):
            connection.end(Reason.NOT_AUTHORIZED)
            return None
        wanted = Wanted(terminals=sorted({wanted.split("/")[1] for wanted in filters}))
        try:
            return await self._broker.ask(read, before, through, wanted, actor, MOST_ROWS)
        except HistoryGone:
            return None


def _publish(connection: Connection, filters: Collection[str], reading: Reading) -> None:
    for row in reading.observations():
        topic = f"{OBSERVED}/{row.pop('terminal')}/{row.pop('property')}"
        if any(topics.matches(wanted, topic) for wanted in filters):
            connection.hear(topic, orjson.dumps(row))
