"""HJ 212: loggers of pollution stations. Every part of a split message is kept by itself."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from chengshu.hub.sensing.lake import QUALITY
from chengshu.hub.sensing.models.devices import ADDRESS
from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import (
    Message,
    Reader,
    RequestReturn,
    answer_to,
    decode,
    encode,
    request_answer,
)

from .book import DeviceBook, Registered
from .heard import (
    NO_TIME,
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

VALUES = {
    "2011": ("Rtd",),
    "2021": ("RS",),
    "2031": ("Avg", "Cou"),
    "2041": ("RT",),
    "2051": ("Avg", "Cou"),
    "2061": ("Avg", "Cou"),
}
"""By command, the parts of a factor of which the first one sent is its value."""
FLAGS = {
    "N": "good",
    "T": "uncertain",
    "F": "uncertain",
    "D": "bad",
    "B": "missing",
    "C": "calibration",
    "M": "maintenance",
    "S": "substituted",
}
CODES = {name: code for code, name in QUALITY.items()}
MOST_TIMES = 8
"""Split messages of one connection of which the time is remembered."""

Split = tuple[str | None, str | None, str | None, int | None]


class Hj212Session(Session):
    protocol: ClassVar[str] = "hj212"

    def __init__(self, book: DeviceBook) -> None:
        super().__init__(book)
        self.reader = Reader()
        self._times: OrderedDict[Split, datetime] = OrderedDict()

    def hear(self, frame: bytes, now: datetime) -> Heard:
        message = decode(frame)
        address = message.mn or ""
        if not re.fullmatch(ADDRESS, address):
            raise BadFrame("address", "The frame has no MN that could be one")
        device, verdict = self.known(address)
        if device is None:
            answer = _refusal(message, RequestReturn.WRONG_MN)
            return Heard(address, UNKNOWN, answer=answer, secret=message.pw or "")
        if verdict == TAKEN and not device.knows(message.pw or ""):
            verdict = WRONG_SECRET
        if verdict == WRONG_SECRET:
            answer = _refusal(message, RequestReturn.WRONG_PASSWORD)
            return Heard(address, verdict, device, answer=answer)
        if verdict != TAKEN:
            return Heard(address, verdict, device, answer=_refusal(message, RequestReturn.REFUSED))
        return self._taken(message, device)

    def _taken(self, message: Message, device: Registered) -> Heard:
        address = device.address
        owed = answer_to(message)
        answer = encode(owed) if owed else b""
        if message.cn not in VALUES or message.data is None:
            return Heard(address, TAKEN, device, answer=answer)
        at = self._time(message, device)
        if at is None and message.is_split:
            return Heard(address, NO_TIME, device)
        return Heard(
            address, TAKEN, device, readings=list(_readings(message, device, at)), answer=answer
        )

    def _time(self, message: Message, device: Registered) -> datetime | None:
        """Its own, or that of the split message of which it is a part."""
        assert message.data is not None
        split: Split = (message.mn, message.cn, message.st, message.pnum)
        said = message.data.fields.get("DataTime")
        if said is None:
            return self._times.get(split) if message.is_split else None
        at = local_time(said, device.settings["zone"])
        if at is not None and message.is_split:
            self._times[split] = at
            self._times.move_to_end(split)
            if len(self._times) > MOST_TIMES:
                self._times.popitem(last=False)
        return at


def _refusal(message: Message, result: RequestReturn) -> bytes:
    """9011, for a site that asks for answers."""
    return encode(request_answer(message, result)) if message.is_answer_wanted else b""


def _readings(message: Message, device: Registered, at: datetime | None) -> Iterator[Reading]:
    assert message.data is not None
    usual = VALUES[message.cn or ""]
    for factor, parts in message.data.factors.items():
        main = next((part for part in usual if part in parts), "")
        quality = _quality(parts.get("Flag", ""), device)
        for part, said in parts.items():
            if part == "Flag":
                continue
            name = f"{factor}-{part}"
            names = (f"{message.cn}:{name}", name, *([factor] if part == main else []))
            stream = stream_of(device, device.terminal, *names)
            if part != main and not _is_wanted(device, names):
                continue
            value = _number(said)
            if value is not None:
                value = scaled(
                    device, name if name in device.settings["factors"] else factor, value
                )
            yield Reading(device.terminal, stream, at, value, quality, said)


def _is_wanted(device: Registered, names: tuple[str, ...]) -> bool:
    """Minima, maxima and totals are kept where somebody has made a place for them."""
    own = device.settings["streams"]
    return any(name in own or device.has(device.terminal, name) for name in names)


def _quality(flag: str, device: Registered) -> int:
    """An unknown letter is uncertain."""
    named = FLAGS | device.settings["flags"]
    return CODES[named.get(flag, "uncertain")] if flag else 0


def _number(said: str) -> float | None:
    try:
        return float(said)
    except ValueError:
        return None
