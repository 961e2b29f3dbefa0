"""The record page of a ledger."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from chengshu.core.access.policy import Actor, may
from chengshu.core.records.history import history
from chengshu.core.records.ledger import Ledger, Run, action_of, panels_of
from chengshu.core.records.selection import find
from chengshu.core.records.shapes import answered

from .asking import is_fragment, ledger_called, signed_in
from .cells import facts
from .lists import buttons_of
from .sketch import sketch


@require_GET
def record(request: HttpRequest, app: str, rows: str, key: str) -> HttpResponse:
    """Facts, map, panels, history; alone the facts when the list asks for its side panel."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    row = find(ledger, actor, key)
    context = _basics(ledger, row, actor)
    if is_fragment(request, "aside"):
        return render(request, "pages/record_side.html", context)
    context |= {
        "sketch": sketch(row),
        "panels": _panels(request, ledger, row, actor),
        "history": history(row),
    }
    return render(request, "pages/record.html", context)


def _basics(ledger: Ledger, row: Any, actor: Actor) -> dict[str, Any]:
    return {
        "ledger": ledger,
        "row": row,
        "key": ledger.key_of(row),
        "address": ledger.address_of(row),
        "facts": facts(ledger, answered(ledger), row, actor),
        "buttons": buttons_of(ledger, actor, row),
        "may_change": _may(ledger.change, actor, row),
        "may_retire": _may(ledger.retire, actor, row) and not _is_retired(row),
        "is_retired": _is_retired(row),
    }


def _may(run: Run | None, actor: Actor, row: Any) -> bool:
    return run is not None and may(actor, action_of(run).code, row)


def _is_retired(row: Any) -> bool:
    return getattr(row, "valid_to", None) is not None


def _panels(
    request: HttpRequest, ledger: Ledger, row: Any, actor: Actor
) -> list[tuple[str, SafeString]]:
    found = []
    for panel in panels_of(ledger):
        if panel.permission and not may(actor, panel.permission):
            continue
        context = panel.context(row, actor) if panel.context else {}
        shown = render_to_string(panel.template, {"row": row, **context}, request)
        found.append((str(panel.title), mark_safe(shown)))  # noqa: S308 - a rendered template
    return found
