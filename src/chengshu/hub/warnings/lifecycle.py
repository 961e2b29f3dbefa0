"""How one warning begins, grows, comes back and ends, and what the city is told of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from chengshu.core.events.outbox import emit
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.records.models import Grade

from . import serials
from .events import WarningCleared, WarningEscalated, WarningEvent, WarningRaised
from .models import CityWarning, Severity

SERIES = "warnings"
PREFIX = "W"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What a warning is about and how bad it is at record time *at*."""

    kind: str
    rule: str
    subject_type: str
    subject_code: str
    subject_name: str
    title: str
    severity: str
    place: Place
    at: datetime
    owner: Organisation | None = None
    grade: int = Grade.INTERNAL
    detail: str = ""
    lon: float | None = None
    lat: float | None = None
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    case_type: str = ""


def begin(cause: Cause) -> CityWarning:
    """A warning for *cause*, not saved and without its code."""
    return CityWarning(
        kind=cause.kind,
        rule=cause.rule,
        subject_type=cause.subject_type,
        subject_code=cause.subject_code,
        subject_name=cause.subject_name,
        title=cause.title[:200],
        detail=cause.detail[:500],
        severity=cause.severity,
        place=cause.place,
        owner=cause.owner,
        grade=cause.grade,
        lon=cause.lon,
        lat=cause.lat,
        value=cause.value,
        unit=cause.unit,
        threshold=cause.threshold,
        case_type=cause.case_type,
        raised_at=cause.at,
        last_seen_at=cause.at,
        created_at=timezone.now(),
    )


def number(warnings: list[CityWarning]) -> None:
    """Give new *warnings* their codes, in order."""
    if warnings:
        codes = serials.take(SERIES, timezone.localdate(), len(warnings), prefix=PREFIX)
        for warning, code in zip(warnings, codes, strict=True):
            warning.code = code


def grow(
    warning: CityWarning, *, at: datetime, value: float | None, readings: int, worse: int = 1
) -> None:
    """Count further reports; *worse* is -1 where a lower value is worse."""
    warning.count += readings
    warning.last_seen_at = max(warning.last_seen_at, at)
    if value is not None and (warning.value is None or worse * value > worse * warning.value):
        warning.value = value


def escalate(warning: CityWarning, severity: str, threshold: float | None) -> WarningEvent | None:
    """Raise the colour; None when *severity* is not worse."""
    before = Severity(warning.severity)
    if Severity(severity).rank <= before.rank:
        return None
    warning.severity, warning.threshold = severity, threshold
    return WarningEscalated(**_facts(warning, warning.last_seen_at), before=before.value)


def come_back(warning: CityWarning, at: datetime) -> WarningEvent:
    """Make a cleared warning active again."""
    warning.state, warning.cleared_at, warning.closing_reason = CityWarning.State.ACTIVE, None, ""
    warning.repeats += 1
    return raised(warning, at)


def end(
    warning: CityWarning, state: CityWarning.State, at: datetime, reason: str = ""
) -> WarningEvent:
    """Clear or dismiss an active warning."""
    warning.state, warning.cleared_at, warning.closing_reason = state, at, reason[:300]
    return WarningCleared(**_facts(warning, at), state=state.value, reason=reason)


def raised(warning: CityWarning, at: datetime) -> WarningEvent:
    return WarningRaised(**_facts(warning, at), repeats=warning.repeats)


def tell(warning: CityWarning, event: WarningEvent) -> None:
    """Emit *event*, which may have been made before its warning had a code."""
    emit(replace(event, code=warning.code), on=warning)


def _facts(warning: CityWarning, at: datetime) -> dict[str, str]:
    return {
        "code": warning.code,
        "title": warning.title,
        "severity": str(warning.severity),
        "rule": warning.rule,
        "kind": str(warning.kind),
        "subject_type": warning.subject_type,
        "subject_code": warning.subject_code,
        "case_type": warning.case_type,
        "at": at.isoformat(),
    }
