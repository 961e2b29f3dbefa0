"""A frame as JSON values, found wherever it stands among other bytes."""

from functools import singledispatch
from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded
from chengshu.kit.framing import first_frame

from .frames import FRAMING, Frame, decode
from .identifiers import DEMAND_TIME, Quantity, quantity
from .messages import (
    ERROR,
    MORE,
    SWITCH_COMMANDS,
    ChangePassword,
    Clock,
    Failure,
    Freeze,
    Message,
    MeterAddress,
    Reading,
    Request,
    Switch,
    Write,
)

FUNCTIONS = {
    0x01: "read",
    0x08: "time for all meters",
    0x11: "read",
    0x12: "read following",
    0x13: "read address",
    0x14: "write",
    0x15: "write address",
    0x16: "freeze",
    0x17: "baud rate",
    0x18: "password",
    0x19: "clear demand",
    0x1A: "clear meter",
    0x1B: "clear events",
    0x1C: "switch",
    0x1D: "multi-function output",
}


def decoded(octets: bytes) -> Decoded:
    try:
        found = first_frame(FRAMING, octets)
        frame = decode(found.octets)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    fields = _head(frame, found.octets) | _message(frame.message)
    around = {"before_hex": found.before.hex(), "after_hex": found.after.hex()}
    return Decoded(True, _title(frame), fields | {k: v for k, v in around.items() if v})


def _title(frame: Frame) -> str:
    name = FUNCTIONS.get(frame.control & 0x1F, "maker's function")
    if not frame.control & 0x80:
        return name
    return f"{name}: {'refused' if frame.control & ERROR else 'answer'}"


def _head(frame: Frame, octets: bytes) -> dict[str, Any]:
    data = frame.message.octets
    return {
        "edition": f"DL/T 645-{frame.edition}",
        "preamble": frame.preamble,
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "length": len(data),
        "checksum": f"{octets[-2]:02X}",
        "data_plain_hex": data.hex(),
        "more_follows": bool(frame.control & MORE),
    }


@singledispatch
def _message(message: Message) -> dict[str, Any]:
    return {}


@_message.register
def _(message: Request | ChangePassword) -> dict[str, Any]:
    return _identified(message.di)


@_message.register
def _(message: Reading) -> dict[str, Any]:
    return _identified(message.di) | _reading(message)


@_message.register
def _(message: Write) -> dict[str, Any]:
    return _identified(message.di) | {"written_hex": message.data.hex()}


@_message.register
def _(message: Failure) -> dict[str, Any]:
    return {"error_byte": f"{message.code:02x}", "reasons": message.reasons}


@_message.register
def _(message: MeterAddress) -> dict[str, Any]:
    return {"returned_address": message.address}


@_message.register
def _(message: Clock | Freeze) -> dict[str, Any]:
    return {"time": message.time}


@_message.register
def _(message: Switch) -> dict[str, Any]:
    order = SWITCH_COMMANDS.get(message.command, f"{message.command:02X}")
    return {"command": order, "until": message.until}


def _identified(di: str) -> dict[str, Any]:
    known = quantity(di)
    return {"di": di} | ({"quantity": known.name} if known else {})


def _reading(reading: Reading) -> dict[str, Any]:
    known = quantity(reading.di)
    if not known or not reading.data:
        return {}
    if known.kind == "digits":
        return {"digits": reading.data[::-1].hex()}
    step = known.octets + (DEMAND_TIME if known.kind == "demand" else 0)
    pieces = [reading.data[at : at + step] for at in range(0, len(reading.data), step)]
    if known.parts:
        values = [_value(piece, known) for piece in pieces]
        return {"unit": known.unit, "values": values, "parts": list(known.parts[: len(values)])}
    found = {"unit": known.unit, "value": _value(pieces[0], known)}
    if known.kind == "demand":
        found["at"] = pieces[0][known.octets :][::-1].hex()
    return found


def _value(piece: bytes, known: Quantity) -> float | None:
    """None where the meter sent no decimals: it fills what it does not measure with FF."""
    octets = bytearray(piece[: known.octets][::-1])
    if len(octets) < known.octets:
        return None
    is_negative = known.is_signed and octets[0] & 0x80
    if is_negative:
        octets[0] &= 0x7F
    if not octets.hex().isdecimal():
        return None
    value = int(octets.hex()) / (1, 10, 100, 1000, 10000)[known.decimals]
    return -value if is_negative else value


CODEC = Codec(
    name="dlt645",
    title="Electricity meters",
    standard="DL/T 645-2007",
    is_text=False,
    decode=decoded,
)
