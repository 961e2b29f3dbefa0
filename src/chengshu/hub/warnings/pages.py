"""The ledgers of warnings and rule settings, and what may be done on a warning's page."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, may, visible_to
from chengshu.core.pages.navigation import section
from chengshu.core.records.ledger import (
    Button,
    Column,
    Ledger,
    RecordPanel,
    register,
    register_panel,
)
from chengshu.hub.sensing.models import Terminal

from .actions import clear_warning
from .models import CityWarning, RuleSetting, Severity
from .wording import reading

section("warnings", _("Warnings"), icon="warning", order=40)
section(
    "rules",
    _("Rules in force"),
    icon="rule",
    url_name="rules-in-force",
    permission="warnings.view_rulesetting",
    order=80,
)


def _of_terminal(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    seen = visible_to(CityWarning.objects.all(), actor, "warnings.view_citywarning")
    latest = seen.filter(subject_type="terminal", subject_code=terminal.code)[:5]
    return {"warnings": [(warning, reading(warning)) for warning in latest]}


def _is_active(warning: CityWarning) -> bool:
    return warning.state == CityWarning.State.ACTIVE


def _ending(warning: CityWarning, actor: Actor) -> Mapping[str, Any]:
    is_active = _is_active(warning)
    rank = Severity(warning.severity).rank
    worse = [colour for colour in Severity if colour.rank > rank]
    return {
        "may_dismiss": is_active and may(actor, "warnings.dismiss_warning", warning),
        "worse": worse if is_active and may(actor, "warnings.escalate_warning", warning) else [],
    }


register(
    Ledger(
        name="warnings.warnings",
        model=CityWarning,
        title=_("Warning ledger"),
        icon="warning",
        columns=(
            "code",
            "severity",
            "title",
            "state",
            "kind",
            "place",
            "owner",
            Column("reading", _("value / threshold"), reading),
            "raised_at",
            "last_seen_at",
            "count",
            "cleared_at",
            "closing_reason",
        ),
        filters=("state", "severity", "kind", "place", "owner", "raised_at"),
        search=("code", "title", "subject_code", "rule"),
        order=("-code",),
        buttons={"clear": Button(clear_warning, shows=_is_active)},
        panels=(
            RecordPanel(
                name="warnings.ending",
                title=_("What to do"),
                template="warnings/ending.html",
                context=_ending,
                order=10,
            ),
        ),
    )
)
register(
    Ledger(
        name="warnings.settings",
        model=RuleSetting,
        icon="rule",
        section="rules",
        key="id",
        columns=("id", "rule", "parameters", "valid_from", "source"),
        filters=("valid_from",),
        search=("rule", "source"),
        fields=("rule", "parameters", "valid_from", "source"),
        order=("-id",),
    )
)
register_panel(
    RecordPanel(
        name="warnings.of-terminal",
        title=_("Warnings"),
        template="warnings/of_terminal.html",
        context=_of_terminal,
        ledger="sensing.terminals",
        permission="warnings.view_citywarning",
        order=40,
    )
)
