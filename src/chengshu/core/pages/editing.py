"""Forms that add, change and retire a row."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengshu.core.access.policy import require
from chengshu.core.records.entering import change as change_row
from chengshu.core.records.entering import create
from chengshu.core.records.entries import Entry, entries
from chengshu.core.records.ledger import Ledger, Run, action_of
from chengshu.core.records.selection import find
from chengshu.core.records.writing import WrongValues
from chengshu.kit.errors import Conflict, NotFound

from .asking import ledger_called, signed_in


@dataclass(frozen=True)
class Box:
    """One field of a form. *options* is the address of suggestions for a link."""

    entry: Entry
    text: str
    problem: str = ""
    options: str = ""
    hint: str = ""
    is_fixed: bool = False

    @property
    def kind(self) -> str:
        known = {"number": "number", "whole": "number", "day": "date", "json": "area"}
        if self.entry.kind in ("choice", "link", "flag"):
            return self.entry.kind
        if self.entry.kind == "text" and self.entry.field.get_internal_type() == "TextField":
            return "area"
        return known.get(self.entry.kind, "text")

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        known = [(True, _("yes")), (False, _("no"))]
        found = known if self.kind == "flag" else self.entry.choices
        chosen = {"true": "True", "false": "False"}.get(self.text, self.text)
        return [(str(value), label, str(value) == chosen) for value, label in found]


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, app: str, rows: str) -> HttpResponse:
    """The form for a new row."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    require(actor, action_of(_available(ledger.create)).code)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            row = create(ledger, _given(ledger, request), by=actor)
        except (WrongValues, Conflict) as error:
            problems = problems_of(error)
        else:
            messages.success(request, _("%(name)s has been added.") % {"name": row})
            return redirect(ledger.address_of(row))
    shown = boxes(ledger, entries(ledger), request, None, problems)
    title = _("Add %(kind)s") % {"kind": ledger.one}
    return form(request, ledger, shown, problems, {"title": title, "back": ledger.address})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, app: str, rows: str, key: str) -> HttpResponse:
    """The form for a row that exists."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    run = _available(ledger.change)
    row = find(ledger, actor, key)
    require(actor, action_of(run).code, row)
    name, back = str(row), ledger.address_of(row)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            changed = change_row(ledger, row, _given(ledger, request, changing=True), by=actor)
        except (WrongValues, Conflict) as error:
            problems = problems_of(error)
        else:
            messages.success(request, _("%(name)s has been changed.") % {"name": changed})
            return redirect(ledger.address_of(changed))
    fixed = (ledger.key, *ledger.fixed)
    shown = boxes(ledger, entries(ledger), request, row, problems, fixed)
    title = _("Change %(name)s") % {"name": name}
    return form(request, ledger, shown, problems, {"title": title, "back": back, "name": name})


@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, app: str, rows: str, key: str) -> HttpResponse:
    """Ask for the row's name before it is retired."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    run = _available(ledger.retire)
    row = find(ledger, actor, key)
    require(actor, action_of(run).code, row)
    problem = ""
    if request.method == "POST":
        if request.POST.get("name", "").strip() == str(row):
            run(row, by=actor)
            messages.success(request, _("%(name)s has been retired.") % {"name": row})
            return redirect(ledger.address)
        problem = _("This is not the name.")
    context = {"ledger": ledger, "row": row, "back": ledger.address_of(row), "problem": problem}
    return render(request, "pages/retire.html", context, status=422 if problem else 200)


def _available(run: Run | None) -> Run:
    if run is None:
        raise NotFound(_("This ledger does not offer that."))
    return run


def _given(ledger: Ledger, request: HttpRequest, *, changing: bool = False) -> dict[str, Any]:
    return {
        entry.name: request.POST[entry.name]
        for entry in entries(ledger, changing=changing)
        if entry.name in request.POST and not (changing and entry.is_key)
    }


def problems_of(error: WrongValues | Conflict) -> dict[str, str]:
    return error.problems if isinstance(error, WrongValues) else {"": error.message}


def boxes(
    ledger: Ledger,
    entered: Iterable[Entry],
    request: HttpRequest,
    row: Any,
    problems: Mapping[str, str],
    fixed: Collection[str] = (),
) -> list[Box]:
    """The fields of a form for *row*, or for a new one; what was sent is kept.

    Those of *fixed* are shown and cannot be changed.
    """
    found = []
    for entry in entered:
        sample = row if isinstance(row, entry.field.model) else entry.field.model()
        box = Box(
            entry,
            _text(entry, request, sample),
            problems.get(entry.name, ""),
            _options(ledger, entry),
            hint=_hint(entry, sample),
            is_fixed=entry.name in fixed,
        )
        found.append(box)
    return found


def _text(entry: Entry, request: HttpRequest, sample: Any) -> str:
    sent = request.POST.get(entry.name)
    if sent is not None:
        return sent
    return request.GET.get(entry.name) or _initial(entry, sample)


def _options(ledger: Ledger, entry: Entry) -> str:
    if entry.kind != "link":
        return ""
    return reverse("ledger-options", args=[*ledger.name.split("."), entry.name])


def _hint(entry: Entry, sample: Any) -> str:
    if entry.kind == "link" and getattr(sample, entry.field.attname) is not None:
        return str(getattr(sample, entry.name))
    if entry.kind == "words" and not entry.field.help_text:
        return _("Several, separated by commas")
    return str(entry.field.help_text)


def _initial(entry: Entry, row: Any) -> str:
    if entry.kind == "link" and getattr(row, entry.field.attname) is None:
        return ""
    text = entry.as_text(row)
    return "" if entry.kind == "json" and text == "{}" else text


def form(
    request: HttpRequest,
    ledger: Ledger,
    boxes: list[Box],
    problems: dict[str, str],
    context: dict[str, Any],
) -> HttpResponse:
    shown = {"ledger": ledger, "boxes": boxes, "problem": problems.get("", ""), **context}
    shown["problem_count"] = len(problems)
    return render(request, "pages/form.html", shown, status=422 if problems else 200)
