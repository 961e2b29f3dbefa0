"""The clock of a case: when its stage must end, in the city's working time."""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.db.models import F, Q

from chengshu.kit.calendar import working
from chengshu.kit.calendar.limits import Limit, LimitUnit, due
from chengshu.kit.calendar.working import Calendar
from chengshu.kit.errors import Conflict

from .defaults import CALENDAR
from .models import Case, StageLimit, WorkCalendar
from .states import STAGE_OF, Stage, State

SOON = 0.8
"""The share of a limit after which a case is due soon."""

WORKING = (LimitUnit.WORKING_HOURS, LimitUnit.WORKING_DAYS)


class Reading(StrEnum):
    """What the clock of a case shows."""

    RUNNING = "running"
    SOON = "soon"
    OVERDUE = "overdue"
    STOPPED = "stopped"
    ENDED = "ended"


def city_calendar() -> Calendar:
    """The working calendar as the city has it now. Raises Conflict when it has been removed."""
    found = WorkCalendar.objects.filter(code=CALENDAR).values_list("arrangement", flat=True).first()
    if found is None:
        raise Conflict(f"There is no working calendar {CALENDAR!r}", where={"calendar": CALENDAR})
    return _loaded(json.dumps(found, sort_keys=True))


@lru_cache(maxsize=4)
def _loaded(arrangement: str) -> Calendar:
    return working.load(json.loads(arrangement))


def reading(case: Case, now: datetime) -> Reading:
    if not case.is_open:
        return Reading.ENDED
    if case.suspended_at or case.due_at is None or case.soon_at is None:
        return Reading.STOPPED
    if now > case.due_at:
        return Reading.OVERDUE
    return Reading.SOON if now > case.soon_at else Reading.RUNNING


def stage_limit(case: Case, stage: Stage) -> Limit:
    """The limit of *stage*: of the case's condition, its type, or all types, in this order."""
    if stage == Stage.HANDLING and case.condition is not None:
        return Limit(case.condition.value, LimitUnit(case.condition.unit))
    found = (
        StageLimit.objects.filter(
            Q(type=case.type_id) | Q(type=None), stage=stage, is_urgent=case.is_urgent
        )
        .order_by(F("type").desc(nulls_last=True))
        .first()
    )
    if found is None:
        raise Conflict(f"No limit is set for {stage}", where={"stage": stage.value})
    return Limit(found.value, LimitUnit(found.unit))


def start_stage(case: Case, at: datetime) -> dict[str, object]:
    """Set the clock for the state the case has just entered; the limits used, as facts.

    Handling is counted from dispatch and is not set anew by rework.
    """
    case.overdue_at = None
    stage = STAGE_OF.get(State(case.state))
    if stage is None:
        case.due_at = case.soon_at = None
        return {}
    calendar = city_calendar()
    facts: dict[str, object] = {}
    if case.state == State.DISPATCHED:
        facts["handling_limit"] = _set_handling(case, calendar, at)
    if stage == Stage.HANDLING and case.handling_due_at and case.dispatched_at:
        _run(case, calendar, case.dispatched_at, case.handling_due_at)
        return facts
    begun = case.reported_at if stage == Stage.FILING else at
    limit = stage_limit(case, stage)
    _run(case, calendar, begun, due(calendar, begun, limit))
    return facts | {f"{stage}_limit": _fact(limit)}


def _set_handling(case: Case, calendar: Calendar, at: datetime) -> dict[str, object]:
    limit = stage_limit(case, Stage.HANDLING)
    case.limit_value, case.limit_unit = limit.value, limit.unit.value
    case.handling_due_at = due(calendar, at, limit)
    return _fact(limit)


def extend(case: Case, limit: Limit) -> None:
    """Give the unit *limit* more, counted from the end of what it has."""
    assert case.handling_due_at is not None
    calendar = city_calendar()
    case.handling_due_at = due(calendar, case.handling_due_at, limit)
    _show_handling(case, calendar)


def stop(case: Case, at: datetime) -> None:
    """Stop the clock at *at*."""
    case.suspended_at, case.due_at, case.soon_at = at, None, None


def go_on(case: Case, at: datetime) -> timedelta:
    """Start the stopped clock again: what was left is left. Returns how long it stood still."""
    assert case.suspended_at is not None
    stopped, case.suspended_at = case.suspended_at, None
    calendar = city_calendar()
    if case.handling_due_at and case.handling_due_at > stopped:
        if case.limit_unit in WORKING:
            left = calendar.between(stopped, case.handling_due_at)
            case.handling_due_at = calendar.add(at, left)
        else:
            case.handling_due_at += at - stopped
    _show_handling(case, calendar)
    return at - stopped


def _show_handling(case: Case, calendar: Calendar) -> None:
    """Extension and suspension concern handling: from then on its limit is the one shown."""
    assert case.dispatched_at is not None
    assert case.handling_due_at is not None
    _run(case, calendar, case.dispatched_at, case.handling_due_at)
    case.overdue_at = None


def _run(case: Case, calendar: Calendar, begun: datetime, end: datetime) -> None:
    case.due_at = end
    working_time = calendar.between(begun, end)
    if working_time > timedelta() and end - begun > timedelta(days=1):
        case.soon_at = calendar.add(begun, SOON * working_time)
    else:
        case.soon_at = begun + SOON * (end - begun)


def _fact(limit: Limit) -> dict[str, object]:
    return {"value": limit.value, "unit": limit.unit.value}
