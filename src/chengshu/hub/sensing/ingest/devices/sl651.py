"""SL 651: hydrological stations. A confirmation also sets the clock of the station."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from chengshu.kit.codec import BadFrame
from chengshu.protocols.sl651.answers import Mode, confirm
from chengshu.protocols.sl651.bodies import Body, read_body
from chengshu.protocols.sl651.frames import End, Frame, decode, encode
from chengshu.protocols.sl651.packets import Assembler
from chengshu.protocols.sl651.parts import (
    PICTURE,
    Block,
    Group,
    ObservedAt,
    Part,
    Rest,
    Series,
    Station,
    Step,
)
from chengshu.protocols.sl651.reader import Reader
from chengshu.protocols.sl651.text import TextBody, read_text

from .book import DeviceBook, Registered
from .heard import (
    TAKEN,
    UNKNOWN,
    WRONG_SECRET,
    Heard,
    Picture,
    Reading,
    Session,
    local_time,
    scaled,
)
from .naming import stream_of

KEEP_ALIVE = 0x2F
STATUS = "4520"
FIVE_MINUTES = timedelta(minutes=5)


class Sl651Session(Session):
    protocol: ClassVar[str] = "sl651"

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = Reader()
        self._packets = Assembler()

    def hear(self, frame: bytes, now: datetime) -> Heard:
        report = decode(frame)
        if not report.is_up:
            raise BadFrame("direction", "The frame is one of a centre")
        address, password = report.station, f"{report.password:04x}"
        device, verdict = self.known(address)
        if device is None:
            return Heard(address, UNKNOWN, secret=password)
        if verdict == TAKEN and not device.knows(password):
            verdict = WRONG_SECRET
        if verdict != TAKEN:
            return Heard(address, verdict, device)
        return self._taken(report, device, now)

    def _taken(self, report: Frame, device: Registered, now: datetime) -> Heard:
        address = device.address
        whole: Frame | None = report
        if report.packet:
            whole = self._packets.add(report, time.monotonic())
        if whole is None:
            return Heard(address, TAKEN, device)
        body = _body(whole)
        if body is None:
            raise BadFrame("body", "The body has no serial number and time")
        return Heard(
            address,
            TAKEN,
            device,
            readings=list(_readings(body, whole.function, device)),
            pictures=list(_pictures(body, device)),
            answer=_answer(report, body, device, now),
        )


def _body(frame: Frame) -> Body | TextBody | None:
    if frame.is_ascii:
        return read_text(frame.text)
    body = read_body(frame.function, frame.text, is_up=True)
    return body if isinstance(body, Body) else None


def _answer(report: Frame, body: Body | TextBody, device: Registered, now: datetime) -> bytes:
    settings = device.settings
    mode = Mode.PACKETS if report.packet else Mode(settings["mode"])
    stay = settings["stay"] or report.end == End.ETB
    answer = confirm(report, body.serial, now.astimezone(settings["zone"]), mode, stay=stay)
    return encode(answer) if answer else b""


def _readings(body: Body | TextBody, function: int, device: Registered) -> Iterator[Reading]:
    if function == KEEP_ALIVE:
        return
    if isinstance(body, TextBody):
        yield from _of_text(body, device)
    else:
        yield from _of_body(body, device)


def _of_body(body: Body, device: Registered) -> Iterator[Reading]:
    at = sent = local_time(body.send_time, device.settings["zone"])
    step = timedelta(0)
    is_own = True
    for part in body.parts:
        match part:
            case Station():
                is_own = part.address == device.address
            case ObservedAt():
                at = local_time(part.time, device.settings["zone"])
            case Step():
                step = _step(part)
            case Block() if is_own:
                yield from _of_part(part, _beginning(part, at, sent), FIVE_MINUTES, device)
            case Group() | Series() if is_own:
                yield from _of_part(part, at, step, device)


def _of_part(
    part: Part, at: datetime | None, step: timedelta, device: Registered
) -> Iterator[Reading]:
    for said, after, value in _values(part, step):
        if value is not None:
            yield _reading(said, None if at is None else at + after, value, device)


def _values(part: Part, step: timedelta) -> Iterator[tuple[str, timedelta, Decimal | None]]:
    """Element, distance from its first value, value."""
    now = timedelta(0)
    match part:
        case Group():
            word = Decimal(int.from_bytes(part.data, "big"))
            yield (STATUS, now, word) if part.is_status else (part.identifier, now, part.value)
        case Series() | Block():
            for place, value in enumerate(part.values):
                yield part.identifier, step * place, value


def _beginning(block: Block, at: datetime | None, sent: datetime | None) -> datetime | None:
    """When the first value of an hour of five minutes each was taken.

    Stations give the time of the last value in a report of the hour just over, and of the first
    one in answers about the past: the latter when the hour was over as the message was sent.
    """
    if at is None or sent is None:
        return at
    span = FIVE_MINUTES * (len(block.values) - 1)
    return at if at + span <= sent else at - span


def _of_text(body: TextBody, device: Registered) -> Iterator[Reading]:
    """The times of ASCII reports stand under TT; their elements have letters for names."""
    at = local_time(body.send_time, device.settings["zone"])
    for identifier, datum in body.pairs:
        if identifier == "TT":
            at = local_time(datum, device.settings["zone"])
    for identifier, value in body.values():
        if identifier not in ("TT", "ST"):
            yield _reading(identifier, at, value, device)


def _reading(said: str, at: datetime | None, value: Decimal, device: Registered) -> Reading:
    stream = stream_of(device, device.terminal, said)
    return Reading(device.terminal, stream, at, scaled(device, said, float(value)))


def _step(part: Step) -> timedelta:
    days, hours, minutes = (int(part.dhm[at : at + 2], 10) for at in (0, 2, 4))
    return timedelta(days=days, hours=hours, minutes=minutes)


def _pictures(body: Body | TextBody, device: Registered) -> Iterator[Picture]:
    if isinstance(body, TextBody):
        return
    for number, part in enumerate(body.parts):
        if isinstance(part, Rest) and part.mark == PICTURE:
            yield Picture(f"{device.address}-{body.send_time}-{number}.jpg", part.data)
