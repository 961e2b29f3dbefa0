"""Pages of sensing beyond its ledgers."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chengshu.core.pages.asking import signed_in
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import find
from chengshu.kit.errors import Invalid

from .actions import reuse

REQUESTS, REUSES = "sensing.requests", "sensing.reuses"


@require_POST
def reuse_candidate(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Ask the owner of a terminal that the search has found."""
    actor = signed_in(request)
    wanted = find(ledgers[REQUESTS], actor, code)
    asked = reuse.reuse_candidate(wanted, number, by=actor, until_on=_day(request))
    messages.success(request, _("%(name)s has been added.") % {"name": asked.code})
    return redirect(ledgers[REUSES].address_of(asked))


def _day(request: HttpRequest) -> date:
    try:
        found = parse_date(request.POST.get("until_on", ""))
    except ValueError:
        found = None
    if found is None:
        raise Invalid(_("Choose until when."), where={"field": "until_on"})
    return found
