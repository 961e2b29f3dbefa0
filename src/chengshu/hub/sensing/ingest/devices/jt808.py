"""JT/T 808: terminals of vehicles. Registered, then authenticated, then heard."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from chengshu.kit.codec import BadFrame
from chengshu.protocols.jt808 import (
    Assembly,
    Header,
    Incomplete,
    Location,
    Message,
    Reader,
    RegisterResult,
    Result,
    answer_to,
    decode,
    encode,
    extras,
    general_reply,
    register_reply,
    resend_request,
    server_time,
)
from chengshu.protocols.jt808.bodies import Authentication, LocationBatch, MediaData, Register

from .book import DeviceBook, Registered
from .heard import (
    ANOTHER,
    DISABLED,
    NO_TERMINAL,
    NOT_AUTHENTICATED,
    NOT_SUPPORTED,
    TAKEN,
    UNKNOWN,
    WRONG_SECRET,
    Heard,
    Reading,
    Session,
    local_time,
    scaled,
)
from .naming import stream_of

REGISTER, AUTHENTICATE, LOG_OUT, TIME = 0x0100, 0x0102, 0x0003, 0x0004
HEARTBEATS = 3
QUIET_SECONDS = 5.0
UNCERTAIN = 1
EXTRAS = {
    "mileage_km": "mileage",
    "fuel_l": "fuel",
    "recorder_speed_kmh": "recorder-speed",
    "cabin_temperature_c": "cabin-temperature",
    "signal_strength": "signal-strength",
    "satellites": "satellites",
}


class Jt808Session(Session):
    protocol: ClassVar[str] = "jt808"
    silence_seconds = 180

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = Reader()
        self._assembly = Assembly()
        self._asked: dict[tuple[str, int], float] = {}
        self._serial = 0
        self._phone = ""
        """The address that has authenticated itself on this connection."""

    def hear(self, frame: bytes, now: datetime) -> Heard:
        message = decode(frame)
        address = message.header.phone.lstrip("0") or "0"
        device, verdict = self.known(address)
        if device is not None:
            self.silence_seconds = HEARTBEATS * device.settings["heartbeat_seconds"]
        if message.header.message_id == REGISTER:
            return self._registered(message, address, device, verdict)
        if message.header.message_id == AUTHENTICATE:
            return self._authenticated(message, address, device, verdict)
        if device is None or verdict != TAKEN:
            return Heard(address, verdict, device, answer=self._failure(message.header, device))
        if self._phone != address:
            verdict = ANOTHER if self._phone else NOT_AUTHENTICATED
            return Heard(address, verdict, device, answer=self._failure(message.header, device))
        return self._taken(message, address, device, now)

    def tick(self) -> Sequence[bytes]:
        """Ask once for the parts of split messages that did not come."""
        seconds = time.monotonic()
        self._assembly.expire(seconds)
        out = []
        for gap in self._assembly.gaps(seconds, QUIET_SECONDS):
            key = (gap.header.phone, gap.first_serial)
            if seconds - self._asked.get(key, -1e9) < self._assembly.timeout:
                continue
            self._asked = {k: at for k, at in self._asked.items() if seconds - at < 600}
            self._asked[key] = seconds
            out.append(self._resend(gap))
        return out

    def _resend(self, gap: Incomplete) -> bytes:
        missing = gap.missing[:125]
        asked = resend_request(gap.header, self._next(), gap.first_serial, missing)
        return encode(self._shaped(asked, self.device))

    def _next(self) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        return self._serial

    def _shaped(self, message: Message, device: Registered | None) -> Message:
        """In the layout of 2013 for a terminal that is set so."""
        if device is None or not device.settings["force_2013"]:
            return message
        header = replace(
            message.header,
            version_flag=False,
            protocol_version=None,
            phone=message.header.phone[-12:],
        )
        return replace(message, header=header)

    def _said(self, message: Message | None, device: Registered | None) -> bytes:
        return encode(self._shaped(message, device)) if message else b""

    def _failure(self, header: Header, device: Registered | None) -> bytes:
        return self._said(general_reply(header, self._next(), Result.FAILURE), device)

    def _registered(
        self, message: Message, address: str, device: Registered | None, verdict: str
    ) -> Heard:
        if not isinstance(message.body, Register):
            raise BadFrame("body", "The registration cannot be read")
        result = _registration(message.body, device, verdict)
        code = device.given_code if device is not None else ""
        answer = register_reply(message.header, self._next(), result, code)
        if verdict == TAKEN and result != RegisterResult.DONE:
            verdict = ANOTHER
        return Heard(address, verdict, device, answer=self._said(answer, device))

    def _authenticated(
        self, message: Message, address: str, device: Registered | None, verdict: str
    ) -> Heard:
        if not isinstance(message.body, Authentication):
            raise BadFrame("body", "The authentication cannot be read")
        if device is None or verdict != TAKEN:
            return Heard(address, verdict, device, answer=self._failure(message.header, device))
        code = message.body.auth_code
        is_own = code == device.given_code or bool(device.kept and device.knows(code))
        if not is_own:
            answer = self._failure(message.header, device)
            return Heard(address, WRONG_SECRET, device, answer=answer)
        self._phone = address
        answer = self._said(answer_to(message, self._next()), device)
        return Heard(address, TAKEN, device, answer=answer)

    def _taken(self, message: Message, address: str, device: Registered, now: datetime) -> Heard:
        header = message.header
        failure = self._failure(header, device)
        if header.message_id == TIME:
            answer = self._said(server_time(header, self._next(), now), device)
            return Heard(address, TAKEN, device, answer=answer)
        whole = self._whole(message)
        if whole is not None and isinstance(whole.body, MediaData):
            refusal = general_reply(header, self._next(), Result.NOT_SUPPORTED)
            return Heard(address, NOT_SUPPORTED, device, answer=self._said(refusal, device))
        readings = list(_readings(whole, device)) if whole is not None else []
        answer = self._said(answer_to(message, self._next()), device)
        return Heard(
            address,
            TAKEN,
            device,
            readings=readings,
            answer=answer,
            failure=failure,
            ends=header.message_id == LOG_OUT,
        )

    def _whole(self, message: Message) -> Message | None:
        for found in self._assembly.add(message, time.monotonic()):
            if isinstance(found, Message):
                return found
        return None


def _registration(body: Register, device: Registered | None, verdict: str) -> RegisterResult:
    if device is None or verdict in (UNKNOWN, DISABLED, NO_TERMINAL):
        return RegisterResult.NO_SUCH_TERMINAL
    terminal, plate = device.settings["terminal_id"], device.settings["plate"]
    if terminal and terminal != body.terminal_id:
        return RegisterResult.TERMINAL_REGISTERED
    if plate and plate != body.plate:
        return RegisterResult.NO_SUCH_VEHICLE
    return RegisterResult.DONE


def _readings(message: Message, device: Registered) -> Iterator[Reading]:
    if isinstance(message.body, LocationBatch):
        for location in message.body.locations:
            yield from _of_location(location, device)
    elif isinstance(message.body, Location):
        yield from _of_location(message.body, device)


def _of_location(location: Location, device: Registered) -> Iterator[Reading]:
    """Only what the terminal has a datastream for: no terminal has all of them."""
    at = local_time(location.time_digits, device.settings["zone"])
    for said, value in _values(location).items():
        stream = stream_of(device, device.terminal, said)
        if not device.has(device.terminal, stream):
            continue
        is_old = said in ("lon", "lat") and not location.is_positioned
        value = scaled(device, said, value)
        yield Reading(device.terminal, stream, at, value, UNCERTAIN if is_old else 0)


def _values(location: Location) -> dict[str, float]:
    longitude, latitude = location.point
    found: dict[str, float] = {
        "lon": longitude,
        "lat": latitude,
        "altitude": location.signed_altitude,
        "speed": location.speed_kmh,
        "direction": location.course,
        "alarm": location.alarm,
        "status": location.status,
    }
    more = extras(location.items)
    return found | {name: more[said] for said, name in EXTRAS.items() if said in more}
