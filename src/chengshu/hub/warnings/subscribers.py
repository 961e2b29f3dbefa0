"""Terminal health becomes warnings."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext

from chengshu.core.access.policy import System
from chengshu.core.events.outbox import subscribe
from chengshu.hub.sensing.events import TerminalHealthChanged
from chengshu.hub.sensing.models import Terminal

from .actions import clear_warning, raise_warning
from .lifecycle import Cause
from .models import CityWarning
from .queries import rules_in_force
from .rule import ConditionRule
from .rules import FROZEN, PARTIAL, SILENT

HEALTH_WATCH = System(
    "terminal-health", frozenset({"warnings.raise_warning", "warnings.clear_warning"})
)
FAULTS = {"silent": SILENT, "frozen": FROZEN, "partial": PARTIAL}


@subscribe(TerminalHealthChanged)
def follow_terminal_health(happened: TerminalHealthChanged) -> None:
    """Clear the fault the terminal had, raise the one it has; both may have been switched off."""
    at = datetime.fromisoformat(happened.since)
    for health, fault in FAULTS.items():
        if health != happened.health:
            _clear(fault.name, happened.code, at)
    if happened.health in FAULTS:
        _raise(FAULTS[happened.health].name, happened, at, timezone.localdate())


def _clear(rule: str, code: str, at: datetime) -> None:
    active = CityWarning.objects.filter(
        rule=rule, subject_type="terminal", subject_code=code, state=CityWarning.State.ACTIVE
    ).first()
    if active:
        clear_warning(active, at=at, by=HEALTH_WATCH)


def _raise(name: str, happened: TerminalHealthChanged, at: datetime, on: date) -> None:
    rule = rules_in_force(on).get(name)
    if not isinstance(rule, ConditionRule):
        return
    terminal = Terminal.objects.select_related("place", "owner").get(pk=happened.terminal)
    raise_warning(
        Cause(
            kind=CityWarning.Kind.TERMINAL_HEALTH,
            rule=rule.name,
            subject_type="terminal",
            subject_code=terminal.code,
            subject_name=terminal.name,
            title=gettext("%(where)s: %(what)s") % {"where": terminal.name, "what": rule.title},
            detail=", ".join(happened.properties),
            severity=rule.severity,
            place=terminal.place,
            owner=terminal.owner,
            grade=terminal.grade,
            lon=terminal.lon,
            lat=terminal.lat,
            case_type=rule.case_type,
            at=at,
        ),
        by=HEALTH_WATCH,
    )
