"""From a report to a dispatched case."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.locate import locator
from chengshu.core.places.models import Place
from chengshu.core.records.models import Grade
from chengshu.hub.warnings import serials
from chengshu.kit.errors import Invalid

from .. import clock, timeline
from ..models import Case, CaseType, FilingCondition, Reporter
from ..routing import Route, route
from ..timeline import moving

SERIES = "cases"


@dataclass(frozen=True)
class Contact:
    """Who reported, as they gave it."""

    name: str = ""
    phone: str = ""
    wants_answer: bool = True


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A report. *type* and *place* are codes; the place may be left to the position.

    *owner* is the code of the organisation that owns what the case is about. A second report of
    the same *origin* is the same case. *condition* is the number of the filing condition.
    """

    title: str
    type: str
    source: str
    description: str = ""
    place: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    is_urgent: bool = False
    severity: str = ""
    grade: int = Grade.INTERNAL
    owner: str = ""
    origin: str = ""
    condition: int = 1
    reporter: Contact | None = None


@action("cases.report_case", _("Report a case"))
def report_case(new: NewCase, *, at: datetime, by: Actor) -> Case:
    """Register *new*; the one that is already there when its origin is known.

    Raises Invalid naming the field when type, place or title cannot be used.
    """
    known = Case.objects.filter(origin=new.origin).first() if new.origin else None
    if known is not None:
        require(by, "cases.report_case", known)
        return known
    case, way = _case(new, at)
    require(by, "cases.report_case", case)
    facts = clock.start_stage(case, at)
    case.code = serials.take(SERIES, clock.city_calendar().local_day(at))[0]
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        return Case.objects.get(origin=new.origin)
    if new.reporter is not None:
        _keep(new.reporter, case)
    timeline.begin(case, at=at, by=by, facts=facts)
    note(type=case.type.code, routed=way.because)
    return case


def _keep(contact: Contact, case: Case) -> None:
    if contact.name.strip() or contact.phone.strip():
        Reporter.objects.create(
            case=case,
            name=contact.name.strip()[:60],
            phone=contact.phone.strip()[:20],
            wants_answer=contact.wants_answer,
        )


def _case(new: NewCase, at: datetime) -> tuple[Case, Route]:
    if not new.title.strip():
        raise Invalid("A case needs a title", where={"field": "title"})
    if new.source not in Case.Source.values:
        raise Invalid(f"No source {new.source!r}", where={"field": "source"})
    case_type = CaseType.objects.select_related("unit").filter(code=new.type).first()
    if case_type is None:
        raise Invalid(f"No case type {new.type!r}", where={"field": "type"})
    place = _place(new)
    way = route(case_type, place, _owner(new.owner))
    case = Case(
        title=new.title.strip()[:200],
        description=new.description.strip()[:3000],
        type=case_type,
        condition=FilingCondition.objects.filter(type=case_type, number=new.condition).first(),
        source=new.source,
        is_urgent=new.is_urgent or case_type.is_urgent,
        severity=new.severity,
        grade=new.grade,
        place=place,
        address=new.address.strip()[:200],
        lon=new.lon,
        lat=new.lat,
        suggested_unit=way.unit,
        routing=way.as_json(),
        reported_at=at,
        origin=new.origin or None,
    )
    return case, way


def _place(new: NewCase) -> Place:
    """The place named, else the deepest one at the position."""
    if new.place:
        found = Place.objects.filter(code=new.place).first()
        if found is None:
            raise Invalid(f"No place {new.place!r}", where={"field": "place"})
        return found
    if new.lon is None or new.lat is None:
        raise Invalid("A case needs a position or a place", where={"field": "place"})
    area = locator().at(new.lon, new.lat)
    if area is None:
        raise Invalid("The position is outside every known place", where={"field": "lon"})
    return Place.objects.get(pk=area.id)


def _owner(code: str) -> Organisation | None:
    return Organisation.objects.filter(code=code).first() if code else None


@action("cases.ask_verification", _("Send to verification"))
def ask_verification(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """Have a collector look at a report of the public before it is filed."""
    with moving(case, "ask_verification", at=at, by=by, text=text) as (fresh, _facts):
        return fresh


@action("cases.verify_case", _("Confirm on site"))
def verify_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """Confirm on site that it is as reported."""
    with moving(case, "verify_case", at=at, by=by, text=text) as (fresh, _facts):
        return fresh


@action("cases.file_case", _("File"))
def file_case(case: Case, *, at: datetime, by: Actor, text: str = "") -> Case:
    """Take it up as a case of the city."""
    with moving(case, "file_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.filed_at = at
        return fresh


@action("cases.settle_case", _("Settled on the spot"))
def settle_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """Close a small thing that the collector has put right; it is never dispatched."""
    with moving(case, "settle_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.handled_at = fresh.closed_at = at
        return fresh


@action("cases.dispatch_case", _("Dispatch"))
def dispatch_case(case: Case, *, at: datetime, by: Actor, unit: str = "", text: str = "") -> Case:
    """Give the case to *unit* (a code), or to the suggested one; its clock starts now."""
    with moving(case, "dispatch_case", at=at, by=by, text=text) as (fresh, facts):
        chosen = _unit(unit) if unit else fresh.suggested_unit
        if chosen is None:
            raise Invalid("Nobody is suggested: choose a unit", where={"field": "unit"})
        if chosen != fresh.suggested_unit:
            fresh.routing = {**fresh.routing, "because": "person", "unit": chosen.name}
        fresh.unit, fresh.dispatched_at = chosen, at
        fresh.handler, fresh.accepted_at, fresh.handled_at = None, None, None
        facts["unit"] = chosen.code
        return fresh


def _unit(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise Invalid(f"No organisation {code!r}", where={"field": "unit"})
    return found


@action("cases.void_case", _("Void"))
def void_case(case: Case, *, at: datetime, by: Actor, text: str) -> Case:
    """Take it off the list for the reason in *text*: no case, a duplicate, not for the city."""
    with moving(case, "void_case", at=at, by=by, text=text) as (fresh, _facts):
        fresh.closed_at = at
        return fresh
