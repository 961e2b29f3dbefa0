"""A frame as JSON values, found wherever it stands among other bytes."""

from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded
from chengshu.kit.framing import Framed, first_frame

from .frames import ERROR, FRAMING, METER_TYPES, Exchange, Failure, Frame, check, decode
from .readings import Amount, Clock, Consumption, Heat, Status, Variant, read_current, read_variant

CURRENT = "901f"
READ_ANSWER, VARIANT_ANSWER = 0x81, 0xA1
FUNCTIONS = {
    0x01: "read",
    0x03: "read address",
    0x04: "write",
    0x09: "read key version",
    0x15: "write address",
    0x16: "set base",
}


def decoded(octets: bytes) -> Decoded:
    try:
        found = _found(octets)
        frame = decode(found.octets)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    fields = _head(frame, found.octets) | _message(frame)
    around = {"before_hex": found.before.hex(), "after_hex": found.after.hex()}
    return Decoded(True, _title(frame), fields | {k: v for k, v in around.items() if v})


def _found(octets: bytes) -> Framed:
    """The bytes as one frame, whatever its type of meter, or else the first frame in them."""
    try:
        check(octets)
    except BadFrame:
        return first_frame(FRAMING, octets)
    return Framed(b"", octets, b"")


def _title(frame: Frame) -> str:
    name = FUNCTIONS.get(frame.control & 0x3F, "maker's function")
    if not frame.control & 0x80:
        return name
    return f"{name}: {'refused' if frame.control & ERROR else 'answer'}"


def _head(frame: Frame, octets: bytes) -> dict[str, Any]:
    return {
        "preamble": frame.preamble,
        "meter_type": f"{frame.meter_type:02x}",
        "meter": METER_TYPES.get(frame.meter_type, ""),
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "length": len(frame.message.octets),
        "checksum": f"{octets[-2]:02X}",
    }


def _message(frame: Frame) -> dict[str, Any]:
    message = frame.message
    if isinstance(message, Failure):
        return {"ser": message.sequence, "status_hex": message.status.hex()}
    if not isinstance(message, Exchange):
        return {"data_hex": message.octets.hex()}
    found = {"di": message.di, "ser": message.sequence, "data_hex": message.data.hex()}
    if message.identifier != CURRENT:
        return found
    if frame.control == READ_ANSWER:
        return found | _current(message.data)
    if frame.control == VARIANT_ANSWER:
        return found | _variant(read_variant(message.data))
    return found


def _current(data: bytes) -> dict[str, Any]:
    match read_current(data):
        case Consumption() as read:
            return {
                **_amount("cumulative", read.cumulative),
                **_amount("settlement", read.settlement),
                **_clock(read.clock),
                **_status(read.status),
            }
        case Heat() as heat:
            return _heat(heat)
    return {}


def _heat(heat: Heat) -> dict[str, Any]:
    return {
        **_amount("settlement", heat.settlement),
        **_amount("cumulative", heat.cumulative),
        **_amount("power", heat.power),
        **_amount("flow", heat.flow),
        **_amount("cumulative_flow", heat.cumulative_flow),
        "supply_temperature": heat.supply,
        "return_temperature": heat.returned,
        "working_hours": heat.hours,
        **_clock(heat.clock),
        **_status(heat.status),
    }


def _amount(name: str, amount: Amount) -> dict[str, Any]:
    found: dict[str, Any] = {f"{name}_bcd": amount.digits, f"{name}_unit": amount.unit}
    return found | ({} if amount.value is None else {name: amount.value})


def _clock(clock: Clock) -> dict[str, Any]:
    if clock.moment is None:
        return {}
    found = {"time": clock.moment.isoformat()}
    turned = {"time_order": "most significant byte first (vendor variant)"}
    return found | (turned if clock.is_turned else {})


def _status(status: Status) -> dict[str, Any]:
    return {
        "status_hex": status.octets.hex(),
        "valve": status.valve,
        "battery_low": status.is_battery_low,
    }


def _variant(variant: Variant | None) -> dict[str, Any]:
    if not variant:
        return {}
    named = ("cumulative", "settlement", "flow")
    amounts = {name: getattr(variant, name) for name in named}
    layout: dict[str, Any] = {
        name: [octets[:1].hex(), octets[1:].hex()] for name, octets in amounts.items()
    }
    layout |= {"time_hex": variant.clock.hex(), "tail_hex": variant.tail.hex()}
    return {"vendor_layout": layout}


CODEC = Codec(
    name="cjt188",
    title="Water, gas and heat meters",
    standard="CJ/T 188-2004",
    is_text=False,
    decode=decoded,
)
