"""The JSON shapes of a ledger, for the API and its OpenAPI description."""

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Model
from ninja import Schema
from pydantic import ConfigDict, Field, create_model

from .conditions import conditions
from .entries import Entry, entries
from .ledger import Column, Ledger
from .selection import sortable

TYPES: dict[str, Any] = {
    "link": str,
    "flag": bool,
    "whole": int,
    "number": float,
    "moment": datetime,
    "day": date,
    "json": Any,
    "words": list[str],
    "text": str,
}


class Body(Schema):
    """A request body: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid")


class FieldChangeOut(Schema):
    name: str
    title: str
    before: str
    after: str


class VersionOut(Schema):
    at: datetime
    kind: str
    actor: str
    action: str
    changes: list[FieldChangeOut]


class CountOut(Schema):
    """*is_exact* is false for an estimate."""

    number: int
    is_exact: bool


class Asked(Schema):
    """What every list takes beside the ledger's own filters."""

    q: str = Field("", max_length=100, description="Words to search for.")
    retired: Literal["", "all", "only"] = Field("", description="Rows no longer in force.")
    cursor: str = Field("", description="Where to go on: *after* or *before* of an answer.")
    limit: int = Field(50, ge=1, le=500)


def _type(entry: Entry) -> Any:
    if entry.kind == "choice":
        blank = ("",) if entry.field.blank and entry.field.empty_strings_allowed else ()
        return Literal[(*blank, *(value for value, _label in entry.choices))]
    return TYPES[entry.kind]


def _described(entry: Entry) -> str:
    if entry.kind == "link":
        return f"{entry.title}: code"
    if entry.kind == "choice":
        return f"{entry.title}: " + ", ".join(f"{value} {label}" for value, label in entry.choices)
    return entry.title


def _name(ledger: Ledger, suffix: str) -> str:
    return ledger.name.title().replace(".", "").replace("-", "").replace("_", "") + suffix


def asked(ledger: Ledger) -> type[Asked]:
    """The query string of the list."""
    shape: dict[str, Any] = {
        condition.name: (list[str], Field([], description=_described(condition.entry)))
        for condition in conditions(ledger)
    }
    columns = [*sortable(ledger), *(f"-{name}" for name in sortable(ledger))]
    if columns:
        shape["sort"] = (Literal[("", *columns)], Field("", description="Column; - for falling."))
    return create_model(_name(ledger, "Asked"), __base__=Asked, **shape)


def body(ledger: Ledger, *, partial: bool) -> type[Body]:
    """What creates a row, or with *partial* what changes one."""
    taken = [e for e in entries(ledger, changing=partial) if not (partial and e.is_key)]
    shape = {entry.name: _taken(entry, needed=entry.is_required and not partial) for entry in taken}
    return create_model(_name(ledger, "Change" if partial else "New"), __base__=Body, **shape)


def question(ledger: Ledger, name: str, asked: list[Entry]) -> type[Body]:
    """What the button *name* asks."""
    shape = {entry.name: _taken(entry, needed=entry.is_required) for entry in asked}
    return create_model(_name(ledger, name.title().replace("-", "")), __base__=Body, **shape)


def _taken(entry: Entry, *, needed: bool) -> Any:
    kind = _type(entry) if needed else _type(entry) | None
    return (kind, Field(... if needed else None, description=_described(entry)))


def row_shape(ledger: Ledger) -> type[Schema]:
    """One row of an answer."""
    shape: dict[str, Any] = {}
    for column in answered(ledger):
        if isinstance(column, Entry):
            shape[column.name] = (_type(column) | None, Field(description=_described(column)))
        else:
            shape[column.name] = (Any, Field(description=str(column.title)))
    return create_model(_name(ledger, "Row"), __base__=Schema, **shape)


def page_shape(ledger: Ledger, row: type[Schema]) -> type[Schema]:
    """One page of an answer; *after* and *before* are cursors, empty at the ends."""
    shape: dict[str, Any] = {"items": (list[row], ...), "count": (CountOut, ...)}  # type: ignore[valid-type]
    shape |= {"after": (str, ...), "before": (str, ...)}
    return create_model(_name(ledger, "Page"), __base__=Schema, **shape)


def answered(ledger: Ledger) -> list[Entry | Column]:
    """The key, the fields and the columns of *ledger*, each once."""
    names = dict.fromkeys(
        [ledger.key, *ledger.fields, *(c for c in ledger.columns if isinstance(c, str))]
    )
    others = [column for column in ledger.columns if isinstance(column, Column)]
    return [*(Entry(ledger.field(name), name == ledger.key) for name in names), *others]


def as_json(ledger: Ledger, row: Model) -> dict[str, Any]:
    """*row* as the API answers it."""
    return {
        column.name: column.as_json(row) if isinstance(column, Entry) else column.value(row)
        for column in answered(ledger)
    }
