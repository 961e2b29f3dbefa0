"""What every city starts with: rows made after migration where they are missing, never changed."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from chengshu.kit.calendar import holidays
from chengshu.kit.calendar.limits import Limit, parse

from .case_type import DeclaredType, case_types
from .models import CaseType, FilingCondition, StageLimit, WorkCalendar
from .states import Stage

CALENDAR = "city"
HOURS = ["08:30-12:00", "14:00-18:00"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")

STAGE_LIMITS: tuple[tuple[Stage, str, str], ...] = (
    (Stage.FILING, "30分钟", "10分钟"),
    (Stage.DISPATCH, "30分钟", "10分钟"),
    (Stage.ACCEPTANCE, "1工作时", "30分钟"),
    (Stage.HANDLING, "3工作日", "8紧急工作时"),
    (Stage.CHECK, "1.5工作时", "1紧急工作时"),
    (Stage.CLOSING, "1工作日", "4紧急工作时"),
)
"""Stage, limit, limit of urgent cases. Local practice differs: the rows are the city's to edit."""


def ensure_defaults(**_signal: Any) -> None:
    """Make the working calendar, stage limits and declared case types that are missing."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        _ensure_calendar()
        _ensure_stage_limits()
        _ensure_types()


def _ensure_calendar() -> None:
    arrangement = {
        "time_zone": settings.TIME_ZONE,
        "notices": holidays.bundled_names(),
        "weekly": dict.fromkeys(WEEKDAYS, HOURS),
    }
    WorkCalendar.objects.get_or_create(
        code=CALENDAR,
        defaults={"name": _("Working time of the city"), "arrangement": arrangement},
    )


def _ensure_stage_limits() -> None:
    StageLimit.objects.bulk_create(
        (
            StageLimit(stage=stage, is_urgent=is_urgent, **_limit(parse(text)))
            for stage, *texts in STAGE_LIMITS
            for is_urgent, text in zip((False, True), texts, strict=True)
        ),
        ignore_conflicts=True,
    )


def _ensure_types() -> None:
    known = set(CaseType.objects.values_list("code", flat=True))
    missing = [declared for declared in case_types if declared.code not in known]
    types = CaseType.objects.bulk_create(_type(declared) for declared in missing)
    FilingCondition.objects.bulk_create(
        FilingCondition(
            type=made,
            number=number,
            text=str(condition.text),
            closing=str(condition.closing),
            source=condition.source,
            **_limit(condition.limit),
        )
        for made, declared in zip(types, missing, strict=True)
        for number, condition in enumerate(declared.conditions, 1)
    )


def _type(declared: DeclaredType) -> CaseType:
    return CaseType(
        code=declared.code,
        name=str(declared.name),
        group=str(declared.group),
        kind=declared.kind,
        standard=declared.standard,
        responsibility=declared.responsibility,
        is_urgent=declared.is_urgent,
        is_automatic=declared.is_automatic,
        needs_check=declared.needs_check,
    )


def _limit(limit: Limit) -> dict[str, Any]:
    return {"value": limit.value, "unit": limit.unit.value}
