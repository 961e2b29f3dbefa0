"""The fault of a terminal as a warning, at once or when it has lasted."""

from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext

from chengshu.core.access.policy import System
from chengshu.hub.sensing.models import Datastream, Terminal, TerminalState

from .actions import raise_warning
from .lifecycle import Cause
from .models import CityWarning
from .queries import rules_in_force
from .rule import ConditionRule
from .rules import RULES

SUBJECT = "terminal"
MOST_AT_ONCE = 500
HEALTH_WATCH = System(
    "terminal-health", frozenset({"warnings.raise_warning", "warnings.clear_warning"})
)


def rule_for(health: str, on: date) -> ConditionRule | None:
    """The rule in force for *health*; None when it is no fault, or is switched off."""
    rule = rules_in_force(on).get(RULES.get(health, ""))
    return rule if isinstance(rule, ConditionRule) else None


def has_lasted(rule: ConditionRule, since: datetime, now: datetime) -> bool:
    return since <= now - timedelta(seconds=rule.after_seconds)


def raise_fault(
    rule: ConditionRule, terminal: Terminal, since: datetime, properties: list[str]
) -> CityWarning:
    return raise_warning(
        Cause(
            kind=CityWarning.Kind.TERMINAL_HEALTH,
            rule=rule.name,
            subject_type=SUBJECT,
            subject_code=terminal.code,
            subject_name=terminal.name,
            title=gettext("%(where)s: %(what)s") % {"where": terminal.name, "what": rule.title},
            detail=", ".join(properties),
            severity=rule.severity,
            place=terminal.place,
            owner=terminal.owner,
            grade=terminal.grade,
            lon=terminal.lon,
            lat=terminal.lat,
            case_type=rule.case_type,
            at=since,
        ),
        by=HEALTH_WATCH,
    )


def raise_lasting(now: datetime, on: date) -> int:
    """Raise the faults that have lasted long enough by *now* and have no warning yet."""
    found = {health: rule_for(health, on) for health in RULES}
    return sum(
        _raise_lasting(health, rule, now)
        for health, rule in found.items()
        if rule is not None and rule.after_seconds
    )


def _raise_lasting(health: str, rule: ConditionRule, now: datetime) -> int:
    known = CityWarning.objects.filter(
        rule=rule.name,
        subject_type=SUBJECT,
        subject_code=OuterRef("terminal__code"),
        last_seen_at__gte=OuterRef("since"),
    )
    due = (
        TerminalState.objects.filter(
            ~Exists(known),
            health=health,
            since__lte=now - timedelta(seconds=rule.after_seconds),
            terminal__state=Terminal.State.IN_SERVICE,
        )
        .select_related("terminal__place", "terminal__owner")
        .order_by("since")[:MOST_AT_ONCE]
    )
    for state in due:
        raise_fault(rule, state.terminal, state.since, _ill(state))
    return len(due)


def _ill(state: TerminalState) -> list[str]:
    """The properties of the terminal's streams that are in its condition."""
    return list(
        Datastream.objects.filter(
            terminal=state.terminal_id, state__health=F("terminal__current__health")
        ).values_list("observed_property__code", flat=True)
    )
