"""Split messages put together again: JT/T 808 clause 4.4.3, package total and index."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from chengshu.kit.codec import BadFrame
from chengshu.protocols.jt808.bodies import Raw
from chengshu.protocols.jt808.frame import LONGEST_BODY, Header, Package
from chengshu.protocols.jt808.message import Message, body_octets, body_of

Key = tuple[str, int, int]


@dataclass(frozen=True)
class Incomplete:
    """A set that lacks parts. *header* is that of the part that came first, *missing* are the
    indices to ask for with 0x8003."""

    header: Header
    first_serial: int
    missing: tuple[int, ...]


@dataclass
class _Set:
    header: Header
    first_serial: int
    total: int
    since: float
    latest: float
    parts: dict[int, bytes] = field(default_factory=dict)

    def incomplete(self) -> Incomplete:
        missing = tuple(n for n in range(1, self.total + 1) if n not in self.parts)
        return Incomplete(self.header, self.first_serial, missing)

    def whole(self) -> Message:
        header = replace(self.header, package=None, serial=self.first_serial)
        octets = b"".join(self.parts[index] for index in range(1, self.total + 1))
        return Message(header, body_of(header, octets))


class Assembly:
    """The split messages of one connection, at most *most_sets* unfinished sets at a time.

    A set has one phone, message id and first serial number.
    *now* is any clock in seconds that does not go back. A part that comes again, even after its
    set was completed, changes nothing for *timeout* seconds; it must still be answered.
    """

    def __init__(self, *, timeout: float = 60, most_sets: int = 4, most_parts: int = 1024) -> None:
        self.timeout = timeout
        self.most_sets = most_sets
        self.most_parts = most_parts
        self._sets: OrderedDict[Key, _Set] = OrderedDict()
        self._finished: OrderedDict[Key, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sets)

    def add(self, message: Message, now: float) -> list[Message | Incomplete]:
        """The message that *message* completes, and sets given up by time-out or for room.

        A message that is not split comes back at once. Raises BadFrame ("package").
        """
        package = message.header.package
        if package is None:
            return [message]
        if not 1 <= package.index <= package.total <= self.most_parts:
            raise BadFrame("package", f"Part {package.index} of {package.total} cannot be")
        out: list[Message | Incomplete] = [*self.expire(now)]
        key = _key(message.header, package)
        if key not in self._finished:
            out += self._kept(key, message, package, now)
        return out

    def _kept(
        self, key: Key, message: Message, package: Package, now: float
    ) -> list[Message | Incomplete]:
        held = self._sets.setdefault(key, _Set(message.header, key[2], package.total, now, now))
        held.latest = now
        if package.total == held.total:
            octets = body_octets(message.header.message_id, message.body)
            held.parts.setdefault(package.index, octets)
        if len(held.parts) == held.total:
            return [self._pop(key, now).whole()]
        if len(self._sets) > self.most_sets:
            return [self._pop(next(iter(self._sets)), now).incomplete()]
        return []

    def gaps(self, now: float, quiet: float) -> list[Incomplete]:
        """The sets to ask parts of: nothing came for *quiet* seconds."""
        return [held.incomplete() for held in self._sets.values() if now - held.latest >= quiet]

    def expire(self, now: float) -> list[Incomplete]:
        """The sets whose time is over; they are dropped."""
        while self._finished and now - next(iter(self._finished.values())) >= self.timeout:
            self._finished.popitem(last=False)
        late = []
        for key, held in self._sets.items():
            if now - held.since < self.timeout:
                break
            late.append(key)
        return [self._pop(key, now).incomplete() for key in late]

    def _pop(self, key: Key, now: float) -> _Set:
        self._finished[key] = now
        if len(self._finished) > self.most_sets:
            self._finished.popitem(last=False)
        return self._sets.pop(key)


def _key(header: Header, package: Package) -> Key:
    return (header.phone, header.message_id, (header.serial - package.index + 1) & 0xFFFF)


def split(message: Message, most: int = LONGEST_BODY) -> list[Message]:
    """*message*, or its parts of at most *most* bytes with consecutive serial numbers."""
    octets = body_octets(message.header.message_id, message.body)
    if len(octets) <= most:
        return [message]
    pieces = [octets[at : at + most] for at in range(0, len(octets), most)]
    return [
        Message(
            replace(
                message.header,
                serial=(message.header.serial + index) & 0xFFFF,
                package=Package(len(pieces), index + 1),
            ),
            Raw(piece),
        )
        for index, piece in enumerate(pieces)
    ]
