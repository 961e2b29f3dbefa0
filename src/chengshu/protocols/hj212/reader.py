"""Frames out of a stream of bytes: cut anywhere, glued together, with noise between."""

from chengshu.kit.codec import Spoilt
from chengshu.protocols.hj212.cipher import CIPHER_MARK
from chengshu.protocols.hj212.frame import END, START

_WAIT = 0
_BROKEN = -1
_HEADER_REACH = 512
_CIPHER_GROWTH = 6


class Reader:
    """One connection. Holds at most one unfinished frame, never more than *longest* bytes.

    A frame that declares another length than it has is `Spoilt` ("length"), other bytes are
    ("garbage"); line ends and NULs between frames are passed over.
    """

    longest = 6 + 9999 * _CIPHER_GROWTH + 6

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._held)

    def feed(self, chunk: bytes) -> list[bytes | Spoilt]:
        """The frames and spoilt bytes that *chunk* completes, in the order of the stream."""
        line_from = max(0, len(self._held) - 1)
        self._held += chunk
        found: list[bytes | Spoilt] = []
        at = done = 0
        line_end = self._line_end(line_from)
        while (start := self._held.find(START, at)) >= 0:
            if line_end < start:
                line_end = self._line_end(start)
            end = self._frame_end(start, line_end)
            if end == _WAIT:
                break
            if end != _BROKEN or self._looks_framed(start):
                self._spoil(found, done, start)
                done = start
            at = start + 1
            if end != _BROKEN:
                found.append(bytes(self._held[start:end]))
                at = done = end
        kept = start if start >= 0 else len(self._held) - self._held.endswith(START[:1])
        self._spoil(found, done, kept)
        del self._held[:kept]
        return found

    def idle(self) -> list[bytes | Spoilt]:
        """The line fell silent: what waits will not become a frame ("cut off")."""
        found: list[bytes | Spoilt] = [Spoilt("cut off", bytes(self._held))] if self._held else []
        self._held.clear()
        return found

    def _line_end(self, start: int) -> int:
        """The next line end, or a place beyond every possible frame."""
        end = self._held.find(END, start)
        return end if end >= 0 else len(self._held) + self.longest

    def _spoil(self, found: list[bytes | Spoilt], start: int, end: int) -> None:
        octets = bytes(self._held[start:end])
        if octets.strip(b"\r\n\0 "):
            found.append(Spoilt("length" if self._looks_framed(start) else "garbage", octets))

    def _looks_framed(self, start: int) -> bool:
        return self._held.startswith(START, start) and self._held[start + 2 : start + 6].isdigit()

    def _frame_end(self, start: int, line_end: int) -> int:
        """Where the frame from *start* ends; `_WAIT` for more bytes, `_BROKEN` when it is none."""
        digits = self._held[start + 2 : start + 6]
        if digits and not digits.isdigit():
            return _BROKEN
        if len(digits) < 4:
            return _WAIT
        tail = start + 6 + int(digits) + 4
        if line_end <= tail:
            return tail + 2 if line_end == tail else _BROKEN
        if len(self._held) < tail + 2:
            return _WAIT
        if self._held.startswith(START, tail):
            return tail
        return self._encrypted_end(start, line_end, int(digits))

    def _encrypted_end(self, start: int, line_end: int, declared: int) -> int:
        """An encrypted frame declares its plain length and goes on to the end of the line."""
        if self._held.find(CIPHER_MARK, start, start + _HEADER_REACH) < 0:
            return _BROKEN
        last = start + 6 + declared * _CIPHER_GROWTH + 6
        if line_end < len(self._held):
            return line_end + 2 if line_end <= last else _BROKEN
        return _WAIT if len(self._held) <= last else _BROKEN
