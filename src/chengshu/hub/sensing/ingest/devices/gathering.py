"""Many devices' frames made one parcel: they share a commit and are answered after it."""

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from django.db import close_old_connections, transaction

from chengshu.core.access.policy import Actor, Reach, System
from chengshu.core.events.outbox import emit
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.ingest.door import Door, NothingStored
from chengshu.hub.sensing.ingest.http import ROWS
from chengshu.hub.sensing.ingest.rows import SENT, NamedRows, Rejected
from chengshu.hub.sensing.models import Terminal
from chengshu.kit.errors import CityError, Transient

from .heard import Alarm, Heard, Picture, Reading

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.005
MOST_PARCELS = 4
"""Parcels of one protocol on their way; later frames wait for the next one."""
MOST_FRAMES = 20_000
SCHEMA = SENT | {"quality": pl.UInt8}
EVERYWHERE = Reach(frozenset({INGEST}), grade=99)


class NotKept(Transient):
    """The platform could not keep what a frame said; the device will send it again."""

    code = "frame-not-kept"


@dataclass(frozen=True)
class Outcome:
    """What became of the readings of one frame; they are durable or kept as rejected."""

    received: int
    rejected: int


@dataclass
class _Waiting:
    heard: Heard
    done: "asyncio.Future[Outcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Gatherer:
    """The readings of one protocol on their way into the store.

    A device is known by its own frames, so its readings carry no token: they name the terminals
    that the ledger of devices gives it, and no other.
    """

    def __init__(self, door: Door, protocol: str, threads: Executor, folder: Path) -> None:
        self._door = door
        self._protocol = protocol
        self._threads = threads
        self._folder = folder
        self._sender: Actor = System(protocol, frozenset({INGEST}))
        self._waiting: list[_Waiting] = []
        self._running: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, heard: Heard) -> "asyncio.Future[Outcome]":
        """The answer comes when everything in *heard* is durable, or as NotKept."""
        waiting = _Waiting(heard)
        self._waiting.append(waiting)
        if self._timer is None and len(self._running) < MOST_PARCELS:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER_SECONDS, self._dispatch)
        return waiting.done

    def _dispatch(self) -> None:
        self._timer = None
        if not self._waiting or len(self._running) >= MOST_PARCELS:
            return
        batch, self._waiting = self._waiting[:MOST_FRAMES], self._waiting[MOST_FRAMES:]
        task = asyncio.get_running_loop().create_task(self._send(batch))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._dispatch()

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        heard = [waiting.heard for waiting in batch]
        try:
            outcomes = await loop.run_in_executor(self._threads, self._keep, heard)
        except (CityError, OSError) as error:
            log.warning("%d frames of %s were not kept: %s", len(batch), self._protocol, error)
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(NotKept(f"Not kept: {error}"))
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(outcome)

    def _keep(self, batch: Sequence[Heard]) -> list[Outcome]:
        close_old_connections()
        try:
            for heard in batch:
                for picture in heard.pictures:
                    _keep_picture(self._folder, picture)
            self._tell([alarm for heard in batch for alarm in heard.alarms])
            rejected = self._store(batch)
        finally:
            close_old_connections()
        return [
            Outcome(len(heard.readings), rejected.get(number, 0))
            for number, heard in enumerate(batch)
        ]

    def _store(self, batch: Sequence[Heard]) -> dict[int, int]:
        """How many readings of each frame, by its place in *batch*, were rejected."""
        parcel = parcel_of(batch)
        if not len(parcel.rows) and not parcel.rejected:
            return {}
        try:
            answer = self._door.take_from(self._sender, [EVERYWHERE], parcel, self._protocol)
            fates = answer.as_json()
        except NothingStored as nothing:
            fates = dict(nothing.where)
        for fate in ("stored", "duplicate", "rejected"):
            ROWS.labels(self._protocol, fate).inc(int(str(fates[fate])))
        counts: dict[int, int] = {}
        for number, _code, _sent in parcel.rejected:
            counts[number] = counts.get(number, 0) + 1
        return counts

    def _tell(self, alarms: Sequence[Alarm]) -> None:
        if not alarms:
            return
        numbers = {alarm.happened.terminal for alarm in alarms}
        terminals = Terminal.objects.select_related("place", "owner").in_bulk(numbers)
        with transaction.atomic():
            for alarm in alarms:
                if terminal := terminals.get(alarm.happened.terminal):
                    emit(alarm.happened, on=terminal, key=alarm.key)


def parcel_of(batch: Sequence[Heard]) -> NamedRows:
    """All readings of *batch*; a row's number is the place of its frame."""
    rows: list[tuple[object, ...]] = []
    rejected: list[Rejected] = []
    for number, heard in enumerate(batch):
        for reading in heard.readings:
            reason = _unreadable(reading)
            if reason:
                rejected.append((number, reason, _as_sent(reading)))
            else:
                at, value, quality = reading.at, reading.value, reading.quality
                rows.append((number, reading.terminal, reading.stream, None, at, value, quality))
    return NamedRows(pl.DataFrame(rows, schema=SCHEMA, orient="row"), rejected)


def _unreadable(reading: Reading) -> str:
    if reading.at is None:
        return "bad-time"
    return "not-a-number" if reading.value is None else ""


def _as_sent(reading: Reading) -> dict[str, object]:
    return {
        "terminal": reading.terminal,
        "property": reading.stream,
        "value": reading.said[:80] if reading.value is None else reading.value,
        "at": reading.at.isoformat() if reading.at else None,
    }


def _keep_picture(folder: Path, picture: Picture) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{picture.name}.{os.getpid()}"
    with fresh.open("wb") as file:
        file.write(picture.octets)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / picture.name)
