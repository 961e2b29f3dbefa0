"""Checks every row of an uploaded table before anything is written."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor, may, require

from .entries import Entry, Links, Unreadable, entries
from .ledger import Ledger
from .selection import visible_rows
from .tables import Table, WrongFile
from .writing import Difference, Line

MOST_PROBLEMS = 500


class WrongHeader(WrongFile):
    """The column titles do not fit the ledger."""

    code = "wrong-header"


@dataclass(frozen=True)
class Problem:
    """*row* is the file's own row number; *column* a title, empty when the whole row is meant."""

    row: int
    column: str
    reason: str


@dataclass
class Checked:
    """What an import would do. *problems* holds the first MOST_PROBLEMS of *problem_count*."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    @property
    def added(self) -> int:
        return sum(line.is_new for line in self.lines)

    @property
    def changed(self) -> int:
        return len(self.lines) - self.added

    def object_to(self, row: int, column: str, reason: str) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, column, reason))


def check_table(ledger: Ledger, table: Table, actor: Actor) -> Checked:
    """Check *table* row by row as *actor*. Raises WrongHeader or NotAllowed."""
    require(actor, ledger.permission("import"))
    columns = _columns(ledger, table.header)
    return _Check(ledger, columns, actor).run(table)


def _columns(ledger: Ledger, header: Sequence[str]) -> dict[int, Entry]:
    """Which cell feeds which entry; titles are taken in every language, and field names."""
    by_title = _titles(ledger)
    found: dict[int, Entry] = {}
    for position, title in enumerate(header):
        if not title:
            continue
        entry = by_title.get(title) or by_title.get(title.lower())
        where = {"row": 1, "column": title}
        if entry is None:
            raise WrongHeader(_("There is no column %(title)s.") % {"title": title}, where=where)
        if entry in found.values():
            raise WrongHeader(_("Column %(title)s stands twice.") % {"title": title}, where=where)
        found[position] = entry
    _require_key(ledger, found)
    return found


def _titles(ledger: Ledger) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries(ledger):
        found[entry.name] = entry
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                found[entry.title] = entry
    return found


def _require_key(ledger: Ledger, found: Mapping[int, Entry]) -> None:
    if ledger.key not in (entry.name for entry in found.values()):
        title = str(ledger.field(ledger.key).verbose_name)
        raise WrongHeader(
            _("Column %(title)s is missing.") % {"title": title}, where={"row": 1, "column": title}
        )


class _Check:
    def __init__(self, ledger: Ledger, columns: dict[int, Entry], actor: Actor) -> None:
        self.ledger = ledger
        self.columns = columns
        self.actor = actor
        self.permission = ledger.permission("import")
        self.links = Links(actor)
        self.found = Checked()
        self.rows: dict[str, Model] = {}
        self.taken: set[str] = set()
        self.seen: dict[str, int] = {}

    def run(self, table: Table) -> Checked:
        self._load_links(table)
        self._load_rows(table)
        missing = self._missing_columns()
        for number, cells in table.rows:
            self._check(number, cells, missing)
        self._apply_rule()
        return self.found

    def _apply_rule(self) -> None:
        """What the ledger's own check finds among the rows that are sound in themselves."""
        lines = self.found.lines
        faults = self.ledger.check([line.row for line in lines]) if self.ledger.check else ()
        for fault in faults:
            column = str(self.ledger.field(fault.field).verbose_name) if fault.field else ""
            self.found.object_to(lines[fault.index].number, column, fault.reason)

    def _texts(self, table: Table, position: int) -> list[str]:
        return [
            str(cells[position]).strip()
            for _number, cells in table.rows
            if position < len(cells) and cells[position] not in (None, "")
        ]

    def _load_links(self, table: Table) -> None:
        for position, entry in self.columns.items():
            if entry.kind == "link":
                self.links.load(entry.target, self._texts(table, position))

    def _load_rows(self, table: Table) -> None:
        """The rows that the file names and the actor sees; other taken keys are only known."""
        [position] = [p for p, entry in self.columns.items() if entry.is_key]
        keys = set(self._texts(table, position))
        visible = visible_rows(self.ledger, self.actor)
        everything = self.ledger.model._default_manager.all()
        named = {f"{self.ledger.key}__in": list(keys)}
        self.rows = {self.ledger.key_of(row): row for row in visible.filter(**named)}
        taken = everything.filter(**named).values_list(self.ledger.key, flat=True)
        self.taken = {str(key) for key in taken} - self.rows.keys()

    def _missing_columns(self) -> list[Entry]:
        given = {entry.name for entry in self.columns.values()}
        return [e for e in entries(self.ledger) if e.is_required and e.name not in given]

    def _check(self, number: int, cells: list[Any], missing: list[Entry]) -> None:
        before = self.found.problem_count
        values = self._values(number, cells)
        key = str(values.get(self.ledger.key, ""))
        if key and self._is_free(number, key):
            row = self.rows.get(key)
            if row is None:
                for entry in missing:
                    self.found.object_to(number, entry.title, _("must not be empty"))
            if self.found.problem_count == before:
                self._prepare(number, row, values)

    def _values(self, number: int, cells: list[Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for position, entry in self.columns.items():
            given = cells[position] if position < len(cells) else None
            try:
                values[entry.name] = entry.read(given, self.links)
            except Unreadable as error:
                self.found.object_to(number, entry.title, str(error))
        return values

    def _is_free(self, number: int, key: str) -> bool:
        first = self.seen.setdefault(key, number)
        if first != number:
            reason = _("%(key)s stands in row %(row)s already") % {"key": key, "row": first}
        elif key in self.taken:
            reason = _("%(key)s is taken") % {"key": key}
        else:
            return True
        title = str(self.ledger.field(self.ledger.key).verbose_name)
        self.found.object_to(number, title, reason)
        return False

    def _prepare(self, number: int, row: Model | None, values: dict[str, Any]) -> None:
        """Judge where the row stands, before and after the change."""
        is_new = row is None
        allowed = is_new or may(self.actor, self.permission, row)
        row = row or self.ledger.model()
        if not is_new and not self._leaves_fixed(number, row, values):
            return
        differences = () if is_new else differing(self.ledger, row, values)
        set_all(row, values)
        if not (allowed and may(self.actor, self.permission, row)):
            self.found.object_to(number, "", _("outside the area or organisation you may import"))
            return
        changes = values if is_new else changeable(self.ledger, values)
        self.found.lines.append(Line(number, row, changes, is_new, differences))

    def _leaves_fixed(self, number: int, row: Model, values: dict[str, Any]) -> bool:
        """Object to values of fields that are set once."""
        given = [name for name in self.ledger.fixed if name in values]
        wrong = [name for name in given if getattr(row, name) != values[name]]
        for name in wrong:
            title = str(self.ledger.field(name).verbose_name)
            self.found.object_to(number, title, _("stays as it is"))
        return not wrong


def set_all(row: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def changeable(ledger: Ledger, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of *values* that a row which is there may take."""
    return {n: v for n, v in values.items() if n != ledger.key and n not in ledger.fixed}


def differing(ledger: Ledger, row: Any, values: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What *values* would change of *row*, as people read it."""
    after = copy(row)
    set_all(after, values)
    shown = [
        (entry.title, entry.shown(row), entry.shown(after))
        for entry in (Entry(ledger.field(name)) for name in values)
        if getattr(row, entry.name) != getattr(after, entry.name)
    ]
    return tuple(Difference(*texts) for texts in shown)
