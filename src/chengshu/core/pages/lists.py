"""The list page of a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chengshu.core.access.policy import Actor, may, visible_to
from chengshu.core.places.scope import Scope
from chengshu.core.records import keyset
from chengshu.core.records.conditions import Condition, conditions, named
from chengshu.core.records.entries import TREES, Entry, Links, natural_key, view_permission
from chengshu.core.records.ledger import Column, Ledger, action_of
from chengshu.core.records.selection import Selection, sortable, whole_rows

from .asking import is_fragment, ledger_called, signed_in
from .cells import Cell, cell, columns_of

SIZE = 50
SUGGESTIONS = 20


@dataclass(frozen=True)
class Head:
    """A column head; *sorted* is up, down or empty."""

    name: str
    title: str
    kind: str
    address: str = ""
    sorted: str = ""


@dataclass(frozen=True)
class Row:
    key: str
    name: str
    address: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Choice:
    value: str
    title: str
    chosen: bool


@dataclass(frozen=True)
class FilterBox:
    """One filter as the page offers it: *choices* to tick, or *options* to type towards."""

    condition: Condition
    values: Sequence[str]
    choices: Sequence[Choice] = ()
    options: str = ""

    @property
    def kind(self) -> str:
        if self.choices:
            return "choice"
        return {"day": "date", "moment": "date", "link": "link"}.get(
            self.condition.entry.kind, "text"
        )

    @property
    def value(self) -> str:
        return self.values[-1] if self.values else ""


@dataclass(frozen=True)
class Chip:
    """A condition in force and the address without it."""

    title: str
    value: str
    address: str


@dataclass(frozen=True)
class ShownButton:
    """*asks* means that a form comes first."""

    name: str
    title: str
    asks: bool = False


@require_GET
def ledger_list(request: HttpRequest, app: str, rows: str) -> HttpResponse:
    """Search, filter, sort, page: all of it in the address."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    selection = Selection.read(ledger, request.GET)
    fragment = is_fragment(request, "list")
    context = _table(request, selection, actor) | _tools(request, selection, actor)
    template = "pages/list_body.html" if fragment else "pages/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Target"])
    return response


def _table(request: HttpRequest, selection: Selection, actor: Actor) -> dict[str, Any]:
    ledger = selection.ledger
    found = selection.rows(actor)
    cursor = request.GET.get("cursor", "")
    page = keyset.page(found, selection.order(), cursor, SIZE, whole_rows(ledger))
    columns = columns_of(ledger, request.GET.getlist("columns"))
    return {
        "ledger": ledger,
        "selection": selection,
        "heads": [_head(request, selection, column) for column in columns],
        "rows": [_row(ledger, columns, row) for row in page.rows],
        "count": count_text(keyset.count(found, page)),
        "before": _changed(request, cursor=page.before) if page.before else "",
        "after": _changed(request, cursor=page.after) if page.after else "",
        "buttons": buttons(ledger, actor),
    }


def _tools(request: HttpRequest, selection: Selection, actor: Actor) -> dict[str, Any]:
    ledger = selection.ledger
    links = Links(actor)
    known = [
        column if isinstance(column, Column) else Entry(ledger.field(column))
        for column in ledger.columns
    ]
    shown = {column.name for column in columns_of(ledger, request.GET.getlist("columns"))}
    plain = _plain(request)
    return {
        "filters": [_filter_box(ledger, c, selection) for c in conditions(ledger)],
        "chips": _chips(request, selection, links),
        "columns": [Choice(c.name, str(c.title), c.name in shown) for c in known],
        "may_add": ledger.create is not None and may(actor, action_of(ledger.create).code),
        "may_import": ledger.import_rows is not None and may(actor, ledger.permission("import")),
        "may_export": may(actor, ledger.permission("export")),
        "query": f"?{plain}" if plain else "",
    }


def count_text(count: keyset.Count) -> str:
    """A count, and whether it is exact or expected."""
    number = number_format(count.number, force_grouping=True)
    if count.is_exact:
        return _("%(number)s rows") % {"number": number}
    return _("about %(number)s rows (estimated)") % {"number": number}


def buttons(ledger: Ledger, actor: Actor) -> list[ShownButton]:
    """What *actor* may do to many rows at once: what asks nothing."""
    return [shown for shown in _buttons(ledger, actor, None) if not shown.asks]


def buttons_of(ledger: Ledger, actor: Actor, row: Any) -> list[ShownButton]:
    """What *actor* may do to *row* as it is now."""
    fitting = {name for name, button in ledger.buttons.items() if button.shows(row)}
    return [shown for shown in _buttons(ledger, actor, row) if shown.name in fitting]


