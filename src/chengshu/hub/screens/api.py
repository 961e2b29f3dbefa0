"""The cockpit's API."""

from datetime import datetime
from typing import Annotated, Any

from annotated_types import Ge, Le
from django.conf import settings
from django.utils import timezone
from ninja import Router

from chengshu.core.access.policy import may, require
from chengshu.core.access.requests import CityRequest
from chengshu.hub.onemap.layer import VIEW, layers
from chengshu.hub.onemap.queries import place_named

from .city import shown_city
from .panel import Question, panels
from .queries import panel_list, timeline

router = Router(tags=["cockpit"])


def _question(request: CityRequest, place: str, at: datetime | None) -> Question:
    return Question(
        actor=request.actor,
        place=place_named(place, request.actor),
        at=at or timezone.now(),
        is_live=at is None,
    )


@router.get("/city")
def screen(request: CityRequest) -> dict[str, Any]:
    """What stands on the city's screen for this reader."""
    require(request.actor, VIEW)
    return {
        "name": "city",
        **shown_city(),
        "zone": settings.TIME_ZONE,
        "panels": panel_list(request.actor),
        "layers": [layer.as_json() for layer in layers if may(request.actor, layer.permission)],
    }


@router.get("/city/panels/{name}")
def panel(
    request: CityRequest, name: str, place: str = "", at: datetime | None = None
) -> dict[str, Any]:
    """One panel, filled for the reader, a place and a moment."""
    wanted = panels[name]
    require(request.actor, wanted.permission)
    filled = wanted.fill(_question(request, place, at))
    return {
        "at": filled.at,
        "quality": filled.quality,
        "note": str(filled.note),
        "body": filled.body,
    }


@router.get("/city/timeline")
def city_timeline(
    request: CityRequest,
    hours: Annotated[int, Ge(1), Le(72)] = 24,
    place: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """What happened when, for the timeline under the map."""
    return timeline(_question(request, place, at), hours)
