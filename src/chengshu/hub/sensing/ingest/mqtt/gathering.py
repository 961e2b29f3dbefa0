"""Many messages become one parcel per sender, and each is answered once its parcel is durable."""

import asyncio
import logging
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

from chengshu.core.access.policy import Actor
from chengshu.core.runtime.threads import borrowing
from chengshu.hub.sensing.ingest.door import Answer, Door, NothingStored
from chengshu.kit.errors import NotAllowed, NotSignedIn, Transient

from . import counting
from .messages import Message, Taken, as_sent, message_of, read
from .reading import MAKERS, READERS

log = logging.getLogger(__name__)

ENTRANCE = "mqtt"
GATHER_SECONDS = 0.004
MOST_MESSAGES = 20_000
MOST_BYTES = 8 * 1024 * 1024
"""What one parcel holds at most; one message may be larger."""
SENDERS_AT_ONCE = 12
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0
DRAIN_SECONDS = 5.0

Refusal = str | None
"""Why a message was not stored at all; None when some of it was."""


class Source(Protocol):
    """Where messages came from and where their answers go; called in the event loop only."""

    def settle(self, answered: Sequence[tuple[Message, Refusal]]) -> None:
        """These are durable, or kept as rejected: acknowledge them."""

    def give_up(self, error: BaseException) -> None:
        """What was sent cannot be taken from this sender and must not be acknowledged."""


Waiting = tuple[Source, Message]
Told = Callable[[str, Sequence[Message], dict[str, int]], None]
"""Hears after each parcel, also one given up: the sender's name, what was stored, and how many
rows were rejected for which reason."""


@dataclass
class Pile:
    """The messages of one sender. One parcel at a time, so that the later value wins."""

    waiting: deque[Waiting] = field(default_factory=deque)
    is_busy: bool = False
    is_due: bool = False

    def parcel(self) -> list[Waiting]:
        """The oldest messages, as many as one parcel holds."""
        taken: list[Waiting] = []
        size = 0
        while self.waiting and len(taken) < MOST_MESSAGES and size < MOST_BYTES:
            taken.append(self.waiting.popleft())
            size += len(taken[-1][1].payload)
        return taken


@dataclass(frozen=True)
class Outcome:
    """*refusals* in the order of the messages; *reasons* counts rejected rows."""

    sender: str
    refusals: list[Refusal]
    reasons: dict[str, int]


