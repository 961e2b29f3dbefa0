"""The one API of the platform at ``/api/v1/``: every ledger and every app's own routes."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson
from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.renderers import BaseRenderer

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import Actor
from chengshu.kit.errors import CityError, Invalid, NotFound, NotSignedIn, UnknownName

from .endpoints import actor_of, router_of
from .ledger import ledgers


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)


def signed_in(request: HttpRequest) -> Actor:
    """Every route needs a person or a token; CSRF of sessions is checked before."""
    actor = actor_of(request)
    if not isinstance(actor, Person):
        raise NotSignedIn(_("Sign in, or send a token: Authorization: Bearer …"))
    return actor


def build() -> NinjaAPI:
    """The API over what is registered; built once, when addresses are first needed."""
    api = NinjaAPI(
        title="Chengshu",
        version="1.0.0",
        urls_namespace="api-1",
        auth=signed_in,
        renderer=OrjsonRenderer(),
        docs_url="/docs",
    )
    _answer_errors(api)
    for label, router in _app_routers():
        api.add_router(f"/{label}", router)
    for ledger in ledgers:
        api.add_router("/" + ledger.name.replace(".", "/"), router_of(ledger))
    return api


def _app_routers() -> list[tuple[str, Router]]:
    """The ``router`` of every app's ``api`` module, imported when declarations were found."""
    modules = (
        (config.label, sys.modules.get(f"{config.name}.api")) for config in apps.get_app_configs()
    )
    return [
        (label, router)
        for label, module in modules
        if isinstance(router := getattr(module, "router", None), Router)
    ]


def _answer_errors(api: NinjaAPI) -> None:
    def answer(error: CityError) -> HttpResponse:
        return HttpResponse(
            orjson.dumps(error.as_json(), default=str),
            status=error.status,
            content_type="application/json",
        )

    @api.exception_handler(CityError)
    def expected(request: HttpRequest, error: CityError) -> HttpResponse:
        return answer(error)

    @api.exception_handler(ValidationError)
    def wrong_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = {_field(problem): str(problem["msg"]) for problem in error.errors}
        message = "; ".join(f"{name}: {text}" for name, text in fields.items())
        return answer(Invalid(message, where={"fields": fields}))

    @api.exception_handler(HttpError)
    def malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(Invalid(str(error)))

    @api.exception_handler(Http404)
    @api.exception_handler(UnknownName)
    def nothing(request: HttpRequest, error: Exception) -> HttpResponse:
        return answer(NotFound(str(error) or _("There is nothing here.")))


def _field(problem: Mapping[str, Any]) -> str:
    """The name of the field at fault: the location without the part of the request."""
    names = [str(part) for part in problem["loc"] if part not in ("body", "query", "path", "given")]
    return ".".join(names[1:] if len(names) > 1 and names[0] == "asked" else names)
