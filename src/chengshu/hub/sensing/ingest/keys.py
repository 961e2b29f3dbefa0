"""Finding a hundred thousand names at once: a hash table over arrays."""

import secrets
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int32]
MISSING = -1

SEEDS = (secrets.randbits(63), secrets.randbits(63))
"""Nobody outside can make names that meet in one slot, or take one another's place."""
SPREAD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


class Keys:
    """Pairs of strings as 128 bits each, which stand for the strings from then on."""

    def __init__(self, first: Hashes, second: Hashes) -> None:
        self.first = first
        self.second = second

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Keys":
        return Keys(self.first[which], self.second[which])

    @classmethod
    def of(cls, left: pl.Series, right: pl.Series) -> Self:
        """The keys of the pairs (left, right); one *right* may stand for all."""
        made = [
            left.hash(seed).to_numpy() * spread + right.hash(seed).to_numpy()
            for seed, spread in zip(SEEDS, SPREAD, strict=True)
        ]
        return cls(*made)

    def and_more(self, other: "Keys") -> "Keys":
        return Keys(
            np.concatenate([self.first, other.first]), np.concatenate([self.second, other.second])
        )


class KeyTable:
    """What number each key has. Open addressing, at most half full; about 50 bytes a key.

    The first half of a key says in which slot to begin, the second whether it is this one: no
    two keys meet there by chance. Lookups of all keys go step by step together, so a lookup costs
    a few passes over arrays however many keys there are.
    """

    def __init__(self, keys: Keys, numbers: Numbers) -> None:
        """*keys* differ from one another; *numbers* are not negative."""
        self._count = 0
        self._make(1 << max(4, (len(keys) * 2).bit_length()))
        self._settle(keys, numbers)

    def __len__(self) -> int:
        return self._count

    def with_more(self, keys: Keys, numbers: Numbers) -> "KeyTable":
        """A table with *keys* too, which differ from one another and are not here yet.

        Readers of this one go on undisturbed.
        """
        known, theirs = self.content()
        return KeyTable(known.and_more(keys), np.concatenate([theirs, numbers]))

    def content(self) -> tuple[Keys, Numbers]:
        """All keys, in no order, and their numbers."""
        taken = self._number >= 0
        return Keys(self._first[taken], self._second[taken]), self._number[taken]

    def find(self, keys: Keys) -> Numbers:
        """The number of each of *keys*; MISSING for one that is not here."""
        slots = self._slots_of(keys)
        found = self._number.take(slots)
        hit = self._second.take(slots) == keys.second
        todo = np.flatnonzero(~hit & (found >= 0))
        slots = slots[todo]
        while todo.size:
            slots = (slots + 1) & self._mask
            numbers = self._number.take(slots)
            hit = self._second.take(slots) == keys.second[todo]
            found[todo] = np.where(hit, numbers, MISSING)
            goes_on = np.flatnonzero((numbers >= 0) & ~hit)
            todo, slots = todo[goes_on], slots[goes_on]
        return found

    def _make(self, size: int) -> None:
        self._mask = size - 1
        self._first = np.zeros(size, np.uint64)
        self._second = np.zeros(size, np.uint64)
        self._number = np.full(size, MISSING, np.int32)

    def _settle(self, keys: Keys, numbers: Numbers) -> None:
        """Give each of *keys* the first free slot from its own on."""
        self._count += len(keys)
        turn = np.full(len(self._number), MISSING, np.int32)
        todo = np.arange(len(keys), dtype=np.int32)
        slots = self._slots_of(keys)
        while todo.size:
            free = turn[slots] < 0
            turn[slots[free]] = todo[free]
            homeless = turn[slots] != todo
            todo = todo[homeless]
            slots = (slots[homeless] + 1) & self._mask
        filled = turn >= 0
        self._first[filled] = keys.first[turn[filled]]
        self._second[filled] = keys.second[turn[filled]]
        self._number[filled] = numbers[turn[filled]]

    def _slots_of(self, keys: Keys) -> NDArray[np.intp]:
        return (keys.first & np.uint64(self._mask)).view(np.int64)


class GrowingTable:
    """What number each key has, when more come all the time: a few tables, each at least twice as
    large as the next, so that a key is moved as often as the size of all has doubled."""

    def __init__(self, tables: tuple[KeyTable, ...] = ()) -> None:
        self._tables = tables

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    def with_more(self, keys: Keys, numbers: Numbers) -> "GrowingTable":
        """A table with *keys* too, which differ from one another and are not here yet.

        Readers of this one go on undisturbed.
        """
        tables = [*self._tables, KeyTable(keys, numbers)]
        while len(tables) > 1 and 2 * len(tables[-1]) > len(tables[-2]):
            last = tables.pop()
            tables[-1] = tables[-1].with_more(*last.content())
        return GrowingTable(tuple(tables))

    def find(self, keys: Keys) -> Numbers:
        """The number of each of *keys*; MISSING for one that is not here."""
        if not self._tables:
            return np.full(len(keys), MISSING, np.int32)
        found = self._tables[0].find(keys)
        for table in self._tables[1:]:
            left = np.flatnonzero(found == MISSING)
            if not left.size:
                break
            found[left] = table.find(keys[left])
        return found
