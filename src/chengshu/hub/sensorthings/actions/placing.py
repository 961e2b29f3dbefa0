"""Where what is made through SensorThings belongs, and whose it is."""

from typing import Any

import shapely

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import Actor, Reach
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.locate import locator
from chengshu.core.places.models import Place
from chengshu.kit.errors import Conflict

from ..query.geometry import shape_of_json

Point = tuple[float, float]


class Nowhere(Conflict):
    """The city has no place tree or no organisation yet."""

    code = "sta-nowhere"


def home_of(by: Actor, permission: str, point: Point | None) -> tuple[Place, Organisation]:
    """The deepest place at *point* within the actor's area, else the area; and the organisation
    that the actor acts for. Raises Nowhere."""
    reaches = by.policy.of(permission)
    place = _at(point, reaches) or _area(reaches)
    owner = _organisation(by, reaches)
    if place is None or owner is None:
        raise Nowhere("The city needs a place and an organisation before it can have things")
    return place, owner


def point_of(location: Any) -> Point | None:
    """Longitude and latitude of a GeoJSON place: its middle where it is no point."""
    shape = shape_of_json(location)
    if shape is None or shapely.is_empty(shape):
        return None
    middle = shapely.centroid(shape)
    lon, lat = float(shapely.get_x(middle)), float(shapely.get_y(middle))
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _at(point: Point | None, reaches: list[Reach]) -> Place | None:
    area = locator().at(*point) if point is not None else None
    if area is None or not any(area.path.startswith(reach.place_path) for reach in reaches):
        return None
    return Place.objects.filter(pk=area.id).first()


def _area(reaches: list[Reach]) -> Place | None:
    for reach in reaches:
        if reach.place_path:
            return Place.objects.filter(path=reach.place_path).first()
    return Place.objects.filter(parent=None).order_by("code").first()


def _organisation(by: Actor, reaches: list[Reach]) -> Organisation | None:
    for reach in reaches:
        if reach.organisation_path:
            return Organisation.objects.filter(path=reach.organisation_path).first()
    if isinstance(by, Person) and by.user.organisation is not None:
        return by.user.organisation
    return Organisation.objects.filter(parent=None).order_by("code").first()
