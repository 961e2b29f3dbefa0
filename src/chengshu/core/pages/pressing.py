"""Buttons: an action on one row, after a form where it asks something, or on many rows."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengshu.core.access.policy import require
from chengshu.core.records import entering
from chengshu.core.records.entries import asked_by
from chengshu.core.records.ledger import Button, Ledger, Told, action_of
from chengshu.core.records.selection import find, visible_rows
from chengshu.core.records.writing import WrongValues
from chengshu.kit.errors import Conflict, Invalid, NotFound

from .asking import ledger_called, signed_in
from .editing import boxes, form, problems_of

MOST_PRESSED = 500


@require_http_methods(["GET", "POST"])
def press(request: HttpRequest, app: str, rows: str, key: str, button: str) -> HttpResponse:
    """Run the button's action on one row; a form comes first where it asks something."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    pressed = _button(ledger, button)
    row = find(ledger, actor, key)
    known = action_of(pressed.run)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            answer = entering.press(pressed, row, request.POST, by=actor)
        except (WrongValues, Conflict) as error:
            if not pressed.asks:
                raise
            problems = problems_of(error)
        else:
            _tell(request, answer, _("Done: %(what)s") % {"what": known.title})
            return redirect(ledger.address_of(row))
    require(actor, known.code, row)
    if not pressed.asks:
        raise NotFound(_("There is no such button."))
    shown = boxes(ledger, asked_by(pressed), request, row, problems)
    texts = {"title": f"{known.title} · {row}", "submit": str(known.title)}
    texts |= {"back": ledger.address_of(row), "name": str(row)}
    return form(request, ledger, shown, problems, texts)


@require_POST
def press_many(request: HttpRequest, app: str, rows: str, button: str) -> HttpResponse:
    """Run the button's action on every row ticked, on all of them or on none."""
    ledger = ledger_called(app, rows)
    actor = signed_in(request)
    pressed = _button(ledger, button)
    if pressed.asks:
        raise NotFound(_("There is no such button."))
    keys = request.POST.getlist("key")
    if not keys or len(keys) > MOST_PRESSED:
        raise Invalid(_("Select between 1 and %(most)s rows.") % {"most": MOST_PRESSED})
    found = list(visible_rows(ledger, actor).filter(**{f"{ledger.key}__in": keys}))
    if len(found) != len(set(keys)):
        raise NotFound(_("A selected row is gone, or you may not see it."))
    with transaction.atomic():
        answer = pressed.press(found, by=actor)
    done = {"what": action_of(pressed.run).title, "count": len(found)}
    _tell(request, answer, _("Done: %(what)s (%(count)s)") % done)
    return redirect(f"{ledger.address}?{request.POST.get('back', '')}")


def _tell(request: HttpRequest, answer: object, done: str) -> None:
    if isinstance(answer, Told):
        level = messages.SUCCESS if answer.is_well else messages.WARNING
        messages.add_message(request, level, answer.text)
    else:
        messages.success(request, done)


def _button(ledger: Ledger, name: str) -> Button:
    found = ledger.buttons.get(name)
    if found is None:
        raise NotFound(_("There is no such button."))
    return found
