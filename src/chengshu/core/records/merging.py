"""Merging a file into a ledger: what a person has to decide, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, visible_to

from .checking import changeable, differing, set_all
from .ledger import Ledger
from .writing import Difference, Line

MOST_DOUBTS = 300
OTHER_CODES = "other_codes"
"""The attribute of a record that keeps the keys it has in other ledgers."""


class Choice(models.TextChoices):
    """What becomes of a line whose row is there already, or may be."""

    TAKE = "take", _("take the file's values")
    KEEP = "keep", _("keep the city's values")
    ADD = "add", _("another one: add it")
    SKIP = "skip", _("leave the line out")


OF_KNOWN = (Choice.TAKE, Choice.KEEP)
OF_TWIN = (Choice.KEEP, Choice.TAKE, Choice.ADD, Choice.SKIP)


@dataclass(frozen=True)
class Doubt:
    """A line and the row it collides with; *why* tells a suspected twin from the same key.

    Without a word of anybody the first of *choices* holds.
    """

    line: Line
    row: Any
    differences: tuple[Difference, ...]
    choices: tuple[Choice, ...]
    why: str = ""

    @property
    def number(self) -> int:
        return self.line.number


def doubts(ledger: Ledger, lines: Sequence[Line], actor: Actor) -> list[Doubt]:
    """The lines of a checked file that a person may decide about, in the order of the file.

    A row that *actor* may not import over, that the file names itself or that another line claims
    is nobody's twin.
    """
    known = [
        Doubt(line, line.row, line.differences, OF_KNOWN) for line in lines if line.differences
    ]
    return sorted([*known, *_twins(ledger, lines, actor)], key=lambda doubt: doubt.number)


def _twins(ledger: Ledger, lines: Sequence[Line], actor: Actor) -> list[Doubt]:
    if ledger.twins is None:
        return []
    new = [line for line in lines if line.is_new]
    suspected = list(ledger.twins([line.row for line in new]))
    rows = ledger.model._default_manager.filter(pk__in=[twin.row.pk for twin in suspected])
    permission = ledger.permission("import")
    free = set(visible_to(rows, actor, permission).values_list("pk", flat=True))
    free -= {line.row.pk for line in lines if not line.is_new}
    found = []
    for twin in suspected:
        if twin.row.pk in free:
            free.discard(twin.row.pk)
            line = new[twin.index]
            changes = differing(ledger, twin.row, changeable(ledger, line.values))
            found.append(Doubt(line, twin.row, changes, OF_TWIN, twin.why))
    return found


def decided(
    ledger: Ledger, lines: Sequence[Line], open_ones: Sequence[Doubt], chosen: Mapping[int, str]
) -> list[Line]:
    """What to write of *lines* once *chosen* says what becomes of each doubt, by line number."""
    by_number = {doubt.number: doubt for doubt in open_ones}
    found = []
    for line in lines:
        doubt = by_number.get(line.number)
        if doubt is None:
            found.append(line)
        elif (settled := _settled(ledger, doubt, _choice(doubt, chosen))) is not None:
            found.append(settled)
    return found


def _choice(doubt: Doubt, chosen: Mapping[int, str]) -> str:
    wanted = chosen.get(doubt.number, "")
    return wanted if wanted in doubt.choices else doubt.choices[0]


def _settled(ledger: Ledger, doubt: Doubt, choice: str) -> Line | None:
    if choice == Choice.SKIP or (choice == Choice.KEEP and not doubt.why):
        return None
    if choice == Choice.ADD or not doubt.why:
        return doubt.line
    values = changeable(ledger, doubt.line.values) if choice == Choice.TAKE else {}
    return _onto_twin(doubt, values, ledger.key_of(doubt.line.row))


def _onto_twin(doubt: Doubt, values: dict[str, Any], key: str) -> Line:
    """The line as a change of the row that is there, which remembers the file's *key*."""
    row = doubt.row
    others = {*row.attributes.get(OTHER_CODES, ()), key}
    values["attributes"] = {**row.attributes, OTHER_CODES: sorted(others)}
    set_all(row, values)
    return replace(doubt.line, row=row, values=values, is_new=False)
