"""The platform's own rules: what it means when a terminal fails."""

from django.utils.translation import gettext_lazy as _

from .rule import ConditionRule, register

TERMINAL_FAULT = "terminal-fault"

SILENT = register(
    ConditionRule(
        name="sensing.terminal-silent",
        title=_("Terminal sends nothing"),
        severity="yellow",
        case_type=TERMINAL_FAULT,
    )
)
FROZEN = register(
    ConditionRule(
        name="sensing.terminal-frozen",
        title=_("Terminal repeats one value"),
        severity="blue",
        case_type=TERMINAL_FAULT,
    )
)
PARTIAL = register(
    ConditionRule(
        name="sensing.terminal-partial",
        title=_("Terminal sends only some of its values"),
        severity="blue",
        case_type=TERMINAL_FAULT,
    )
)
