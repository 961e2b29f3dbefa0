"""Frames out of a stream of bytes: cut anywhere, glued together, with noise between."""

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.jt808.frame import FLAG, LONGEST_BODY, parse


class Reader:
    """One connection. Holds at most one unfinished frame, never more than *longest* bytes.

    Whatever stands between two flags is a frame when `parse` takes it and `Spoilt` with its reason
    otherwise, so a lost flag costs one frame and no more. Bytes before the first flag are spoilt
    ("delimiter"), as is a run too long for a frame ("length").
    """

    longest = 2 * (21 + LONGEST_BODY + 1)

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_open = False

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._held)

    def feed(self, chunk: bytes) -> list[bytes | Spoilt]:
        """The frames and spoilt bytes that *chunk* completes, in the order of the stream."""
        found: list[bytes | Spoilt] = []
        *closed, rest = chunk.split(FLAG)
        for run in closed:
            self._held += run
            if self._held:
                found.append(self._closed(bytes(self._held)))
                self._held.clear()
            self._is_open = True
        self._held += rest
        if self._held and (not self._is_open or len(self._held) > self.longest):
            found.append(Spoilt("length" if self._is_open else "delimiter", bytes(self._held)))
            self._held.clear()
            self._is_open = False
        return found

    def idle(self) -> list[bytes | Spoilt]:
        """The line fell silent: what waits will not become a frame ("cut off")."""
        found: list[bytes | Spoilt] = [Spoilt("cut off", bytes(self._held))] if self._held else []
        self._held.clear()
        self._is_open = False
        return found

    def _closed(self, run: bytes) -> bytes | Spoilt:
        if not self._is_open:
            return Spoilt("delimiter", run)
        frame = FLAG + run + FLAG
        try:
            parse(frame)
        except BadFrame as refusal:
            return Spoilt(refusal.reason, frame)
        return frame
