"""From the unit's acceptance to the closed case."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action

from ..models import Case
from ..states import State
from ..timeline import moving, person


@action("cases.accept_case", _("Accept"))
def accept_case(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """The unit takes the case on; the person who does is its handler."""
    with moving(case, "accept_case", at=at, by=by, text=text) as (fresh, _facts):
        user = person(by)
        fresh.accepted_at, fresh.handler_id = at, user.pk if user else None
        return fresh


@action("cases.return_case", _("Return"))
def return_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """The unit gives the case back to the dispatcher because it is not theirs."""
    with moving(case, "return_case", at=at, by=by, text=text) as (fresh, facts):
        facts["unit"] = fresh.unit.code if fresh.unit else ""
        fresh.unit = fresh.handler = fresh.handling_due_at = None
        fresh.returns += 1
        return fresh


@action("cases.handle_case", _("Finish handling"))
def handle_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """The unit reports the result in *text*."""
    with moving(case, "handle_case", at=at, by=by, text=text) as (fresh, facts):
        fresh.handled_at = at
        facts["in_time"] = fresh.handling_due_at is None or at <= fresh.handling_due_at
        return fresh


@action("cases.check_case", _("Check passed"))
def check_case(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """A collector confirms on site what the unit reported."""
    with moving(case, "check_case", at=at, by=by, text=text) as (fresh, _facts):
        return fresh


@action("cases.rework_case", _("Check failed: rework"))
def rework_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """Back to the same unit; its first limit stays."""
    with moving(case, "rework_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.handled_at = None
        fresh.reworks += 1
        return fresh


@action("cases.close_case", _("Close"))
def close_case(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """The matter is settled. Types that need a check are closed after it only."""
    with moving(case, "close_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.closed_at = at
        return fresh


@action("cases.reopen_case", _("Reopen"))
def reopen_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """A closed case goes to the dispatcher again, a void one back to intake."""
    with moving(case, "reopen_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.closed_at = fresh.handled_at = None
        fresh.unit = fresh.handler = fresh.handling_due_at = None
        if fresh.state == State.FILED:
            fresh.filed_at = fresh.filed_at or at
        else:
            fresh.reported_at = at
        return fresh
