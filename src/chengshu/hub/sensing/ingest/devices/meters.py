"""Meters behind a gateway that passes on the bytes of their line: DL/T 645 and CJ/T 188.

Meters speak when they are asked. A gateway names its line first; then the meters that are
registered for it are asked in turn.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols import cjt188, dlt645
from chengshu.protocols.cjt188.readings import Consumption, Heat, read_current
from chengshu.protocols.cjt188.requests import read as read_flow

from .book import DeviceBook, Registered
from .heard import TAKEN, UNKNOWN, Heard, Reading, Session, scaled
from .naming import stream_of

DIGITS_OF_FLOW = 14
MOST_LINE_NAME = 80


class BothReader:
    """Frames of either standard: what is none of DL/T 645 may be one of CJ/T 188."""

    def __init__(self) -> None:
        self._power, self._flow = dlt645.Reader(), cjt188.Reader()

    @property
    def held(self) -> int:
        return self._power.held + self._flow.held

    def feed(self, chunk: bytes) -> list[bytes | Spoilt]:
        return self._through(self._power.feed(chunk))

    def idle(self) -> list[bytes | Spoilt]:
        return [*self._through(self._power.idle()), *self._flow.idle()]

    def _through(self, found: list[bytes | Spoilt]) -> list[bytes | Spoilt]:
        out: list[bytes | Spoilt] = []
        for one in found:
            out += self._flow.feed(one.octets) if isinstance(one, Spoilt) else [one]
        return out


class MeterSession(Session):
    protocol: ClassVar[str] = "meters"

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = BothReader()
        self._line = ""
        self._due: deque[tuple[str, str]] = deque()
        self._asked_at = float("-inf")

    def hear(self, frame: bytes, now: datetime) -> Heard:
        try:
            power = dlt645.decode(frame)
        except BadFrame:
            return self._of_flow(cjt188.decode(frame), now)
        return self._of_power(power, frame, now)

    def noise(self, octets: bytes) -> bool:
        """The name of a line, as gateways say it when they connect."""
        name = octets[:MOST_LINE_NAME].decode("ascii", "replace").strip()
        if not self._line and self.book.on_line(name):
            self._line = name
        return bool(self._line) and name == self._line

    def tick(self) -> Sequence[bytes]:
        """One question at a time: meters of a line answer one after the other."""
        if not self._line:
            return ()
        seconds = time.monotonic()
        meters = {meter.address: meter for meter in self.book.on_line(self._line)}
        pause = min((m.settings["poll_seconds"] for m in meters.values()), default=900)
        if not self._due and seconds - self._asked_at >= pause:
            self._asked_at = seconds
            self._due.extend((m.address, di) for m in meters.values() for di in _wanted(m))
        while self._due:
            address, identifier = self._due.popleft()
            if address in meters:
                return [_question(address, identifier)]
        return ()

    def _of_power(self, frame: dlt645.Frame, octets: bytes, now: datetime) -> Heard:
        device, verdict = self.known(frame.address)
        if device is None or verdict != TAKEN:
            return Heard(frame.address, verdict if device else UNKNOWN, device)
        fields = dlt645.CODEC.decode(octets).fields
        readings = []
        if isinstance(frame.message, dlt645.Reading):
            readings = list(_values(fields, device, now))
        return Heard(frame.address, TAKEN, device, readings=readings)

    def _of_flow(self, frame: cjt188.Frame, now: datetime) -> Heard:
        device, verdict = self.known(frame.address)
        if device is None or verdict != TAKEN:
            return Heard(frame.address, verdict if device else UNKNOWN, device)
        message = frame.message
        data = read_current(message.data) if isinstance(message, cjt188.Exchange) else None
        return Heard(frame.address, TAKEN, device, readings=list(_flows(data, device, now)))


def _wanted(meter: Registered) -> list[str]:
    usual = ["901f"] if len(meter.address) == DIGITS_OF_FLOW else ["00010000"]
    return meter.settings["wanted"] or usual


def _question(address: str, identifier: str) -> bytes:
    if len(address) == DIGITS_OF_FLOW:
        return cjt188.encode(read_flow(address, 0, identifier=identifier))
    return dlt645.encode(dlt645.read(address, identifier))


def _values(fields: object, device: Registered, now: datetime) -> Iterator[Reading]:
    """One value, or those of a block under its identifier and their number from 0."""
    assert isinstance(fields, dict)
    identifier = str(fields["di"])
    values = fields.get("values", [fields.get("value")])
    for number, value in enumerate(values):
        if isinstance(value, int | float):
            said = identifier if "value" in fields else f"{identifier}.{number}"
            yield _reading(said, value, device, now)


def _flows(data: object, device: Registered, now: datetime) -> Iterator[Reading]:
    found: dict[str, float | None] = {}
    match data:
        case Consumption():
            found = {"volume": data.cumulative.value, "settlement": data.settlement.value}
        case Heat():
            found = {
                "heat": data.cumulative.value,
                "power": data.power.value,
                "flow": data.flow.value,
                "volume": data.cumulative_flow.value,
                "supply-temperature": data.supply,
                "return-temperature": data.returned,
            }
    for said, value in found.items():
        stream = stream_of(device, device.terminal, said)
        if value is not None and device.has(device.terminal, stream):
            yield _reading(said, value, device, now)


def _reading(said: str, value: float, device: Registered, now: datetime) -> Reading:
    stream = stream_of(device, device.terminal, said)
    return Reading(device.terminal, stream, now, scaled(device, said, value))
