"""Reuse instead of building: the owner lets another organisation read a terminal."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require_for
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.events.outbox import emit
from chengshu.core.records import bulk, writing
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.events import ReuseRequestMoved
from chengshu.hub.sensing.models import BuildRequest, Candidate, ReuseRequest, Terminal
from chengshu.kit.errors import Conflict, NotAllowed

State = ReuseRequest.State
NEXT: dict[str, set[str]] = {
    State.REQUESTED: {State.GRANTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED},
    State.GRANTED: {State.REVOKED, State.EXPIRED},
    State.REFUSED: set(),
    State.WITHDRAWN: set(),
    State.REVOKED: set(),
    State.EXPIRED: set(),
}
"""The life of a request to reuse."""


@action("sensing.request_reuse", _("Request reuse"))
def request_reuse(*, by: Actor, **values: Any) -> ReuseRequest:
    """Ask the owner of a terminal to let *organisation* read it, for a purpose, until a day."""
    reuse = _submit(by, **values)
    require_for(by, "sensing.request_reuse", reuse.organisation, reuse)
    return reuse


def _submit(by: Actor, **values: Any) -> ReuseRequest:
    reuse = ReuseRequest(**values, requested_by=by.name, requested_at=timezone.now())
    bulk.number([reuse])
    reuse.code = f"R{reuse.pk:06}"
    _check(reuse)
    reuse.save(force_insert=True)
    _tell(reuse)
    return reuse


@action("sensing.reuse_candidate", _("Request reuse of a terminal found"))
def reuse_candidate(
    request: BuildRequest, number: int, *, by: Actor, until_on: date
) -> ReuseRequest:
    """Ask for candidate *number* of *request*, for its purpose, instead of building.

    The terminal need not be visible to *by*: its owner decides.
    """
    candidates = Candidate.objects.select_related("terminal").filter(request=request)
    found = candidates.filter(pk=number).first()
    if found is None or not may_know(by, found.terminal):
        raise NotAllowed(_now("There is nothing here, or nothing you may see."))
    require_for(by, "sensing.reuse_candidate", request.organisation, request)
    reuse = _submit(
        by,
        terminal=found.terminal,
        organisation=request.organisation,
        purpose=request.purpose,
        until_on=until_on,
        request=request,
    )
    note(reuse=reuse.code)
    return reuse


def may_know(actor: Actor, terminal: Terminal) -> bool:
    """Whether *actor* may know that *terminal* is there: a matter of its grade alone.

    Search before you build is for everybody in office; what the terminal says is not.
    """
    reaches = actor.policy.of("sensing.view_terminal")
    return any(terminal.grade <= reach.grade for reach in reaches)


def _check(reuse: ReuseRequest) -> None:
    writing.check(reuse)
    if reuse.until_on < timezone.localdate():
        raise WrongValues({"until_on": _now("lies in the past")})
    if reuse.terminal.owner_id == reuse.organisation_id:
        raise WrongValues({"terminal": _now("belongs to the organisation that asks")})
    twin = ReuseRequest.objects.filter(
        terminal=reuse.terminal,
        organisation=reuse.organisation,
        state__in=(State.REQUESTED, State.GRANTED),
    ).exclude(pk=reuse.pk)
    if other := twin.first():
        raise Conflict(
            _now("%(code)s asks for the same already.") % {"code": other.code},
            where={"request": other.code},
        )


@action("sensing.amend_reuse", _("Amend the request to reuse"))
def amend_reuse(reuse: ReuseRequest, *, by: Actor, **values: Any) -> ReuseRequest:
    """Change purpose or date while the owner has not decided."""
    fresh = _locked(reuse)
    require_for(by, "sensing.amend_reuse", fresh.organisation, fresh)
    if fresh.state != State.REQUESTED:
        raise _refusal(fresh)
    for name, value in values.items():
        setattr(fresh, name, value)
    _check(fresh)
    fresh.save(update_fields=list(values))
    return fresh


@action("sensing.withdraw_reuse", _("Withdraw the request"))
def withdraw_reuse(reuse: ReuseRequest, *, by: Actor, reason: str = "") -> ReuseRequest:
    """The requesting organisation no longer asks."""
    fresh = _locked(reuse)
    require_for(by, "sensing.withdraw_reuse", fresh.organisation, fresh)
    return _move(fresh, State.WITHDRAWN, reason)


@action("sensing.grant_reuse", _("Grant"))
def grant_reuse(reuse: ReuseRequest, *, by: Actor, until_on: date | None = None) -> ReuseRequest:
    """The owner lets them read, until the day asked for or until *until_on*."""
    fresh = _locked(reuse)
    _require_owner(fresh, by, "sensing.grant_reuse")
    fresh.until_on = until_on or fresh.until_on
    if fresh.until_on < timezone.localdate():
        raise WrongValues({"until_on": _now("lies in the past")})
    fresh.granted_at = timezone.now()
    return _move(fresh, State.GRANTED, "")


@action("sensing.refuse_reuse", _("Refuse"))
def refuse_reuse(reuse: ReuseRequest, *, by: Actor, reason: str = "") -> ReuseRequest:
    """The owner does not let them, for *reason*."""
    fresh = _locked(reuse)
    _require_owner(fresh, by, "sensing.refuse_reuse")
    _require_reason(reason)
    return _move(fresh, State.REFUSED, reason)


@action("sensing.revoke_reuse", _("Revoke"))
def revoke_reuse(reuse: ReuseRequest, *, by: Actor, reason: str = "") -> ReuseRequest:
    """The owner ends a reuse before its day, for *reason*, at once."""
    fresh = _locked(reuse)
    _require_owner(fresh, by, "sensing.revoke_reuse")
    _require_reason(reason)
    fresh.ended_at = timezone.now()
    return _move(fresh, State.REVOKED, reason)


@action("sensing.expire_reuse", _("End reuse whose day has passed"))
def expire_reuse(*, by: Actor, today: date) -> int:
    """Mark what ended before *today*; the right itself ended with its day. How many."""
    over = ReuseRequest.objects.filter(
        state__in=(State.REQUESTED, State.GRANTED), until_on__lt=today
    )
    ended = [_move(reuse, State.EXPIRED, "") for reuse in over.select_for_update(of=("self",))]
    note(ended=len(ended))
    return len(ended)


def _require_owner(reuse: ReuseRequest, by: Actor, permission: str) -> None:
    require_for(by, permission, reuse.terminal.owner, reuse)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise WrongValues({"reason": _now("must not be empty")})


def _locked(reuse: ReuseRequest) -> ReuseRequest:
    found: ReuseRequest = ReuseRequest.objects.select_for_update(of=("self",)).get(pk=reuse.pk)
    return found


def _refusal(reuse: ReuseRequest) -> Conflict:
    return Conflict(
        _now("The request is %(state)s.") % {"state": reuse.get_state_display()},
        where={"request": reuse.code, "state": reuse.state},
    )


def _move(reuse: ReuseRequest, state: State, reason: str) -> ReuseRequest:
    if state not in NEXT[reuse.state]:
        raise _refusal(reuse)
    reuse.state, reuse.reason = state, reason.strip()
    reuse.save(update_fields=["state", "reason", "until_on", "granted_at", "ended_at"])
    _tell(reuse)
    return reuse


def _tell(reuse: ReuseRequest) -> None:
    emit(
        ReuseRequestMoved(reuse.code, reuse.terminal.code, reuse.organisation.code, reuse.state),
        on=reuse,
        key=f"reuse-request {reuse.code} {reuse.state}",
    )
