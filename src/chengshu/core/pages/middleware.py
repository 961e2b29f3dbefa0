"""What every answer carries, and what an expected failure looks like."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from chengshu.kit.errors import CityError

from .failures import answer

Handler = Callable[[HttpRequest], Any]

SECURITY_HEADERS = {
    # Charts and Swagger UI set style attributes; styles and scripts themselves are ours alone.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self)",
}


def _secured(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@sync_and_async_middleware
def security_headers(get_response: Handler) -> Handler:
    """Send the strict content security policy with every answer."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            return _secured(await get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return _secured(get_response(request))

    return synchronous


@sync_and_async_middleware
def city_errors(get_response: Handler) -> Handler:
    """Answer a CityError raised by a view: JSON under ``/api/``, a page elsewhere."""

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return answer(request, error) if isinstance(error, CityError) else None

    passing = _passing(get_response)
    vars(passing)["process_exception"] = process_exception
    return passing


def _passing(get_response: Handler) -> Handler:
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            found: Awaitable[HttpResponseBase] = get_response(request)
            return await found

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        return response

    return synchronous
