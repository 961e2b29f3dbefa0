"""Moving a case: one locked step of the state table, one line of the timeline, one event."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Max

from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor, require
from chengshu.core.events.outbox import emit
from chengshu.core.organisations.models import Organisation
from chengshu.kit.errors import Conflict, Invalid

from . import clock
from .events import CaseChanged, CaseClosed, CaseEvent, CaseReported
from .models import Case, CaseStep
from .states import MOVE, NEXT, Move, State

E = TypeVar("E", bound=CaseEvent)
LONGEST_TEXT = 2000


class WrongState(Conflict):
    """The case is in another state by now; *where* says which and what is possible there."""

    code = "wrong-state"


@contextmanager
def moving(
    case: Case, action: str, *, at: datetime, by: Actor, text: str = ""
) -> Iterator[tuple[Case, dict[str, Any]]]:
    """Lock *case*, check that *action* is possible now, and record what the block makes of it.

    Yields the fresh row, already in its new state, and the facts for its timeline; the row is
    saved, its clock started and the city told when the block ends well.
    """
    move = MOVE[action]
    fresh = (
        Case.objects.select_for_update(of=("self",))
        .select_related("type", "condition", "place", "unit")
        .get(pk=case.pk)
    )
    require(by, move.permission, fresh)
    _expect_possible(fresh, move)
    before, words = State(fresh.state), _words(move, text)
    fresh.state = NEXT[before][action]
    facts: dict[str, Any] = {}
    had = fresh.unit
    yield fresh, facts
    if fresh.state != before:
        facts |= clock.start_stage(fresh, at)
    fresh.save()
    write(fresh, action, at=at, by=by, before=before, text=words, facts=facts, unit=had)
    tell(fresh, at, CaseChanged, action=action, before=before.value)
    if not fresh.is_open and fresh.state != before:
        tell(fresh, at, CaseClosed)


def _expect_possible(case: Case, move: Move) -> None:
    possible = NEXT[State(case.state)]
    where = {"case": case.code, "state": case.state, "possible": sorted(possible)}
    if move.action not in possible:
        raise WrongState(
            f"Case {case.code} is {case.state} by now: {move.action} is not possible", where=where
        )
    if case.suspended_at and not move.when_suspended:
        raise WrongState(f"Case {case.code} is suspended", where=where)
    if move.action == "close_case" and not may_close(case):
        raise WrongState(f"Case {case.code} must be checked before closing", where=where)
    is_resume = move.action == "resume_case"
    if is_resume and not case.suspended_at:
        raise WrongState(f"Case {case.code} is not suspended", where=where)


def may_close(case: Case) -> bool:
    """Whether a handled case may be closed as it is, or its check has been passed."""
    return case.state == State.CHECKED or not case.type.needs_check


def _words(move: Move, text: str) -> str:
    words = text.strip()
    if "text" in move.needs and not words:
        raise Invalid(f"{move.action} needs its text", where={"field": "text"})
    if len(words) > LONGEST_TEXT:
        raise Invalid(f"At most {LONGEST_TEXT} characters", where={"field": "text"})
    return words


def write(
    case: Case,
    action: str,
    *,
    at: datetime,
    by: Actor,
    before: str = "",
    text: str = "",
    facts: dict[str, Any] | None = None,
    unit: Organisation | None = None,
) -> CaseStep:
    """Add a line to the timeline of *case*, whose row is locked."""
    last = CaseStep.objects.filter(case=case).aggregate(last=Max("number"))["last"] or 0
    return CaseStep.objects.create(
        case=case,
        number=last + 1,
        at=at,
        action=action,
        actor=by.name,
        unit=case.unit or unit,
        before=before,
        state=case.state,
        text=text,
        facts=facts or {},
    )


def tell(case: Case, at: datetime, kind: type[E], *, key: str | None = None, **more: str) -> None:
    """Emit an event of *kind* about *case*."""
    happened = kind(
        code=case.code,
        title=case.title,
        case_type=case.type.code,
        state=str(case.state),
        unit=case.unit.code if case.unit else "",
        origin=case.origin or "",
        at=at.isoformat(),
        **more,
    )
    emit(happened, on=case, key=key)


def begin(case: Case, *, at: datetime, by: Actor, facts: dict[str, Any]) -> None:
    """The first line of a new case."""
    write(case, "report_case", at=at, by=by, text=case.description[:LONGEST_TEXT], facts=facts)
    tell(case, at, CaseReported, source=str(case.source))


def person(by: Actor) -> User | None:
    """The user behind *by*; none for the platform itself."""
    user = getattr(by, "user", None)
    return user if isinstance(user, User) else None
