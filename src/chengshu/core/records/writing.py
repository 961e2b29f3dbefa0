"""The generic actions of a ledger that brings none of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, require, visible_to
from chengshu.core.actions.action import action, note
from chengshu.core.words import Words
from chengshu.kit.errors import Conflict, Invalid, NotAllowed

from . import bulk

Run = Callable[..., Any]


class WrongValues(Invalid):
    """Values that the row cannot take; ``where`` says why by field."""

    code = "wrong-values"

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        message = "; ".join(f"{name}: {text}" if name else text for name, text in problems.items())
        super().__init__(message, where={"fields": self.problems})


class AlreadyRetired(Conflict):
    """The row is retired already."""

    code = "already-retired"


class Clash(Conflict):
    """The database refuses: another row has taken the place, or depends on this one."""

    code = "clash"


@dataclass(frozen=True)
class Line:
    """One checked line of a file: *row* is ready to save, *values* are what the line sets.

    *differences* are what would change of a row that is there.
    """

    number: int
    row: Model
    values: Mapping[str, Any]
    is_new: bool
    differences: "tuple[Difference, ...]" = ()


@dataclass(frozen=True)
class Difference:
    """A field by its title, as it is shown *before* and *after*."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with the row at *index*; *field* is empty when the whole row is meant."""

    index: int
    field: str
    reason: str


Check = Callable[[Sequence[Any]], Iterable[Fault]]


@dataclass(frozen=True)
class Twin:
    """The new row at *index* may be *row*, which is there already, for the reason *why*."""

    index: int
    row: Any
    why: str


Twins = Callable[[Sequence[Any]], Iterable[Twin]]


def check(row: Model, rule: Check | None = None) -> None:
    """Raise WrongValues unless *row* can be saved and *rule* finds no fault with it."""
    try:
        row.full_clean()
    except ValidationError as error:
        problems = {
            "" if name == NON_FIELD_ERRORS else name: " ".join(messages)
            for name, messages in error.message_dict.items()
        }
        raise WrongValues(problems) from error
    faults = {fault.field: fault.reason for fault in rule([row])} if rule else {}
    if faults:
        raise WrongValues(faults)


@contextmanager
def _database_refusals() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Clash(_("Another row already uses this, or depends on it.")) from error


@dataclass(frozen=True)
class Makers:
    """Makes the actions of *model*, whose rows together are called *rows* and obey *rule*."""

    model: type[Model]
    rows: Words
    duty: Duty
    rule: Check | None = None

    def creating(self, code: str) -> Run:
        @action(code, format_lazy(gettext_lazy("Add {rows}"), rows=self.rows), duty=self.duty)
        def create(*, by: Actor, **values: Any) -> Model:
            row = self.model(**values)
            check(row, self.rule)
            require(by, code, row)
            with _database_refusals():
                row.save(force_insert=True)
            return row

        return create

    def changing(self, code: str) -> Run:
        @action(code, format_lazy(gettext_lazy("Change {rows}"), rows=self.rows), duty=self.duty)
        def change(row: Model, *, by: Actor, **values: Any) -> Model:
            for name, value in values.items():
                setattr(row, name, value)
            check(row, self.rule)
            require(by, code, row)
            with _database_refusals():
                row.save(update_fields=list(values))
            note(fields=sorted(values))
            return row

        return change

    def retiring(self, code: str) -> Run:
        @action(code, format_lazy(gettext_lazy("Retire {rows}"), rows=self.rows), duty=self.duty)
        def retire(row: Any, *, by: Actor) -> Model:
            today = timezone.localdate()
            if row.valid_to is not None and row.valid_to <= today:
                raise AlreadyRetired(_("Retired already on %(day)s.") % {"day": row.valid_to})
            row.valid_to = today
            row.save(update_fields=["valid_to"])
            kept: Model = row
            return kept

        return retire

    def importing(self, code: str, *, each: tuple[Run, Run] | None) -> Run:
        """*each* are own create and change actions to go through, line by line."""
        title = format_lazy(gettext_lazy("Import {rows}"), rows=self.rows)

        @action(code, title, duty=self.duty)
        def import_rows(lines: Sequence[Line], *, by: Actor, left: int = 0) -> dict[str, int]:
            """Write *lines*, all or none; *left* lines of the file were left out on purpose."""
            require(by, code, [line.row for line in lines])
            new = [line for line in lines if line.is_new]
            old = [line for line in lines if not line.is_new]
            self._require_present(old, code, by)
            with _database_refusals():
                if each:
                    _one_by_one(lines, each, by)
                else:
                    self._in_bulk(new, old)
            note(added=len(new), changed=len(old), left=left)
            return {"added": len(new), "changed": len(old)}

        return import_rows

    def exporting(self, code: str) -> Run:
        title = format_lazy(gettext_lazy("Export {rows}"), rows=self.rows)

        @action(code, title, duty=self.duty)
        def export(count: int, conditions: str, *, by: Actor) -> None:
            """Leave a trace that *count* rows chosen by *conditions* go out in a file."""
            note(rows=count, conditions=conditions[:200])

        return export

    def _require_present(self, lines: list[Line], code: str, by: Actor) -> None:
        """Rows that a file changes must be in reach where they stand now, too."""
        wanted = [line.row.pk for line in lines]
        found = visible_to(self.model._default_manager.filter(pk__in=wanted), by, code).count()
        if found != len(wanted):
            raise NotAllowed(f"{by.name} may not {code} here", where={"permission": code})

    def _in_bulk(self, new: list[Line], old: list[Line]) -> None:
        bulk.insert(line.row for line in new)
        alike: dict[tuple[str, ...], list[Model]] = {}
        for line in old:
            alike.setdefault(tuple(line.values), []).append(line.row)
        for names, rows in alike.items():
            bulk.update(rows, names)


def _one_by_one(lines: Sequence[Line], each: tuple[Run, Run], by: Actor) -> None:
    create, change = each
    for line in lines:
        if line.is_new:
            create(by=by, **line.values)
        else:
            change(line.row, by=by, **line.values)
