"""What the data of a frame say: by control code, after 33H has been taken off each byte."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

ANSWER, ERROR, MORE = 0x80, 0x40, 0x20
READ_1997 = 0x01
READ, READ_FOLLOWING, READ_ADDRESS = 0x11, 0x12, 0x13
CLOCK, WRITE, WRITE_ADDRESS, FREEZE, PASSWORD, SWITCH = 0x08, 0x14, 0x15, 0x16, 0x18, 0x1C
FAILURES = (
    "other",
    "no such data",
    "password",
    "baud rate cannot change",
    "too many year zones",
    "too many day slots",
    "too many tariffs",
)
SWITCH_COMMANDS = {
    0x1A: "open",
    0x1B: "allow closing",
    0x1C: "close",
    0x2A: "alarm on",
    0x2B: "alarm off",
    0x3A: "keep supply",
    0x3B: "release supply",
}


@dataclass(frozen=True)
class Request:
    """Asks for *di*; *more* holds a block number or a time."""

    di: str
    more: bytes = b""

    @property
    def octets(self) -> bytes:
        return _low_first(self.di) + self.more


@dataclass(frozen=True)
class Reading:
    """The value of *di*, low byte first as sent."""

    di: str
    data: bytes

    @property
    def octets(self) -> bytes:
        return _low_first(self.di) + self.data


@dataclass(frozen=True)
class Failure:
    """A refusal by the meter; the bits of *code* say why."""

    code: int

    @property
    def octets(self) -> bytes:
        return bytes((self.code,))

    @property
    def reasons(self) -> list[str]:
        return [name for bit, name in enumerate(FAILURES) if self.code >> bit & 1]


@dataclass(frozen=True)
class MeterAddress:
    """An address, as answer to the question for it or as the new one."""

    address: str

    @property
    def octets(self) -> bytes:
        return _low_first(self.address)


@dataclass(frozen=True)
class Write:
    """Sets *di* under a password and an operator code of four bytes each."""

    di: str
    password: bytes
    operator: bytes
    data: bytes

    @property
    def octets(self) -> bytes:
        return _low_first(self.di) + self.password + self.operator + self.data


@dataclass(frozen=True)
class Clock:
    """The time for all meters, ``YYMMDDhhmmss``."""

    time: str

    @property
    def octets(self) -> bytes:
        return _low_first(self.time)


@dataclass(frozen=True)
class Freeze:
    """When to freeze the readings, ``MMDDhhmm``; 99 stands for any."""

    time: str

    @property
    def octets(self) -> bytes:
        return _low_first(self.time)


@dataclass(frozen=True)
class ChangePassword:
    di: str
    old: bytes
    new: bytes

    @property
    def octets(self) -> bytes:
        return _low_first(self.di) + self.old + self.new


@dataclass(frozen=True)
class Switch:
    """Opens or closes the supply; *until* is how long the order holds, ``YYMMDDhhmmss``."""

    password: bytes
    operator: bytes
    command: int
    until: str
    reserved: int = 0

    @property
    def octets(self) -> bytes:
        order = bytes((self.command, self.reserved))
        return self.password + self.operator + order + _low_first(self.until)


@dataclass(frozen=True)
class Plain:
    """Data without a layout of its own: baud rates, clearing, a maker's functions, or none."""

    octets: bytes = b""


Message = (
    Request
    | Reading
    | Failure
    | MeterAddress
    | Write
    | Clock
    | Freeze
    | ChangePassword
    | Switch
    | Plain
)


def read_message(control: int, data: bytes) -> Message:
    """Never raises: data that do not fit their control code are Plain."""
    function = control & 0x1F
    if control & ERROR and control & ANSWER:
        return Failure(data[0]) if len(data) == 1 else Plain(data)
    if control & ANSWER:
        return _answer(function, data)
    return _question(function, data)


def _answer(function: int, data: bytes) -> Message:
    size = 2 if function == READ_1997 else 4
    if function in (READ_1997, READ, READ_FOLLOWING) and len(data) >= size:
        return Reading(_digits(data[:size]), data[size:])
    if function == READ_ADDRESS and len(data) == 6:
        return MeterAddress(_digits(data))
    return Plain(data)


def _question(function: int, data: bytes) -> Message:
    size = 2 if function == READ_1997 else 4
    if function in (READ_1997, READ, READ_FOLLOWING) and len(data) >= size:
        return Request(_digits(data[:size]), data[size:])
    if function == WRITE and len(data) >= 12:
        return Write(_digits(data[:4]), data[4:8], data[8:12], data[12:])
    fits, read = ORDERS.get(function, (-1, Plain))
    return read(data) if len(data) == fits else Plain(data)


ORDERS: Mapping[int, tuple[int, Callable[[bytes], Message]]] = {
    WRITE_ADDRESS: (6, lambda data: MeterAddress(_digits(data))),
    CLOCK: (6, lambda data: Clock(_digits(data))),
    FREEZE: (4, lambda data: Freeze(_digits(data))),
    PASSWORD: (12, lambda data: ChangePassword(_digits(data[:4]), data[4:8], data[8:])),
    SWITCH: (
        16,
        lambda data: Switch(data[:4], data[4:8], data[8], _digits(data[10:]), data[9]),
    ),
}


def _digits(octets: bytes) -> str:
    return octets[::-1].hex()


def _low_first(digits: str) -> bytes:
    return bytes.fromhex(digits)[::-1]
