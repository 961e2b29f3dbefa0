"""A frame or a bare application unit as JSON values."""

from collections.abc import Callable
from dataclasses import fields as fields_of
from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded

from . import objects
from .frames import HEAD, Frame, decode
from .layouts import Layout
from .stamps import Stamp
from .tables import COMPONENT_BITS, DEVICE_BITS, OPERATION_BITS, SYSTEM_BITS, bit_names
from .units import TYPES, RawUnit, Unit, decode_unit

COMMANDS = ("", "control", "data", "confirmation", "request", "answer", "denial")
FIRST_REQUEST, LAST_REQUEST = 61, 68
PLAIN = (objects.ToDevice, objects.ReadDeviceOperations, objects.DutyCheck)
BITS: tuple[tuple[type[Layout], tuple[str, ...]], ...] = (
    (objects.SystemState, SYSTEM_BITS),
    (objects.ComponentState, COMPONENT_BITS),
    (objects.DeviceState, DEVICE_BITS),
)


def decoded(octets: bytes) -> Decoded:
    """A frame, or a unit without a frame around it when the start mark is missing."""
    if not octets.startswith(HEAD[:1]):
        return _decoded_unit(octets)
    try:
        frame = decode(octets)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    return Decoded(True, _sentence(frame), _frame(frame, octets))


def _decoded_unit(octets: bytes) -> Decoded:
    try:
        unit = decode_unit(octets)
    except BadFrame as refusal:
        return Decoded(False, refusal.message, {"error": refusal.reason, "objects": []})
    return Decoded(True, _title(unit), _bare_unit(unit))


def text_of(description: bytes) -> str:
    """GB 18030 without the padding; what cannot be read becomes U+FFFD."""
    return description.decode("gb18030", errors="replace").strip("\0 ")


def _sentence(frame: Frame) -> str:
    command = COMMANDS[frame.command] if frame.command < len(COMMANDS) else "maker's command"
    return f"{command}: {_title(frame.unit)}" if frame.unit else command


def _title(unit: Unit | RawUnit) -> str:
    return TYPES[unit.type].layout.TITLE if isinstance(unit, Unit) else unit.reason


def _frame(frame: Frame, octets: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {
        "serial": frame.serial,
        "version_major": frame.version_major,
        "version_minor": frame.version_minor,
        "time": str(frame.time),
        "source": frame.source,
        "destination": frame.destination,
        "source_hex": octets[12:18].hex(),
        "destination_hex": octets[18:24].hex(),
        "app_length": len(octets) - 30,
        "command": frame.command,
        "checksum": f"0x{octets[-3]:02X}",
    }
    if isinstance(frame.unit, Unit):
        shown = [_shown(one, _zone_and_number) for one in frame.unit.objects]
        found["app"] = _head(frame.unit.type, len(shown)) | {"objects": shown}
        found["details"] = [_detail(one) for one in frame.unit.objects]
    elif frame.unit:
        raw = frame.unit.octets
        found["app"] = _head(raw[0], raw[1] if len(raw) > 1 else 0) | {"objects": []}
        found |= {"app_error": frame.unit.reason, "app_hex": raw.hex()}
    return found


def _head(code: int, count: int) -> dict[str, Any]:
    return {"type": code, "count": count}


def _bare_unit(unit: Unit) -> dict[str, Any]:
    shown = [_shown(one, _one_number) for one in unit.objects]
    found = _head(unit.type, len(shown)) | {"objects": shown}
    if FIRST_REQUEST <= unit.type <= LAST_REQUEST:
        found["query"] = [
            [one["system_type"], one["system_address"]] if len(one) == 2 else one for one in shown
        ]
    return found | {"details": [_detail(one) for one in unit.objects]}


def _shown(one: Layout, address: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    """The object under the names of the standard's fields; *address* tells the component's."""
    if isinstance(one, PLAIN):
        return {"raw_hex": one.octets.hex()}
    found: dict[str, Any] = {}
    for each in fields_of(one):
        value = getattr(one, each.name)
        if each.name == "component":
            found |= address(value)
        else:
            found[each.name] = _plain(value)
        if each.name == "value_raw" and isinstance(one, objects.AnalogueValue) and one.quantity:
            found |= {"value": one.value, "unit": one.quantity.unit}
    return found


def _plain(value: object) -> object:
    if isinstance(value, Stamp):
        return str(value)
    return text_of(value) if isinstance(value, bytes) else value


def _one_number(component: bytes) -> dict[str, Any]:
    return {"component_address": int.from_bytes(component, "little")}


def _zone_and_number(component: bytes) -> dict[str, Any]:
    return {
        "component_address_hex": component.hex(),
        "component_zone": int.from_bytes(component[:2], "little"),
        "component_number": int.from_bytes(component[2:], "little"),
    }


def _detail(one: Layout) -> dict[str, Any]:
    """Everything that the object says, with the meaning of codes and bits."""
    found: dict[str, Any] = {each.name: _plain(getattr(one, each.name)) for each in fields_of(one)}
    if component := getattr(one, "component", None):
        del found["component"]
        found |= _zone_and_number(component) | _one_number(component)
    for name in ("system_name", "component_name"):
        if hasattr(one, name):
            found[name] = getattr(one, name)
    for layout, names in BITS:
        if isinstance(one, layout):
            found["states"] = bit_names(found["state"], names)
    if "operation" in found:
        found["operations"] = bit_names(found["operation"], OPERATION_BITS)
    if isinstance(one, objects.AnalogueValue) and one.quantity:
        quantity = one.quantity
        found |= {"quantity": quantity.name, "value": one.value, "unit": quantity.unit}
    return found


CODEC = Codec(
    name="gb26875",
    title="Fire alarm transmission",
    standard="GB/T 26875.3-2011",
    is_text=False,
    decode=decoded,
)
