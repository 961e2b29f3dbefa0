"""The HTTP entrances: JSON, line protocol, Arrow, and what clients of InfluxDB expect."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chengshu.core.runtime.threads import in_thread
from chengshu.kit.errors import CityError

from . import arrow_rows, binding, bodies, json_rows, line_rows
from .door import Answer, Door, NothingStored
from .rows import Parcel

ROWS = Counter("chengshu_ingest_rows", "Observations by what became of them", ["entrance", "fate"])
SECONDS = Histogram("chengshu_ingest_seconds", "Time from body to answer", ["entrance"])
INFLUX_VERSION = "1.8.10"
"""What we answer to clients that ask an InfluxDB for its version before they send."""

CODES_2 = {
    401: "unauthorized",
    403: "forbidden",
    413: "request too large",
    503: "unavailable",
    507: "unavailable",
}

Read = Callable[[bytes, Mapping[str, str]], Parcel]


def _json(body: bytes, _options: Mapping[str, str]) -> Parcel:
    return json_rows.read(body)


def _line(body: bytes, options: Mapping[str, str]) -> Parcel:
    return line_rows.read(body, _precision(options), datetime.now(UTC))


def _precision(options: Mapping[str, str]) -> str:
    return options.get("precision") or "ns"


def _arrow(body: bytes, _options: Mapping[str, str]) -> Parcel:
    return arrow_rows.read(body)


def _entrance(name: str, read: Read) -> Callable[[Request], Awaitable[Response]]:
    async def entrance(request: Request) -> Response:
        return JSONResponse((await _taken(request, name, read)).as_json())

    return entrance


async def _taken(request: Request, name: str, read: Read) -> Answer:
    token = bodies.token(request)
    body = await bodies.body(request)
    key = request.headers.get("idempotency-key") or None
    door = request.app.state.door
    options = request.query_params
    with SECONDS.labels(name).time():
        if read is _line and key is None and len(body) <= binding.LARGEST:
            answer = await request.app.state.binder.take(token, _precision(options), body)
        else:
            answer = await in_thread(_take, door, name, read, body, options, token, key)
    for fate in ("stored", "duplicate", "rejected"):
        ROWS.labels(name, fate).inc(getattr(answer, fate))
    return answer


def _take(
    door: Door,
    name: str,
    read: Read,
    body: bytes,
    options: Mapping[str, str],
    token: str,
    key: str | None,
) -> Answer:
    door.sender(token)
    return door.take(read(body, options), name, token, key)


async def _write_1(request: Request) -> Response:
    """Nothing to say when all is well; else how many points were dropped and why the first was."""
    return await _written(request, lambda _status, said: {"error": said})


async def _write_2(request: Request) -> Response:
    """As ``_write_1`` with the errors of the second interface."""
    return await _written(
        request, lambda status, said: {"code": CODES_2.get(status, "invalid"), "message": said}
    )


async def _written(request: Request, as_error: Callable[[int, str], dict[str, str]]) -> Response:
    try:
        answer = await _taken(request, "line", _line)
        status, said = (400, _dropped(answer.as_json())) if answer.rejected else (204, "")
    except NothingStored as error:
        status, said = 400, _dropped(error.where)
    except CityError as error:
        status, said = error.status, error.message
    return JSONResponse(as_error(status, said), status) if said else Response(status_code=status)


def _dropped(answer: Mapping[str, Any]) -> str:
    first = answer["rejections"][0]
    return f"partial write: {first['message']} (line {first['row']}) dropped={answer['rejected']}"


async def _ping(_request: Request) -> Response:
    return Response(status_code=204, headers={"X-Influxdb-Version": INFLUX_VERSION})


async def _query(request: Request) -> Response:
    """Senders create their database before they write; here is only one, and it exists."""
    form = parse_qs((await bodies.body(request)).decode(errors="replace"))
    asked = request.query_params.get("q") or form.get("q", [""])[0]
    if asked.strip().upper().startswith("CREATE DATABASE"):
        return JSONResponse({"results": [{"statement_id": 0}]})
    return JSONResponse({"error": "Only CREATE DATABASE is answered here"}, status_code=400)


ROUTES = (
    Route("/ingest/json", _entrance("json", _json), methods=["POST"]),
    Route("/ingest/line", _entrance("line", _line), methods=["POST"]),
    Route("/ingest/arrow", _entrance("arrow", _arrow), methods=["POST"]),
    Route("/write", _write_1, methods=["POST"]),
    Route("/api/v2/write", _write_2, methods=["POST"]),
    Route("/ping", _ping, methods=["GET", "HEAD"]),
    Route("/query", _query, methods=["GET", "POST"]),
)
