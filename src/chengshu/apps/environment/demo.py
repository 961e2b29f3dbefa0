"""What the environment adds to the demonstration city: air stations and how its air goes."""

from chengshu.core.demo.part import DemoCity, DemoPart, register
from chengshu.hub.sensing.actions.registration import NewTerminal
from chengshu.hub.sensing.demo.curves import Curve, curves, rush_hours, warm_afternoon
from chengshu.hub.sensing.demo.fleets import near, simulated, spread
from chengshu.hub.sensing.models import Terminal

from .actions.stations import NewStation, register_stations
from .domain import POLLUTANTS
from .models import AirStation

STATIONS = 22
NATIONAL = 4
INTERVAL_SECONDS = 300
NAME = "空气站"

CURVES = {
    "pm2.5": Curve(base=44, shape=rush_hours, day=0.18, drift=0.55, wander=0.18, jitter=0.05,
                   spread=0.15, weather="air", episodes=0.03, height=130, episode_hours=2),
    "pm10": Curve(base=78, shape=rush_hours, day=0.2, drift=0.5, wander=0.2, jitter=0.05,
                  spread=0.15, weather="air", episodes=0.015, height=220, episode_hours=2),
    "so2": Curve(base=9, drift=0.3, wander=0.25, jitter=0.08, spread=0.2, weather="air"),
    "no2": Curve(base=36, shape=rush_hours, day=0.35, drift=0.25, wander=0.2, jitter=0.05,
                 spread=0.2, weather="air"),
    "co": Curve(base=0.7, shape=rush_hours, day=0.2, drift=0.25, wander=0.2, jitter=0.05,
                spread=0.15, weather="air", decimals=2),
    "o3": Curve(base=88, shape=warm_afternoon, day=0.7, drift=0.25, wander=0.1, jitter=0.03,
                spread=0.1, weather="sun"),
    "o3-8h": Curve(base=80, shape=warm_afternoon, day=0.5, drift=0.2, wander=0.05, jitter=0.01,
                   spread=0.08, weather="sun"),
}  # fmt: skip

for code, curve in CURVES.items():
    curves.add(code, curve)


def _build(city: DemoCity) -> None:
    rng = city.rng("air stations")
    owner = city.organisations["environment-bureau"]
    count = max(3, round(STATIONS * city.blueprint.terminals))
    stations = []
    for number, place in enumerate(spread(city, count, rng), 1):
        lon, lat = near(place, rng)
        terminal = NewTerminal(
            code=f"{city.blueprint.code}-air-{number:03}",
            name=f"{place.parent.name if place.parent else ''}{NAME}",
            kind=Terminal.Kind.SENSOR,
            place=place,
            owner=owner,
            lon=lon,
            lat=lat,
            properties={pollutant.code: INTERVAL_SECONDS for pollutant in POLLUTANTS},
            extra={"attributes": simulated()},
        )
        control = AirStation.Control.NATIONAL if number <= NATIONAL else AirStation.Control.STREET
        stations.append(NewStation(terminal, control))
    register_stations(stations, by=city.by)


register(DemoPart("environment.stations", "ledgers", _build))
