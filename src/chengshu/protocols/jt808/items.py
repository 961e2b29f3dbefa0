"""Additional items of a location: id, length, value, to the end of the body."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple


class Item(NamedTuple):
    """An id may come twice in one location."""

    id: int
    value: bytes


def parse_items(octets: bytes, at: int) -> tuple[tuple[Item, ...], bytes]:
    """The whole items from *at*, and what is left when one is longer than the rest."""
    items = []
    size = len(octets)
    while at + 2 <= size:
        end = at + 2 + octets[at + 1]
        if end > size:
            break
        items.append(Item(octets[at], octets[at + 2 : end]))
        at = end
    return tuple(items), octets[at:]


def written_items(items: Iterable[Item]) -> bytes:
    """Raises ValueError for a value of more than 255 bytes."""
    return b"".join(bytes((item.id, len(item.value))) + item.value for item in items)


@dataclass(frozen=True)
class _Meaning:
    name: str
    sizes: tuple[int, ...]
    read: Callable[[bytes], Any]


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _tenths(value: bytes) -> float:
    return _number(value) / 10


def _signed(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _overspeed(value: bytes) -> dict[str, int]:
    area: dict[str, int] = {"area_type": value[0]}
    return area | ({"area_id": _number(value[1:])} if len(value) > 1 else {})


def _area_in_out(value: bytes) -> dict[str, int]:
    return {"area_type": value[0], "area_id": _number(value[1:5]), "direction": value[5]}


def _route_time(value: bytes) -> dict[str, int]:
    return {"route_id": _number(value[:4]), "seconds": _number(value[4:6]), "result": value[6]}


def _analog(value: bytes) -> list[int]:
    """AD0 is the low half."""
    return [_number(value[2:]), _number(value[:2])]


MEANINGS: Mapping[int, _Meaning] = MappingProxyType(
    {
        0x01: _Meaning("mileage_km", (4,), _tenths),
        0x02: _Meaning("fuel_l", (2,), _tenths),
        0x03: _Meaning("recorder_speed_kmh", (2,), _tenths),
        0x04: _Meaning("alarm_event_id", (2,), _number),
        0x06: _Meaning("cabin_temperature_c", (2,), _signed),
        0x11: _Meaning("overspeed", (1, 5), _overspeed),
        0x12: _Meaning("area_in_out", (6,), _area_in_out),
        0x13: _Meaning("route_time", (7,), _route_time),
        0x25: _Meaning("vehicle_signal", (4,), _number),
        0x2A: _Meaning("io_status", (2,), _number),
        0x2B: _Meaning("analog", (4,), _analog),
        0x30: _Meaning("signal_strength", (1,), _number),
        0x31: _Meaning("satellites", (1,), _number),
    }
)


def extras(items: Iterable[Item]) -> dict[str, Any]:
    """What the items of the standard mean, by name: km, litres, km/h, degrees Celsius.

    Items of other ids, and of the standard's ids with another length, are vendors' own and left
    out.
    """
    named = {}
    for item in items:
        meaning = MEANINGS.get(item.id)
        if meaning and len(item.value) in meaning.sizes:
            named[meaning.name] = meaning.read(item.value)
    return named


def tyre_pressures(items: Iterable[Item]) -> list[int | None] | None:
    """One number per wheel in Pa units (item 05 of 2019), None for a wheel without a sensor."""
    for item in items:
        if item.id == 0x05 and len(item.value) == 30:
            return [None if pressure == 0xFF else pressure for pressure in item.value]
    return None
