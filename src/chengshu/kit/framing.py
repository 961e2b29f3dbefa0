"""Cutting frames out of a byte stream that may be broken anywhere."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chengshu.kit.codec import BadFrame, Spoilt

PATIENCE = 8
"""How many starts inside a frame of bad content are tried before all its bytes are dropped."""


Found = list[bytes | Spoilt]
Measure = Callable[[bytearray, int], int | None]
Check = Callable[[bytes], None]


@dataclass(frozen=True)
class Framing:
    """How frames of one protocol are told from what surrounds them.

    *start* matches where a frame may begin, also when the mark is cut by the end of the bytes.
    *measure* gives the length of the frame that begins at an index, None while its head is not
    complete, and raises BadFrame for a head that begins none; a length is at most *longest*.
    *check* raises BadFrame for a whole frame of bad content.
    """

    start: re.Pattern[bytes]
    measure: Measure
    check: Check
    longest: int


class FrameReader:
    """Frames of one stream, in order, as the bytes arrive.

    Keeps at most the longest frame. Each byte is checked at most a fixed number of times, so the
    time is linear in the bytes whoever sends them.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._kept = bytearray()
        self._strikes = 0

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._kept)

    def feed(self, chunk: bytes) -> Found:
        """Whole frames, and what lay between them, in the order of the stream."""
        self._kept += chunk
        return self._cut(0)

    def idle(self) -> Found:
        """The line fell silent: what waits begins no frame; the rest of it may still hold one."""
        found: Found = []
        while self._kept:
            found += self._cut(1)
        return found

    def _cut(self, skip: int) -> Found:
        scan = _Scan(self._framing, self._kept, skip, self._strikes)
        scan.run()
        self._strikes = scan.strikes
        del self._kept[: scan.position]
        return scan.found


class _Scan:
    """One pass over the bytes at hand.

    *position* is where the next pass begins; *strikes* counts bad frames since the last good one.
    """

    def __init__(self, framing: Framing, octets: bytearray, skip: int, strikes: int) -> None:
        self.found: Found = []
        self.position = skip
        self._framing = framing
        self._octets = octets
        self._spoilt_from = 0
        self._reason = "cut off" if skip else ""
        self.strikes = strikes

    def run(self) -> None:
        while self._step():
            pass
        self._report(self.position)

    def _step(self) -> bool:
        start = self._framing.start.search(self._octets, self.position)
        self.position = start.start() if start else len(self._octets)
        if not start:
            return False
        try:
            size = self._framing.measure(self._octets, self.position)
        except BadFrame as refusal:
            self._skip(1, refusal.reason)
            return True
        if size is None or len(self._octets) - self.position < size:
            return False
        self._take(size)
        return True

    def _take(self, size: int) -> None:
        frame = bytes(self._octets[self.position : self.position + size])
        try:
            self._framing.check(frame)
        except BadFrame as refusal:
            self.strikes += 1
            hopeless = self.strikes > PATIENCE
            self.strikes = 0 if hopeless else self.strikes
            self._skip(size if hopeless else 1, refusal.reason)
            return
        self._report(self.position)
        self.found.append(frame)
        self.position += size
        self._spoilt_from, self.strikes = self.position, 0

    def _skip(self, size: int, reason: str) -> None:
        self._reason = self._reason or reason
        self.position += size

    def _report(self, end: int) -> None:
        if end > self._spoilt_from:
            spoilt = bytes(self._octets[self._spoilt_from : end])
            self.found.append(Spoilt(self._reason or "noise", spoilt))
        self._spoilt_from, self._reason = end, ""


@dataclass(frozen=True)
class Framed:
    """A frame and the bytes that a gateway put around it."""

    before: bytes
    octets: bytes
    after: bytes


def first_frame(framing: Framing, octets: bytes) -> Framed:
    """The first good frame in *octets*. Raise the first BadFrame where there is none."""
    first: BadFrame | None = None
    buffer, at = bytearray(octets), 0
    while start := framing.start.search(buffer, at):
        at = start.start()
        try:
            size = framing.measure(buffer, at)
            if at == len(buffer):
                break
            frame = octets[at : at + size] if size else octets[at:]
            framing.check(frame)
        except BadFrame as refusal:
            first = first or refusal
            at += 1
            continue
        return Framed(octets[:at], frame, octets[at + len(frame) :])
    raise first or BadFrame("start mark", "there is no beginning of a frame")
