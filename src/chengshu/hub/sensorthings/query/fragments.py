"""Pieces of SQL with their values, put together without losing the order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sql:
    """*text* has one ``%s`` for each of *values*, in order."""

    text: str
    values: tuple[Any, ...] = ()

    def numbered(self) -> tuple[str, dict[str, object]]:
        """The same with ``$v0``, ``$v1`` … as the lake takes it."""
        parts = self.text.split("%s")
        text = "".join(f"{part}$v{i}" for i, part in enumerate(parts[:-1])) + parts[-1]
        return text, {f"v{i}": value for i, value in enumerate(self.values)}


def bound(value: object, cast: str = "") -> Sql:
    """A value, with its type told to the database where it could be taken for another."""
    return Sql(f"CAST(%s AS {cast})" if cast else "%s", (value,))


def glue(pattern: str, *parts: Sql) -> Sql:
    """*parts* in the places of the ``{}`` of *pattern*."""
    return Sql(
        pattern.format(*(part.text for part in parts)),
        tuple(value for part in parts for value in part.values),
    )


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    several = list(parts)
    return Sql(
        separator.join(part.text for part in several),
        tuple(value for part in several for value in part.values),
    )


def placed(pattern: str, arguments: Sequence[Sql]) -> Sql:
    """*arguments* at their numbers in *pattern*, any of them several times."""
    order = [int(part[0]) for part in pattern.split("{")[1:]]
    plain = pattern
    for number in set(order):
        plain = plain.replace(f"{{{number}}}", "{}")
    return glue(plain, *(arguments[number] for number in order))


NULL = Sql("NULL")
TRUE = Sql("TRUE")
