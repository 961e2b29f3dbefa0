"""The air quality index by place and station."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router

from chengshu.core.access.policy import require
from chengshu.core.access.requests import CityRequest
from chengshu.hub.onemap.queries import place_named
from chengshu.kit.errors import NotFound

from .queries import (
    VIEW,
    as_json,
    moment_of,
    place_index,
    seen_place,
    station_day,
    station_indices,
    station_moment,
    station_named,
    stations_for,
)

router = Router(tags=["environment"])


@router.get("/aqi")
def air_quality(
    request: CityRequest, place: str = "", at: datetime | None = None
) -> dict[str, Any]:
    """The index of a place and its stations, now or in the hour of *at*.

    A station without an index says why; the edition of HJ 633 follows from the date.
    """
    require(request.actor, VIEW)
    shown = seen_place(request.actor, place_named(place, request.actor))
    if shown is None:
        raise NotFound("There is no place to report on", where={"place": place})
    moment = moment_of(shown, at or timezone.now(), is_live=at is None)
    stations = list(stations_for(request.actor, shown).select_related("place"))
    indices = station_indices(request.actor, stations, moment, exactly=at is not None)
    return {
        "place": {"code": shown.code, "name": shown.name},
        "moment": moment,
        **as_json(place_index(request.actor, shown, moment, exactly=at is not None)),
        "stations": [
            {
                "code": station.code,
                "name": station.name,
                "place": station.place.code,
                **as_json(indices.get(station.terminal_id)),
            }
            for station in stations
        ],
    }


@router.get("/stations/{code}/day")
def station_chart(request: CityRequest, code: str) -> dict[str, Any]:
    """The station's index of the last 24 hours, as charts take it."""
    station = station_named(code, request.actor)
    day = station_day(request.actor, station, station_moment(station))
    points = [[at.isoformat(), value] for at, value in day]
    return {"unit": "", "series": [{"title": str(_("Air quality index")), "points": points}]}
