"""The workbench, the page of one case, and intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengshu.core.access.policy import Actor, may, require
from chengshu.core.pages.asking import is_fragment, signed_in
from chengshu.core.places.models import Place
from chengshu.core.records import keyset
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import Selection, find
from chengshu.kit.errors import CityError, Conflict, Invalid, NotFound

from . import forms, presenting, queries
from .actions.intake import report_case
from .actions.overlays import reveal_reporter
from .models import Case, CaseType, Reporter
from .models.catalogue import Unit
from .routing import explain
from .timeline import person

LEDGER = "cases.cases"
SIZE = 50
OWN_TABS = ("intake", "mine", "unit")
TITLES = {
    "mine": gettext_lazy("Mine"),
    "unit": gettext_lazy("My unit's"),
    "intake": gettext_lazy("To dispatch"),
    "work": gettext_lazy("In work"),
    "check": gettext_lazy("To check and close"),
    "overdue": gettext_lazy("Overdue"),
    "all": gettext_lazy("All"),
}


@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    """Cases by tab, the most pressing first."""
    actor, now = signed_in(request), timezone.now()
    ledger = ledgers[LEDGER]
    selection = Selection.read(ledger, request.GET)
    seen = selection.rows(actor)
    tabs = queries.tabs(person(actor), now, {name: str(title) for name, title in TITLES.items()})
    counts = queries.counted(seen, tabs)
    tab = _chosen(tabs, request.GET.get("tab", ""), actor, counts)
    order = ("-code",) if tab.name == "all" else ("due_at", "code")
    page = keyset.page(seen.filter(tab.where), order, request.GET.get("cursor", ""), SIZE)
    context = {
        "tabs": tabs,
        "tab": tab,
        "counts": counts,
        "selection": selection,
        "rows": [(case, presenting.face(case, now)) for case in page.rows],
        "before": _with(request, cursor=page.before) if page.before else "",
        "after": _with(request, cursor=page.after) if page.after else "",
        "may_report": may(actor, "cases.report_case"),
        "ledger": ledger,
    }
    return render(request, "cases/workbench.html", context)


def _chosen(
    tabs: list[queries.Tab], wanted: str, actor: Actor, counts: Mapping[str, int]
) -> queries.Tab:
    """The tab asked for; otherwise the first of one's own that holds work, else all."""
    by_name = {tab.name: tab for tab in tabs}
    if wanted in by_name:
        return by_name[wanted]
    own = OWN_TABS if may(actor, "cases.dispatch_case") else OWN_TABS[1:]
    return by_name[next((name for name in own if counts.get(name)), "all")]


def _with(request: HttpRequest, **changes: str) -> str:
    params = request.GET.copy()
    for name, value in changes.items():
        params[name] = value
    return f"{request.path}?{params.urlencode()}"


@require_GET
def case_page(request: HttpRequest, code: str) -> HttpResponse:
    """One case; alone its heart for htmx, its summary for the side panel of a list."""
    actor = signed_in(request)
    case = find(ledgers[LEDGER], actor, code)
    template = "cases/case.html"
    if is_fragment(request, "aside"):
        template = "cases/case_side.html"
    elif is_fragment(request, "case"):
        template = "cases/case_body.html"
    response = render(request, template, _case(case, actor))
    patch_vary_headers(response, ["HX-Target"])
    return response


def _case(case: Case, actor: Actor, problem: CityError | None = None) -> dict[str, Any]:
    now = timezone.now()
    steps = list(queries.steps_of(case))
    names = queries.names_of({step.actor for step in steps})
    reporter = queries.reporter_of(case, actor)
    moves = queries.next_moves(case, actor)
    return {
        "case": case,
        "face": presenting.face(case, now),
        "progress": presenting.progress(case),
        "moves": moves,
        "units": Unit.choices,
        "why": explain(case.routing),
        "lines": [presenting.line(step, names) for step in steps],
        "reporter": presenting.masked(reporter) if reporter else None,
        "may_reveal": reporter is not None and may(actor, "cases.reveal_reporter", reporter),
        "warning": _warning(case, actor),
        "problem": problem,
        "options": reverse("ledger-options", args=["cases", "cases", "unit"]),
        "may_see_place": case.lon is not None and may(actor, "map.view_map"),
    }


