"""Bodies by function code: SL 651-2014, clause 6.6. What follows no rule is kept as Unread."""

from dataclasses import dataclass

from .parts import (
    BATCH,
    BLOCK_BYTES,
    PICTURE,
    TEXT,
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

HEAD = 8
REPORTS = {0x30, 0x31, 0x32, 0x33, 0x34, 0x36, 0x37, 0x38, 0x3A, 0x44}
SERIES = {0x31, 0x38}
SWITCHES = {0x4C, 0x4D, 0x4E}
GATES, VERSION, COUNTERS, FIXED_QUANTITY = 0x4E, 0x45, 0x50, 0x4F
IDENTIFIERS_DOWN = {0x3A, 0x41, 0x43}


@dataclass(frozen=True)
class Body:
    """*send_time* is ``YYMMDDHHmmSS`` on the sender's clock, digits as sent."""

    serial: int
    send_time: str
    parts: tuple[Part, ...] = ()

    @property
    def octets(self) -> bytes:
        head = self.serial.to_bytes(2, "big") + bytes.fromhex(self.send_time)
        return head + b"".join(part.octets for part in self.parts)


def read_body(function: int, octets: bytes, *, is_up: bool) -> Body | Unread:
    """Never raises: a body too short for its serial number and time is Unread."""
    if len(octets) < HEAD:
        return Unread(octets)
    cursor = _Cursor(octets, HEAD, function)
    try:
        if is_up:
            _read_up(cursor)
        else:
            _read_down(cursor)
    except _CutOffError:
        cursor.parts.append(Unread(octets[cursor.at :]))
    serial = int.from_bytes(octets[:2], "big")
    return Body(serial, octets[2:HEAD].hex(), tuple(cursor.parts))


class _CutOffError(Exception):
    """The bytes end inside a part, or say what no rule allows."""


class _Cursor:
    """A place in the body; *at* moves only when a part is complete."""

    def __init__(self, octets: bytes, at: int, function: int) -> None:
        self.octets = octets
        self.at = at
        self.function = function
        self.parts: list[Part] = []

    @property
    def is_open(self) -> bool:
        return self.at < len(self.octets)

    def piece(self, offset: int, size: int) -> bytes:
        end = self.at + offset + size
        if end > len(self.octets):
            raise _CutOffError
        return self.octets[self.at + offset : end]

    def rest(self, offset: int = 0) -> bytes:
        return self.octets[self.at + offset :]

    def take(self, part: Part) -> None:
        self.parts.append(part)
        self.at += len(part.octets)


def _read_up(cursor: _Cursor) -> None:
    function = cursor.function
    if cursor.rest().startswith(b"\xf1\xf1"):
        _take_station(cursor)
    if not cursor.is_open:
        return
    if function == VERSION:
        size = cursor.piece(0, 1)[0]
        cursor.take(Version(cursor.piece(1, size)))
    elif function in SWITCHES:
        _take_switches(cursor)
    elif function == COUNTERS:
        octets = cursor.piece(0, 64)
        counts = (int.from_bytes(octets[at : at + 2], "big") for at in range(0, 64, 2))
        cursor.take(Counters(tuple(counts)))
    elif function == FIXED_QUANTITY:
        cursor.take(FixedQuantity(cursor.piece(0, 1)[0]))
    _take_groups(cursor)


def _read_down(cursor: _Cursor) -> None:
    function = cursor.function
    if function in IDENTIFIERS_DOWN:
        while cursor.is_open:
            cursor.take(_wanted(cursor))
    elif function in SWITCHES and cursor.is_open:
        _take_switches(cursor)
    elif function == FIXED_QUANTITY and cursor.is_open:
        cursor.take(FixedQuantity(cursor.piece(0, 1)[0]))
    elif function == 0x38 and cursor.is_open:
        period = cursor.piece(0, 8).hex()
        cursor.take(Period(period[:8], period[8:]))
        if cursor.rest().startswith(b"\x04\x18"):
            cursor.take(Step(cursor.piece(2, 3).hex()))
        if cursor.is_open:
            cursor.take(_wanted(cursor))
    _take_groups(cursor)


def _wanted(cursor: _Cursor) -> Wanted:
    size = 2 if cursor.piece(0, 1) == b"\xff" else 1
    return Wanted(cursor.piece(0, size), cursor.piece(size, 1)[0])


def _take_station(cursor: _Cursor) -> None:
    address = cursor.piece(2, 5).hex()
    kind = cursor.piece(7, 1)[0] if cursor.function in REPORTS else None
    cursor.take(Station(address, kind))


def _take_switches(cursor: _Cursor) -> None:
    count = cursor.piece(0, 1)[0]
    size = -(-count // 8)
    openings: tuple[str, ...] = ()
    if cursor.function == GATES and len(cursor.rest()) > 1 + size:
        openings = tuple(cursor.piece(1 + size + 2 * n, 2).hex() for n in range(count))
    cursor.take(Switches(count, cursor.piece(1, size), openings))


def _take_groups(cursor: _Cursor) -> None:
    while cursor.is_open:
        mark = cursor.octets[cursor.at : cursor.at + 2]
        if mark in (TEXT, PICTURE, BATCH):
            cursor.take(Rest(mark, cursor.rest(2)))
        elif mark == b"\xf0\xf0":
            cursor.take(ObservedAt(cursor.piece(2, 5).hex()))
        elif mark == b"\xf1\xf1":
            _take_station(cursor)
        elif mark == b"\x04\x18":
            cursor.take(Step(cursor.piece(2, 3).hex()))
            if cursor.function in SERIES:
                _take_series(cursor)
        elif mark[:1] and 0xF4 <= mark[0] <= 0xFC:
            _take_block(cursor, len(cursor.piece(2, _block_size(mark[0]))))
        else:
            _take_group(cursor)


def _take_series(cursor: _Cursor) -> None:
    if not cursor.is_open:
        return
    wanted = _wanted(cursor)
    data = cursor.rest(len(wanted.octets))
    if len(wanted.leader) == 1 and 0xF4 <= wanted.leader[0] <= 0xFC:
        size = _block_size(wanted.leader[0])
        _take_block(cursor, len(data) - len(data) % size)
        return
    size = wanted.definition >> 3
    if not size:
        raise _CutOffError
    whole = len(data) - len(data) % size
    cursor.take(Series(wanted.leader, wanted.definition, data[:whole]))
    if cursor.is_open:
        cursor.take(Unread(cursor.rest()))


def _take_block(cursor: _Cursor, size: int) -> None:
    leader, definition = cursor.piece(0, 2)
    block = Block(leader, cursor.piece(2, size))
    if definition != block.definition:
        raise _CutOffError
    cursor.take(block)


def _block_size(leader: int) -> int:
    return BLOCK_BYTES if leader == 0xF4 else 2 * BLOCK_BYTES


def _take_group(cursor: _Cursor) -> None:
    wanted = _wanted(cursor)
    data = cursor.piece(len(wanted.octets), wanted.definition >> 3)
    cursor.take(Group(wanted.leader, wanted.definition, data))
