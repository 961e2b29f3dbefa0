"""Selection: which rows of a ledger were asked for, the same for every path that reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor, require, scope_of, visible_to
from chengshu.kit.errors import NotFound

from .conditions import WrongFilter, conditions
from .entries import Entry, Links, heavy
from .ledger import Column, Ledger, natural_key

RETIRED = ("", "all", "only")
MOST_TERMS = 5


class Params(Protocol):
    """A query string: Django's QueryDict."""

    def getlist(self, key: str) -> list[Any]: ...

    def get(self, key: str) -> Any: ...


@dataclass(frozen=True)
class Selection:
    """*retired* is empty for rows in force, ``all`` or ``only``; *sort* a column, ``-`` falling."""

    ledger: Ledger
    search: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    retired: str = ""
    sort: str = ""

    @classmethod
    def read(cls, ledger: Ledger, params: Params) -> "Selection":
        """What an address asks for; unknown names are ignored, unknown values refused later."""
        filters = {
            condition.name: values
            for condition in conditions(ledger)
            if (values := [v for v in params.getlist(condition.name) if v])
        }
        retired = params.get("retired") or ""
        sort = params.get("sort") or ""
        if retired not in RETIRED:
            raise WrongFilter("retired", _("must be all or only"))
        if sort and sort.removeprefix("-") not in sortable(ledger):
            raise WrongFilter("sort", _("cannot sort by this"))
        search = (params.get("q") or "").strip().replace("\0", "")[:100]
        return cls(ledger, search, filters, retired, sort)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.filters or self.retired)

    def describe(self) -> str:
        """The conditions in the words of the address, for the audit line."""
        parts = [f"{name}={','.join(values)}" for name, values in self.filters.items()]
        parts += [f"retired={self.retired}"] if self.retired else []
        parts += ["q"] if self.search else []
        return " ".join(parts)

    def order(self) -> tuple[str, ...]:
        """The lookups to sort by; the last one is unique."""
        unique = (self.ledger.key, "pk", self.ledger.model._meta.pk.name)
        wanted = self._wanted_order()
        if wanted[-1].removeprefix("-") in unique:
            return wanted
        return (*wanted, "-pk" if wanted[0].startswith("-") else "pk")

    def _wanted_order(self) -> tuple[str, ...]:
        if not self.sort:
            return self.ledger.order
        sign = "-" if self.sort.startswith("-") else ""
        return (sign + sortable(self.ledger)[self.sort.removeprefix("-")],)

    def rows(self, actor: Actor, permission: str = "") -> "QuerySet[Any]":
        """The rows *actor* may see of what was asked for; *permission* narrows to a second one.

        Raises NotAllowed without the right to see the ledger at all.
        """
        found = visible_rows(self.ledger, actor, permission)
        links = Links(actor)
        for condition in conditions(self.ledger):
            if values := self.filters.get(condition.name):
                found = found.filter(condition.where(values, links))
        return found.filter(self._found(), self._in_force())

    def _found(self) -> Q:
        """Every word of the search occurs in one of the searched fields."""
        found = Q()
        for term in self.search.split()[:MOST_TERMS]:
            anywhere = Q()
            lookup = "contains" if term.upper() == term.lower() else "icontains"
            for name in self.ledger.search:
                anywhere |= Q(**{f"{name}__{lookup}": term})
            found &= anywhere
        return found

    def _in_force(self) -> Q:
        if not self.ledger.can_expire or self.retired == "all":
            return Q()
        over = Q(valid_to__lte=timezone.localdate())
        return (
            over
            if self.retired == "only"
            else Q(valid_to=None) | Q(valid_to__gt=timezone.localdate())
        )


def visible_rows(ledger: Ledger, actor: Actor, permission: str = "") -> "QuerySet[Any]":
    """All rows of *ledger* that *actor* may see, ready to show without further queries."""
    view = ledger.permission("view")
    require(actor, view)
    rows = visible_to(whole_rows(ledger), actor, view)
    if permission and permission != view:
        require(actor, permission)
        rows = visible_to(rows, actor, permission)
    return rows


def whole_rows(ledger: Ledger) -> "QuerySet[Any]":
    """All rows of *ledger* with what is shown beside them and without what no page shows.

    Not filtered by rights: for rows that were found by `visible_rows`.
    """
    links = linked(ledger)
    light = heavy(ledger.model)
    for path in links:
        light += _heavy_along(ledger.model, path)
    rows = ledger.model._default_manager.all()
    return (rows.select_related(*links) if links else rows).defer(*light)


def linked(ledger: Ledger) -> list[str]:
    """The links that are shown, written or asked for rights: read together with the rows."""
    shown = [
        column if isinstance(column, str) else column.sort.rpartition("__")[0]
        for column in ledger.columns
    ]
    scope = scope_of(ledger.model)
    names = dict.fromkeys([*shown, *ledger.fields, scope.place, scope.organisation, *scope.parties])
    return [name for name in names if _is_link(ledger.model, name)]


def _is_link(model: type[Model], path: str) -> bool:
    name, _dunder, rest = path.partition("__")
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    target = field.related_model
    if not field.is_relation or field.one_to_many or not isinstance(target, type):
        return False
    return _is_link(target, rest) if rest else True


def _heavy_along(model: type[Model], path: str) -> list[str]:
    found: list[str] = []
    parts = path.split("__")
    for depth, part in enumerate(parts, start=1):
        target = model._meta.get_field(part).related_model
        assert isinstance(target, type)
        model = target
        found += heavy(model, "__".join(parts[:depth]) + "__")
    return found


def find(ledger: Ledger, actor: Actor, key: str) -> Any:
    """The row called *key*. Raises NotFound, alike for none and for none that *actor* may see."""
    rows = visible_rows(ledger, actor)
    links = Links(actor)
    entry = Entry(ledger.field(ledger.key))
    try:
        wanted = entry.read(key, links)
    except ValueError:
        wanted = None
    row = rows.filter(**{ledger.key: wanted}).first() if wanted is not None else None
    if row is None:
        raise NotFound(_("There is nothing here, or nothing you may see."), where={"key": key})
    return row


def sortable(ledger: Ledger) -> dict[str, str]:
    """Column to lookup for the columns that can be sorted by."""
    found = _all_sortable(ledger)
    return {name: found[name] for name in ledger.sort} if ledger.sort else found


def _all_sortable(ledger: Ledger) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in ledger.columns:
        if isinstance(column, Column):
            found |= {column.name: column.sort} if column.sort else {}
            continue
        entry = Entry(ledger.field(column))
        if entry.kind == "link":
            found[column] = f"{column}__{natural_key(entry.target)}"
        elif entry.kind not in ("json", "words"):
            found[column] = column
    return found