class Gatherer:
    """Takes messages in the event loop and hands them in by threads of its own."""

    def __init__(self, door: Door, rows: Counter, told: Told, most_bytes: int) -> None:
        self._door = door
        self._rows = rows
        self._told = told
        self._most_bytes = most_bytes
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(SENDERS_AT_ONCE, "mqtt")
        self._piles: dict[str, Pile] = {}
        self._waiting_bytes = 0
        self._latest = 0
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        return self._waiting_bytes > self._most_bytes

    def now(self) -> int:
        """Microseconds since 1970, later than any time given before."""
        self._latest = max(time.time_ns() // 1000, self._latest + 1)
        return self._latest

    def add(self, token: str, source: Source, message: Message) -> None:
        pile = self._piles.get(token)
        if pile is None:
            pile = self._piles[token] = Pile()
        pile.waiting.append((source, message))
        self._waiting_bytes += len(message.payload)
        if not pile.is_due and not pile.is_busy:
            pile.is_due = True
            self._loop.call_later(GATHER_SECONDS, self._start, token, pile)

    async def close(self) -> None:
        """Wait a moment for what is being stored; what is not durable then is not acknowledged."""
        give_up = time.monotonic() + DRAIN_SECONDS
        while self._piles and time.monotonic() < give_up:
            await asyncio.sleep(GATHER_SECONDS)
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start(self, token: str, pile: Pile) -> None:
        pile.is_due = False
        if not pile.waiting:
            del self._piles[token]
            return
        pile.is_busy = True
        self._hand_in(token, pile, pile.parcel(), FIRST_PAUSE_SECONDS)

    def _hand_in(self, token: str, pile: Pile, parcel: list[Waiting], pause: float) -> None:
        if self._is_closed:
            return
        messages = [message for _source, message in parcel]
        stored = self._loop.run_in_executor(self._threads, self._store, token, messages)
        stored.add_done_callback(lambda done: self._stored(token, pile, parcel, pause, done))

    def _stored(
        self,
        token: str,
        pile: Pile,
        parcel: list[Waiting],
        pause: float,
        done: "asyncio.Future[Outcome]",
    ) -> None:
        if done.cancelled():
            return
        outcome = done.exception() or done.result()
        if isinstance(outcome, Transient | OperationalError | InterfaceError):
            log.warning("Messages wait to be handed in again: %s", outcome)
            counting.REPEATED.inc()
            longer = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._loop.call_later(pause, self._hand_in, token, pile, parcel, longer)
            return
        self._waiting_bytes -= sum(len(message.payload) for _source, message in parcel)
        pile.is_busy = False
        if isinstance(outcome, Outcome):
            self._answer(parcel, outcome)
        else:
            self._give_up(parcel, outcome)
        pile.is_due = True
        self._start(token, pile)

    def _answer(self, parcel: list[Waiting], outcome: Outcome) -> None:
        by_source: dict[Source, list[tuple[Message, Refusal]]] = {}
        for (source, message), refusal in zip(parcel, outcome.refusals, strict=True):
            by_source.setdefault(source, []).append((message, refusal))
        for source, answered in by_source.items():
            source.settle(answered)
        stored = [
            message
            for (_source, message), refusal in zip(parcel, outcome.refusals, strict=True)
            if refusal is None
        ]
        self._told(outcome.sender, stored, outcome.reasons)

    def _give_up(self, parcel: list[Waiting], error: BaseException) -> None:
        if not isinstance(error, NotAllowed | NotSignedIn):
            log.error("A parcel of messages met a bug", exc_info=error)
        for source in {source for source, _message in parcel}:
            source.give_up(error)
        self._told("", (), {})

    @borrowing()
    def _store(self, token: str, messages: list[Message]) -> Outcome:
        """Runs in a thread; blocks until the rows of *messages* are durable."""
        sender = self._door.sender(token)[0]
        taken, firsts = read(messages, READERS)
        ends = [*firsts[1:], taken.row + 1]
        self._make(sender, taken)
        parcel = taken.parcel()
        try:
            if len(parcel.rows) or parcel.rejected:
                self._count(self._door.take(parcel, ENTRANCE, token))
        except NothingStored as nothing:
            self._rows.labels(ENTRANCE, "rejected").inc(len(parcel.rejected))
            log.debug("nothing stored: %s", nothing)
        rejected = Tally(message_of(row, firsts) for row, _code, _sent in parcel.rejected)
        first_code = {message_of(row, firsts): code for row, code, _ in reversed(parcel.rejected)}
        refusals = [
            first_code[place] if rejected[place] == ends[place] - first else None
            for place, first in enumerate(firsts)
        ]
        return Outcome(sender.name, refusals, Tally(code for _row, code, _sent in parcel.rejected))

    def _make(self, sender: Actor, taken: Taken) -> None:
        """Have made what no row can say; what is refused is rejected."""
        for row, reason, message in taken.aside:
            maker = MAKERS.get(message.topic.partition("/")[0])
            if maker is not None and not message.is_made:
                reason = maker(sender, message) or ""
                message.is_made = not reason
                self._rows.labels(ENTRANCE, "stored").inc(message.is_made)
            if not message.is_made:
                taken.rejected.append((row, reason, as_sent(message)))

    def _count(self, answer: Answer) -> None:
        for fate in ("stored", "duplicate", "rejected"):
            self._rows.labels(ENTRANCE, fate).inc(getattr(answer, fate))
