"""The platform's own rules: what it means when a terminal fails, by its health.

One that is silent with its gateway has no rule: the gateway's is enough.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from chengshu.core.words import Words
from chengshu.hub.sensing.models import Terminal

from .rule import ConditionRule, register

TERMINAL_FAULT = "terminal-fault"
Health = Terminal.Health


@dataclass(frozen=True)
class Fault:
    """What a health means unless the city decides otherwise."""

    title: Words
    severity: str = "blue"
    after_seconds: int = 0
    is_enabled: bool = True


FAULTS = {
    Health.SILENT: Fault(_("Terminal sends nothing"), "yellow"),
    Health.FROZEN: Fault(_("Terminal repeats one value")),
    Health.PARTIAL: Fault(_("Terminal sends only some of its values")),
    Health.OUT_OF_RANGE: Fault(_("Terminal sends implausible values")),
    Health.JUMPING: Fault(_("Values of the terminal jump")),
    Health.CLOCK_WRONG: Fault(_("Clock of the terminal is wrong")),
    Health.LOW_BATTERY: Fault(_("Battery of the terminal is low"), after_seconds=3600),
    Health.LATE: Fault(_("Terminal is late"), after_seconds=600, is_enabled=False),
}

RULES: dict[str, str] = {
    health.value: register(
        ConditionRule(
            name=f"sensing.terminal-{health.value}",
            title=fault.title,
            severity=fault.severity,
            case_type=TERMINAL_FAULT,
            after_seconds=fault.after_seconds,
            is_enabled=fault.is_enabled,
        )
    ).name
    for health, fault in FAULTS.items()
}
"""Health to the name of its rule."""
