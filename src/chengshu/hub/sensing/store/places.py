"""At which place of an array a stream is: a table of numbers in pages, as most are close by."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BITS = 12
MASK = (1 << BITS) - 1
MISSING = -1

Integers = NDArray[np.int64]


class Places:
    """Gives every stream the next place, from 0 on; eight bytes a stream."""

    def __init__(self) -> None:
        self._pages: dict[int, Integers] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, streams: Integers) -> Integers:
        """The place of each of *streams*, which are sorted; MISSING for one that has none."""
        found = np.full(len(streams), MISSING)
        for number, part in _by_page(streams):
            page = self._pages.get(number)
            if page is not None:
                found[part] = page[streams[part] & MASK]
        return found

    def take_in(self, streams: Integers) -> Integers:
        """The place of each of *streams*, sorted and distinct; who has none gets one."""
        found = self.of(streams)
        fresh = np.flatnonzero(found == MISSING)
        found[fresh] = np.arange(self._count, self._count + len(fresh))
        self._count += len(fresh)
        for number, part in _by_page(streams[fresh]):
            page = self._pages.setdefault(number, np.full(1 << BITS, MISSING))
            page[streams[fresh[part]] & MASK] = found[fresh[part]]
        return found


def _by_page(streams: Integers) -> Iterator[tuple[int, slice]]:
    """The number of each page, and which of *streams* (sorted) are on it."""
    pages = streams >> BITS
    starts = np.flatnonzero(np.append(len(pages) > 0, pages[1:] != pages[:-1])).tolist()
    for start, end in zip(starts, [*starts, len(streams)][1:], strict=True):
        yield int(pages[start]), slice(start, end)
