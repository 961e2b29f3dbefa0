"""Outlines of places as GeoJSON."""

from typing import Any

import shapely
from django.db.models import QuerySet
from shapely.geometry import mapping

from chengshu.core.places.models import Level, Place

TOLERANCE = {
    Level.PROVINCE: 0.002,
    Level.CITY: 0.001,
    Level.DISTRICT: 0.0003,
    Level.STREET: 0.0001,
}
"""How far, in degrees, a drawn outline may stray from the surveyed one."""


def outlines(places: "QuerySet[Place]") -> dict[str, Any]:
    """*places* that have an outline, as a feature collection; coordinates to about a metre."""
    return {
        "type": "FeatureCollection",
        "features": [_feature(place) for place in places.exclude(outline=None)],
    }


def _feature(place: Place) -> dict[str, Any]:
    assert place.outline is not None
    shape = shapely.from_wkb(bytes(place.outline))
    drawn = shapely.simplify(shape, TOLERANCE.get(Level(place.level), 0.0))
    return {
        "type": "Feature",
        "id": place.pk,
        "geometry": mapping(shapely.set_precision(drawn, 1e-5)),
        "properties": {
            "code": place.code,
            "name": place.name,
            "level": place.level,
            "centre": [place.lon, place.lat],
        },
    }
