"""The ledger of terminals and the panels of a terminal's page."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, may, visible_to
from chengshu.core.records.ledger import (
    Button,
    Column,
    Ledger,
    Points,
    RecordPanel,
    fields_of,
    register,
)
from chengshu.hub.sensing.actions import mounting, registration
from chengshu.hub.sensing.actions.exporting import EXPORT
from chengshu.hub.sensing.coding import faults_of_terminals
from chengshu.hub.sensing.health.past import past
from chengshu.hub.sensing.models import Mounting, ReuseRequest, Terminal
from chengshu.hub.sensing.presenting import mountings_of
from chengshu.hub.sensing.queries import latest
from chengshu.hub.sensing.twins import twins_of

State = Terminal.State
PLACE = fields_of(Mounting, "carrier", "slot", "power_ports", "network_ports", "from_on")


def _health(terminal: Terminal) -> str:
    current = getattr(terminal, "current", None)
    return current.get_health_display() if current else str(Terminal.Health.UNKNOWN.label)


def _live(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    return {"values": latest(terminal, timezone.now()), "may_export": may(actor, EXPORT, terminal)}


def _past(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    state = getattr(terminal, "current", None)
    return {"state": state, "past": past(terminal, timezone.now())}


def _mountings(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    return {"mountings": mountings_of(terminal, actor)}


def _reuses(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    seen = visible_to(ReuseRequest.objects.all(), actor, "sensing.view_reuserequest")
    return {"reuses": seen.filter(terminal=terminal).select_related("organisation")[:20]}


def _in(*states: State) -> Callable[[Terminal], bool]:
    return lambda terminal: terminal.state in states


def _is_loose(terminal: Terminal) -> bool:
    return terminal.carrier_id is None and terminal.state != State.RETIRED


def _is_mounted(terminal: Terminal) -> bool:
    return terminal.carrier_id is not None


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
            "sector",
            "carrier",
            "state",
            Column("health", _("health"), _health, sort="current__health"),
            "maker",
            "model",
            "gateway",
            "commissioned_on",
            "request",
        ),
        filters=(
            "kind",
            "state",
            "place",
            "owner",
            "sector",
            "carrier",
            "gateway",
            "request",
            "feed",
        ),
        search=("code", "name", "serial"),
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
            "sector",
            "state",
            "gateway",
            "maker",
            "model",
            "serial",
            "purpose",
            "built_on",
        ),
        fixed=("state",),
        check=faults_of_terminals,
        twins=twins_of,
        layer=Points(color_by="state"),
        buttons={
            "build": Button(
                registration.build_terminal,
                shows=_in(State.PLANNED),
                asks=fields_of(Terminal, "built_on"),
            ),
            "commission": Button(
                registration.commission_terminal,
                shows=_in(State.BUILT),
                asks=fields_of(Terminal, "commissioned_on"),
            ),
            "suspend": Button(registration.suspend_terminal, shows=_in(State.IN_SERVICE)),
            "resume": Button(registration.resume_terminal, shows=_in(State.SUSPENDED)),
            "mount": Button(mounting.mount_terminal, shows=_is_loose, asks=PLACE),
            "move": Button(mounting.move_terminal, shows=_is_mounted, asks=PLACE),
            "unmount": Button(
                mounting.unmount_terminal,
                shows=_is_mounted,
                asks=fields_of(Mounting, "until_on"),
            ),
        },
        retire=registration.retire_terminal,
        panels=(
            RecordPanel(
                name="sensing.health",
                title=_("Health"),
                template="sensing/health_of_terminal.html",
                context=_past,
                order=5,
            ),
            RecordPanel(
                name="sensing.live",
                title=_("Live values"),
                template="sensing/live.html",
                context=_live,
                order=10,
            ),
            RecordPanel(
                name="sensing.mountings",
                title=_("Carrier"),
                template="sensing/mountings_of_terminal.html",
                context=_mountings,
                order=20,
            ),
            RecordPanel(
                name="sensing.reuses",
                title=_("Reuse"),
                template="sensing/reuses_of_terminal.html",
                context=_reuses,
                permission="sensing.view_reuserequest",
                order=30,
            ),
        ),
    )
)
