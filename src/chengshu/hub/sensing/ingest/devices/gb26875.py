"""GB/T 26875.3: transmission devices of fire alarm systems."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from chengshu.hub.sensing.events import DeviceAlarm
from chengshu.protocols.gb26875 import (
    Command,
    Frame,
    Line,
    Reader,
    Stamp,
    Unit,
    confirm,
    decode,
    deny,
    encode,
)
from chengshu.protocols.gb26875.layouts import Layout
from chengshu.protocols.gb26875.objects import (
    AnalogueValue,
    ComponentState,
    DeviceState,
    SystemState,
)

from .book import DeviceBook, Registered
from .heard import TAKEN, UNKNOWN, Alarm, Heard, Reading, Session, scaled
from .naming import stream_of

ALARMS = {1: "fire", 2: "fault"}
"""By bit of the state words."""
DUTY_MINUTES = 5


class Gb26875Session(Session):
    protocol: ClassVar[str] = "gb26875"
    silence_seconds = 300

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = Reader()
        self._address = ""
        self._line = Line(0, 0)
        self._serial = 0

    def hear(self, frame: bytes, now: datetime) -> Heard:
        message = decode(frame)
        address = str(message.source)
        device, verdict = self.known(address)
        is_said = message.command == Command.SEND
        if device is None:
            return Heard(address, UNKNOWN)
        zone = device.settings["zone"]
        refusal = encode(deny(message, now.astimezone(zone))) if is_said else b""
        if verdict != TAKEN:
            return Heard(address, verdict, device, answer=refusal)
        self._line = Line(centre=message.destination, device=message.source)
        answer = encode(confirm(message, now.astimezone(zone))) if is_said else b""
        objects = message.unit.objects if isinstance(message.unit, Unit) else ()
        return Heard(
            address,
            TAKEN,
            device,
            readings=[found for one in objects for found in _readings(one, message, device)],
            alarms=[found for one in objects for found in _alarms(one, message, device)],
            answer=answer,
            failure=refusal,
        )

    def order(self, words: Sequence[str], now: datetime) -> bytes:
        """``duty``: ask for the guard."""
        if self.device is None or words[0] != "duty":
            return b""
        self._serial = (self._serial + 1) & 0xFFFF
        local = now.astimezone(self.device.settings["zone"])
        return encode(self._line.duty_check(self._serial, local, DUTY_MINUTES))


def _key(one: Layout) -> str:
    """What settings call the part of the site that *one* speaks of; empty for the device."""
    match one:
        case ComponentState() | AnalogueValue():
            system = f"{one.system_type}.{one.system_address}"
            return f"{system}.{one.component_type}.{one.component.hex()}"
        case SystemState():
            return f"{one.system_type}.{one.system_address}"
    return ""


def _time(stamp: Stamp, message: Frame, device: Registered) -> datetime | None:
    zone = device.settings["zone"]
    at = stamp.moment(zone) or message.time.moment(zone)
    return at.astimezone(UTC) if at else None


def _readings(one: Layout, message: Frame, device: Registered) -> Iterator[Reading]:
    key = _key(one)
    terminal: str = device.settings["terminals"].get(key, device.terminal)
    is_own = terminal == device.terminal
    match one:
        case AnalogueValue():
            said = str(one.analog_type)
            stream = stream_of(device, terminal, f"{key}.{said}", said)
            value = None if one.value is None else scaled(device, said, one.value)
            at = _time(one.time, message, device)
            yield Reading(terminal, stream, at, value, 0, str(one.value_raw))
            return
        case ComponentState() | SystemState():
            said = f"state-{key}" if is_own else "state"
        case DeviceState():
            said = "device-state"
        case _:
            return
    stream = stream_of(device, terminal, said)
    if device.has(terminal, stream):
        yield Reading(terminal, stream, _time(one.time, message, device), one.state)


def _alarms(one: Layout, message: Frame, device: Registered) -> Iterator[Alarm]:
    if not isinstance(one, ComponentState | SystemState | DeviceState):
        return
    at = _time(one.time, message, device)
    for bit, kind in ALARMS.items():
        if not one.state >> bit & 1:
            continue
        said = at.isoformat() if at else ""
        happened = DeviceAlarm(
            device=device.code,
            terminal=device.terminal_id,
            code=device.terminal,
            kind=kind,
            component=_key(one),
            at=said,
            state=one.state,
        )
        number = "" if at else message.serial
        yield Alarm(happened, f"gb26875 {device.id} {_key(one)} {kind} {said}{number}")
