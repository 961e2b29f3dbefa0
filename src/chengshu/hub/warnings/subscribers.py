"""Terminal health becomes warnings."""

from datetime import datetime

from django.utils import timezone

from chengshu.core.events.outbox import subscribe
from chengshu.hub.sensing.events import TerminalHealthChanged
from chengshu.hub.sensing.models import Terminal

from .actions import clear_warning
from .faults import HEALTH_WATCH, has_lasted, raise_fault, rule_for
from .models import CityWarning
from .rules import RULES


@subscribe(TerminalHealthChanged)
def follow_terminal_health(happened: TerminalHealthChanged) -> None:
    """Clear the faults the terminal had, raise the one it has if it has lasted long enough; else
    the job that looks every minute does. Every fault may have been switched off."""
    since = datetime.fromisoformat(happened.since)
    _clear_others(happened, since)
    rule = rule_for(happened.health, timezone.localdate())
    if rule is None or not has_lasted(rule, since, timezone.now()):
        return
    terminal = Terminal.objects.select_related("place", "owner").get(pk=happened.terminal)
    raise_fault(rule, terminal, since, happened.properties)


def _clear_others(happened: TerminalHealthChanged, since: datetime) -> None:
    others = [name for health, name in RULES.items() if health != happened.health]
    active = CityWarning.objects.filter(
        rule__in=others,
        subject_type="terminal",
        subject_code=happened.code,
        state=CityWarning.State.ACTIVE,
    )
    for warning in active:
        clear_warning(warning, at=since, by=HEALTH_WATCH)
