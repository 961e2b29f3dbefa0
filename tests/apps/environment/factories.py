"""Air stations and their indices."""

from datetime import datetime

from chengshu.apps.environment.actions.stations import NewStation, register_stations
from chengshu.apps.environment.domain import AQI
from chengshu.apps.environment.models import AirStation
from chengshu.core.access.policy import System
from chengshu.core.places.models import Place
from chengshu.hub.indicators.models import IndicatorValue
from chengshu.hub.sensing.actions.registration import NewTerminal
from chengshu.hub.sensing.models import Feed
from tests.core.access.factories import make_organisation, make_place

FULL = {"pm2.5": 62.0, "pm10": 90.0, "so2": 8.0, "no2": 30.0, "co": 0.6, "o3": 80.0, "o3-8h": 70.0}
OPERATOR = System(
    "tests",
    frozenset(
        {
            "environment.register_stations",
            "sensing.register_terminals",
            "sensing.define_properties",
        }
    ),
)


def make_station(
    code: str = "S1", place: Place | None = None, feed: Feed | None = None
) -> AirStation:
    place = place or make_place()
    terminal = NewTerminal(
        code=code,
        name=f"站{code}",
        kind="sensor",
        place=place,
        owner=make_organisation(place=place),
        lon=121.0,
        lat=22.0,
        properties=dict.fromkeys(FULL, 3600),
    )
    return register_stations([NewStation(terminal)], by=OPERATOR, feed=feed)[0]


def make_index(
    place: Place,
    at: datetime,
    value: float | None = 82,
    *,
    station: AirStation | None = None,
    na_reason: str | None = None,
) -> IndicatorValue:
    level = None if value is None else 2
    return IndicatorValue.objects.create(
        indicator=AQI,
        place=place,
        terminal=station.terminal if station else None,
        at=at,
        value=value,
        detail={
            "primary": ["pm2.5"] if value else [],
            "level": level,
            "na_reason": na_reason,
            "edition": "HJ 633-2026",
            "iaqi": {"pm2.5": value, "pm10": 70},
            "concentration": FULL,
        },
    )
