"""What is asked of cases: tabs of the workbench, similar open cases, what may be done next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor, may, visible_to
from chengshu.core.places.models import Place
from chengshu.kit.geodesy.distances import haversine

from .models import Case, CaseStep, Reporter
from .states import AT_UNIT, MOVE, NEXT, OPEN, Move, State
from .timeline import may_close

VIEW = "cases.view_case"
NEAR_METRES, SAME_TYPE_METRES = 300.0, 1000.0
NEAR_DEGREES = 0.012
SIMILAR_DAYS = timedelta(days=30)
MOST_SIMILAR = 8


def origin_of(warning: str) -> str:
    """The key of the one case that warning *warning* opens."""
    return f"warning:{warning}"


@dataclass(frozen=True)
class Tab:
    """A saved filter of the workbench; *where* takes the user and the present time."""

    name: str
    title: str
    where: Q


def tabs(user: User | None, now: datetime, titles: Mapping[str, str]) -> list[Tab]:
    """The tabs, those about the user's own unit only for a user who has one."""
    is_open = Q(state__in=OPEN)
    wanted = {
        "mine": Q(handler=user) & is_open if user else None,
        "unit": Q(unit=user.organisation_id) & Q(state__in=AT_UNIT)
        if user and user.organisation_id
        else None,
        "intake": Q(state__in=(State.REPORTED, State.VERIFYING, State.VERIFIED, State.FILED)),
        "work": Q(state__in=AT_UNIT),
        "check": Q(state__in=(State.HANDLED, State.CHECKED)),
        "overdue": is_open & Q(due_at__lt=now),
        "all": Q(),
    }
    return [Tab(name, titles[name], where) for name, where in wanted.items() if where is not None]


def next_moves(case: Case, actor: Actor) -> list[Move]:
    """What *actor* may do with *case* now, in the order of the table."""
    possible = [MOVE[action] for action in NEXT[State(case.state)]]
    return [move for move in possible if _fits(move, case) and may(actor, move.permission, case)]


def _fits(move: Move, case: Case) -> bool:
    if case.suspended_at and not move.when_suspended:
        return False
    if move.action == "resume_case":
        return case.suspended_at is not None
    return move.action != "close_case" or may_close(case)


def steps_of(case: Case) -> "QuerySet[CaseStep]":
    """The timeline, newest first."""
    return CaseStep.objects.filter(case=case).select_related("unit").order_by("-number")


def names_of(actors: set[str]) -> dict[str, str]:
    """People's names by user name."""
    return dict(User.objects.filter(username__in=actors).values_list("username", "name"))


def reporter_of(case: Case, actor: Actor) -> Reporter | None:
    """Who reported, for those who may see it."""
    rows = visible_to(Reporter.objects.select_related("case"), actor, "cases.see_reporter")
    return rows.filter(case=case).first()


@dataclass(frozen=True)
class Similar:
    """An open case like the one being entered; *metres* is None without positions."""

    case: Case
    metres: float | None


def similar(
    actor: Actor,
    now: datetime,
    *,
    type_code: str = "",
    place: Place | None = None,
    position: tuple[float, float] | None = None,
) -> list[Similar]:
    """Open cases of the last month within 300 m, of the same type within 1000 m; where there is
    no position, those of the same type in the same place.
    """
    near = Q()
    if position is not None:
        lon, lat = position
        near |= Q(
            lon__range=(lon - NEAR_DEGREES, lon + NEAR_DEGREES),
            lat__range=(lat - NEAR_DEGREES, lat + NEAR_DEGREES),
        )
    if type_code and place is not None:
        near |= Q(type__code=type_code, place__path__startswith=place.path)
    if not near:
        return []
    rows = (
        visible_to(Case.objects.filter(state__in=OPEN), actor, VIEW)
        .filter(near, reported_at__gte=now - SIMILAR_DAYS)
        .select_related("type", "place", "unit")
        .order_by("-code")[:100]
    )
    found = [Similar(case, _metres(case, position)) for case in rows]
    close = [one for one in found if _is_like(one, type_code)]
    close.sort(key=lambda one: (one.case.type.code != type_code, one.metres or 0.0))
    return close[:MOST_SIMILAR]


def _metres(case: Case, position: tuple[float, float] | None) -> float | None:
    if position is None or case.lon is None or case.lat is None:
        return None
    return haversine(*position, case.lon, case.lat)


def _is_like(one: Similar, type_code: str) -> bool:
    is_same = one.case.type.code == type_code
    if one.metres is None:
        return is_same
    return one.metres <= (SAME_TYPE_METRES if is_same else NEAR_METRES)


def counted(rows: "QuerySet[Case]", found: list[Tab]) -> dict[str, int]:
    """How many of *rows* each tab holds, in one query."""
    totals: dict[str, Any] = {tab.name: Count("pk", filter=tab.where) for tab in found if tab.where}
    if not totals:
        return {}
    return {name: int(number) for name, number in rows.order_by().aggregate(**totals).items()}
