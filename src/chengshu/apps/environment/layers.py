"""Air stations on the map, coloured by the class of their index."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.hub.onemap.layer import MOST_FEATURES, Layer, Spot, View, layers

from .queries import LEVEL_KEYS, VIEW, station_indices, stations_for


def _spots(view: View) -> Iterable[Spot]:
    """A station without an index is ``silent`` and has no class."""
    rows = view.within(stations_for(view.actor))
    stations = list(rows[: MOST_FEATURES + 1])
    indices = station_indices(view.actor, stations, view.at or timezone.now())
    for station in stations:
        index = indices.get(station.terminal_id)
        yield Spot(
            id=station.pk,
            code=station.code,
            name=station.name,
            lon=station.lon or 0.0,
            lat=station.lat or 0.0,
            state=LEVEL_KEYS[index.level] if index and index.level else "silent",
            level=index.level if index else None,
            value=index.value if index else None,
            unit="AQI",
            at=index.at if index else None,
            href=f"/environment/stations/{station.code}/",
        )


layers.add(
    "environment.stations",
    Layer(
        name="environment.stations",
        title=_("Air quality"),
        group=_("Environment"),
        permission=VIEW,
        spots=_spots,
        color_by="level",
    ),
)
