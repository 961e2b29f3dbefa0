"""Warnings open cases and tell them how they go on."""

from django.db.models import QuerySet
from django.utils import timezone

from chengshu.core.access.policy import System
from chengshu.core.events.outbox import subscribe
from chengshu.hub.warnings.events import (
    WarningCleared,
    WarningEscalated,
    WarningEvent,
    WarningRaised,
)
from chengshu.hub.warnings.models import CityWarning
from chengshu.hub.warnings.wording import reading

from . import timeline
from .actions.intake import NewCase, dispatch_case, file_case, report_case
from .models import Case
from .queries import origin_of
from .states import OPEN

FAULT = CityWarning.Kind.TERMINAL_HEALTH
MOST_FAULTS = 50
DISPATCH_DESK = System(
    "automatic-dispatch",
    frozenset({"cases.report_case", "cases.file_case", "cases.dispatch_case"}),
)


@subscribe(WarningRaised)
def open_case(happened: WarningRaised) -> None:
    """Open the case that a rule asks for; a warning that came back is a line on its case, and so
    is another fault of a terminal that is being repaired."""
    known = _case_of(happened)
    if known is not None:
        is_own = known.origin == origin_of(happened.code)
        _record(known, happened, "warning_returned" if is_own else "fault_changed")
    elif happened.case_type:
        _open(happened)


@subscribe(WarningEscalated)
def record_escalation(happened: WarningEscalated) -> None:
    case = _case_of(happened)
    if case is not None:
        case.severity = happened.severity
        case.save(update_fields=["severity"])
        _record(case, happened, "warning_escalated")


@subscribe(WarningCleared)
def record_clearing(happened: WarningCleared) -> None:
    """The case goes on: whether the matter is settled is for its people to say."""
    case = _case_of(happened)
    if case is not None:
        is_well = happened.state == CityWarning.State.CLEARED and _is_well(happened)
        _record(case, happened, "terminal_recovered" if is_well else f"warning_{happened.state}")


def _is_well(happened: WarningEvent) -> bool:
    """Whether a terminal has no fault left."""
    return (
        happened.kind == FAULT
        and not _faults(happened).filter(state=CityWarning.State.ACTIVE).exists()
    )


def _faults(happened: WarningEvent) -> "QuerySet[CityWarning]":
    """All that was ever wrong with the same terminal and opens the same type of case."""
    return CityWarning.objects.filter(
        kind=FAULT,
        subject_type=happened.subject_type,
        subject_code=happened.subject_code,
        case_type=happened.case_type,
    )


def _case_of(happened: WarningEvent) -> Case | None:
    """The warning's own case; for a fault without one the open case of the same terminal."""
    cases = Case.objects.select_for_update(of=("self",)).select_related("unit", "type", "place")
    own = cases.filter(origin=origin_of(happened.code)).first()
    if own is not None or happened.kind != FAULT:
        return own
    recent = _faults(happened).order_by("-code").values_list("code", flat=True)[:MOST_FAULTS]
    origins = [origin_of(code) for code in recent]
    return cases.filter(origin__in=origins, state__in=OPEN).order_by("-code").first()


def _record(case: Case, happened: WarningEvent, what: str) -> None:
    facts = {"warning": happened.code, "severity": happened.severity, "at": happened.at}
    timeline.write(case, what, at=timezone.now(), by=DISPATCH_DESK, before=case.state, facts=facts)


def _open(happened: WarningRaised) -> None:
    at = timezone.now()
    warning = CityWarning.objects.select_related("place", "owner").get(code=happened.code)
    case = report_case(_report(warning), at=at, by=DISPATCH_DESK)
    if case.type.is_automatic and case.suggested_unit_id:
        file_case(case, at=at, by=DISPATCH_DESK)
        dispatch_case(case, at=at, by=DISPATCH_DESK)


def _report(warning: CityWarning) -> NewCase:
    return NewCase(
        title=warning.title,
        type=warning.case_type,
        source=Case.Source.WARNING,
        description=_description(warning),
        place=warning.place.code,
        lon=warning.lon,
        lat=warning.lat,
        is_urgent=warning.severity in ("orange", "red"),
        severity=warning.severity,
        grade=warning.grade,
        owner=warning.owner.code if warning.owner else "",
        origin=origin_of(warning.code),
    )


def _description(warning: CityWarning) -> str:
    parts = (warning.get_kind_display(), warning.subject_name, reading(warning), warning.detail)
    return " · ".join(part for part in parts if part)
