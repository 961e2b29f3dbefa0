"""Beside the administrators' ledgers: secrets shown once, outlines, the trail's check."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor, may, require, visible_to
from chengshu.core.access.tokens import Scope
from chengshu.core.organisations.models import Organisation
from chengshu.core.pages.asking import signed_in
from chengshu.core.places.models import Place
from chengshu.core.records.ledger import ledgers
from chengshu.kit.errors import CityError, Invalid, NotFound
from chengshu.kit.geodesy.offsets import Datum

from .actions import places, tokens, trail, users
from .pages import VIEW

FORMS = {"csv": "csv", "json": "geojson", "geojson": "geojson"}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What this administrator may open."""
    actor = signed_in(request)
    require(actor, VIEW)
    known = [ledger for ledger in ledgers if ledger.section == "admin"]
    context = {
        "ledgers": [ledger for ledger in known if may(actor, ledger.permission("view"))],
        "may_make_tokens": may(actor, "access.create_token"),
        "may_import_places": may(actor, "places.import_outlines"),
        "may_check_trail": may(actor, "audit.verify_trail"),
    }
    return render(request, "administration/index.html", context)


@never_cache
@require_POST
def password(request: HttpRequest, username: str) -> HttpResponse:
    """Reset a password and show the new one, this once."""
    actor = signed_in(request)
    seen = visible_to(User.objects.filter(is_service=False), actor, "access.reset_password")
    user = seen.filter(username=username).first()
    if user is None:
        raise NotFound(_("There is nothing here, or nothing you may see."))
    secret = users.reset_password(user, by=actor)
    return _secret(request, _("Password of %(user)s") % {"user": user}, secret)


@never_cache
@require_http_methods(["GET", "POST"])
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once."""
    actor = signed_in(request)
    require(actor, "access.create_token")
    problem = ""
    if request.method == "POST":
        try:
            secret = tokens.create_token(by=actor, **_token_values(request, actor))
        except CityError as error:
            problem = error.message
        else:
            return _secret(request, _("Token %(name)s") % {"name": request.POST["name"]}, secret)
    context = {"problem": problem, "given": request.POST}
    return render(request, "administration/token.html", context, status=422 if problem else 200)


def _token_values(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    scope: Scope = "ingest" if request.POST.get("scope") == "ingest" else "api"
    return {
        "name": request.POST.get("name", "").strip(),
        "scope": scope,
        "place": _by_code(Place, request.POST.get("place", "")),
        "organisation": _by_code(Organisation, request.POST.get("organisation", "")),
    }


def _by_code(tree: Any, code: str) -> Any:
    if not code.strip():
        return None
    row = tree.objects.filter(code=code.strip().replace("\0", "")).first()
    if row is None:
        raise Invalid(
            _("no %(kind)s %(given)s") % {"kind": tree._meta.verbose_name, "given": code[:60]}
        )
    return row


@require_http_methods(["GET", "POST"])
def import_outlines(request: HttpRequest) -> HttpResponse:
    """Read places with their outlines from one file; all or nothing."""
    actor = signed_in(request)
    require(actor, "places.import_outlines")
    context: dict[str, Any] = {"datums": list(Datum), "most_megabytes": 20}
    if request.method == "POST":
        try:
            context["count"] = _import(request, actor)
        except CityError as error:
            context["error"] = error
    status = 422 if "error" in context else 200
    return render(request, "administration/outlines.html", context, status=status)


def _import(request: HttpRequest, actor: Actor) -> int:
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("Choose a file."))
    form = FORMS.get((file.name or "").rpartition(".")[2].lower())
    if form is None:
        raise Invalid(_("A .csv or .geojson file is needed."))
    try:
        datum = Datum(request.POST.get("datum", ""))
    except ValueError:
        raise Invalid(_("Name the coordinate system of the file.")) from None
    return places.import_places(file.read(), form, datum, by=actor)


@require_POST
def check_trail(request: HttpRequest) -> HttpResponse:
    """Walk the audit trail and show what was found."""
    report = trail.verify_trail(by=signed_in(request))
    return render(request, "administration/trail.html", {"report": report})


def _secret(request: HttpRequest, title: str, secret: str) -> HttpResponse:
    return render(request, "administration/secret.html", {"title": title, "secret": secret})
