"""How bodies are laid out: fields of fixed and variable size, one after the other.

A kind of field reads a value at an offset, writes it back, and shows it as JSON. All read errors
are ValueError: a body that does not fit its layout stays bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chengshu.kit.octets import bcd_digits, bcd_octets

_PADDING = b"\0 "
_CHARSET = "gb18030"


class Kind(Protocol):
    def read(self, octets: bytes, at: int) -> tuple[Any, int]:
        """The value and the offset behind it."""

    def write(self, value: Any) -> bytes: ...

    def json(self, value: Any) -> Any: ...


def take(octets: bytes, at: int, size: int) -> bytes:
    """Exactly *size* bytes. Raises ValueError when there are fewer."""
    if at + size > len(octets):
        raise ValueError(f"{size} bytes wanted at {at} of {len(octets)}")
    return octets[at : at + size]


class _Plain:
    """Values that are JSON as they are."""

    def json(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Number(_Plain):
    size: int

    def read(self, octets: bytes, at: int) -> tuple[int, int]:
        return int.from_bytes(take(octets, at, self.size), "big"), at + self.size

    def write(self, value: int) -> bytes:
        return value.to_bytes(self.size, "big")


@dataclass(frozen=True)
class Identifier(Number):
    """A number shown in hexadecimal."""

    def json(self, value: int) -> str:
        return f"0x{value:0{2 * self.size}X}"


@dataclass(frozen=True)
class Digits(_Plain):
    """BCD digits as text."""

    size: int

    def read(self, octets: bytes, at: int) -> tuple[str, int]:
        return bcd_digits(take(octets, at, self.size)), at + self.size

    def write(self, value: str) -> bytes:
        return bcd_octets(value, self.size)


@dataclass(frozen=True)
class Octets:
    """*size* bytes, or all that are left."""

    size: int | None = None

    def read(self, octets: bytes, at: int) -> tuple[bytes, int]:
        value = octets[at:] if self.size is None else take(octets, at, self.size)
        return value, at + len(value)

    def write(self, value: bytes) -> bytes:
        if self.size is not None and len(value) != self.size:
            raise ValueError(f"{len(value)} bytes instead of {self.size}")
        return value

    def json(self, value: bytes) -> str:
        return value.hex()


@dataclass(frozen=True)
class SizedOctets:
    """Bytes behind their number, one byte."""

    def read(self, octets: bytes, at: int) -> tuple[bytes, int]:
        end = at + 1 + take(octets, at, 1)[0]
        return take(octets, at + 1, end - at - 1), end

    def write(self, value: bytes) -> bytes:
        if len(value) > 255:
            raise ValueError(f"{len(value)} bytes are more than 255")
        return bytes([len(value)]) + value

    def json(self, value: bytes) -> str:
        return value.hex()


@dataclass(frozen=True)
class FixedText(_Plain):
    """GBK text padded with NUL to *size* bytes; terminals pad on either side."""

    size: int

    def read(self, octets: bytes, at: int) -> tuple[str, int]:
        text = take(octets, at, self.size).strip(_PADDING).decode(_CHARSET)
        return text, at + self.size

    def write(self, value: str) -> bytes:
        octets = value.encode(_CHARSET)
        if len(octets) > self.size:
            raise ValueError(f"{value!r} has more than {self.size} bytes")
        return octets.ljust(self.size, b"\0")


@dataclass(frozen=True)
class SizedText(_Plain):
    """GBK text behind its length in bytes, one byte."""

    def read(self, octets: bytes, at: int) -> tuple[str, int]:
        size = take(octets, at, 1)[0]
        return take(octets, at + 1, size).decode(_CHARSET), at + 1 + size

    def write(self, value: str) -> bytes:
        octets = value.encode(_CHARSET)
        if len(octets) > 255:
            raise ValueError(f"{value!r} has more than 255 bytes")
        return bytes([len(octets)]) + octets


@dataclass(frozen=True)
class RestText(_Plain):
    """GBK text up to the end of the body."""

    def read(self, octets: bytes, at: int) -> tuple[str, int]:
        return octets[at:].strip(b"\0").decode(_CHARSET), len(octets)

    def write(self, value: str) -> bytes:
        return value.encode(_CHARSET)


@dataclass(frozen=True)
class Row:
    """A few fields as a tuple."""

    kinds: tuple[Kind, ...]

    def read(self, octets: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        values: list[Any] = []
        for kind in self.kinds:
            value, at = kind.read(octets, at)
            values.append(value)
        return tuple(values), at

    def write(self, value: Sequence[Any]) -> bytes:
        return b"".join(k.write(v) for k, v in zip(self.kinds, value, strict=True))

    def json(self, value: Sequence[Any]) -> list[Any]:
        return [k.json(v) for k, v in zip(self.kinds, value, strict=True)]


@dataclass(frozen=True)
class Listed:
    """Items behind their count of *count_size* bytes; with size 0, items up to the end."""

    count_size: int
    item: Kind

    def read(self, octets: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        count, at = Number(self.count_size).read(octets, at)
        values: list[Any] = []
        while at < len(octets) if not self.count_size else len(values) < count:
            value, at = self.item.read(octets, at)
            values.append(value)
        return tuple(values), at

    def write(self, value: Sequence[Any]) -> bytes:
        count = len(value).to_bytes(self.count_size, "big") if self.count_size else b""
        return count + b"".join(self.item.write(item) for item in value)

    def json(self, value: Sequence[Any]) -> list[Any]:
        return [self.item.json(item) for item in value]


@dataclass(frozen=True)
class Shape:
    """The layout of one body class. *fixed* are the attributes that tell one layout of a class
    from its others (the edition, for example); they are not on the wire."""

    body: type
    kinds: tuple[tuple[str, Kind], ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def read(self, octets: bytes) -> Any:
        """A body of the class. Raises ValueError unless the layout fills *octets* exactly."""
        values: dict[str, Any] = {}
        at = 0
        for name, kind in self.kinds:
            values[name], at = kind.read(octets, at)
        if at != len(octets):
            raise ValueError(f"{len(octets) - at} bytes are left over")
        return self.body(**values, **self.fixed)

    def describes(self, body: object) -> bool:
        return type(body) is self.body and all(
            getattr(body, name) == value for name, value in self.fixed.items()
        )

    def write(self, body: object) -> bytes:
        return b"".join(kind.write(getattr(body, name)) for name, kind in self.kinds)

    def json(self, body: object) -> dict[str, Any]:
        return {name: kind.json(getattr(body, name)) for name, kind in self.kinds}
