"""Pages of warnings beyond their ledgers: words for ending one, and the rules as they hold now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chengshu.core.access.policy import require
from chengshu.core.pages.asking import signed_in
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import find

from .actions import dismiss_warning, escalate_warning
from .models import CityWarning
from .queries import rules_as_they_hold

LEDGER = "warnings.warnings"


@require_POST
def dismiss(request: HttpRequest, code: str) -> HttpResponse:
    """End a warning with the reason given."""
    actor = signed_in(request)
    warning: CityWarning = find(ledgers[LEDGER], actor, code)
    dismiss_warning(warning, reason=request.POST.get("reason", ""), by=actor)
    messages.success(request, _("Warning %(code)s is dismissed.") % {"code": code})
    return redirect(ledgers[LEDGER].address_of(warning))


@require_POST
def escalate(request: HttpRequest, code: str) -> HttpResponse:
    """Raise a warning's colour."""
    actor = signed_in(request)
    warning: CityWarning = find(ledgers[LEDGER], actor, code)
    raised = escalate_warning(warning, severity=request.POST.get("severity", ""), by=actor)
    said = {"code": code, "colour": raised.get_severity_display()}
    messages.success(request, _("Warning %(code)s is %(colour)s now.") % said)
    return redirect(ledgers[LEDGER].address_of(warning))


@require_GET
def in_force(request: HttpRequest) -> HttpResponse:
    """Every declared rule with its present numbers and where they come from."""
    require(signed_in(request), "warnings.view_rulesetting")
    standing = rules_as_they_hold(timezone.localdate())
    return render(request, "warnings/in_force.html", {"standing": standing})
