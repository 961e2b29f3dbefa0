"""``GET /api/v1/sensing/observations/stream``: observations as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import require
from chengshu.core.lake import installation
from chengshu.core.lake.faults import HistoryGone
from chengshu.core.notify.frames import HEARTBEAT, OPENING, event_text
from chengshu.core.notify.views import (
    HEARTBEAT_SECONDS,
    events_response,
    person_now,
    released,
)
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.queries import VIEW
from chengshu.hub.sensing.wanted import Wanted
from chengshu.kit.errors import Invalid, NotSignedIn

from .reading import Position, read, recent

LOOK_SECONDS = 1.0
MOST_ROWS = 1000
MOST_NAMED = 500


@require_GET
async def observations(request: HttpRequest) -> StreamingHttpResponse:
    """Open a stream; with Last-Event-ID it goes on after that one, as far back as the lake
    remembers."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Person):
        raise NotSignedIn(_("Sign in, or send a token: Authorization: Bearer …"))
    wanted = _wanted(request)
    last = Position.parse(request.headers.get("Last-Event-ID", ""))
    start = await released(lambda: _checked(wanted, actor, last))
    return events_response(_texts(request, wanted, start))


def _wanted(request: HttpRequest) -> Wanted:
    terminals, properties = request.GET.getlist("terminal"), request.GET.getlist("property")
    if len(terminals) + len(properties) > MOST_NAMED:
        raise Invalid(_("At most %(most)s.") % {"most": MOST_NAMED}, where={"field": "terminal"})
    return Wanted(terminals, properties, request.GET.get("place", ""))


def _checked(wanted: Wanted, actor: Person, last: Position | None) -> Position:
    """Where to begin. Raises NotAllowed, and NotFound for a place that is none."""
    require(actor, VIEW)
    wanted.streams(actor)
    installation.current().ensure([OBSERVATIONS])
    head = recent.head()
    return last if last is not None and last.snapshot <= head else Position(head)


@dataclass(frozen=True)
class _Step:
    """What is told next, perhaps nothing, and how far that comes. *is_all*: nothing else waits."""

    text: bytes
    position: Position
    is_all: bool = True


async def _texts(request: HttpRequest, wanted: Wanted, position: Position) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    yield OPENING
    told_at = loop.time()
    while step := await released(partial(_next, request, wanted, position)):
        position = step.position
        if step.text or loop.time() - told_at > HEARTBEAT_SECONDS:
            yield step.text or HEARTBEAT
            told_at = loop.time()
        if step.is_all:
            await asyncio.sleep(LOOK_SECONDS)


def _next(request: HttpRequest, wanted: Wanted, position: Position) -> _Step | None:
    """By the rights of this moment; None once the session or the token is over."""
    head = recent.head()
    if head <= position.snapshot:
        return _Step(b"", position)
    person = person_now(request)
    if person is None:
        return None
    try:
        reading = read(position, head, wanted, person, MOST_ROWS)
    except HistoryGone:
        return _Step(event_text("stream.gap", {}, str(Position(head))), Position(head))
    end = reading.end
    is_all = end.row is None and end.snapshot == head
    if not len(reading.rows):
        return _Step(b"", end, is_all)
    told = {"observations": reading.observations()}
    return _Step(event_text("observations", told, str(end)), end, is_all)
