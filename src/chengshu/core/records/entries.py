"""Entries: how a field's value is read from a form, a file or JSON, and shown again."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from math import isfinite, nan
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope

from .ledger import Button, Ledger, natural_key

KINDS: "tuple[tuple[type[models.Field[Any, Any]], str], ...]" = (
    (models.ForeignKey, "link"),
    (models.BooleanField, "flag"),
    (models.IntegerField, "whole"),
    (models.FloatField, "number"),
    (models.DecimalField, "number"),
    (models.DateTimeField, "moment"),
    (models.DateField, "day"),
    (models.JSONField, "json"),
    (ArrayField, "words"),
    (models.TextField, "text"),
    (models.CharField, "text"),
    (models.GenericIPAddressField, "text"),
    (models.UUIDField, "text"),
)
TREES: tuple[type[models.Model], ...] = (Place, Organisation)
FLAGS = {"1": True, "true": True, "yes": True, "是": True, "0": False, "false": False}
FLAGS |= {"no": False, "否": False}
BLANK = (None, "")
KEY = re.compile(r"(?!-$)[^\s/\\?#%]+")


class Unreadable(ValueError):
    """The value does not fit the field; the message says what does."""


class Links:
    """The rows that links point to, read once each for a whole file."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._rows: dict[type[models.Model], dict[str, models.Model | None]] = {}

    def load(self, model: type[models.Model], keys: Iterable[str]) -> None:
        known = self._rows.setdefault(model, {})
        wanted = {key for key in keys if key and key not in known}
        name = natural_key(model)
        field = model._meta.get_field(name)
        clean = {key for key in wanted if _fits(field, key)}
        rows = self._reachable(model).filter(**{f"{name}__in": clean}) if clean else ()
        known.update(dict.fromkeys(wanted))
        known.update({str(getattr(row, name)): row for row in rows})

    def get(self, model: type[models.Model], key: str) -> models.Model | None:
        if key not in self._rows.get(model, {}):
            self.load(model, [key])
        return self._rows[model][key]

    def _reachable(self, model: type[models.Model]) -> "models.QuerySet[Any]":
        """Where a row stands is judged as a whole, so places and organisations are open here."""
        rows = model._default_manager.defer(*heavy(model))
        if model in TREES or getattr(model, "scope", None) == Scope("", "", ""):
            return rows
        return visible_to(rows, self._actor, view_permission(model))


def _fits(field: Any, key: str) -> bool:
    try:
        field.to_python(key)
    except ValidationError:
        return False
    return "\0" not in key


