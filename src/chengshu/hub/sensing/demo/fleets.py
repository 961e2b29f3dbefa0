"""The devices of the demonstration city that belong to no domain app yet."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.demo.part import DemoCity
from chengshu.core.places.models import Level, Place
from chengshu.hub.sensing.actions.registration import (
    NewTerminal,
    define_properties,
    register_terminals,
)
from chengshu.hub.sensing.models import Carrier, ObservedProperty, Sector, Terminal

from .curves import Curve, after_dark, curves, rush_hours, warm_afternoon
from .rules import FLEETS as SECTOR_OF

NEAR_METRES = 60.0
METRES_PER_DEGREE = 111_320.0
SIMULATED = "simulated"

Kind = Terminal.Kind


@dataclass(frozen=True)
class Observed:
    """A property of the demonstration and how it goes."""

    code: str
    name: str
    unit: str
    curve: Curve
    lowest: float | None = None
    highest: float | None = None
    quiet_below: float | None = None
    more: dict[str, float] = field(default_factory=dict)


OBSERVED = (
    Observed(
        "noise", "环境噪声", "dB{A}",
        Curve(base=56, shape=rush_hours, day=0.09, wander=0.05, jitter=0.03, spread=0.08),
        0, 150,
    ),
    Observed(
        "ponding-depth", "道路积水深度", "cm",
        Curve(base=0, episodes=0.02, height=9, episode_hours=2, decimals=0), 0, 500, 1,
    ),
    Observed(
        "water-level", "河道水位", "m",
        Curve(base=4.2, drift=0.05, wander=0.01, jitter=0.004, spread=0.1, weather="rain",
              decimals=3), -10, 100, more={"largest_step": 0.8},
    ),
    Observed(
        "rainfall", "降水量", "mm",
        Curve(base=-1.2, drift=1.9, jitter=0.3, weather="rain"), 0, 200, 0,
    ),
    Observed(
        "tilt", "井盖倾角", "deg",
        Curve(base=0.4, spread=0.8, episodes=0.002, height=28, decimals=0), 0, 180, 5,
    ),
    Observed(
        "lamp-power", "路灯功率", "W",
        Curve(base=118, shape=after_dark, day=1, jitter=0.02, spread=0.05, decimals=0),
        0, 2000, 5,
    ),
    Observed(
        "voltage", "供电电压", "V",
        Curve(base=223, wander=0.012, jitter=0.006, spread=0.01), 0, 500,
    ),
    Observed(
        "temperature", "气温", "Cel",
        Curve(base=17, shape=warm_afternoon, day=0.28, drift=0.2, wander=0.02, jitter=0.01,
              spread=0.04, weather="air", lowest=-40), -60, 60,
        more={"normal_low": -30, "normal_high": 45},
    ),
    Observed(
        "battery", "电池电量", "%",
        Curve(base=76, wander=0.04, spread=0.2, highest=100, decimals=0), 0, 100, 100,
        more={"battery_low": 20},
    ),
    Observed(
        "humidity", "相对湿度", "%",
        Curve(base=66, shape=warm_afternoon, day=-0.2, drift=0.15, wander=0.04, jitter=0.01,
              spread=0.05, weather="rain", highest=100, decimals=0), 0, 100,
    ),
    Observed(
        "wind-speed", "风速", "m/s",
        Curve(base=2.6, shape=warm_afternoon, day=0.25, drift=0.5, wander=0.5, jitter=0.3,
              spread=0.2, weather="wind"), 0, 80,
    ),
)  # fmt: skip

for observed in OBSERVED:
    curves.add(observed.code, observed.curve)


@dataclass(frozen=True)
class Fleet:
    """*count* terminals of *owner*, on carriers of *carrier*; new ones unless *shares* is set."""

    code: str
    name: str
    carrier: str
    owner: str
    count: int
    intervals: dict[str, int] = field(default_factory=dict)
    kind: str = Kind.SENSOR
    purpose: str = ""
    shares: bool = False


POLE, MANHOLE, CABINET, BUILDING = (
    Carrier.Kind.POLE, Carrier.Kind.MANHOLE, Carrier.Kind.CABINET, Carrier.Kind.BUILDING,
)  # fmt: skip
FLEETS = (
    Fleet("lamp", "路灯控制器", POLE, "lighting", 110, {"lamp-power": 900, "voltage": 900},
          Kind.CONTROLLER, "照明"),
    Fleet("noise", "噪声监测仪", POLE, "environment-bureau", 32, {"noise": 300},
          purpose="声环境", shares=True),
    Fleet("gateway", "物联网关", CABINET, "drainage", 6, {"voltage": 900}, Kind.CONTROLLER,
          "窨井通信"),
    Fleet("camera", "视频监控点", POLE, "public-security", 36, {}, Kind.VIDEO, "公共安全",
          shares=True),
    Fleet("manhole", "井盖传感器", MANHOLE, "drainage", 80, {"tilt": 900, "battery": 21600},
          purpose="窨井安全"),
    Fleet("ponding", "积水监测仪", CABINET, "drainage", 24, {"ponding-depth": 300},
          purpose="内涝"),
    Fleet("river", "水位雷达", CABINET, "water-bureau", 10, {"water-level": 300, "rainfall": 300},
          purpose="河道"),
    Fleet("weather", "微型气象站", BUILDING, "emergency-bureau", 8,
          {"temperature": 600, "humidity": 600, "wind-speed": 600}, purpose="气象"),
)  # fmt: skip
ROOM: dict[str, dict[str, int]] = {
    POLE: {"slots": 4, "power_ports": 4, "network_ports": 3},
    MANHOLE: {"slots": 1, "power_ports": 1, "network_ports": 1},
    CABINET: {"slots": 6, "power_ports": 6, "network_ports": 8},
    BUILDING: {"slots": 3, "power_ports": 2, "network_ports": 2},
}
"""What a carrier of each kind offers."""
SILENT_GATEWAY = 1
FAULTS: dict[tuple[str, int], str] = {
    ("ponding", 1): "silent",
    ("ponding", 2): "mended",
    ("noise", 1): "frozen",
    ("noise", 2): "clock-wrong",
    ("lamp", 1): "partial",
    ("lamp", 2): "mended",
    ("river", 1): "jumping",
    ("river", 2): "mended",
    ("weather", 1): "out-of-range",
    ("weather", 2): "late",
    ("gateway", SILENT_GATEWAY): "silent",
    ("manhole", 1): "low-battery",
}
"""The ill ones: fleet and number to what is wrong with it."""
BELOW_GATEWAY = 6
"""How many manholes speak through each gateway."""
MAKERS = (("澄屿传感", "CY"), ("禾木仪联", "HM"), ("砚山测控", "YS"))
"""Invented, with the letters of their models."""


@action("sensing.equip_demo_city", _("Equip the demonstration city"))
def equip(city: DemoCity, *, by: Actor) -> None:
    """Put the fleets into the city: properties, carriers, terminals, a broken one among them."""
    define_properties(
        [
            ObservedProperty(
                code=each.code,
                name=each.name,
                unit=each.unit,
                lowest=each.lowest,
                highest=each.highest,
                quiet_below=each.quiet_below,
                **each.more,
            )
            for each in OBSERVED
        ],
        by=by,
    )
    carriers: dict[str, list[Carrier]] = {}
    terminals: list[NewTerminal] = []
    for fleet in FLEETS:
        terminals += _equipped(fleet, city, carriers)
    register_terminals(terminals, by=by)
    _connect(city)
    note(carriers=sum(map(len, carriers.values())), terminals=len(terminals))


def _equipped(
    fleet: Fleet, city: DemoCity, carriers: dict[str, list[Carrier]]
) -> list[NewTerminal]:
    rng = city.rng(f"fleet {fleet.code}")
    sectors = Sector.objects.in_bulk(field_name="code")
    count = max(2, round(fleet.count * city.blueprint.terminals))
    if fleet.shares:
        known = carriers[fleet.carrier]
        chosen = [known[n] for n in rng.choice(len(known), min(count, len(known)), replace=False)]
    else:
        chosen = _carriers(fleet, city, count, rng)
        carriers.setdefault(fleet.carrier, []).extend(chosen)
    return [
        NewTerminal(
            code=f"{city.blueprint.code}-{fleet.code}-{number:03}",
            name=f"{carrier.place.parent.name if carrier.place.parent else ''}"
            f"{fleet.name}{number:02}",
            kind=fleet.kind,
            place=carrier.place,
            owner=city.organisations[fleet.owner],
            lon=carrier.lon,
            lat=carrier.lat,
            carrier=carrier,
            properties=fleet.intervals,
            extra={
                "purpose": fleet.purpose,
                "sector": sectors[SECTOR_OF[fleet.code]],
                "commissioned_on": city.now.date(),
                **_made(fleet, number),
                "attributes": simulated(_fault(fleet.code, number)),
            },
        )
        for number, carrier in enumerate(chosen, 1)
    ]


def _made(fleet: Fleet, number: int) -> dict[str, str]:
    maker, letters = MAKERS[number % len(MAKERS)]
    return {
        "maker": maker,
        "model": f"{letters}-{fleet.code[:3].upper()}2",
        "serial": f"{letters}{fleet.code[:3].upper()}{number:06}",
    }


def _connect(city: DemoCity) -> None:
    """Let the first manholes behind the ones that speak for themselves use the gateways."""
    numbered = {row.code: row for row in Terminal.objects.filter(code__contains="-gateway-")}
    for number in range(1, len(numbered) + 1):
        gateway = numbered[f"{city.blueprint.code}-gateway-{number:03}"]
        codes = [f"{city.blueprint.code}-manhole-{below:03}" for below in _below(number)]
        Terminal.objects.filter(code__in=codes).update(gateway=gateway)


def _below(gateway: int) -> range:
    """Numbers of the manholes below the gateway *gateway*; the first manhole has none."""
    first = 2 + (gateway - 1) * BELOW_GATEWAY
    return range(first, first + BELOW_GATEWAY)


def simulated(fault: str = "") -> dict[str, Any]:
    """Attributes of a terminal whose observations are invented; *fault* is one of `faults`."""
    return {SIMULATED: True, **({"fault": fault} if fault else {})}


def _fault(fleet: str, number: int) -> str:
    """A device below a silent gateway is not heard either."""
    if fleet == "manhole" and number in _below(SILENT_GATEWAY):
        return "silent"
    return FAULTS.get((fleet, number), "")


def _carriers(fleet: Fleet, city: DemoCity, count: int, rng: np.random.Generator) -> list[Carrier]:
    owner = city.organisations[fleet.owner]
    made = []
    for number, place in enumerate(spread(city, count, rng), 1):
        lon, lat = near(place, rng)
        made.append(
            Carrier(
                code=f"{city.blueprint.code}-{fleet.carrier}-{fleet.code}-{number:03}",
                name=f"{place.parent.name if place.parent else ''}"
                f"{Carrier.Kind(fleet.carrier).label}{number:03}",
                kind=fleet.carrier,
                place=place,
                owner=owner,
                lon=lon,
                lat=lat,
                **ROOM[fleet.carrier],
                attributes=simulated(),
            )
        )
    return Carrier.objects.bulk_create(made)


def spread(city: DemoCity, count: int, rng: np.random.Generator) -> list[Place]:
    """*count* different cells."""
    cells = city.places(Level.CELL)
    return [cells[n] for n in sorted(rng.choice(len(cells), min(count, len(cells)), replace=False))]


def near(place: Place, rng: np.random.Generator) -> tuple[float, float]:
    """A position close to the label point of *place*."""
    assert place.lon is not None
    assert place.lat is not None
    east, north = rng.uniform(-NEAR_METRES, NEAR_METRES, 2)
    lon = place.lon + east / (METRES_PER_DEGREE * np.cos(np.radians(place.lat)))
    return round(float(lon), 6), round(place.lat + float(north) / METRES_PER_DEGREE, 6)
