"""Hand-ins wait here until the committer takes a group of them."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from chengshu.kit.errors import TooLarge, Transient

from .batches import Batch, Counts


class Overloaded(Transient):
    """More rows wait to be stored than memory is set aside for; send again later."""

    code = "ingest-overloaded"


class Closed(Transient):
    """The store is being shut down and takes nothing more."""

    code = "ingest-closed"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """When to commit: a compromise between the delay of one and the number of files of all.

    After a pause the first hand-in is committed at once. Otherwise a group is closed
    *window_seconds* after its first hand-in; sooner when it has *enough_rows*, or when it has
    *worth_rows*, nothing more is expected and for *lull_seconds* nothing came and nobody was
    answered, as all senders then wait for us.
    """

    window_seconds: float = 0.2
    lull_seconds: float = 0.005
    worth_rows: int = 1_000
    enough_rows: int = 100_000
    most_rows: int = 1_000_000
    most_batches: int = 10_000
    waiting_rows: int = 4_000_000
    """Rows taken in and not answered yet; a row is about 40 bytes while it waits."""


@dataclass(frozen=True)
class HandIn:
    """One caller's batch and the *answer* that caller waits for."""

    batch: Batch
    key: str | None
    arrived_at: float
    answer: "Future[Counts]" = field(default_factory=Future)

    @property
    def weight(self) -> int:
        """Rows, and one for the hand-in itself."""
        return len(self.batch.rows) + 1


class WaitingRoom:
    """The queue before the committer, bounded by rows."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._waiting: deque[HandIn] = deque()
        self._changed = threading.Condition()
        self._rows = 0
        self._unanswered = 0
        self._expected = 0
        self._stirred_at = self._took_at = float("-inf")
        self._closed = False

    @property
    def unanswered_rows(self) -> int:
        return self._unanswered

    @property
    def is_closed(self) -> bool:
        return self._closed

    def enter(self, batch: Batch, key: str | None, *, is_expected: bool = False) -> HandIn:
        """Queue *batch*. Raises Overloaded, TooLarge and Closed."""
        hand_in = HandIn(batch, key, time.monotonic())
        if hand_in.weight > self.pace.waiting_rows:
            raise TooLarge(f"At most {self.pace.waiting_rows} rows at a time")
        with self._changed:
            if self._closed:
                raise Closed("The store is shutting down")
            if self._unanswered + hand_in.weight > self.pace.waiting_rows:
                raise Overloaded(f"{self._unanswered} rows are waiting to be stored")
            self._waiting.append(hand_in)
            self._rows += hand_in.weight
            self._unanswered += hand_in.weight
            if not is_expected:
                self._stirred_at = hand_in.arrived_at
            self._changed.notify()
        return hand_in

    def expect(self, more: int) -> None:
        """So many hand-ins *more* are on their way; negative once they are there or never come."""
        with self._changed:
            self._expected += more
            if more > 0:
                self._stirred_at = time.monotonic()
            self._changed.notify()

    def take(self) -> list[HandIn]:
        """Wait for a group that is ready to be committed; empty once closed and drained."""
        with self._changed:
            while (seconds := self._seconds_to_wait(time.monotonic())) != 0:
                self._changed.wait(seconds)
            self._took_at = time.monotonic()
            return self._group()

    def leave(self, group: Sequence[HandIn]) -> None:
        """The hand-ins of *group* have been answered."""
        with self._changed:
            self._unanswered -= sum(hand_in.weight for hand_in in group)
            self._stirred_at = time.monotonic()

    def close(self) -> None:
        """Refuse further hand-ins and let go of those that are there without delay."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _seconds_to_wait(self, now: float) -> float | None:
        """0: take now; None: until something changes."""
        if self._closed:
            return 0
        if not self._waiting:
            return None
        due_at = self._waiting[0].arrived_at + self.pace.window_seconds
        if self._rows >= self.pace.enough_rows:
            return 0
        if self._rows >= self.pace.worth_rows and not self._expected:
            due_at = min(due_at, self._stirred_at + self.pace.lull_seconds)
        due_at = min(due_at, self._took_at + self.pace.window_seconds)
        return max(0, due_at - now)

    def _group(self) -> list[HandIn]:
        group: list[HandIn] = []
        rows = 0
        while self._waiting and len(group) < self.pace.most_batches:
            if group and rows + self._waiting[0].weight > self.pace.most_rows:
                break
            hand_in = self._waiting.popleft()
            rows += hand_in.weight
            group.append(hand_in)
        self._rows -= rows
        return group
