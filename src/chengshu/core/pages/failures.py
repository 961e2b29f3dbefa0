"""Designed answers to failures, as a page or as JSON."""

from typing import Final

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from chengshu.kit.errors import CityError, NotAllowed, NotFound, NotSignedIn

KNOWN: Final = (400, 403, 404, 409, 413, 422, 429, 500, 503)


class Broken(CityError):
    """A bug: the log has it, the answer does not."""

    code, status = "bug", 500


class Unreadable(CityError):
    """The request itself is malformed."""

    code, status = "bad-request", 400


class Forged(CityError):
    """The form's own secret is missing: it was not made here, or long ago."""

    code, status = "form-expired", 403


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def answer(request: HttpRequest, error: CityError) -> HttpResponseBase:
    """*error* in the form that the caller can use; who is not signed in is sent to sign in."""
    if wants_json(request):
        return JsonResponse(error.as_json(), status=error.status)
    if isinstance(error, NotSignedIn):
        return _to_sign_in(request)
    return _page(request, error)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if "HX-Request" not in request.headers:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    target = redirect_to_login(request.headers.get("HX-Current-URL", "/"), settings.LOGIN_URL)
    return HttpResponse(status=204, headers={"HX-Redirect": target.url})


def _page(request: HttpRequest, error: CityError) -> HttpResponse:
    template = (
        "pages/failure_panel.html" if "HX-Request" in request.headers else "pages/failure.html"
    )
    status = error.status if error.status in KNOWN else 500
    page = render_to_string(template, {"error": error, "status": status}, request)
    return HttpResponse(page, status=error.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return answer(request, Unreadable(_("The request cannot be read.")))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return answer(request, NotAllowed(_("You may not open this.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return answer(request, NotFound(_("There is nothing here, or nothing you may see.")))


def broken(request: HttpRequest) -> HttpResponseBase:
    """The page for a bug: as little machinery as possible, since any of it may be what broke."""
    error = Broken(_("Something went wrong on our side. It has been logged."))
    if wants_json(request):
        return JsonResponse(error.as_json(), status=500)
    return HttpResponse(render_to_string("pages/broken.html", {"error": error}), status=500)


def forged(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """CSRF failure."""
    return answer(request, Forged(_("This form has expired. Go back, reload and send it again.")))
