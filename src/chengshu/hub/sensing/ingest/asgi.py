"""The ingest port: HTTP entrances, health and metrics."""

import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from django.db import close_old_connections
from prometheus_client import Counter, Histogram
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chengshu.core.pages.probes import PROBES
from chengshu.kit.errors import CityError, NotSignedIn, TooLarge

from . import json_rows
from .door import Answer, Door
from .index import StreamIndex
from .rows import Parcel

LARGEST_BODY = 64 * 1024 * 1024

ROWS = Counter("chengshu_ingest_rows", "Observations by what became of them", ["entrance", "fate"])
SECONDS = Histogram("chengshu_ingest_seconds", "Time from body to answer", ["entrance"])


def application(open_door: Callable[[StreamIndex], Door]) -> Starlette:
    """The ASGI application; *open_door* opens the store when the server starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop = threading.Event()
        index = StreamIndex()
        app.state.door = await run_in_threadpool(open_door, index)
        listener = threading.Thread(target=index.listen, args=(stop,), daemon=True)
        listener.start()
        yield
        stop.set()
        await run_in_threadpool(app.state.door.store.close)

    return Starlette(
        routes=[
            Route("/ingest/json", _entrance("json", json_rows.read), methods=["POST"]),
            *PROBES,
        ],
        exception_handlers={CityError: _refuse},
        lifespan=lifespan,
    )


def _entrance(
    name: str, read: Callable[[bytes], Parcel]
) -> Callable[[Request], Awaitable[Response]]:
    async def entrance(request: Request) -> Response:
        token = _token(request)
        body = await _body(request)
        key = request.headers.get("idempotency-key") or None
        with SECONDS.labels(name).time():
            answer = await run_in_threadpool(
                _take, request.app.state.door, name, read, body, token, key
            )
        return JSONResponse(answer.as_json())

    return entrance


def _take(
    door: Door,
    name: str,
    read: Callable[[bytes], Parcel],
    body: bytes,
    token: str,
    key: str | None,
) -> Answer:
    close_old_connections()
    door.sender(token)
    answer = door.take(read(body), name, token, key)
    for fate in ("stored", "duplicate", "rejected"):
        ROWS.labels(name, fate).inc(getattr(answer, fate))
    return answer


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotSignedIn("Send the token as 'Authorization: Bearer …'")
    return token.strip()


async def _body(request: Request) -> bytes:
    """The body, inflated when gzipped, refused as soon as it is over the limit."""
    inflate = _inflater(request.headers.get("content-encoding", "identity"))
    parts, size = [], 0
    async for chunk in request.stream():
        part = _inflated(inflate, chunk, LARGEST_BODY - size + 1) if inflate else chunk
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(f"The body is larger than {LARGEST_BODY} bytes")
    return b"".join(parts)


def _inflater(encoding: str) -> "zlib._Decompress | None":
    if encoding == "identity":
        return None
    if encoding != "gzip":
        raise json_rows.BadBody(f"Content-Encoding {encoding!r} is not known; gzip is")
    return zlib.decompressobj(wbits=31)


def _inflated(inflate: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return inflate.decompress(chunk, most)
    except zlib.error:
        raise json_rows.BadBody("The body is not gzip, though its header says so") from None


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CityError)
    return JSONResponse(error.as_json(), status_code=error.status)
