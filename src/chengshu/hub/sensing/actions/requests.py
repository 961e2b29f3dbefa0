"""Search before you build: from the wish for a terminal to the sector's decision."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require, require_for
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.events.outbox import emit
from chengshu.core.records import bulk, writing
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing import search
from chengshu.hub.sensing.events import BuildRequestDecided
from chengshu.hub.sensing.models import (
    BuildRequest,
    Candidate,
    ObservedProperty,
    SectorLimit,
    Terminal,
)
from chengshu.kit.errors import Conflict, NotAllowed

from .registration import NewTerminal, add_terminals, direct_feed

DEFAULT_INTERVAL_SECONDS = 300

State = BuildRequest.State
DECIDED: dict[str, set[str]] = {
    State.SUBMITTED: {State.APPROVED, State.REFUSED, State.WITHDRAWN},
    State.APPROVED: set(),
    State.REFUSED: set(),
    State.WITHDRAWN: set(),
}
"""The life of a request to build."""


class OverLimit(Conflict):
    """The sector would have more terminals than its limit; *where* names the limits."""

    code = "over-limit"


@action("sensing.request_build", _("Request to build"))
def request_build(*, by: Actor, **values: Any) -> BuildRequest:
    """Submit a request; it is checked against what is there and the limits of its sector."""
    request = BuildRequest(**values, requested_by=by.name, requested_at=timezone.now())
    bulk.number([request])
    request.code = f"B{request.pk:06}"
    _check(request)
    require_for(by, "sensing.request_build", request.organisation, request)
    request.save(force_insert=True)
    note(candidates=_look(request), over_limit=bool(request.over_limit))
    return request


@action("sensing.amend_build", _("Amend the request to build"))
def amend_build(request: BuildRequest, *, by: Actor, **values: Any) -> BuildRequest:
    """Change a request in review; it is checked anew."""
    fresh = _locked(request)
    _require_state(fresh, State.SUBMITTED)
    require_for(by, "sensing.amend_build", fresh.organisation, fresh)
    for name, value in values.items():
        setattr(fresh, name, value)
    _check(fresh)
    require_for(by, "sensing.amend_build", fresh.organisation, fresh)
    fresh.save()
    note(candidates=_look(fresh), over_limit=bool(fresh.over_limit))
    return fresh


def _check(request: BuildRequest) -> None:
    if request.radius_metres is None:
        request.radius_metres = request.sector.search_metres
    unknown = set(request.properties) - set(
        ObservedProperty.objects.filter(code__in=request.properties).values_list("code", flat=True)
    )
    if unknown:
        said = {"codes": ", ".join(sorted(unknown))}
        raise WrongValues({"properties": _now("unknown: %(codes)s") % said})
    request.over_limit = over_limit_text(_breaches(request))[:300]
    writing.check(request)


def _breaches(request: BuildRequest) -> list[search.Breach]:
    return search.breaches(
        request.sector, request.kind, request.place, request.number, besides=request
    )


def over_limit_text(breaches: list[search.Breach]) -> str:
    """The limits that would be passed, in words."""
    return "; ".join(
        _now("%(place)s: at most %(most)s, %(there)s there, %(promised)s promised")
        % {
            "place": breach.limit.place,
            "most": breach.limit.most,
            "there": breach.there,
            "promised": breach.promised,
        }
        for breach in breaches
    )


def _look(request: BuildRequest) -> int:
    """Keep what is there already with *request*; how many."""
    assert request.radius_metres is not None
    found = search.nearby(
        request.kind, request.properties, request.lon, request.lat, request.radius_metres
    )
    request.candidates.all().delete()
    Candidate.objects.bulk_create(
        Candidate(request=request, terminal=each.terminal, metres=round(each.metres, 1))
        for each in found
    )
    return len(found)


@action("sensing.withdraw_build", _("Withdraw the request"))
def withdraw_build(request: BuildRequest, *, by: Actor, reason: str = "") -> BuildRequest:
    """Take a request in review back."""
    fresh = _locked(request)
    require_for(by, "sensing.withdraw_build", fresh.organisation, fresh)
    return _decide(fresh, State.WITHDRAWN, reason)


@action("sensing.approve_build", _("Approve"))
def approve_build(request: BuildRequest, *, by: Actor, reason: str = "") -> BuildRequest:
    """Let it be built. Where existing terminals were found, *reason* says why they do not do.

    Raises OverLimit when the sector has no room for it by now.
    """
    fresh = _locked(request)
    _require_reviewer(fresh, by, "sensing.approve_build")
    if fresh.candidates.exists() and not reason.strip():
        raise WrongValues({"reason": _now("Say why none of the terminals found will do.")})
    limits = SectorLimit.objects.filter(sector=fresh.sector_id, kind=fresh.kind)
    list(limits.order_by("pk").select_for_update())
    if passed := _breaches(fresh):
        where = {"limits": [{"place": b.limit.place.code, "most": b.limit.most} for b in passed]}
        raise OverLimit(
            _now("Over the limit: %(why)s") % {"why": over_limit_text(passed)}, where=where
        )
    return _decide(fresh, State.APPROVED, reason)


@action("sensing.refuse_build", _("Refuse"))
def refuse_build(request: BuildRequest, *, by: Actor, reason: str = "") -> BuildRequest:
    """Do not let it be built, for *reason*."""
    fresh = _locked(request)
    _require_reviewer(fresh, by, "sensing.refuse_build")
    if not reason.strip():
        raise WrongValues({"reason": _now("must not be empty")})
    return _decide(fresh, State.REFUSED, reason)


def _require_reviewer(request: BuildRequest, by: Actor, permission: str) -> None:
    """Somebody of the sector's authority who did not ask for it."""
    require_for(by, permission, request.sector.authority, request)
    if request.requested_by == by.name:
        raise NotAllowed(_now("Nobody decides on their own request."))


