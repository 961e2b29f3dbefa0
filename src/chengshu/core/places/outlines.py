"""Outlines at the door: repaired, in CGCS2000, with a label point."""

from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from chengshu.kit.errors import Invalid
from chengshu.kit.geodesy.offsets import Datum, convert

from .models import Place

FIELDS = ("outline", "lon", "lat")


class NoArea(Invalid):
    """A polygon without an inside."""

    code = "no-area"


def is_on_earth(outline: Any) -> bool:
    """Whether every coordinate is a longitude and latitude."""
    if outline.is_empty:
        return False
    west, south, east, north = outline.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def draw(place: Place, outline: Any, datum: Datum) -> None:
    """Give *place* an outline in *datum*, repaired where rings cross. Raises NoArea."""
    repaired = _polygons(shapely.make_valid(outline))
    if repaired.is_empty:
        raise NoArea("The outline has no area.", where={"code": place.code})
    is_ours = datum is Datum.CGCS2000
    converted = (
        repaired if is_ours else shapely.transform(repaired, partial(_converted, datum=datum))
    )
    label = converted.representative_point()
    place.outline = shapely.to_wkb(converted)
    place.lon, place.lat = label.x, label.y


def _polygons(shape: Any) -> Any:
    """The areas of *shape*; the lines and points that a repair leaves over are dropped."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    areas = [part for part in parts if part.geom_type == "Polygon"]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _converted(points: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    return np.array([convert(lon, lat, datum, Datum.CGCS2000) for lon, lat in points])
