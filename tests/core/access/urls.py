"""Two addresses that say who asks: a page and, as the API does, one exempt from CSRF."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.actor.name)  # type: ignore[attr-defined]


async def who_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.actor.name)  # type: ignore[attr-defined]


urlpatterns = [
    path("who/", who),
    path("who-async/", who_async),
    path("api/v1/who", csrf_exempt(who)),
]
