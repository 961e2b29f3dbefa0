"""A small still map of one row: the outline it lies in, its own outline and its point."""

from dataclasses import dataclass
from math import cos, radians
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from chengshu.core.places.models import Place

WIDTH, HEIGHT, MARGIN = 360.0, 240.0, 14.0
DETAIL = 400  # steps across the drawing: what is smaller cannot be seen


@dataclass(frozen=True)
class Sketch:
    """Paths in a drawing of WIDTH by HEIGHT; *x*, *y* is the point, None without one."""

    around: str
    shape: str
    x: float | None
    y: float | None
    place: str


def sketch(row: Any) -> Sketch | None:
    """None for a row that has no position."""
    lon, lat = getattr(row, "lon", None), getattr(row, "lat", None)
    own = _outline(row)
    at = None if lon is None or lat is None else (float(lon), float(lat))
    if own is None and at is None:
        return None
    place = row if isinstance(row, Place) else getattr(row, "place", None)
    around, title = _around(place, row)
    frame = around or own
    if frame is None:
        frame = shapely.Point(*at).buffer(0.01) if at else shapely.Point()
    to_xy = _projection(frame)
    x, y = to_xy(*at) if at else (None, None)
    return Sketch(_path(around, to_xy), _path(own, to_xy), x, y, title)


def _outline(row: Any) -> BaseGeometry | None:
    raw = getattr(row, "outline", None)
    return shapely.from_wkb(bytes(raw)) if raw else None


def _around(place: Any, row: Any) -> tuple[BaseGeometry | None, str]:
    """The smallest place above *row* that has an outline."""
    if place is None:
        return None, ""
    codes = [code for code in place.path.split("/") if code]
    paths = ["/" + "/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]
    above = Place.objects.filter(path__in=paths, outline__isnull=False).order_by("-path")
    for found in above[:3]:
        if found.pk != row.pk or not isinstance(row, Place):
            return _outline(found), found.name
    return None, str(place)


def _projection(frame: BaseGeometry) -> Any:
    west, south, east, north = frame.bounds
    squeeze = cos(radians((south + north) / 2))
    wide, high = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    left, top = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2

    def to_xy(lon: float, lat: float) -> tuple[float, float]:
        return (
            round(left + (lon - west) * squeeze * scale, 1),
            round(top + (north - lat) * scale, 1),
        )

    return to_xy


def _path(outline: BaseGeometry | None, to_xy: Any) -> str:
    if outline is None:
        return ""
    west, south, east, north = outline.bounds
    plain = outline.simplify(max(east - west, north - south) / DETAIL)
    rings = []
    for part in getattr(plain, "geoms", [plain]):
        for ring in (part.exterior, *part.interiors) if hasattr(part, "exterior") else (part,):
            points = (to_xy(*point[:2]) for point in ring.coords)
            rings.append("M" + "L".join(f"{x} {y}" for x, y in points) + "Z")
    return "".join(rings)
