"""What a read gives: rows, how many there are, and whether there are more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..query.fragments import Sql, glue, joined

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """*is_by_id*: in the order of ids, so that the last id tells where the next page begins."""

    rows: list[Row]
    has_more: bool
    count: int | None = None
    is_by_id: bool = True


def cut(rows: list[Row], size: int, count: int | None = None) -> Page:
    """The first *size* of *rows*, of which one more was read than is shown."""
    return Page(rows[:size], has_more=len(rows) > size, count=count)


def ordering(keys: Sequence[tuple[Sql, bool]], last: Sequence[Sql]) -> Sql:
    """``ORDER BY`` the *keys* (and whether they descend), then *last*; null is least."""
    parts = [
        glue("{} DESC NULLS LAST" if descends else "{} NULLS FIRST", key) for key, descends in keys
    ]
    return glue("ORDER BY {}", joined(", ", [*parts, *last]))


def with_keys(keys: Sequence[tuple[Sql, bool]]) -> Sql:
    """The *keys* as further columns ``k0``, ``k1`` …"""
    return joined("", [glue(f", {{}} AS k{i}", key) for i, (key, _down) in enumerate(keys)])


def merged(halves: Sequence[list[Row]], descending: Sequence[bool]) -> list[Row]:
    """Rows of several stores in the order of their keys ``k0`` …, then of their ids."""
    rows = [row for half in halves for row in half]
    rows.sort(key=lambda row: row["c_id"])
    for i, descends in reversed(list(enumerate(descending))):
        rows.sort(key=partial(_rank, f"k{i}"), reverse=descends)
    return rows


def _rank(key: str, row: Row) -> tuple[bool, Any]:
    return (row[key] is not None, 0 if row[key] is None else row[key])
