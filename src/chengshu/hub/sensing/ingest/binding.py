"""Small bodies of one sender that come at the same time are read as one.

Reading a body costs some milliseconds however small it is. While one is being read the next wait,
and are read together; so the busier the entrance, the less each body costs.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chengshu.core.runtime.threads import in_thread

from . import line_rows
from .door import Answer, Door

LARGEST = 128 * 1024
"""Bytes of a body that waits for others; a larger one is worth reading alone."""
MOST_BODIES = 64
LULL_SECONDS, GATHER_SECONDS = 0.004, 0.02
"""Senders that were answered together send again together: they are waited for until nothing came
for the first time, at most for the second."""
ENTRANCE = "line"

Waiting = tuple[bytes, "asyncio.Future[Answer]"]


@dataclass
class Pile:
    """Bodies of one sender in one precision; one parcel of them is read at a time."""

    waiting: deque[Waiting] = field(default_factory=deque)
    is_busy: bool = False
    latest_at: float = 0.0


class Binder:
    """Takes bodies of line protocol in the event loop."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._piles: dict[tuple[str, str], Pile] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def take(self, token: str, precision: str, body: bytes) -> Answer:
        """As ``Door.take`` for what *body* says."""
        pile = self._piles.setdefault((token, precision), Pile())
        answer: asyncio.Future[Answer] = self._loop.create_future()
        pile.waiting.append((body, answer))
        pile.latest_at = self._loop.time()
        self._door.store.expect(1)
        if not pile.is_busy:
            self._gather(token, precision, pile)
        return await answer

    def _gather(self, token: str, precision: str, pile: Pile) -> None:
        pile.is_busy = bool(pile.waiting)
        if pile.is_busy:
            until = self._loop.time() + GATHER_SECONDS
            self._wait(token, precision, pile, until)
        else:
            del self._piles[token, precision]

    def _wait(self, token: str, precision: str, pile: Pile, until: float) -> None:
        due = min(until, pile.latest_at + LULL_SECONDS)
        if self._loop.time() < due and len(pile.waiting) < MOST_BODIES:
            self._loop.call_at(due, self._wait, token, precision, pile, until)
        else:
            self._start(token, precision, pile)

    def _start(self, token: str, precision: str, pile: Pile) -> None:
        taken = [pile.waiting.popleft() for _turn in range(min(MOST_BODIES, len(pile.waiting)))]
        task = self._loop.create_task(self._read(token, precision, pile, taken))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, token: str, precision: str, pile: Pile, taken: Sequence[Waiting]) -> None:
        def handed_in() -> None:
            self._door.store.expect(-len(taken))
            self._loop.call_soon_threadsafe(self._gather, token, precision, pile)

        next_one = _Once(handed_in)
        bodies = [body for body, _answer in taken]
        answers: Sequence[Answer | Exception]
        try:
            answers = await in_thread(self._taken, token, precision, bodies, next_one)
        except Exception as error:  # noqa: BLE001 - whose bodies these are hear of it
            answers = [error] * len(taken)
        next_one()
        for (_body, waits), answer in zip(taken, answers, strict=True):
            if waits.done():  # who asked has gone
                continue
            if isinstance(answer, Exception):
                waits.set_exception(answer)
            else:
                waits.set_result(answer)

    def _taken(
        self, token: str, precision: str, bodies: Sequence[bytes], handed_in: "_Once"
    ) -> Sequence[Answer | Exception]:
        """Runs in a thread; blocks until the rows are durable."""
        self._door.sender(token)
        parcel = line_rows.read_several(bodies, precision, datetime.now(UTC))
        return self._door.take_each(parcel, ENTRANCE, token, handed_in)


class _Once:
    """Does *work* the first time it is called."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._is_called = False

    def __call__(self) -> None:
        if not self._is_called:
            self._is_called = True
            self._work()
