"""The application unit: a type, a count and that many objects."""

from dataclasses import dataclass

from chengshu.kit.codec import BadFrame

from . import objects
from .layouts import SHORT, Layout

LONGEST = 1024


@dataclass(frozen=True)
class UnitType:
    """An application type; *command* is what carries it: 1 control, 2 send data, 4 request."""

    code: int
    layout: type[Layout]
    limit: int
    command: int


TYPES = {
    each.code: each
    for each in (
        UnitType(1, objects.SystemState, 102, 2),
        UnitType(2, objects.ComponentState, 22, 2),
        UnitType(3, objects.AnalogueValue, 63, 2),
        UnitType(4, objects.SystemOperation, 102, 2),
        UnitType(5, objects.SystemVersion, 1, 2),
        UnitType(6, objects.SystemConfiguration, 3, 2),
        UnitType(7, objects.ComponentConfiguration, 26, 2),
        UnitType(8, objects.SystemClock, 1, 2),
        UnitType(21, objects.DeviceState, 1, 2),
        UnitType(24, objects.DeviceOperation, 127, 2),
        UnitType(25, objects.DeviceVersion, 1, 2),
        UnitType(26, objects.DeviceConfiguration, 1, 2),
        UnitType(28, objects.DeviceClock, 1, 2),
        UnitType(61, objects.ReadSystem, 102, 4),
        UnitType(62, objects.ReadComponent, 22, 4),
        UnitType(63, objects.ReadComponent, 63, 4),
        UnitType(64, objects.ReadSystemOperations, 1, 4),
        UnitType(65, objects.ReadSystem, 1, 4),
        UnitType(66, objects.ReadSystem, 3, 4),
        UnitType(67, objects.ReadComponent, 26, 4),
        UnitType(68, objects.ReadSystem, 1, 4),
        UnitType(81, objects.ToDevice, 1, 4),
        UnitType(84, objects.ReadDeviceOperations, 1, 4),
        UnitType(85, objects.ToDevice, 1, 4),
        UnitType(86, objects.ToDevice, 1, 4),
        UnitType(88, objects.ToDevice, 1, 4),
        UnitType(89, objects.ToDevice, 1, 1),
        UnitType(90, objects.SetClock, 1, 1),
        UnitType(91, objects.DutyCheck, 1, 1),
    )
}


@dataclass(frozen=True)
class Unit:
    """A decoded unit. Real devices send more objects than the standard allows: they are kept."""

    type: int
    objects: tuple[Layout, ...]
    surplus: bytes = b""
    """Bytes after the last object."""


@dataclass(frozen=True)
class RawUnit:
    """A unit that cannot be decoded: of a reserved or a maker's type, or of bad content."""

    octets: bytes
    reason: str


def decode_unit(octets: bytes) -> Unit:
    """Raise BadFrame for a type without a known layout and for a unit that is cut off."""
    if len(octets) < 2:
        raise BadFrame(SHORT, f"an application unit has 2 bytes at least, not {len(octets)}")
    if len(octets) > LONGEST:
        raise BadFrame("application unit too long", f"{len(octets)} bytes are over {LONGEST}")
    code, count = octets[0], octets[1]
    if code not in TYPES:
        raise BadFrame("application type", f"type {code} is reserved or a maker's own")
    found, at = [], 2
    for _ in range(count):
        one, at = TYPES[code].layout.read(octets, at)
        found.append(one)
    return Unit(code, tuple(found), octets[at:])


def encode_unit(unit: Unit | RawUnit) -> bytes:
    if isinstance(unit, RawUnit):
        return unit.octets
    head = bytes((unit.type, len(unit.objects)))
    return head + b"".join(one.octets for one in unit.objects) + unit.surplus
