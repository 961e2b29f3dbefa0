"""Conditions: how each kind of field is filtered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.kit.errors import Invalid

from .entries import TREES, Entry, Links, Unreadable
from .ledger import Ledger

MOST_VALUES = 50


class WrongFilter(Invalid):
    """A filter's value cannot be read; ``where`` names the filter."""

    code = "wrong-filter"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}", where={"filter": name})


@dataclass(frozen=True)
class Condition:
    """One filter of a ledger: *name* is its name in the address."""

    name: str
    title: str
    entry: Entry
    build: "Callable[[Condition, Sequence[str], Links], Q]"

    def where(self, values: Sequence[str], links: Links) -> Q:
        """Raises WrongFilter."""
        if len(values) > MOST_VALUES:
            raise WrongFilter(self.name, _("too many values"))
        return self.build(self, values, links)

    def read(self, value: str, links: Links) -> Any:
        try:
            return self.entry.read(value, links)
        except Unreadable as error:
            raise WrongFilter(self.name, str(error)) from error


def _any_of(condition: Condition, values: Sequence[str], links: Links) -> Q:
    wanted = [condition.read(value, links) for value in values]
    return Q(**{f"{condition.entry.name}__in": wanted})


def _below(condition: Condition, values: Sequence[str], links: Links) -> Q:
    """Everything in the subtrees of the named places or organisations."""
    found = Q()
    for value in values:
        top: Any = condition.read(value, links)
        tree: type[Model] = condition.entry.target
        inside = tree._default_manager.filter(path__startswith=top.path)
        found |= Q(**{f"{condition.entry.name}__in": inside})
    return found


def _from(condition: Condition, values: Sequence[str], links: Links) -> Q:
    return Q(**{f"{condition.entry.name}__gte": condition.read(values[-1], links)})


def _to(condition: Condition, values: Sequence[str], links: Links) -> Q:
    lookup = "date__lte" if condition.entry.kind == "moment" else "lte"
    value = condition.read(values[-1], links)
    if condition.entry.kind == "moment":
        value = value.date()
    return Q(**{f"{condition.entry.name}__{lookup}": value})


RANGES = ("day", "moment", "number", "whole")


def conditions(ledger: Ledger) -> list[Condition]:
    """The filters that *ledger* declares; a range is two of them."""
    found: list[Condition] = []
    for name in ledger.filters:
        entry = Entry(ledger.field(name))
        if entry.kind in RANGES:
            found += _range(entry)
        else:
            is_tree = entry.kind == "link" and issubclass(entry.target, TREES)
            found.append(Condition(name, entry.title, entry, _below if is_tree else _any_of))
    return found


FROM, TO = gettext_lazy("%(field)s from"), gettext_lazy("%(field)s to")


def _range(entry: Entry) -> list[Condition]:
    return [
        Condition(f"{entry.name}_from", str(FROM % {"field": entry.title}), entry, _from),
        Condition(f"{entry.name}_to", str(TO % {"field": entry.title}), entry, _to),
    ]


def named(condition: Condition, value: str, links: Links) -> str:
    """How a chosen filter value reads on the page."""
    entry = condition.entry
    if entry.kind == "link":
        row = links.get(entry.target, value)
        return str(row) if row is not None else value
    return {str(known): label for known, label in entry.choices}.get(value, value)
