"""`Ledger`: one declaration from which pages, API, import, export, layer and history follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Field, Model
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chengshu.core.access import permissions
from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, scope_of
from chengshu.core.actions.action import Action, actions
from chengshu.core.words import Words
from chengshu.kit.registry import Registry

from . import writing
from .writing import Check, Twins

Run = Callable[..., Any]


@dataclass(frozen=True)
class Column:
    """A column that is no plain field: *value* takes the row; *sort* is an ORM lookup or empty."""

    name: str
    title: Words
    value: Callable[[Any], object]
    sort: str = ""


@dataclass(frozen=True)
class Points:
    """The ledger's rows as points of a map layer, told apart by the field *color_by*."""

    color_by: str = ""


def _every(row: Any) -> bool:
    return True


@dataclass(frozen=True)
class Button:
    """An action on one row: ``run(row, by=actor)``, offered for the rows that *shows* accepts.

    *asks* are fields of any model that a form takes first; *run* gets their values by name. The
    action judges for itself whether the row still permits it. *at_once*: it takes a list of rows.
    What it has to say beyond "done" it returns as `Told`.
    """

    run: Run
    shows: Callable[[Any], bool] = _every
    asks: "tuple[Field[Any, Any], ...]" = ()
    at_once: bool = False

    def press(self, rows: list[Any], *, by: Actor, **values: Any) -> Any:
        """Run the action on *rows*; the answer of the last where each is run for itself."""
        if self.at_once:
            return self.run(rows, by=by, **values)
        answer = None
        for row in rows:
            answer = self.run(row, by=by, **values)
        return answer


@dataclass(frozen=True)
class Told:
    """What an action says of its outcome; not *is_well* when it did not do what was asked."""

    text: str
    is_well: bool = True


def fields_of(model: type[Model], *names: str) -> "tuple[Field[Any, Any], ...]":
    """The fields *names* of *model*, for a button to ask."""
    return tuple(_column(model, name) for name in names)


def _column(model: type[Model], name: str) -> "Field[Any, Any]":
    found = model._meta.get_field(name)
    if not isinstance(found, Field):
        raise TypeError(f"{name!r} is no column of {model.__name__}")
    return found


