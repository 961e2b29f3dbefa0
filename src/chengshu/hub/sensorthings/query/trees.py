"""What a filter or an order says, as a tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Literal:
    """A text, number, truth value, time (aware) or null."""

    value: str | float | bool | datetime | None


@dataclass(frozen=True)
class Clock:
    """A date or a time of day without the other, as ISO text; *is_date* says which."""

    text: str
    is_date: bool


@dataclass(frozen=True)
class Geography:
    """A shape in WKT or GeoJSON, longitude first."""

    text: str


@dataclass(frozen=True)
class Path:
    """Names divided by slashes; numbers are positions in a list."""

    steps: tuple[str | int, ...]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: "Node"


@dataclass(frozen=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


Node = Literal | Clock | Geography | Path | Call | Unary | Binary


def paths_of(node: Node) -> Iterator[Path]:
    """All paths in *node*, from left to right."""
    match node:
        case Path():
            yield node
        case Call(arguments=arguments):
            for argument in arguments:
                yield from paths_of(argument)
        case Unary(operand=operand):
            yield from paths_of(operand)
        case Binary(left=left, right=right):
            yield from paths_of(left)
            yield from paths_of(right)
