"""Describing the objects of application units: a dataclass whose fields say their own bytes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from chengshu.kit.codec import BadFrame

from . import stamps
from .stamps import Stamp

SHORT = "application unit too short"


@dataclass(frozen=True)
class Kind:
    """How one field is sent; *size* 0 means that a length byte comes first."""

    size: int
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


def number(size: int = 1, *, signed: bool = False) -> Any:
    """An integer, little-endian."""
    return _sent(
        size,
        lambda octets: int.from_bytes(octets, "little", signed=signed),
        lambda value: value.to_bytes(size, "little", signed=signed),
    )


def octets(size: int) -> Any:
    """Bytes kept as sent, zeros and all."""
    return _sent(size, bytes, bytes)


def time() -> Any:
    return _sent(stamps.SIZE, Stamp.read, lambda stamp: stamp.octets)


def _sent(size: int, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Any:
    return field(metadata={"kind": Kind(size, read, write)})


_KINDS: dict[type, tuple[tuple[str, Kind], ...]] = {}


@dataclass(frozen=True)
class Layout:
    """An object of an application unit."""

    TITLE: ClassVar[str] = ""

    @classmethod
    def kinds(cls) -> tuple[tuple[str, Kind], ...]:
        """The names of the fields and how they are sent, in order."""
        if cls not in _KINDS:
            _KINDS[cls] = tuple((each.name, each.metadata["kind"]) for each in fields(cls))
        return _KINDS[cls]

    @classmethod
    def read(cls, data: bytes, at: int) -> tuple[Self, int]:
        """The object that begins at *at* and where the next one does."""
        values = []
        for _name, kind in cls.kinds():
            size = kind.size
            if not size:
                size, at = _length(data, at), at + 1
            if at + size > len(data):
                raise BadFrame(SHORT, f"{cls.TITLE} needs more than the {len(data)} bytes sent")
            values.append(kind.read(data[at : at + size]))
            at += size
        return cls(*values), at

    @property
    def octets(self) -> bytes:
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        for name, kind in self.kinds():
            piece = kind.write(getattr(self, name))
            if kind.size and len(piece) != kind.size:
                raise ValueError(f"{name} takes {kind.size} bytes, not {len(piece)}")
            yield piece if kind.size else bytes([len(piece)]) + piece


def _length(data: bytes, at: int) -> int:
    if at >= len(data):
        raise BadFrame(SHORT, "the length of a text is missing")
    return data[at]