def _buttons(ledger: Ledger, actor: Actor, row: Any) -> list[ShownButton]:
    known = [(name, button, action_of(button.run)) for name, button in ledger.buttons.items()]
    return [
        ShownButton(name, str(act.title), bool(button.asks))
        for name, button, act in known
        if may(actor, act.code, row)
    ]


def _row(ledger: Ledger, columns: list[Entry | Column], row: Any) -> Row:
    cells = [cell(ledger, column, row) for column in columns]
    address = ledger.address_of(row)
    if not any(shown.address for shown in cells):
        cells[0] = replace(cells[0], address=address)
    return Row(ledger.key_of(row), str(row), address, cells)


def _head(request: HttpRequest, selection: Selection, column: Entry | Column) -> Head:
    kind = column.kind if isinstance(column, Entry) else "text"
    title = str(column.title)
    if column.name not in sortable(selection.ledger):
        return Head(column.name, title, kind)
    now = _sorted(selection, column.name)
    turned = f"-{column.name}" if now == "up" else column.name
    return Head(column.name, title, kind, _changed(request, sort=turned, cursor=""), now)


def _sorted(selection: Selection, name: str) -> str:
    first = selection.sort or selection.ledger.order[0]
    if first.removeprefix("-") != name:
        return ""
    return "down" if first.startswith("-") else "up"


def _plain(request: HttpRequest) -> str:
    """The address's conditions without the page mark."""
    params = request.GET.copy()
    params.pop("cursor", None)
    return params.urlencode()


def _changed(request: HttpRequest, **changes: str) -> str:
    params = request.GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value:
            params[name] = value
    return f"{request.path}?{params.urlencode()}" if params else request.path


def _without(request: HttpRequest, name: str, value: str) -> str:
    params: QueryDict = request.GET.copy()
    params.pop("cursor", None)
    params.setlist(name, [v for v in params.getlist(name) if v != value])
    return f"{request.path}?{params.urlencode()}" if params.urlencode() else request.path


def _filter_box(ledger: Ledger, condition: Condition, selection: Selection) -> FilterBox:
    values = selection.filters.get(condition.name, ())
    entry = condition.entry
    if entry.kind == "link":
        return FilterBox(condition, values, options=_options_address(ledger, entry.name))
    known = [(True, _("yes")), (False, _("no"))] if entry.kind == "flag" else entry.choices
    choices = [Choice(str(v), title, str(v) in values) for v, title in known]
    return FilterBox(condition, values, choices)


def _options_address(ledger: Ledger, name: str) -> str:
    return reverse("ledger-options", args=[*ledger.name.split("."), name])


def _chips(request: HttpRequest, selection: Selection, links: Links) -> list[Chip]:
    found = []
    if selection.search:
        found.append(Chip(_("Search"), selection.search, _changed(request, q="", cursor="")))
    for condition in conditions(selection.ledger):
        for value in selection.filters.get(condition.name, ()):
            address = _without(request, condition.name, value)
            found.append(Chip(str(condition.title), named(condition, value, links), address))
    return found


@require_GET
def options(request: HttpRequest, app: str, rows: str, name: str) -> HttpResponse:
    """Suggestions for a link field: codes and names that begin with or hold what was typed."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    field = _linking(ledger, name)
    if field is None:
        return HttpResponse(status=404)
    entry = Entry(field)
    found = _suggested(ledger, entry, actor, request.GET.get(name, "").strip()[:60])
    return render(request, "pages/options.html", {"options": found})


def _linking(ledger: Ledger, name: str) -> Any:
    """The field called *name* among what the ledger filters by, writes and asks."""
    if name in (*ledger.filters, *ledger.fields):
        return ledger.field(name)
    asked = (field for button in ledger.buttons.values() for field in button.asks)
    return next((field for field in asked if field.name == name), None)


def _suggested(ledger: Ledger, entry: Entry, actor: Actor, typed: str) -> list[tuple[str, str]]:
    target = entry.target
    key = natural_key(target)
    found = target._default_manager.all()
    if target in TREES:
        found = visible_to(found, actor, ledger.permission("view"))
    elif getattr(target, "scope", None) != Scope("", "", ""):
        found = visible_to(found, actor, view_permission(target))
    if typed:
        names = {"name", key} & {field.name for field in target._meta.concrete_fields}
        found = found.filter(_any(names, typed))
    shown = found.order_by(key)[:SUGGESTIONS]
    return [(str(getattr(row, key)), str(row)) for row in shown]


def _any(names: set[str], typed: str) -> Q:
    wanted = Q()
    for name in names:
        wanted |= Q(**{f"{name}__icontains": typed})
    return wanted
