"""The ledgers of cases and of what the city decides about them."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.pages.navigation import section
from chengshu.core.records.ledger import Column, Ledger, RecordPanel, register, register_panel
from chengshu.hub.sensing.health.board import Remedies, remedies
from chengshu.hub.warnings.models import CityWarning

from .models import (
    Case,
    CaseType,
    FilingCondition,
    RoutingRule,
    StageLimit,
    WorkCalendar,
)
from .presenting import face
from .queries import origin_of
from .remedies import open_cases_of

section(
    "cases",
    _("Cases"),
    icon="case",
    url_name="case-workbench",
    permission="cases.view_case",
    order=30,
)
section("case-rules", _("Rules of cases"), icon="rule", order=85)


def _of_warning(warning: CityWarning, actor: Actor) -> Mapping[str, Any]:
    seen = visible_to(Case.objects.select_related("unit"), actor, "cases.view_case")
    case = seen.filter(origin=origin_of(warning.code)).first()
    return {"case": case, "face": face(case, timezone.now()) if case else None}


def _limit(row: FilingCondition | StageLimit) -> str:
    return f"{row.value:g} {row.get_unit_display()}"


register(
    Ledger(
        name="cases.cases",
        model=Case,
        title=_("Case ledger"),
        icon="case",
        columns=(
            "code",
            "title",
            "state",
            "type",
            "severity",
            "is_urgent",
            "place",
            "unit",
            "handler",
            "source",
            "reported_at",
            "due_at",
            "handled_at",
            "closed_at",
            "returns",
            "reworks",
        ),
        filters=(
            "state",
            "type",
            "unit",
            "place",
            "source",
            "severity",
            "is_urgent",
            "reported_at",
            "due_at",
        ),
        search=("code", "title", "address"),
        order=("-code",),
    )
)
register(
    Ledger(
        name="cases.types",
        model=CaseType,
        icon="list",
        section="case-rules",
        columns=(
            "code",
            "name",
            "group",
            "kind",
            "responsibility",
            "unit",
            "is_urgent",
            "is_automatic",
            "needs_check",
            "standard",
        ),
        filters=("group", "kind", "responsibility", "is_urgent"),
        search=("code", "name"),
        fields=(
            "code",
            "name",
            "group",
            "kind",
            "standard",
            "responsibility",
            "unit",
            "is_urgent",
            "is_automatic",
            "needs_check",
        ),
    )
)
register(
    Ledger(
        name="cases.conditions",
        model=FilingCondition,
        icon="clock",
        section="case-rules",
        key="id",
        columns=(
            "id",
            "type",
            "number",
            "text",
            Column("term", _("limit"), _limit),
            "closing",
            "source",
        ),
        filters=("type", "unit"),
        search=("text", "closing"),
        fields=("type", "number", "text", "value", "unit", "closing", "source"),
    )
)
register(
    Ledger(
        name="cases.limits",
        model=StageLimit,
        icon="clock",
        section="case-rules",
        key="id",
        columns=("id", "stage", "is_urgent", "type", Column("term", _("limit"), _limit), "source"),
        filters=("stage", "is_urgent", "type"),
        fields=("stage", "is_urgent", "type", "value", "unit", "source"),
    )
)
register(
    Ledger(
        name="cases.routing",
        model=RoutingRule,
        icon="rule",
        section="case-rules",
        columns=("code", "types", "place", "unit", "priority", "basis"),
        filters=("place", "unit"),
        search=("code", "types", "basis"),
        fields=("code", "types", "place", "unit", "priority", "basis"),
    )
)
register(
    Ledger(
        name="cases.calendars",
        model=WorkCalendar,
        icon="clock",
        section="case-rules",
        columns=("code", "name"),
        fields=("code", "name", "arrangement"),
    )
)
remedies.add("cases", Remedies("cases", open_cases_of))
register_panel(
    RecordPanel(
        name="cases.of-warning",
        title=_("Case"),
        template="cases/of_warning.html",
        context=_of_warning,
        ledger="warnings.warnings",
        permission="cases.view_case",
        order=20,
    )
)
