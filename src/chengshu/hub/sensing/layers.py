"""Terminals on the map, coloured by their health."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from chengshu.hub.onemap.layer import MOST_FEATURES, Layer, Spot, View, layers

from .models import Terminal
from .queries import VIEW, terminals_for


def _spots(view: View) -> Iterable[Spot]:
    rows = view.within(terminals_for(view.actor)).select_related("current")
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
