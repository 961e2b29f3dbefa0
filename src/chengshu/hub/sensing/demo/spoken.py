"""Devices of the demonstration city that speak a protocol of their own."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.demo.part import DemoCity
from chengshu.hub.sensing.actions.devices import register_device
from chengshu.hub.sensing.actions.registration import (
    NewTerminal,
    define_properties,
    register_terminals,
)
from chengshu.hub.sensing.models import DeviceProtocol, ObservedProperty, Terminal
from chengshu.hub.sensing.models.secrets import code_of

from .fleets import near, spread

PROPERTIES = (
    ("a34004", "细颗粒物", "ug/m3", 0, 2000),
    ("a34002", "可吸入颗粒物", "ug/m3", 0, 5000),
    ("lon", "经度", "deg", -180, 180),
    ("lat", "纬度", "deg", -90, 90),
    ("speed", "车速", "km/h", 0, 400),
    ("direction", "行驶方向", "deg", 0, 360),
    ("device-state", "传输装置状态", "1", 0, 255),
    ("battery-voltage", "电源电压", "V", 0, 60),
)


@dataclass(frozen=True)
class SpokenFleet:
    """*count* devices of *owner* that speak *protocol*, with the intervals of their streams."""

    protocol: str
    code: str
    name: str
    owner: str
    count: int
    intervals: dict[str, int] = field(default_factory=dict)
    kind: str = Terminal.Kind.SENSOR


FLEETS = (
    SpokenFleet(DeviceProtocol.HJ212, "dust", "工地扬尘监测仪", "environment-bureau", 4,
                {"a34004": 60, "a34002": 60}),
    SpokenFleet(DeviceProtocol.JT808, "vehicle", "应急车载终端", "emergency-bureau", 4,
                {"lon": 60, "lat": 60, "speed": 60, "direction": 60}, Terminal.Kind.LOCATOR),
    SpokenFleet(DeviceProtocol.GB26875, "fire", "消防信息传输装置", "emergency-bureau", 2,
                {"device-state": 60}, Terminal.Kind.CONTROLLER),
    SpokenFleet(DeviceProtocol.SL651, "hydro", "水文遥测站", "water-bureau", 3,
                {"water-level": 60, "rainfall": 60, "battery-voltage": 60}),
)  # fmt: skip
PHONES, SOURCES, STATIONS = 13_900_000_000, 9_000, 99_000_000


def address_of(protocol: str, terminal: str, number: int) -> str:
    """What the *number*-th device of *protocol* calls itself."""
    match protocol:
        case DeviceProtocol.JT808:
            return str(PHONES + number)
        case DeviceProtocol.GB26875:
            return str(SOURCES + number)
        case DeviceProtocol.SL651:
            return f"{STATIONS + number:010}"
    return terminal


def password_of(address: str) -> str:
    """Four hexadecimal digits that fit the frames of every protocol; of this installation."""
    return code_of("demonstration", address)[:4]


@action("sensing.equip_demo_devices", _("Equip the demonstration city with devices"))
def equip_spoken(city: DemoCity, *, by: Actor) -> None:
    """Put the fleets into the city and register their devices."""
    define_properties(
        [
            ObservedProperty(code=code, name=name, unit=unit, lowest=lowest, highest=highest)
            for code, name, unit, lowest, highest in PROPERTIES
        ],
        by=by,
    )
    for fleet in FLEETS:
        terminals = register_terminals(_terminals(fleet, city), by=by)
        for number, terminal in enumerate(terminals, 1):
            address = address_of(fleet.protocol, terminal.code, number)
            register_device(
                by=by,
                protocol=fleet.protocol,
                address=address,
                terminal=terminal,
                secret=password_of(address),
            )
    note(devices=sum(fleet.count for fleet in FLEETS))


def _terminals(fleet: SpokenFleet, city: DemoCity) -> list[NewTerminal]:
    rng = city.rng(f"spoken {fleet.code}")
    made = []
    for number, place in enumerate(spread(city, fleet.count, rng), 1):
        lon, lat = near(place, rng)
        made.append(
            NewTerminal(
                code=f"{city.blueprint.code}-{fleet.code}-{number:03}",
                name=f"{place.parent.name if place.parent else ''}{fleet.name}{number:02}",
                kind=fleet.kind,
                place=place,
                owner=city.organisations[fleet.owner],
                lon=lon,
                lat=lat,
                properties=fleet.intervals,
            )
        )
    return made
