"""``GET /api/v1/stream``: what happens, as server-sent events, filtered for who looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chengshu.core.access import sessions, tokens
from chengshu.core.access.actor import Person
from chengshu.core.access.middleware import bearer_of
from chengshu.core.access.policy import Policy
from chengshu.kit.errors import NotSignedIn

from .frames import HEARTBEAT, OPENING, Cursor, gap_frame
from .past import Missed, events_since
from .relay import Client, relay

HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 60.0

T = TypeVar("T")


@require_GET
async def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Open a stream; with Last-Event-ID it first repeats what was missed."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Person):
        raise NotSignedIn(_("Sign in, or send a token: Authorization: Bearer …"))
    client = Client(await released(lambda: actor.policy), asyncio.get_running_loop())
    cursor = Cursor.parse(request.headers.get("Last-Event-ID", ""))
    return events_response(_texts(request, client, cursor))


def events_response(texts: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """The answer that sends *texts*, the frames of a server-sent stream, as they come."""
    return StreamingHttpResponse(
        texts,
        content_type="text/event-stream",
        headers={
            "Cache-Control": "no-cache, no-transform",
            "Content-Encoding": "identity",  # compression would hold frames back
            "X-Accel-Buffering": "no",
        },
    )


async def _texts(
    request: HttpRequest, client: Client, cursor: Cursor | None
) -> AsyncIterator[bytes]:
    try:
        missed = await released(lambda: _joined(client, cursor))
        yield OPENING
        if missed and missed.is_gap:
            yield gap_frame(missed.end)
        elif missed:
            for frame in missed.frames:
                if frame.is_for(client.policy):
                    yield frame.text
        known = {frame.id for frame in missed.frames} if missed else set()
        async for text in _live(request, client, known):
            yield text
    finally:
        relay.leave(client)


def _joined(client: Client, cursor: Cursor | None) -> Missed | None:
    relay.join(client)
    return events_since(cursor) if cursor else None


async def _live(request: HttpRequest, client: Client, known: set[int]) -> AsyncIterator[bytes]:
    """Frames and heartbeats until the client is lost, or may no longer look."""
    loop = asyncio.get_running_loop()
    checked_at = loop.time()
    while not client.is_lost:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                frame = await client.waiting.get()
            if frame.id not in known:
                yield frame.text
        except TimeoutError:
            yield HEARTBEAT
        if loop.time() - checked_at >= RECHECK_SECONDS:
            policy = await released(lambda: _policy_now(request))
            if policy is None:
                return
            client.policy, checked_at = policy, loop.time()


def _policy_now(request: HttpRequest) -> Policy | None:
    person = person_now(request)
    return person.policy if person else None


def person_now(request: HttpRequest) -> Person | None:
    """Who sent *request*, with the rights of this moment; None once session or token is over."""
    raw = bearer_of(request)
    try:
        user = tokens.authenticate(raw).user if raw is not None else sessions.reread(request)
    except NotSignedIn:
        return None
    return Person(user) if user else None


async def released(read: Callable[[], T]) -> T:
    """*read* in the request's thread; a stream keeps no database connection while it waits."""

    def read_and_release() -> T:
        try:
            return read()
        finally:
            connections.close_all()

    return await sync_to_async(read_and_release)()
