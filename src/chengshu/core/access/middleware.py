"""`request.actor`: who makes this request."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import sync_and_async_middleware

from chengshu.kit.errors import NotSignedIn

from . import sessions, tokens
from .actor import Anonymous, Person

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


Answer = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def actor(get_response: Answer) -> Answer:
    """Set ``request.actor`` from the bearer token, else from the session.

    A bad token is answered 401 here. A change through a session needs the CSRF token whatever
    the view says; a token needs none, since no browser sends it by itself.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            refusal = await sync_to_async(_identify)(request)
            return refusal or await get_response(request)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _identify(request) or get_response(request)

    return answer


def _identify(request: HttpRequest) -> HttpResponseBase | None:
    """Set the actor, or answer why there is none."""
    address = address_of(request)
    raw = bearer_of(request)
    if raw is not None:
        return _identify_token(request, raw, address)
    user = sessions.user_of(request)
    _set(request, Person(user, address) if user else Anonymous(address=address))
    return _csrf_refusal(request) if user and request.method not in SAFE else None


def _identify_token(request: HttpRequest, raw: str, address: str) -> HttpResponseBase | None:
    try:
        _set(request, tokens.authenticate(raw, address))
    except NotSignedIn as error:
        headers = {"WWW-Authenticate": "Bearer"}
        return JsonResponse(error.as_json(), status=error.status, headers=headers)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    return None


def _csrf_refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Django's own check, asked for a view that is not exempt."""
    return CsrfViewMiddleware(_plain_view).process_view(request, _plain_view, (), {})


def _plain_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _set(request: HttpRequest, who: Person | Anonymous) -> None:
    request.actor = who  # type: ignore[attr-defined]


def bearer_of(request: HttpRequest) -> str | None:
    """The raw token of ``Authorization: Bearer …``; None when the request brings none."""
    scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
    return raw.strip() if scheme.lower() == "bearer" else None


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:45]
