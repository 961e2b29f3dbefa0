"""Terminals on the map by their health, carriers by whether they have room."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import visible_to
from chengshu.hub.onemap.layer import MOST_FEATURES, Layer, Spot, View, layers

from .models import Carrier, Terminal
from .presenting import VIEW_CARRIER
from .queries import VIEW, terminals_for


def _spots(view: View) -> Iterable[Spot]:
    standing = terminals_for(view.actor).exclude(state=Terminal.State.RETIRED)
    rows = view.within(standing).select_related("current")
    for terminal in rows.order_by("pk")[: MOST_FEATURES + 1]:
        current = getattr(terminal, "current", None)
        health = Terminal.Health(current.health) if current else Terminal.Health.UNKNOWN
        yield Spot(
            id=terminal.pk,
            code=terminal.code,
            name=terminal.name,
            lon=terminal.lon or 0.0,
            lat=terminal.lat or 0.0,
            state=health.value,
            state_title=health.label,
            at=current.since if current else None,
            href=f"/sensing/terminals/{terminal.code}/",
        )


layers.add(
    "sensing.terminals",
    Layer(
        name="sensing.terminals",
        title=_("Terminals"),
        group=_("Sensing"),
        permission=VIEW,
        spots=_spots,
        listens=("terminal.health-changed",),
    ),
)


def _carriers(view: View) -> Iterable[Spot]:
    seen = visible_to(Carrier.objects.filter(valid_to=None), view.actor, VIEW_CARRIER)
    for carrier in view.within(seen).order_by("pk")[: MOST_FEATURES + 1]:
        free = carrier.free_slots
        yield Spot(
            id=carrier.pk,
            code=carrier.code,
            name=carrier.name,
            lon=carrier.lon or 0.0,
            lat=carrier.lat or 0.0,
            state="open" if free else "closed",
            state_title=_("Has free slots") if free else _("Full"),
            value=free,
            unit=str(_("free slots")),
            href=f"/sensing/carriers/{carrier.code}/",
        )


layers.add(
    "sensing.carriers",
    Layer(
        name="sensing.carriers",
        title=_("Carriers"),
        group=_("Sensing"),
        permission=VIEW_CARRIER,
        spots=_carriers,
    ),
)
