"""One road for every entrance: who sends, what fits, store it durably, keep what does not fit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from django.conf import settings

from chengshu.core.access import tokens
from chengshu.core.access.policy import Actor, Reach
from chengshu.core.lake import installation
from chengshu.core.runtime.threads import borrowing
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.follow import announce_stored
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import Counts, ObservationStore
from chengshu.hub.sensing.store.current import use
from chengshu.kit.errors import NotAllowed, Terminal

from . import keeping
from .index import MOST_ASKED, StreamIndex
from .line_rows import LineRows
from .rows import REASONS, Parcel, Rejected, sort_out

SHOWN = 100
"""Rejections listed in an answer; the ledger of rejected rows has more of them."""
REMEMBER_SECONDS = 20


class NothingStored(Terminal):
    """Every row was rejected; *where* says how many and why the first ones were."""

    code = "nothing-stored"


@dataclass(frozen=True)
class Answer:
    """``received == stored + duplicate + rejected``, always."""

    received: int
    stored: int
    duplicate: int
    rejected: int
    rejections: tuple[dict[str, object], ...] = ()

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Door:
    """The observation entrance of one process."""

    def __init__(self, store: ObservationStore, index: StreamIndex) -> None:
        self.store = store
        self.index = index
        self._senders: dict[str, tuple[float, Actor]] = {}

    def sender(self, token: str) -> tuple[Actor, list[Reach]]:
        """Whose *token* this is and where it may put observations; checked every 20 seconds.

        Raises NotSignedIn for an unknown token and NotAllowed for one of another scope.
        """
        checked_at, actor = self._senders.get(token, (0.0, None))
        if actor is None or time.monotonic() - checked_at > REMEMBER_SECONDS:
            actor = tokens.authenticate(token)
            self._senders[token] = (time.monotonic(), actor)
        reaches = actor.policy.of(INGEST)
        if not reaches:
            raise NotAllowed("This token may not send observations")
        return actor, reaches

    def take(self, parcel: Parcel, entrance: str, token: str, key: str | None = None) -> Answer:
        """Store what fits and answer for every row.

        Blocks until the stored rows are durable. *key* makes a repeat harmless: the observations
        of a repeated key are counted as the first time.
        """
        actor, reaches = self.sender(token)
        return self.take_from(actor, reaches, parcel, entrance, key)

    def take_from(
        self,
        actor: Actor,
        reaches: list[Reach],
        parcel: Parcel,
        entrance: str,
        key: str | None = None,
    ) -> Answer:
        """As ``take``, from a sender that was made sure of in another way."""
        fit = self._sorted_out(parcel, reaches)
        stored = Counts(0, 0, 0, 0)
        if len(fit):
            stored = self.store.append(fit, key=key and f"{actor.name} {key}")
        parcel.rejected.sort(key=lambda rejected: rejected[0])
        keep(parcel.rejected, entrance, actor)
        return _of_some(answer_to(parcel.rejected, stored))

    def take_each(
        self, parcel: LineRows, entrance: str, token: str, handed_in: Callable[[], None]
    ) -> list[Answer | Exception]:
        """``take`` for several bodies in one *parcel*: the answer or the refusal of each.

        *handed_in* hears when the next parcel may be read; what is in this one is not durable yet.
        """
        actor, reaches = self.sender(token)
        fit = self._sorted_out(parcel, reaches)
        rejected = parcel.of_each()
        waiting = self.store.hand_in_each(fit, len(rejected))
        handed_in()
        answers: list[Answer | Exception] = []
        for stored, out in zip(waiting, rejected, strict=True):
            try:
                counts = stored.result()
                keep(out, entrance, actor)
                answers.append(_of_some(answer_to(out, counts)))
            except Exception as error:  # noqa: BLE001 - whose body this is hears of it
                answers.append(error)
        return answers

    def _sorted_out(self, parcel: Parcel, reaches: list[Reach]) -> pl.DataFrame:
        streams = self.index.streams()
        rows = parcel.addressed(streams)
        unknown = np.flatnonzero(rows.position < 0)
        if unknown.size:
            asked = [sent for _number, sent in parcel.sent(unknown[:MOST_ASKED])]
            fresh = self.index.after(asked)
            if fresh is not streams:
                streams, rows = fresh, parcel.addressed(fresh)
        return sort_out(parcel, rows, streams, reaches, datetime.now(UTC))


def _of_some(answer: Answer) -> Answer:
    """*answer*, unless nothing was stored of what came. Raises NothingStored."""
    if answer.rejected == answer.received:
        raise NothingStored("Every row was rejected", where=answer.as_json())
    return answer


def answer_to(rejected: Sequence[Rejected], stored: Counts) -> Answer:
    """What is said of a body of which rows were *rejected* and the fit ones were *stored*."""
    return Answer(
        received=stored.received + len(rejected),
        stored=stored.stored,
        duplicate=stored.duplicate,
        rejected=stored.rejected + len(rejected),
        rejections=tuple(
            {"row": row, "code": code, "message": REASONS[code], **sent}
            for row, code, sent in rejected[:SHOWN]
        ),
    )


def keep(rejected: Sequence[Rejected], entrance: str, actor: Actor) -> None:
    """Keep the *rejected* rows of a body in their ledger, as far as there is room for them."""
    keeping.keep([(code, REASONS[code], sent) for _row, code, sent in rejected], entrance, actor)


def open_door(index: StreamIndex) -> Door:
    """The door of this installation, with its lake's tables in place."""
    lake = installation.current()
    lake.ensure([OBSERVATIONS])
    marks = Path(settings.CHENGSHU.home) / "run" / "marks.parquet"
    marks.parent.mkdir(parents=True, exist_ok=True)
    store = ObservationStore(lake, marks_file=marks, told=borrowing()(announce_stored))
    use(store)
    return Door(store, index)
