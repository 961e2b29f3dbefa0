"""The sensing ledgers and the panels of a terminal's page."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.pages.navigation import section
from chengshu.core.records.ledger import Column, Ledger, Points, RecordPanel, register

from .actions import registration
from .models import Carrier, Feed, ObservedProperty, Rejection, Terminal
from .queries import latest

section("sensing", _("Sensing"), icon="sensor", order=50)


def _health(terminal: Terminal) -> str:
    current = getattr(terminal, "current", None)
    return current.get_health_display() if current else str(Terminal.Health.UNKNOWN.label)


def _live(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    return {"values": latest(terminal, timezone.now())}


register(
    Ledger(
        name="sensing.terminals",
        model=Terminal,
        icon="sensor",
        columns=(
            "code",
            "name",
            "kind",
            "place",
            "owner",
            "state",
            Column("health", _("health"), _health, sort="current__health"),
        ),
        filters=("kind", "state", "place", "owner", "feed"),
        search=("code", "name"),
        sort=("code", "name", "place"),
        fields=(
            "code",
            "name",
            "kind",
            "place",
            "owner",
            "grade",
            "lon",
            "lat",
            "feed",
            "carrier",
            "maker",
            "purpose",
            "built_on",
        ),
        layer=Points(color_by="state"),
        buttons={
            "suspend": registration.suspend_terminal,
            "resume": registration.resume_terminal,
        },
        retire=registration.retire_terminal,
        panels=(
            RecordPanel(
                name="sensing.live",
                title=_("Live values"),
                template="sensing/live.html",
                context=_live,
                order=10,
            ),
        ),
    )
)
register(
    Ledger(
        name="sensing.carriers",
        model=Carrier,
        icon="pole",
        columns=("code", "name", "kind", "place", "owner", "slots"),
        filters=("kind", "place", "owner"),
        search=("code", "name"),
        fields=("code", "name", "kind", "place", "owner", "grade", "lon", "lat", "slots"),
        layer=Points(color_by="kind"),
    )
)
register(
    Ledger(
        name="sensing.properties",
        model=ObservedProperty,
        icon="ruler",
        columns=("code", "name", "unit", "lowest", "highest", "quiet_below"),
        search=("code", "name"),
        fields=("code", "name", "unit", "lowest", "highest", "quiet_below"),
    )
)
register(
    Ledger(
        name="sensing.feeds",
        model=Feed,
        icon="feed",
        columns=("code", "name", "clock"),
        fields=("code", "name", "clock"),
    )
)
register(
    Ledger(
        name="sensing.rejections",
        model=Rejection,
        icon="stop",
        columns=("at", "sender", "entrance", "code", "message"),
        filters=("entrance", "code"),
        search=("sender",),
        order=("-id",),
    )
)