def _warning(case: Case, actor: Actor) -> str:
    """The code of the warning behind the case, for those who may see warnings."""
    kind, _colon, code = (case.origin or "").partition(":")
    return code if kind == "warning" and may(actor, "warnings.view_citywarning") else ""


@require_POST
def do(request: HttpRequest, code: str) -> HttpResponse:
    """Every move of a case comes here; a refusal shows the case as it is by now, and why."""
    actor = signed_in(request)
    case = find(ledgers[LEDGER], actor, code)
    action = request.POST.get("action", "")
    try:
        forms.move(case, action, request.POST, at=timezone.now(), by=actor)
    except (Conflict, Invalid) as error:
        fresh = find(ledgers[LEDGER], actor, code)
        page = "cases/case_body.html" if is_fragment(request, "case") else "cases/case.html"
        return render(request, page, _case(fresh, actor, error), status=error.status)
    return _after(request, actor, code)


def _after(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The case again, or the workbench when it has left the reader's sight by the move."""
    try:
        case = find(ledgers[LEDGER], actor, code)
    except NotFound:
        messages.success(request, _("Done. Case %(code)s is with others now.") % {"code": code})
        home = reverse("case-workbench")
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": home})
        return redirect(home)
    if is_fragment(request, "case"):
        return render(request, "cases/case_body.html", _case(case, actor))
    return redirect("case", code=code)


@require_POST
def reveal(request: HttpRequest, code: str) -> HttpResponse:
    """Who reported, in full; that somebody looked is on record."""
    actor = signed_in(request)
    case = find(ledgers[LEDGER], actor, code)
    reporter = Reporter.objects.select_related("case").filter(case=case).first()
    if reporter is None:
        raise NotFound(_("Nobody left a name."))
    contact = reveal_reporter(reporter, by=actor)
    return render(request, "cases/contact.html", {"contact": contact})


@require_http_methods(["GET", "POST"])
def new_case(request: HttpRequest) -> HttpResponse:
    """Intake by hand, with the open cases that may be the same thing beside it."""
    actor, now = signed_in(request), timezone.now()
    require(actor, "cases.report_case")
    problem: CityError | None = None
    if request.method == "POST":
        try:
            case = report_case(forms.report(request.POST), at=now, by=actor)
        except Invalid as error:
            problem = error
        else:
            messages.success(request, _("Case %(code)s is registered.") % {"code": case.code})
            return redirect("case", code=case.code)
    context = {
        "types": CaseType.objects.filter(valid_to=None).order_by("group", "code"),
        "sources": Case.Source.choices,
        "given": request.POST or request.GET,
        "problem": problem,
        "wrong": problem.where.get("field", "") if problem else "",
        "options": reverse("ledger-options", args=["cases", "cases", "place"]),
        "found": _similar(request.POST or request.GET, actor, now),
    }
    status = problem.status if problem else 200
    return render(request, "cases/new.html", context, status=status)


@require_GET
def similar(request: HttpRequest) -> HttpResponse:
    """The open cases beside the intake form."""
    actor = signed_in(request)
    found = _similar(request.GET, actor, timezone.now())
    return render(request, "cases/similar.html", {"found": found})


def _similar(given: Any, actor: Actor, now: datetime) -> list[queries.Similar]:
    try:
        lon, lat = forms.number(given, "lon"), forms.number(given, "lat")
    except Invalid:
        lon = lat = None
    code = given.get("place") or ""
    return queries.similar(
        actor,
        now,
        type_code=given.get("type") or "",
        place=Place.objects.filter(code=code).first() if code else None,
        position=(lon, lat) if lon is not None and lat is not None else None,
    )
