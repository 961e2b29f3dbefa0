"""Entering: values from outside become a row, the same way for forms and for the API."""

from collections.abc import Iterable, Mapping
from typing import Any

from chengshu.core.access.policy import Actor

from .entries import Entry, Links, asked_by, entries, read_values
from .ledger import Button, Ledger
from .writing import WrongValues


def read_all(entered: Iterable[Entry], given: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The values that *given* means. Raises WrongValues naming every field at fault."""
    values, problems = read_values(entered, given, Links(actor))
    if problems:
        raise WrongValues(problems)
    return values


def create(ledger: Ledger, given: Mapping[str, Any], *, by: Actor) -> Any:
    """Add a row from outside values. Raises WrongValues or NotAllowed."""
    assert ledger.create is not None
    return ledger.create(by=by, **read_all(entries(ledger), given, by))


def change(ledger: Ledger, row: Any, given: Mapping[str, Any], *, by: Actor) -> Any:
    """Set what differs of *given*; nothing differs, nothing happens."""
    assert ledger.change is not None
    values = read_all(entries(ledger, changing=True), given, by)
    wanted = {name: v for name, v in values.items() if getattr(row, name) != v}
    return ledger.change(row, by=by, **wanted) if wanted else row


def press(button: Button, row: Any, given: Mapping[str, Any], *, by: Actor) -> Any:
    """Run *button* on *row* with what it asks. Raises WrongValues naming every field at fault."""
    asked = asked_by(button)
    given = {entry.name: given.get(entry.name, "") for entry in asked}
    return button.press([row], by=by, **read_all(asked, given, by))