def _decide(request: BuildRequest, state: State, reason: str) -> BuildRequest:
    _require_state(request, *(before for before, after in DECIDED.items() if state in after))
    request.state, request.reason = state, reason.strip()
    request.decided_at = timezone.now()
    request.save(update_fields=["state", "reason", "decided_at"])
    emit(
        BuildRequestDecided(request.code, request.state, request.organisation.code),
        on=request,
        key=f"build-request {request.code} {request.state}",
    )
    return request


def _locked(request: BuildRequest) -> BuildRequest:
    found: BuildRequest = BuildRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    return found


def _require_state(request: BuildRequest, *allowed: str) -> None:
    if request.state not in allowed:
        raise Conflict(
            _now("The request is %(state)s.") % {"state": request.get_state_display()},
            where={"request": request.code, "state": request.state},
        )


@action("sensing.plan_terminal", _("Register a planned terminal"))
def plan_terminal(
    request: BuildRequest,
    *,
    by: Actor,
    code: str,
    name: str,
    lon: float | None = None,
    lat: float | None = None,
) -> Terminal:
    """Register one of the terminals that *request* was approved for, where it asked for it."""
    fresh = _locked(request)
    _require_state(fresh, State.APPROVED)
    if fresh.terminals.count() >= fresh.number:
        raise Conflict(
            _now("All %(number)s terminals of the request are registered.")
            % {"number": fresh.number},
            where={"request": fresh.code},
        )
    if Terminal.objects.filter(code=code).exists():
        raise WrongValues({"code": _now("%(key)s is taken") % {"key": code}})
    new = NewTerminal(
        code=code,
        name=name,
        kind=fresh.kind,
        place=fresh.place,
        owner=fresh.organisation,
        lon=fresh.lon if lon is None else lon,
        lat=fresh.lat if lat is None else lat,
        properties=dict.fromkeys(fresh.properties, DEFAULT_INTERVAL_SECONDS),
        extra={
            "state": Terminal.State.PLANNED,
            "sector": fresh.sector,
            "purpose": fresh.purpose[:80],
            "request": fresh,
        },
    )
    [terminal] = add_terminals([new], direct_feed())
    require(by, "sensing.plan_terminal", terminal)
    note(terminal=code)
    return terminal