def view_permission(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def heavy(model: type[models.Model], prefix: str = "") -> list[str]:
    """The fields of *model* that no list shows."""
    return [
        f"{prefix}{field.name}"
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    ]


@dataclass(frozen=True)
class Entry:
    """One field of a ledger, seen from outside."""

    field: "models.Field[Any, Any]"
    is_key: bool = False

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def title(self) -> str:
        return str(self.field.verbose_name)

    @cached_property
    def kind(self) -> str:
        if self.field.choices:
            return "choice"
        for base, kind in KINDS:
            if isinstance(self.field, base):
                return kind
        raise TypeError(f"{self.field} cannot be a field of a ledger")

    @property
    def is_required(self) -> bool:
        return not self.field.blank and not self.field.has_default() and self.kind != "flag"

    @property
    def target(self) -> type[models.Model]:
        found = self.field.related_model
        assert isinstance(found, type)
        return found

    @cached_property
    def choices(self) -> list[tuple[Any, str]]:
        return [(value, force_str(label)) for value, label in self.field.flatchoices]

    def read(self, given: object, links: Links) -> Any:
        """The value that *given* (text, or a JSON value) means. Raises Unreadable."""
        if isinstance(given, str):
            given = given.strip()
        if given in BLANK:
            return self._blank()
        value = READERS[self.kind](self, given, links)
        self._validate(value)
        return value

    def _blank(self) -> Any:
        if self.field.null:
            return None
        if self.field.has_default():
            return self.field.get_default()
        if self.kind == "flag":
            return False
        if not self.field.blank:
            raise Unreadable(_("must not be empty"))
        return self.field.get_default()

    def _validate(self, value: Any) -> None:
        if self.is_key and not KEY.fullmatch(str(value)):
            raise Unreadable(_("must not hold spaces, slashes, percent, question or number signs"))
        if self.kind in ("link", "choice"):
            return
        try:
            self.field.run_validators(value)
        except ValidationError as error:
            raise Unreadable(" ".join(error.messages)) from error

    def as_text(self, row: models.Model) -> str:
        """The value as a file or a form holds it: `read` gives it back."""
        value = self.as_json(row)
        return WRITERS.get(self.kind, str)(value) if value is not None else ""

    def as_json(self, row: models.Model) -> Any:
        """The value as JSON holds it, a link by the key of its row."""
        value = getattr(row, self.name)
        if self.kind == "link":
            return None if value is None else str(getattr(value, natural_key(type(value))))
        if isinstance(value, Decimal):
            return float(value)
        return value

    def shown(self, row: models.Model) -> str:
        """The value as people read it."""
        value = getattr(row, self.name)
        if value is None:
            return ""
        if self.kind == "choice":
            return force_str(dict(self.choices).get(value, value))
        return SHOWERS.get(self.kind, str)(value)


def _choice(entry: Entry, given: object, links: Links) -> Any:
    """A choice by its value or by its label in the language in use."""
    for value, label in entry.choices:
        if str(given) in (str(value), label):
            return value
    known = "、".join(label for _value, label in entry.choices)
    raise Unreadable(_("%(given)s is none of: %(known)s") % {"given": given, "known": known})


def _link(entry: Entry, given: object, links: Links) -> models.Model:
    row = links.get(entry.target, str(given))
    if row is None:
        raise Unreadable(
            _("no %(kind)s %(given)s")
            % {"kind": entry.target._meta.verbose_name, "given": str(given)[:60]}
        )
    return row


def _flag(entry: Entry, given: object, links: Links) -> bool:
    known = FLAGS.get(str(given).lower())
    if known is None:
        raise Unreadable(_("%(given)s is neither yes nor no") % {"given": str(given)[:40]})
    return known


def _number(entry: Entry, given: object, links: Links) -> Any:
    try:
        value = float(str(given))
    except ValueError:
        value = nan
    if not isfinite(value) or isinstance(given, bool):
        raise Unreadable(_("%(given)s is not a number") % {"given": str(given)[:40]})
    if isinstance(entry.field, models.DecimalField):
        return Decimal(str(given))
    return value


def _whole(entry: Entry, given: object, links: Links) -> int:
    value = _number(entry, given, links)
    if value != int(value):
        raise Unreadable(_("%(given)s is not a whole number") % {"given": str(given)[:40]})
    return int(value)


def _day(entry: Entry, given: object, links: Links) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        found = parse_date(str(given).replace("/", "-").replace(" 00:00:00", ""))
    except ValueError:
        found = None
    if found is None:
        raise Unreadable(_("%(given)s is not a date (2026-05-01)") % {"given": str(given)[:40]})
    return found


def _moment(entry: Entry, given: object, links: Links) -> datetime:
    """A time without zone is the city's."""
    try:
        found = given if isinstance(given, datetime) else parse_datetime(str(given))
    except ValueError:
        found = None
    if found is None:
        wrong = _("%(given)s is not a time (2026-05-01 08:00)") % {"given": str(given)[:40]}
        raise Unreadable(wrong)
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _text(entry: Entry, given: object, links: Links) -> str:
    if isinstance(given, dict | list | bool):
        raise Unreadable(_("must be text"))
    text = str(given)
    if "\0" in text:
        raise Unreadable(_("holds a character that cannot be stored"))
    return text


def _words(entry: Entry, given: object, links: Links) -> list[str]:
    parts = given if isinstance(given, list) else str(given).replace("，", ",").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _json(entry: Entry, given: object, links: Links) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise Unreadable(_("is not JSON: %(why)s") % {"why": error.msg}) from error


READERS: dict[str, Callable[[Entry, object, Links], Any]] = {
    "choice": _choice,
    "link": _link,
    "flag": _flag,
    "whole": _whole,
    "number": _number,
    "day": _day,
    "moment": _moment,
    "text": _text,
    "words": _words,
    "json": _json,
}


def _local(value: datetime) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")


def _flag_text(value: bool) -> str:
    return _("yes") if value else _("no")


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


WRITERS: dict[str, Callable[[Any], str]] = {
    "moment": _local,
    "flag": lambda value: "true" if value else "false",
    "json": _json_text,
    "words": ",".join,
    "number": lambda value: format(value, ".15g"),
}
SHOWERS: dict[str, Callable[[Any], str]] = {
    "moment": lambda value: _local(value)[:16],
    "flag": _flag_text,
    "json": lambda value: _json_text(value) if value else "",
    "words": ", ".join,
    "number": lambda value: format(value, ".10g"),
    "day": lambda value: value.isoformat(),
}


def entries(ledger: Ledger, *, changing: bool = False) -> list[Entry]:
    """What the form, the API and the import of *ledger* write, in order; *changing*: later on."""
    return [
        Entry(ledger.field(name), name == ledger.key)
        for name in ledger.fields
        if not (changing and name in ledger.fixed)
    ]


def asked_by(button: Button) -> list[Entry]:
    """What *button* asks, in order."""
    return [Entry(field) for field in button.asks]


def read_values(
    entered: Iterable[Entry], given: Mapping[str, Any], links: Links
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that *given* means and the problems it has, both by field name."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for entry in entered:
        if entry.name not in given:
            continue
        try:
            values[entry.name] = entry.read(given[entry.name], links)
        except Unreadable as error:
            problems[entry.name] = str(error)
    return values, problems
