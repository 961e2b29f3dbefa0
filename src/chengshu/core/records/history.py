"""History: who changed what in a row, told from the versions its triggers keep."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import BinaryField, Model
from django.utils.translation import gettext as _

from chengshu.core.access.models import User
from chengshu.core.actions.action import actions

from .entries import KINDS, Entry

LATEST = 100
LABELS = {"insert": "added", "update": "changed", "delete": "removed"}


@dataclass(frozen=True)
class FieldChange:
    name: str
    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Version:
    """*kind* is added, changed or removed; *actor* is empty for a change made from outside."""

    at: datetime
    kind: str
    actor: str
    actor_name: str
    action: str
    action_title: str
    changes: tuple[FieldChange, ...]


def has_history(model: type[Model]) -> bool:
    return _events_name(model) is not None


def history(row: Model) -> list[Version]:
    """The latest changes of *row*, newest first; none for a model that is not recorded."""
    name = _events_name(type(row))
    if name is None:
        return []
    events: list[Any] = list(getattr(row, name).order_by("-pgh_id")[: LATEST + 1])
    fields = [
        field
        for field in type(row)._meta.concrete_fields
        if field.editable
        and isinstance(field, tuple(base for base, _kind in KINDS))
        and all(hasattr(event, field.attname) for event in events[:1])
    ]
    names = _Names(fields, events)
    people = dict(
        User.objects.filter(username__in={_who(event) for event in events}).values_list(
            "username", "name"
        )
    )
    versions = [
        _version(event, _changes(names, fields, before, event), people)
        for event, before in pairwise([*events, None])
        if event is not None
    ]
    return versions[:LATEST]


def _events_name(model: type[Model]) -> str | None:
    for relation in model._meta.related_objects:
        if relation.field.name == "pgh_obj":
            return relation.get_accessor_name()
    return None


class _Names:
    """Shows old values; the rows behind links are read once for all versions."""

    def __init__(self, fields: Iterable[Any], events: list[Any]) -> None:
        self._rows: dict[str, dict[Any, Model]] = {}
        for field in fields:
            if field.is_relation:
                ids = {getattr(event, field.attname) for event in events} - {None}
                manager = field.related_model._default_manager
                self._rows[field.name] = manager.in_bulk(list(ids)) if len(events) else {}

    def shown(self, field: Any, event: Any) -> str:
        if event is None:
            return ""
        if not field.is_relation:
            return Entry(field).shown(event)
        found = getattr(event, field.attname)
        return "" if found is None else str(self._rows[field.name].get(found, found))


def _changes(names: _Names, fields: list[Any], before: Any, event: Any) -> tuple[FieldChange, ...]:
    if event.pgh_label == "delete" or (before is None and event.pgh_label != "insert"):
        return ()
    found = []
    for field in fields:
        old = getattr(before, field.attname) if before is not None else None
        if old != getattr(event, field.attname) and not isinstance(field, BinaryField):
            shown = (names.shown(field, before), names.shown(field, event))
            if any(shown):
                found.append(FieldChange(field.name, str(field.verbose_name), *shown))
    return tuple(found)


def _who(event: Any) -> str:
    return str((event.pgh_context or {}).get("actor", ""))


def _version(event: Any, changes: tuple[FieldChange, ...], people: dict[str, str]) -> Version:
    code = str((event.pgh_context or {}).get("action", ""))
    who = _who(event)
    return Version(
        at=event.pgh_created_at,
        kind=LABELS.get(event.pgh_label, event.pgh_label),
        actor=who,
        actor_name=people.get(who, who) or _("outside the platform"),
        action=code,
        action_title=str(actions[code].title) if code in actions else code,
        changes=changes,
    )
