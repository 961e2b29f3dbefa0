"""What a frame asks of the platform, in the same words for every protocol."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, NamedTuple, Protocol

from chengshu.hub.sensing.events import DeviceAlarm
from chengshu.kit.codec import Spoilt

from .book import DeviceBook, Registered

TAKEN = "taken"
UNKNOWN = "unknown-device"
DISABLED = "disabled"
NO_TERMINAL = "no-terminal"
WRONG_SECRET = "wrong-secret"  # noqa: S105 - a verdict
NOT_AUTHENTICATED = "not-authenticated"
ANOTHER = "another-device"
NOT_SUPPORTED = "not-supported"
NO_TIME = "no-time"
BAD = "bad-frame"
NOT_STORED = "not-stored"
SENT = "sent"


class Reading(NamedTuple):
    """One value for a datastream. *value* is None for *said* that is no number."""

    terminal: str
    stream: str
    at: datetime | None
    value: float | None
    quality: int = 0
    said: str = ""


@dataclass(frozen=True)
class Alarm:
    """An alarm to tell the city once: *key* is the same when the device repeats it."""

    happened: DeviceAlarm
    key: str


@dataclass(frozen=True)
class Picture:
    """Octets to keep as a file *name* in the home's folder of frames."""

    name: str
    octets: bytes


@dataclass(frozen=True)
class Heard:
    """One frame understood. *answer* goes out when *readings*, *alarms* and *pictures* are
    durable, *failure* when they cannot be kept; *secret* is what an unknown device said.
    """

    address: str
    verdict: str = TAKEN
    device: Registered | None = None
    readings: Sequence[Reading] = ()
    alarms: Sequence[Alarm] = ()
    pictures: Sequence[Picture] = ()
    answer: bytes = b""
    failure: bytes = b""
    secret: str = ""
    ends: bool = False

    @property
    def is_refused(self) -> bool:
        return self.verdict in (UNKNOWN, WRONG_SECRET, NOT_AUTHENTICATED, ANOTHER)

    @property
    def has_content(self) -> bool:
        return bool(self.readings or self.alarms or self.pictures)


class FrameReader(Protocol):
    """What all readers of the protocols offer."""

    @property
    def held(self) -> int: ...

    def feed(self, chunk: bytes) -> list[bytes | Spoilt]: ...

    def idle(self) -> list[bytes | Spoilt]: ...


class Session(ABC):
    """One connection of a protocol: bytes and clock in, what to do about them out."""

    protocol: ClassVar[str]
    silence_seconds: float = 4_000
    reader: FrameReader

    def __init__(self, book: DeviceBook) -> None:
        self.book = book
        self.device: Registered | None = None

    @abstractmethod
    def hear(self, frame: bytes, now: datetime) -> Heard:
        """What *frame*, whole and with a right check, asks for. Raises BadFrame."""

    def noise(self, octets: bytes) -> bool:
        """Whether *octets* that are no frame mean something after all."""
        return False

    def tick(self) -> Sequence[bytes]:
        """What to send unasked; called every few seconds of silence."""
        return ()

    def order(self, words: Sequence[str], now: datetime) -> bytes:
        """The frame of an order of the platform; empty for one that is unknown here."""
        return b""

    def known(self, address: str) -> tuple[Registered | None, str]:
        """The device at *address* as it is now, and TAKEN or why it is refused."""
        device = self.book.find(self.protocol, address)
        if device is None:
            return None, UNKNOWN
        if not device.enabled:
            return device, DISABLED
        if not device.terminal:
            return device, NO_TERMINAL
        self.device = device
        self.silence_seconds = device.settings.get("silence_seconds", self.silence_seconds)
        return device, TAKEN


def local_time(digits: str, zone: tzinfo) -> datetime | None:
    """``YYYYMMDDhhmmss``, ``YYMMDDhhmmss`` or ``YYMMDDhhmm`` of *zone* in UTC; None if none."""
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in (10, 12, 14):
        return None
    whole = digits if len(digits) == 14 else f"20{digits}".ljust(14, "0")
    numbers = [int(whole[:4]), *(int(whole[at : at + 2]) for at in range(4, 14, 2))]
    try:
        return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None


def scaled(device: Registered, said: str, value: float) -> float:
    """*value* in the unit of the datastream."""
    factors: dict[str, Any] = device.settings["factors"]
    return value * float(factors.get(said, 1))
