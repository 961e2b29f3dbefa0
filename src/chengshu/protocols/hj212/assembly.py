"""Split data put together again: HJ 212-2017 clause 6.3.2, ``PNUM`` and ``PNO``."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212.data import Data
from chengshu.protocols.hj212.message import SPLIT, Message

Key = tuple[str | None, str | None, str | None, str]


@dataclass(frozen=True)
class Assembled:
    """*message* has the header of the first part that came and the data of all; *missing* lists
    the numbers of parts that did not come in time."""

    message: Message
    missing: tuple[int, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.missing


@dataclass
class _Set:
    total: int
    since: float
    parts: dict[int, Message] = field(default_factory=dict)

    def assembled(self) -> Assembled:
        ordered = [self.parts[number] for number in sorted(self.parts)]
        groups = [group for part in ordered[:1] if part.data for group in part.data.groups]
        for part in ordered[1:]:
            if part.data:
                groups += [group for group in part.data.groups if group[0][0] != "DataTime"]
        first = ordered[0]
        flag = None if first.flag is None else first.flag & ~SPLIT
        whole = replace(first, flag=flag, pnum=None, pno=None, data=Data.joined(groups))
        missing = tuple(n for n in range(1, self.total + 1) if n not in self.parts)
        return Assembled(whole, missing)


class Assembly:
    """The split messages of one connection, at most *most_sets* unfinished sets at a time.

    A set has one device, command, system and ``DataTime``.
    *now* is any clock in seconds that does not go back. A part that comes again, even after its
    set was delivered, changes nothing for *timeout* seconds; it must still be acknowledged.
    """

    def __init__(self, *, timeout: float = 60, most_sets: int = 8, most_parts: int = 64) -> None:
        self.timeout = timeout
        self.most_sets = most_sets
        self.most_parts = most_parts
        self._sets: OrderedDict[Key, _Set] = OrderedDict()
        self._delivered: OrderedDict[Key, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sets)

    def add(self, message: Message, now: float) -> list[Assembled]:
        """What *message* completes, and sets given up to make room for it.

        A message that is not split comes back at once. Raises BadFrame ("package").
        """
        if not message.is_split or message.pnum is None or message.pno is None:
            return [Assembled(message)]
        if not 1 <= message.pno <= message.pnum <= self.most_parts:
            raise BadFrame("package", f"Part {message.pno} of {message.pnum} cannot be")
        out = self.expire(now)
        key = _key(message)
        if key in self._delivered:
            return out
        held = self._sets.setdefault(key, _Set(message.pnum, now))
        if message.pnum == held.total:
            held.parts.setdefault(message.pno, message)
        if len(held.parts) >= held.total:
            out.append(self._deliver(key, now))
        elif len(self._sets) > self.most_sets:
            out.append(self._deliver(next(iter(self._sets)), now))
        return out

    def expire(self, now: float) -> list[Assembled]:
        """The sets whose time is over, incomplete."""
        while self._delivered and now - next(iter(self._delivered.values())) >= self.timeout:
            self._delivered.popitem(last=False)
        late = []
        for key, held in self._sets.items():
            if now - held.since < self.timeout:
                break
            late.append(key)
        return [self._deliver(key, now) for key in late]

    def _deliver(self, key: Key, now: float) -> Assembled:
        self._delivered[key] = now
        if len(self._delivered) > self.most_sets:
            self._delivered.popitem(last=False)
        return self._sets.pop(key).assembled()


def _key(message: Message) -> Key:
    moment = message.data.fields.get("DataTime", "") if message.data else ""
    return (message.mn, message.cn, message.st, moment)
