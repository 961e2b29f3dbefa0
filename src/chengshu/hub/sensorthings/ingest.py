"""SensorThings on the ingest port, for those who send observations."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chengshu.core.access import tokens
from chengshu.core.runtime.threads import in_thread
from chengshu.kit.errors import CityError, NotSignedIn, TooLarge

from .credentials import token_of
from .exchange import Call, Reply
from .service import METHODS, answer
from .views import CHALLENGE, ROOT

LARGEST_BODY = 64 * 1024 * 1024


async def _entrance(request: Request) -> Response:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"The body is larger than {LARGEST_BODY} bytes")
    reply = await in_thread(_answered, request, body)
    return Response(
        reply.body, reply.status, headers=dict(reply.headers), media_type=reply.content_type
    )


def _answered(request: Request, body: bytes) -> Reply:
    try:
        raw = token_of(request.headers.get("authorization", ""))
        if raw is None:
            raise NotSignedIn("Send a token as bearer or as the password of HTTP Basic")
        actor = tokens.authenticate(raw)
    except CityError as error:
        return Reply(error.status, error.as_json(), headers=CHALLENGE)
    call = Call(
        method=request.method,
        path=request.path_params.get("path", ""),
        query=request.url.query,
        root=f"{request.url.scheme}://{request.url.netloc}{ROOT}",
        actor=actor,
        body=body,
        content_type=request.headers.get("content-type", ""),
    )
    return answer(call)


ROUTES = [
    Route(ROOT, _entrance, methods=list(METHODS)),
    Route(f"{ROOT}/{{path:path}}", _entrance, methods=list(METHODS)),
]
