"""Layers of the one map: declared by ledgers and apps, filtered by row, drawn by the browser."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.permissions import declare
from chengshu.core.access.policy import Actor
from chengshu.core.places.models import Place
from chengshu.core.words import Words
from chengshu.kit.errors import Invalid
from chengshu.kit.registry import Registry

M = TypeVar("M", bound=Model)

VIEW = declare("map.view_map", _("See the map and the cockpit"))
MOST_FEATURES = 5000


@dataclass(frozen=True)
class Box:
    """West, south, east, north in CGCS2000 degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def read(cls, text: str) -> "Box":
        """Read ``w,s,e,n``. Raises Invalid unless it is a box on the globe."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise Invalid("bbox is not four numbers w,s,e,n", where={"field": "bbox"}) from None
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise Invalid("bbox is not a box on the globe", where={"field": "bbox"})
        return cls(west, south, east, north)


@dataclass(frozen=True)
class View:
    """What part of a layer is asked for, by whom; *at* is a past moment, None is now."""

    actor: Actor
    box: Box | None = None
    place: Place | None = None
    at: datetime | None = None

    def within(self, rows: "QuerySet[M]") -> "QuerySet[M]":
        """*rows* with a position (``lon``, ``lat``) in the box and a ``place`` below the one
        asked for."""
        found = rows.exclude(lon=None).exclude(lat=None)
        if self.place is not None:
            found = found.filter(place__path__startswith=self.place.path)
        if self.box is not None:
            found = found.filter(
                lon__range=(self.box.west, self.box.east),
                lat__range=(self.box.south, self.box.north),
            )
        return found


@dataclass(frozen=True)
class Spot:
    """One point of a layer. *state*, *severity* or *level* (a class from 1 up) choose its colour;
    *value* has *unit*."""

    id: int
    code: str
    name: str
    lon: float
    lat: float
    state: str = ""
    state_title: Words = ""
    severity: str = ""
    level: int | None = None
    value: float | None = None
    unit: str = ""
    at: datetime | None = None
    href: str = ""

    def as_feature(self) -> dict[str, Any]:
        facts = {key: getattr(self, key) for key in FACTS}
        facts["state_title"] = str(self.state_title)
        return {
            "type": "Feature",
            "id": self.id,
            "geometry": {
                "type": "Point",
                "coordinates": [round(self.lon, 6), round(self.lat, 6)],
            },
            "properties": facts,
        }


FACTS = ("id", "code", "name", "state", "severity", "level", "value", "unit", "at", "href")


@dataclass(frozen=True)
class Layer:
    """*spots* yields what the actor may see, at most `MOST_FEATURES` + 1 of it."""

    name: str
    title: Words
    group: Words
    permission: str
    spots: Callable[[View], Iterable[Spot]]
    kind: Literal["point", "heat"] = "point"
    color_by: Literal["state", "severity", "level", "value"] = "state"
    refresh_seconds: int = 60
    listens: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": str(self.title),
            "group": str(self.group),
            "kind": self.kind,
            "color_by": self.color_by,
            "refresh_seconds": self.refresh_seconds,
            "listens": list(self.listens),
        }


layers: Registry[Layer] = Registry("map layer", Layer)


def features(layer: Layer, view: View) -> dict[str, Any]:
    """The layer as GeoJSON; ``truncated`` is true when more was there than may be drawn."""
    found: list[dict[str, Any]] = []
    for spot in layer.spots(view):
        if len(found) == MOST_FEATURES:
            return _collection(found, truncated=True)
        found.append(spot.as_feature())
    return _collection(found, truncated=False)


def _collection(found: list[dict[str, Any]], *, truncated: bool) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": found, "truncated": truncated}
