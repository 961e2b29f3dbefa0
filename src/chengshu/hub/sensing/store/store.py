"""The store of observations: many hand in, one thread commits for all of them.

**Unique.** At every snapshot the table has at most one row per (datastream, at). What is to be
written is decided from the lake at one snapshot, and the commit succeeds only as the very next
one (``append(base=…)``); if any other commit comes first, the decision is made again. So this
holds with several stores on one lake too, in one or many processes, and after a commit whose
answer was lost.

**Durable.** A caller is answered after the Parquet file is synced and the catalogue has
committed. A process killed anywhere leaves at worst a file that the catalogue does not know;
``core.lake.upkeep.clean`` removes it.

**Several ingest processes.** Nothing breaks, but every commit of one makes the others read its
rows and decide again, so two do hardly more than one. To scale, each process claims the streams
it may write, before it opens its store: a share of the stream numbers held by an advisory lock,
say; the entrance passes rows of other shares on. ``_written`` may then leave out *base* and let
DuckLake place the commit after those of others, as they cannot concern its streams; ``_catch_up``
stays for what other hands add, as imports do.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import CommitConflict, HistoryGone
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.kit.errors import CityError

from .answers import Answers
from .batches import Batch, Counts, prepared, prepared_each
from .looking import stored
from .marks import HighWaterMarks
from .plans import Plan, planned, together
from .telling import Teller
from .waiting import HandIn, Pace, WaitingRoom

ATTEMPTS = 20
SAVE_SECONDS = 300
KEYS_KEPT = timedelta(hours=2)
MOST_KEYS = 200_000

logger = logging.getLogger(__name__)


class ObservationStore:
    """Takes frames of (datastream, at, value, quality) from any thread; one per process.

    *marks_file* shortens the next start: without it the whole table is read for the marks.
    Keys are known for *keys_kept*, unless ``core.lake.upkeep.expire`` keeps snapshots for less.
    *told* hears after each group that was stored, in a thread of its own; it may hear of several
    at once.
    """

    def __init__(
        self,
        lake: Lake,
        *,
        pace: Pace | None = None,
        marks_file: Path | None = None,
        keys_kept: timedelta = KEYS_KEPT,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.lake = lake
        self._teller = Teller(told)
        self._marks_file = marks_file
        self._room = WaitingRoom(pace or Pace())
        self._answers = Answers(keys_kept, MOST_KEYS)
        self._marks = self._starting_marks()
        self._answers.follow(lake)
        self._is_behind = False
        self._saved_at = time.monotonic()
        self._bench = ThreadPoolExecutor(1, "observations")
        self._thread = threading.Thread(target=self._serve, name="observation-groups", daemon=True)
        self._thread.start()

    @property
    def unanswered_rows(self) -> int:
        """Rows handed in and not answered yet."""
        return self._room.unanswered_rows

    @property
    def is_closed(self) -> bool:
        return self._room.is_closed

    def append(self, frame: pl.DataFrame, *, key: str | None = None) -> Counts:
        """Store *frame* and wait until it is durable.

        A *key* that was answered before gets the same answer again, and nothing is stored.
        Raises Invalid for a frame of another shape; Overloaded; and when the commit failed Full,
        CatalogueAway, CommitConflict or CommitUnknown: then nothing is acknowledged, and sending
        the same again is right.
        """
        return self.hand_in(frame, key=key).result()

    async def append_async(self, frame: pl.DataFrame, *, key: str | None = None) -> Counts:
        """``append`` for an event loop, which it does not hold up."""
        answer = await asyncio.to_thread(self.hand_in, frame, key=key)
        return await asyncio.wrap_future(answer)

    def hand_in(self, frame: pl.DataFrame, *, key: str | None = None) -> "Future[Counts]":
        """Queue *frame*; the answer comes as the future's result or exception."""
        return self._room.enter(prepared(frame), key).answer

    def hand_in_each(self, frame: pl.DataFrame, batches: int) -> "list[Future[Counts]]":
        """``hand_in`` for several *batches* at once that were expected: the column ``turn`` of
        *frame* says which of them, from 0, a row belongs to."""
        entered = (
            self._room.enter(batch, None, is_expected=True)
            for batch in prepared_each(frame, batches)
        )
        return [hand_in.answer for hand_in in entered]

    def expect(self, more: int) -> None:
        """So many hand-ins *more* are being read, and worth waiting for; negative once they were
        handed in or failed."""
        self._room.expect(more)

    def close(self) -> None:
        """Store what waits, then stop. Later hand-ins are refused."""
        self._room.close()
        self._thread.join()
        self._bench.shutdown()
        self._teller.close()
        self._save_marks()

    def _serve(self) -> None:
        while group := self._room.take():
            kept = [h for h in group if h.answer.set_running_or_notify_cancel()]
            done = self._bench.submit(self._committed, kept)
            error = done.exception()
            if error is None:
                for hand_in, counts in zip(kept, done.result(), strict=True):
                    hand_in.answer.set_result(counts)
            else:
                self._refuse(kept, error)
            self._room.leave(group)
            if error is None:
                self._teller.tell()

    def _refuse(self, group: Sequence[HandIn], error: BaseException) -> None:
        if not isinstance(error, CityError):
            logger.error("A group of observations met a bug", exc_info=error)
        for hand_in in group:
            hand_in.answer.set_exception(error)

    def _committed(self, group: Sequence[HandIn]) -> list[Counts]:
        """Store *group* in one commit and return the answer to each."""
        for attempt in range(ATTEMPTS):
            if self._is_behind:
                self._catch_up()
            self._is_behind = True
            try:
                answers = self._attempt(group)
            except CommitConflict:
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            self._is_behind = False
            break
        if time.monotonic() - self._saved_at > SAVE_SECONDS:
            self._save_marks()
        return answers

    def _attempt(self, group: Sequence[HandIn]) -> list[Counts]:
        fresh = self._not_answered(group)
        batches = [hand_in.batch for hand_in in fresh]
        plan = self._plan(batches) if batches else None
        counts = plan.counts if plan is not None else ()
        given = {h.key: c for h, c in zip(fresh, counts, strict=True) if h.key is not None}
        if plan is not None:
            self._answers.give(given, commit=self._written(plan, given))
        answers = iter(counts)
        own = {id(hand_in): next(answers) for hand_in in fresh}
        return [own.get(id(h)) or self._known(h) for h in group]

    def _known(self, hand_in: HandIn) -> Counts:
        found = self._answers.find(hand_in.key)
        assert found is not None
        return found

    def _not_answered(self, group: Sequence[HandIn]) -> list[HandIn]:
        """Without repeats of a key that was answered, or that comes earlier in the group."""
        keys: set[str] = set()
        fresh = []
        for hand_in in group:
            if self._answers.find(hand_in.key) is not None or hand_in.key in keys:
                continue
            if hand_in.key is not None:
                keys.add(hand_in.key)
            fresh.append(hand_in)
        return fresh

    def _plan(self, batches: Sequence[Batch]) -> Plan:
        rows = together(batches)
        unsure = self._marks.unsure(rows)
        return planned(batches, rows, stored(self.lake, unsure, self._marks.snapshot))

    def _written(self, plan: Plan, given: dict[str, Counts]) -> int | None:
        """The snapshot in which *plan* is committed and durable; None if it changes nothing."""
        if not len(plan.add):
            return None
        done = append(
            self.lake,
            OBSERVATIONS,
            plan.add,
            note=self._answers.note(given),
            remove=plan.remove,
            base=self._marks.snapshot,
        )
        assert done.removed == len(plan.remove)
        self._marks.take(plan.add)
        self._marks.snapshot = done.snapshot
        return done.snapshot

    def _catch_up(self) -> None:
        """Learn what was committed since: by others, or by us when the answer was lost.

        Rows before keys: a key whose rows are not known yet does no harm, as the next commit
        meets a conflict then; rows whose key is not known would be counted as duplicates.
        """
        try:
            self._marks.follow(self.lake)
        except HistoryGone:
            self._marks = HighWaterMarks.read(self.lake)
        self._answers.follow(self.lake)

    def _starting_marks(self) -> HighWaterMarks:
        if self._marks_file is not None:
            marks = HighWaterMarks.restored(self._marks_file, self.lake)
            if marks is not None:
                with suppress(HistoryGone):
                    marks.follow(self.lake)
                    return marks
        return HighWaterMarks.read(self.lake)

    def _save_marks(self) -> None:
        self._saved_at = time.monotonic()
        if self._marks_file is None:
            return
        try:
            self._marks.save(self._marks_file, self.lake)
        except (CityError, OSError) as error:
            logger.warning("The marks could not be saved: %s", error)
