"""SensorThings on the web port."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from chengshu.core.access import tokens
from chengshu.core.access.actor import Anonymous
from chengshu.core.access.middleware import address_of
from chengshu.core.access.policy import Actor
from chengshu.core.access.requests import CityRequest
from chengshu.kit.errors import NotSignedIn

from .credentials import token_of
from .exchange import Call, Reply
from .naming import VERSION
from .service import answer

ROOT = f"/sta/{VERSION}"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="SensorThings", Bearer'}


@csrf_exempt  # the middleware asks for the CSRF token of every change through a session
def sensorthings(request: CityRequest, path: str = "") -> HttpResponse:
    """Any address of the service."""
    try:
        actor = _actor(request)
    except NotSignedIn as error:
        return _response(request, Reply(401, error.as_json(), headers=CHALLENGE))
    call = Call(
        method=request.method or "GET",
        path=path,
        query=request.META.get("QUERY_STRING", ""),
        root=request.build_absolute_uri(ROOT),
        actor=actor,
        body=request.body,
        content_type=request.headers.get("Content-Type", ""),
    )
    return _response(request, answer(call))


def _actor(request: CityRequest) -> Actor:
    """Raises NotSignedIn. The middleware has dealt with bearers and sessions."""
    if not isinstance(request.actor, Anonymous):
        return request.actor
    raw = token_of(request.headers.get("Authorization", ""))
    if raw is None:
        raise NotSignedIn("Sign in, or send a token as bearer or as the password of HTTP Basic")
    return tokens.authenticate(raw, address_of(request))


def _response(request: HttpRequest, reply: Reply) -> HttpResponse:
    response = HttpResponse(
        reply.body, status=reply.status, content_type=reply.content_type, headers=reply.headers
    )
    if reply.status == 204:
        del response["Content-Type"]
    return response
