"""What a list cell or a fact shows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from chengshu.core.access.policy import Actor, may
from chengshu.core.records.entries import Entry, natural_key
from chengshu.core.records.ledger import Column, Ledger, ledger_of


@dataclass(frozen=True)
class Cell:
    """*kind* is a style class; *hint* appears on hover; *address* makes it a link."""

    text: str
    kind: str = "text"
    hint: str = ""
    address: str = ""
    value: str = ""


@dataclass(frozen=True)
class Fact:
    title: str
    cell: Cell


def columns_of(ledger: Ledger, chosen: list[str]) -> list[Entry | Column]:
    """The columns named in *chosen* in the ledger's order, or all."""
    named = {column.name if isinstance(column, Column) else column for column in ledger.columns}
    wanted = named & set(chosen) or named
    return [
        column if isinstance(column, Column) else Entry(ledger.field(column), column == ledger.key)
        for column in ledger.columns
        if (column.name if isinstance(column, Column) else column) in wanted
    ]


def cell(ledger: Ledger, column: Entry | Column, row: Model) -> Cell:
    """One cell of a list."""
    if isinstance(column, Column):
        found = column.value(row)
        return Cell("" if found is None else str(found))
    if column.is_key:
        return Cell(column.shown(row), "key", address=ledger.address_of(row))
    if column.kind == "link":
        linked = getattr(row, column.name)
        return Cell(str(linked), hint=_key(linked)) if linked is not None else Cell("")
    value = getattr(row, column.name)
    return Cell(column.shown(row), _kind(column, value), value=_state(column, value))


def _key(row: Model) -> str:
    return str(getattr(row, natural_key(type(row))))


def _kind(column: Entry, value: Any) -> str:
    if column.kind in ("number", "whole"):
        return "number"
    if column.kind == "flag":
        return "yes" if value else "no"
    return column.kind


STATES = ("state", "health", "outcome")


def _state(column: Entry, value: Any) -> str:
    """The stored word of a state, so that the style sheet can mark good and bad ones."""
    return str(value) if column.kind == "choice" and column.name in STATES else ""


def facts(ledger: Ledger, columns: list[Entry | Column], row: Model, actor: Actor) -> list[Fact]:
    """The facts of a record page; a link to a row of another ledger leads there."""
    found = []
    for column in columns:
        shown = cell(ledger, column, row)
        if isinstance(column, Entry) and column.kind == "link" and shown.text:
            address = _address(getattr(row, column.name), actor)
            shown = Cell(shown.text, hint=shown.hint, address=address)
        elif shown.kind == "key":
            shown = Cell(shown.text, "key")
        found.append(Fact(str(column.title), shown))
    return found


def _address(row: Model, actor: Actor) -> str:
    ledger = ledger_of(type(row))
    if ledger is None or not may(actor, ledger.permission("view"), row):
        return ""
    return ledger.address_of(row)
