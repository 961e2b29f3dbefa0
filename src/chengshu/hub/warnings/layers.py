"""Active warnings on the map."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import visible_to
from chengshu.hub.onemap.layer import MOST_FEATURES, Layer, Spot, View, layers

from .models import CityWarning
from .queries import standing_at
from .wording import symbol

VIEW = "warnings.view_citywarning"


def _spots(view: View) -> Iterable[Spot]:
    rows = visible_to(CityWarning.objects.exclude(lon=None), view.actor, VIEW)
    rows = rows.filter(standing_at(view.at))
    if view.place is not None:
        rows = rows.filter(place__path__startswith=view.place.path)
    if view.box is not None:
        west, south, east, north = view.box.west, view.box.south, view.box.east, view.box.north
        rows = rows.filter(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
    for warning in rows[: MOST_FEATURES + 1]:
        yield Spot(
            id=warning.pk,
            code=warning.code,
            name=warning.title,
            lon=warning.lon or 0.0,
            lat=warning.lat or 0.0,
            state=warning.state,
            severity=warning.severity,
            value=warning.value,
            unit=symbol(warning.unit),
            at=warning.last_seen_at,
            href=f"/warnings/warnings/{warning.code}/",
        )


layers.add(
    "warnings.active",
    Layer(
        name="warnings.active",
        title=_("Active warnings"),
        group=_("Events"),
        permission=VIEW,
        spots=_spots,
        color_by="severity",
        listens=("warning.raised", "warning.escalated", "warning.cleared"),
    ),
)
