"""Steps over a state: progress, urging, extension, suspension; and who reported."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from chengshu.core.access import permissions
from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.kit.calendar.limits import Limit, LimitUnit
from chengshu.kit.errors import Invalid

from .. import clock
from ..models import Case, Reporter
from ..timeline import moving
from .intake import Contact

permissions.declare("cases.see_reporter", _("See who reported, masked"))


@action("cases.note_case", _("Add progress"))
def note_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """A line on the timeline."""
    with moving(case, "note_case", at=at, by=by, text=text) as (fresh, _facts):
        return fresh


@action("cases.urge_case", _("Urge"))
def urge_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """A leader or the centre presses whoever has the case."""
    with moving(case, "urge_case", at=at, by=by, text=text) as (fresh, _facts):
        return fresh


@action("cases.extend_case", _("Extend the limit"))
def extend_case(
    case: Case, *, at: datetime, by: Actor, value: float, limit_unit: str, text: str
) -> Case:
    """Give the unit *value* *limit_unit* more. Raises Invalid for what is no limit."""
    limit = _limit(value, limit_unit)
    with moving(case, "extend_case", at=at, by=by, text=text) as (fresh, facts):
        clock.extend(fresh, limit)
        facts["extension"] = {"value": limit.value, "unit": limit.unit.value}
        return fresh


def _limit(value: float, unit: str) -> Limit:
    try:
        return Limit(float(value), LimitUnit(unit))
    except (TypeError, ValueError):
        raise Invalid("An extension is a number and a unit", where={"field": "value"}) from None


@action("cases.suspend_case", _("Suspend"))
def suspend_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """Stop the clock: it cannot be settled for now."""
    with moving(case, "suspend_case", at=at, by=by, text=text) as (fresh, _facts):
        clock.stop(fresh, at)
        return fresh


@action("cases.resume_case", _("Resume"))
def resume_case(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """Let the clock go on with what was left."""
    with moving(case, "resume_case", at=at, by=by, text=text) as (fresh, facts):
        facts["stood_still_seconds"] = round(clock.go_on(fresh, at).total_seconds())
        return fresh


@action("cases.reveal_reporter", _("See who reported"))
def reveal_reporter(reporter: Reporter, *, by: Actor) -> Contact:
    """The reporter's name and number in full; that somebody looked is on record."""
    return Contact(reporter.name, reporter.phone, reporter.wants_answer)
