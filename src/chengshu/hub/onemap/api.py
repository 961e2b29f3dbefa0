"""The one map's API."""

from datetime import datetime
from typing import Any

from ninja import Query, Router

from chengshu.core.access.policy import may, require, visible_to
from chengshu.core.access.requests import CityRequest
from chengshu.core.places.models import Level, Place
from chengshu.kit.errors import Invalid, NotFound

from .layer import VIEW, Box, View, features
from .ledger_layers import known_layers
from .outlines import outlines
from .queries import found, place_named

router = Router(tags=["map"])


@router.get("/places")
def places(request: CityRequest, level: Level = Level.DISTRICT, within: str = "") -> dict[str, Any]:
    """Outlines of one level, all or below the place *within*."""
    rows = visible_to(Place.objects.filter(level=level), request.actor, VIEW)
    if (place := place_named(within, request.actor)) is not None:
        rows = rows.filter(path__startswith=place.path)
    return outlines(rows)


@router.get("/layers")
def layer_list(request: CityRequest) -> list[dict[str, Any]]:
    """The layers the reader may see."""
    return [
        layer.as_json() for layer in known_layers().values() if may(request.actor, layer.permission)
    ]


@router.get("/layers/{name}/features")
def layer_features(
    request: CityRequest,
    name: str,
    bbox: str = "",
    place: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """One layer as GeoJSON, within a box and a place, now or at a past moment."""
    layer = known_layers().get(name)
    if layer is None:
        raise NotFound(f"There is no layer {name}", where={"layer": name})
    require(request.actor, layer.permission)
    view = View(
        actor=request.actor,
        box=Box.read(bbox) if bbox else None,
        place=place_named(place, request.actor),
        at=at,
    )
    return features(layer, view)


@router.get("/search")
def search(request: CityRequest, q: str = Query(max_length=60)) -> list[dict[str, Any]]:
    """Places and things by name or code."""
    if not q.strip():
        raise Invalid("Say what to look for", where={"field": "q"})
    return found(q.strip(), request.actor)
