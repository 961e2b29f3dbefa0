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
    rows = visible_to(view.within(CityWarning.objects.all()), view.actor, VIEW)
    rows = rows.filter(standing_at(view.at))
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