@dataclass(frozen=True)
class RecordPanel:
    """A part of a record page. *context* takes the row and the actor and feeds *template*.

    A panel in another app's page names its *ledger*; in a ledger's own *panels* it stays empty.
    It is left out for actors without *permission*.
    """

    name: str
    title: Words
    template: str
    context: Callable[[Any, Actor], Mapping[str, Any]] | None = None
    ledger: str = ""
    permission: str = ""
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """A ledger. *name* is ``<app>.<rows>`` and gives the addresses ``/<app>/<rows>/``.

    *key* is the unique field that names a row in addresses and files. *fields* are what the form,
    the API and the import may write; none means the ledger is read only; those of *fixed* are set
    when a row is added and stay. *check* takes rows as they would be saved and says what is wrong
    with them, for forms, API and import alike; *twins* takes new rows of a file and finds the rows
    that may be the same thing under another key, about which a person decides. *sort* names the
    columns to sort by, by default all: on a ledger of a million rows those with an index.
    *buttons* are actions on one row. Own actions take
    ``create(by=actor, **values)``, ``change(row, by=actor, **values)`` and
    ``retire(row, by=actor)``, foreign keys as rows; a ledger with its own *create* or *change*
    imports row by row through them unless it brings its own ``import_rows(lines, by=actor)``. Rows
    whose *key* is not among the *fields* cannot be imported.
    *duty* is whose ledger it is; those of *also* may look.
    """

    name: str
    model: type[Model]
    columns: tuple[str | Column, ...]
    title: Words = ""
    icon: str = "list"
    section: str = ""
    key: str = ""
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    check: Check | None = None
    twins: Twins | None = None
    order: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    layer: Points | None = None
    buttons: Mapping[str, Button] = field(default_factory=dict)
    panels: tuple[RecordPanel, ...] = ()
    create: Run | None = None
    change: Run | None = None
    retire: Run | None = None
    import_rows: Run | None = None
    export: Run | None = None
    duty: Duty = Duty.WORK
    also: tuple[Duty, ...] = ()

    @property
    def address(self) -> str:
        return reverse("ledger", args=self.name.split("."))

    def address_of(self, row: Model) -> str:
        return reverse("record", args=[*self.name.split("."), self.key_of(row)])

    def key_of(self, row: Model) -> str:
        return str(getattr(row, self.key))

    def permission(self, verb: str) -> str:
        """The code of *verb*: view, add, change, retire, import or export."""
        return f"{self.model._meta.app_label}.{verb}_{self.model._meta.model_name}"

    def field(self, name: str) -> "Field[Any, Any]":
        return _column(self.model, name)

    @property
    def one(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def can_expire(self) -> bool:
        """Whether rows have an end of validity, so that retired ones stay out of lists."""
        return any(f.name == "valid_to" for f in self.model._meta.concrete_fields)


ledgers: Registry[Ledger] = Registry("ledger", Ledger)
record_panels: Registry[RecordPanel] = Registry("record panel", RecordPanel)


def register(ledger: Ledger) -> Ledger:
    """Check and register *ledger*; what it leaves out is derived. Returns it complete."""
    scope_of(ledger.model)
    return ledgers.add(ledger.name, _with_actions(_completed(ledger)))


def register_panel(panel: RecordPanel) -> RecordPanel:
    """Put *panel* on the record pages of the ledger it names."""
    if not panel.ledger:
        raise ValueError(f"record panel {panel.name!r} names no ledger")
    return record_panels.add(panel.name, panel)


def panels_of(ledger: Ledger) -> list[RecordPanel]:
    """The panels of *ledger*'s record page in order, its own and those of other apps."""
    found = [*ledger.panels, *(p for p in record_panels if p.ledger == ledger.name)]
    return sorted(found, key=lambda panel: (panel.order, panel.name))


def ledger_of(model: type[Model]) -> Ledger | None:
    """The first ledger of *model*."""
    return next((ledger for ledger in ledgers if ledger.model is model), None)


def action_of(run: Run) -> Action:
    """What the registry knows of the action function *run*."""
    for known in actions:
        if known.run is run:
            return known
    raise LookupError(f"{run!r} is no action: decorate it with @action")


def natural_key(model: type[Model]) -> str:
    """The unique field that people know a row of *model* by, else its number."""
    names = {f.name for f in model._meta.concrete_fields if f.unique}
    return next((name for name in ("code", "username", "name") if name in names), "id")


def _plural(model: type[Model]) -> Any:
    return model._meta.verbose_name_plural


def _completed(ledger: Ledger) -> Ledger:
    app, dot, rows = ledger.name.partition(".")
    if not (app and dot and rows) or "." in rows:
        raise ValueError(f"ledger {ledger.name!r} must be named <app>.<rows>")
    key = ledger.key or natural_key(ledger.model)
    whole = replace(
        ledger,
        title=ledger.title or _plural(ledger.model),
        section=ledger.section or app,
        key=key,
        order=ledger.order or (key,),
    )
    for name in (key, *ledger.filters, *ledger.search, *ledger.fields, *ledger.fixed):
        whole.field(name.split("__")[0])
    for column in ledger.columns:
        if isinstance(column, str):
            whole.field(column)
    return whole


def _with_actions(ledger: Ledger) -> Ledger:
    see = format_lazy(_("See {rows}"), rows=ledger.title)
    permissions.declare(ledger.permission("view"), see, ledger.duty, also=ledger.also)
    makers = writing.Makers(ledger.model, ledger.title, ledger.duty, ledger.check)
    ledger = replace(ledger, export=makers.exporting(ledger.permission("export")))
    if not ledger.fields:
        return ledger
    own = ledger.create or ledger.change
    create = ledger.create or makers.creating(ledger.permission("add"))
    change = ledger.change or makers.changing(ledger.permission("change"))
    retire = ledger.retire
    if retire is None and ledger.can_expire:
        retire = makers.retiring(ledger.permission("retire"))
    importing = ledger.import_rows
    if importing is None and ledger.key in ledger.fields:
        each = (create, change) if own else None
        importing = makers.importing(ledger.permission("import"), each=each)
    return replace(ledger, create=create, change=change, retire=retire, import_rows=importing)
