"""What every device protocol shares: the refusal, what a reader finds, and the ``CODEC`` itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengshu.kit.errors import Terminal


class BadFrame(Terminal):
    """A frame that cannot be trusted or understood.

    *reason* is a short stable code ("crc", "length"); *fields* holds what could still be read.
    """

    code = "bad-frame"

    def __init__(self, reason: str, message: str, **fields: Any) -> None:
        super().__init__(message, where={"reason": reason})
        self.reason = reason
        self.fields = fields


@dataclass(frozen=True)
class Spoilt:
    """Octets of a stream that are no frame, and the *reason* in the words of `BadFrame`."""

    reason: str
    octets: bytes


@dataclass(frozen=True)
class Decoded:
    """What one frame says, in JSON values.

    *message* names a valid frame ("2011 real-time data") and tells in a sentence what is wrong
    with an invalid one; *fields* of an invalid one holds a stable code under ``error`` and
    whatever else could be read.
    """

    valid: bool
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def refused(cls, refusal: BadFrame) -> "Decoded":
        return cls(False, refusal.message, {"error": refusal.reason} | refusal.fields)

    def as_json(self) -> dict[str, Any]:
        return {"valid": self.valid, "message": self.message, "fields": dict(self.fields)}


@dataclass(frozen=True)
class Codec:
    """One protocol. *decode* takes one whole frame as on the wire and never raises.

    *is_text* says that people write its frames as text rather than as hexadecimal digits.
    """

    name: str
    title: str
    standard: str
    is_text: bool
    decode: Callable[[bytes], Decoded]
