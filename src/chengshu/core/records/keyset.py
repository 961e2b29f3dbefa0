"""Keyset pages: the next page starts after the last row shown, however many come before it."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from chengshu.kit.errors import Invalid

EXACT_UP_TO = 10_000
DEAREST_COUNT = 10_000.0  # planner's cost, about 0.1 s: a count beyond is not worth its wait


class WrongCursor(Invalid):
    """The cursor is not one that this list gave out."""

    code = "wrong-cursor"

    def __init__(self) -> None:
        super().__init__(_("This page mark is not one of this list."), where={"field": "cursor"})


@dataclass(frozen=True)
class Page:
    """*before* and *after* are the cursors of the neighbouring pages, empty at the ends."""

    rows: list[Any]
    before: str
    after: str


@dataclass(frozen=True)
class Count:
    """*number* is exact up to EXACT_UP_TO rows, beyond that what the database expects."""

    number: int
    is_exact: bool


@dataclass(frozen=True)
class _Term:
    lookup: str
    falling: bool
    field: "Field[Any, Any]"
    nullable: bool

    def value(self, row: Model) -> Any:
        found: Any = row
        for part in self.lookup.split("__"):
            found = getattr(found, part, None)
        return found

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.lookup}__isnull": True}) if value is None else Q(**{self.lookup: value})

    def beyond(self, value: Any, *, back: bool) -> Q:
        """After *value* in reading direction; as in PostgreSQL, null is above everything."""
        if self.falling != back:
            return self._below(value)
        return self._above(value)

    def _above(self, value: Any) -> Q:
        if value is None:
            return Q(pk__in=())
        above = Q(**{f"{self.lookup}__gt": value})
        return above | Q(**{f"{self.lookup}__isnull": True}) if self.nullable else above

    def _below(self, value: Any) -> Q:
        if value is None:
            return Q(**{f"{self.lookup}__isnull": False})
        return Q(**{f"{self.lookup}__lt": value})

    def at_or_beyond(self, value: Any, *, back: bool) -> Q:
        """Implied by the rest; spelt out so that an index on the first term can be entered."""
        if value is None or (self.nullable and self.falling == back):
            return Q()
        return Q(**{f"{self.lookup}__{'lte' if self.falling != back else 'gte'}": value})


def page(
    rows: "QuerySet[Any]",
    order: Sequence[str],
    cursor: str,
    size: int,
    whole: "QuerySet[Any] | None" = None,
) -> Page:
    """The page of *rows* that *cursor* points at, sorted by *order*, whose last term is unique.

    The page is found among *rows* by numbers alone, which an index answers; the rows themselves
    are read from *whole*, with all that they link to. Raises WrongCursor.
    """
    terms = [_term(rows.model, lookup) for lookup in order]
    back, values = _read(cursor, terms)
    found = rows.order_by(*(_sorting(term, back=back) for term in terms))
    if cursor:
        found = found.filter(_after(terms, values, back=back))
    numbers = list(found.values_list("pk", flat=True)[: size + 1])
    more = len(numbers) > size
    wanted = numbers[:size][::-1] if back else numbers[:size]
    shown = _in_order(rows if whole is None else whole, wanted)
    if not shown:
        return Page([], "", "")
    has_before, has_after = (more, True) if back else (bool(cursor), more)
    return Page(
        shown,
        _write("b", terms, shown[0]) if has_before else "",
        _write("a", terms, shown[-1]) if has_after else "",
    )


def _in_order(whole: "QuerySet[Any]", numbers: list[Any]) -> list[Any]:
    """The rows by number; one that vanished meanwhile is left out."""
    found = {row.pk: row for row in whole.filter(pk__in=numbers)} if numbers else {}
    return [found[number] for number in numbers if number in found]


def count(rows: "QuerySet[Any]", shown: Page) -> Count:
    """How many *rows* there are, of which one page is *shown*."""
    if not (shown.before or shown.after):
        return Count(len(shown.rows), True)
    plain = rows.order_by().values("pk")
    expected, cost = _plan(plain)
    if cost * min(1.0, EXACT_UP_TO / max(expected, 1)) > DEAREST_COUNT:
        return Count(max(expected, len(shown.rows)), False)
    counted = plain[: EXACT_UP_TO + 1].count()
    if counted <= EXACT_UP_TO:
        return Count(counted, True)
    return Count(max(expected, EXACT_UP_TO), False)


def _plan(rows: "QuerySet[Any, Any]") -> tuple[int, float]:
    """How many rows the database expects, and at what cost."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [found] = cursor.fetchone()[0]
    return int(found["Plan"]["Plan Rows"]), float(found["Plan"]["Total Cost"])


def _term(model: type[Model], lookup: str) -> _Term:
    name = lookup.removeprefix("-")
    nullable = False
    at: type[Model] = model
    field: Any = None
    for part in name.split("__"):
        field = at._meta.pk if part == "pk" else at._meta.get_field(part)
        nullable = nullable or field.null
        at = field.related_model or at
    return _Term(name, lookup.startswith("-"), field, nullable)


def _sorting(term: _Term, *, back: bool) -> str:
    return f"-{term.lookup}" if term.falling != back else term.lookup


def _after(terms: list[_Term], values: list[Any], *, back: bool) -> Q:
    first = terms[0].at_or_beyond(values[0], back=back)
    found = Q()
    for term, value in zip(reversed(terms), reversed(values), strict=True):
        beyond = term.beyond(value, back=back)
        found = beyond | (term.same(value) & found) if found else beyond
    return first & found


def _write(direction: str, terms: list[_Term], row: Model) -> str:
    raw = orjson.dumps([direction, *(term.value(row) for term in terms)], default=str)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(cursor: str, terms: list[_Term]) -> tuple[bool, list[Any]]:
    if not cursor:
        return False, []
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *values = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        if direction not in ("a", "b") or len(values) != len(terms):
            raise WrongCursor
        return direction == "b", [_value(t, v) for t, v in zip(terms, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, ValidationError) as error:
        raise WrongCursor from error


def _value(term: _Term, given: Any) -> Any:
    if isinstance(given, dict | list):
        raise WrongCursor
    value = None if given is None else term.field.to_python(given)
    if isinstance(value, str) and "\0" in value:
        raise WrongCursor
    return value
