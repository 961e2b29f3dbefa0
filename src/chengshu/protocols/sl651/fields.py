"""A frame as JSON values."""

from collections.abc import Iterable
from decimal import Decimal
from functools import singledispatch
from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded

from .answers import FUNCTIONS
from .bodies import SERIES, Body, read_body
from .elements import by_ascii, by_leader
from .frames import End, Frame, decode
from .parameters import BASIC, RUN, channel, parameter
from .parts import (
    Block,
    Counters,
    FixedQuantity,
    Group,
    ObservedAt,
    Part,
    Period,
    Rest,
    Series,
    Station,
    Step,
    Switches,
    Unread,
    Version,
    Wanted,
)
from .text import TextBody, read_text

FIRST_REPORT, LAST_REPORT = 0x30, 0x3A


def decoded(octets: bytes) -> Decoded:
    try:
        frame = decode(octets)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    found = _head(frame, octets)
    if frame.is_ascii:
        body = read_text(frame.text)
        found |= _text(body) if body and not frame.packet else {}
    elif not frame.packet:
        read = read_body(frame.function, frame.text, is_up=frame.is_up)
        found |= _body(frame, read) if isinstance(read, Body) else {"body": {}}
    return Decoded(True, _title(frame), found)


def _title(frame: Frame) -> str:
    name = FUNCTIONS.get(frame.function, f"function {frame.function:02X}")
    return f"{name}, {'up' if frame.is_up else 'down'}"


def _head(frame: Frame, octets: bytes) -> dict[str, Any]:
    size = len(octets) - (29 if frame.is_ascii else 17)
    tail = octets[-4:].decode("ascii") if frame.is_ascii else octets[-2:].hex()
    found: dict[str, Any] = {
        "direction": "up" if frame.is_up else "down",
        "center": frame.centre,
        "station": frame.station,
        "password": f"{frame.password:04x}",
        "function": f"{frame.function:02X}",
        "length": size,
        "start": "SYN" if frame.packet else "STX",
        "end": End(frame.end).name,
        "crc": tail.upper(),
        "body_hex": frame.text.hex(),
        "encoding": "ASCII" if frame.is_ascii else "HEX",
    }
    if frame.packet:
        found |= {"packet_total": frame.packet.total, "packet_index": frame.packet.index}
    return found


def _text(body: TextBody) -> dict[str, Any]:
    named = by_ascii()
    details = [
        {"id": identifier, "value": float(value), "unit": named[identifier.upper()].unit}
        for identifier, value in body.values()
        if identifier.upper() in named
    ]
    shown = {"serial": body.serial, "send_time": body.send_time, "pairs": body.pairs}
    return {"body": shown, "details": details}


def _body(frame: Frame, body: Body) -> dict[str, Any]:
    shown: dict[str, Any] = {"serial": body.serial, "send_time": body.send_time}
    if frame.is_up and FIRST_REPORT <= frame.function <= LAST_REPORT:
        shown |= _report(frame.function, body.parts)
    return {"body": shown, "details": [_detail(frame.function, part) for part in body.parts]}


def _report(function: int, parts: tuple[Part, ...]) -> dict[str, Any]:
    """Station, time and elements under the names by which reports are known."""
    found: dict[str, Any] = {}
    at = 0
    for part in parts[:2]:
        if isinstance(part, Station) and not at:
            found |= {"station": part.address, "station_type": _kind(part)}
        elif isinstance(part, ObservedAt):
            found["obs_time"] = part.time
        else:
            break
        at += 1
    rest = parts[at:]
    if function in SERIES:
        return found | _series(rest)
    elements = [pair for part in rest for pair in _element(part)]
    unread = [part for part in rest if isinstance(part, Unread)]
    for part in rest:
        if isinstance(part, Step):
            found["step_dhm"] = part.dhm
    found |= {"elements": elements} if elements else {}
    return found | ({"rest_hex": _hex(unread)} if unread else {})


def _kind(station: Station) -> str | None:
    return None if station.kind is None else f"{station.kind:02X}"


def _series(parts: tuple[Part, ...]) -> dict[str, Any]:
    match parts:
        case (Step() as step, Series() as series):
            values = [_number(value) for value in series.values]
            return {"step_dhm": step.dhm, "series": {series.identifier: values}}
    return {"rest_hex": _hex(parts)}


def _hex(parts: Iterable[Part]) -> str:
    return b"".join(part.octets for part in parts).hex()


def _element(part: Part) -> list[list[Any]]:
    match part:
        case Group():
            return [[part.identifier, part.data.hex() if part.is_status else _number(part.value)]]
        case Block():
            return [[part.identifier, [_number(value) for value in part.values]]]
        case Rest():
            return [[part.identifier, part.data.hex()]]
        case ObservedAt():
            return [["F0F0", part.time]]
        case Station():
            return [["F1F1", part.address]]
    return []


def _detail(function: int, part: Part) -> dict[str, Any]:
    """Everything that the part says, with the names of elements, parameters and bits."""
    found: dict[str, Any] = {"part": type(part).__name__.lower(), "hex": part.octets.hex()}
    if isinstance(part, Group | Block | Series | Rest | Wanted):
        found |= {"id": part.identifier} | _named(function, part.identifier)
    if function in BASIC and isinstance(part, Group):
        address = channel(part.leader[0], part.data)
        return found | {"data": part.data.hex()} | ({"channel": address} if address else {})
    return found | _content(part)


def _named(function: int, identifier: str) -> dict[str, Any]:
    if function in BASIC | RUN:
        known = parameter(function, identifier)
        return {"name": known.name, "unit": known.unit} if known else {}
    element = by_leader().get(identifier)
    return {"name": element.name_en or element.name_zh, "unit": element.unit} if element else {}


@singledispatch
def _content(part: Part) -> dict[str, Any]:
    return {}


@_content.register
def _(part: Group) -> dict[str, Any]:
    return {"status": part.status} if part.is_status else {"value": _number(part.value)}


@_content.register
def _(part: Block | Series) -> dict[str, Any]:
    return {"values": [_number(value) for value in part.values]}


@_content.register
def _(part: Station) -> dict[str, Any]:
    return {"station": part.address, "station_type": _kind(part)}


@_content.register
def _(part: Step) -> dict[str, Any]:
    return {"step_dhm": part.dhm}


@_content.register
def _(part: ObservedAt) -> dict[str, Any]:
    return {"time": part.time}


@_content.register
def _(part: Period) -> dict[str, Any]:
    return {"start": part.start, "end": part.end}


@_content.register
def _(part: Version) -> dict[str, Any]:
    return {"version": part.text.decode("ascii", errors="replace")}


@_content.register
def _(part: Switches) -> dict[str, Any]:
    return {"states": part.states, "openings_cm": list(part.openings)}


@_content.register
def _(part: Counters) -> dict[str, Any]:
    return {"counters": part.named}


@_content.register
def _(part: FixedQuantity) -> dict[str, Any]:
    return {"on": part.state == 0xFF}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


CODEC = Codec(
    name="sl651",
    title="Hydrological monitoring",
    standard="SL 651-2014",
    is_text=False,
    decode=decoded,
)
