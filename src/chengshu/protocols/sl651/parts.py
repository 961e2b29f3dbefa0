"""What a body is made of: each part knows its bytes, so a body is encoded by joining them."""

from dataclasses import dataclass
from decimal import Decimal

from chengshu.kit.octets import bits_set

STATUS = b"\x45\x20"
STATUS_BITS = (
    "mains lost",
    "battery low",
    "level alarm",
    "flow alarm",
    "quality alarm",
    "flow meter fault",
    "level meter fault",
    "door closed",
    "memory fault",
    "IC card active",
    "pump stopped",
    "remaining water alarm",
)
COUNTERS = (
    "data cleared",
    "parameters changed",
    "state change",
    "sensor fault",
    "password changed",
    "terminal fault",
    "mains lost",
    "battery low",
    "box opened",
    "pump fault",
    "water left alarm",
    "level alarm",
    "pressure alarm",
    "quality alarm",
    "data error",
    "sent",
    "received",
    "send error",
)
BLOCK_BYTES = 12
TEXT, PICTURE, BATCH = b"\xf2\xf2", b"\xf3\xf3", b"\xfd\xf6"


def number(octets: bytes, decimals: int) -> Decimal | None:
    """Packed decimals with *decimals* places; None for missing (all F) and for anything else.

    A leading FF means minus; an odd count of digits puts FF0 before them.
    """
    is_negative = octets[:1] == b"\xff"
    digits = octets[1:].hex() if is_negative else octets.hex()
    if not digits.isdecimal():
        return None
    value = Decimal(int(digits)).scaleb(-decimals)
    return -value if is_negative else value


@dataclass(frozen=True)
class Station:
    """F1F1: the data that follow are of this station; *kind* is its type byte where one is sent."""

    address: str
    kind: int | None = None

    @property
    def octets(self) -> bytes:
        kind = b"" if self.kind is None else bytes((self.kind,))
        return b"\xf1\xf1" + bytes.fromhex(self.address) + kind


@dataclass(frozen=True)
class ObservedAt:
    """F0F0: the data that follow are of this time, ``YYMMDDHHmm`` on the clock of the station."""

    time: str

    @property
    def octets(self) -> bytes:
        return b"\xf0\xf0" + bytes.fromhex(self.time)


@dataclass(frozen=True)
class Step:
    """0418: days, hours and minutes between the values that follow, two digits each."""

    dhm: str

    @property
    def octets(self) -> bytes:
        return b"\x04\x18" + bytes.fromhex(self.dhm)


@dataclass(frozen=True)
class Group:
    """A value: leader (two bytes when it is FF), definition byte, and the data it announces."""

    leader: bytes
    definition: int
    data: bytes

    @property
    def octets(self) -> bytes:
        return self.leader + bytes((self.definition,)) + self.data

    @property
    def identifier(self) -> str:
        return self.leader.hex().upper()

    @property
    def is_status(self) -> bool:
        return self.octets.startswith(STATUS)

    @property
    def value(self) -> Decimal | None:
        return number(self.data, self.definition & 7)

    @property
    def status(self) -> list[str]:
        """What the bits of a status group that are 1 mean."""
        word = int.from_bytes(self.data, "big")
        return [STATUS_BITS[bit] for bit in bits_set(word) if bit < len(STATUS_BITS)]


@dataclass(frozen=True)
class Block:
    """F460, F5C0 to FCC0: binary values every five minutes; one hour is 12 of them."""

    leader: int
    data: bytes

    @property
    def octets(self) -> bytes:
        return bytes((self.leader, self.definition)) + self.data

    @property
    def definition(self) -> int:
        return 0x60 if self.leader == 0xF4 else 0xC0

    @property
    def identifier(self) -> str:
        return f"{self.leader:02X}{self.definition:02X}"

    @property
    def values(self) -> list[Decimal | None]:
        """Rain in mm (0.1 each) or relative level in m (0.01 each); None is invalid."""
        size, decimals = (1, 1) if self.leader == 0xF4 else (2, 2)
        numbers = [
            int.from_bytes(self.data[at : at + size], "big")
            for at in range(0, len(self.data), size)
        ]
        invalid = (1 << 8 * size) - 1
        return [None if n == invalid else Decimal(n).scaleb(-decimals) for n in numbers]


@dataclass(frozen=True)
class Series:
    """One element in equal steps: after leader and definition only data follow."""

    leader: bytes
    definition: int
    data: bytes

    @property
    def octets(self) -> bytes:
        return self.leader + bytes((self.definition,)) + self.data

    @property
    def identifier(self) -> str:
        return self.leader.hex().upper()

    @property
    def values(self) -> list[Decimal | None]:
        size = self.definition >> 3
        pieces = (self.data[at : at + size] for at in range(0, len(self.data), size))
        return [number(piece, self.definition & 7) for piece in pieces]


@dataclass(frozen=True)
class Rest:
    """F2F2 text, F3F3 picture or FDF6 flow batch: everything to the end of the body."""

    mark: bytes
    data: bytes

    @property
    def octets(self) -> bytes:
        return self.mark + self.data

    @property
    def identifier(self) -> str:
        return self.mark.hex().upper()


@dataclass(frozen=True)
class Wanted:
    """An element or parameter asked for: leader and definition without data."""

    leader: bytes
    definition: int

    @property
    def octets(self) -> bytes:
        return self.leader + bytes((self.definition,))

    @property
    def identifier(self) -> str:
        return self.leader.hex().upper()


@dataclass(frozen=True)
class Period:
    """From one hour to another, ``YYMMDDHH`` each."""

    start: str
    end: str

    @property
    def octets(self) -> bytes:
        return bytes.fromhex(self.start + self.end)


@dataclass(frozen=True)
class Version:
    """Software version: a length byte and ASCII."""

    text: bytes

    @property
    def octets(self) -> bytes:
        return bytes((len(self.text),)) + self.text


@dataclass(frozen=True)
class Switches:
    """Pumps, valves or gates: a count, one bit each (1 runs or is open), gate openings in cm."""

    count: int
    bits: bytes
    openings: tuple[str, ...] = ()

    @property
    def octets(self) -> bytes:
        return bytes((self.count,)) + self.bits + bytes.fromhex("".join(self.openings))

    @property
    def states(self) -> list[bool]:
        """In the order of the numbers: the lowest bit of the first byte is the first one."""
        return [bool(self.bits[n // 8] >> n % 8 & 1) for n in range(self.count)]


@dataclass(frozen=True)
class Counters:
    """32 counts of events since they were cleared."""

    counts: tuple[int, ...]

    @property
    def octets(self) -> bytes:
        return b"".join(count.to_bytes(2, "big") for count in self.counts)

    @property
    def named(self) -> dict[str, int]:
        return dict(zip(COUNTERS, self.counts, strict=False))


@dataclass(frozen=True)
class FixedQuantity:
    """Control by a fixed quantity: FF is on, 00 is off."""

    state: int

    @property
    def octets(self) -> bytes:
        return bytes((self.state,))


@dataclass(frozen=True)
class Unread:
    """Bytes that follow no rule of this function; devices do send such."""

    octets: bytes


Part = (
    Station
    | ObservedAt
    | Step
    | Group
    | Block
    | Series
    | Rest
    | Wanted
    | Period
    | Version
    | Switches
    | Counters
    | FixedQuantity
    | Unread
)
