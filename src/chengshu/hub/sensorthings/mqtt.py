"""SensorThings 1.1 by MQTT (clause 14): what is made of messages and what is told to listeners.

A message under ``v1.1/…/Observations`` that is more than a number at a time is posted as HTTP would
take it.

Sets of observations tell every observation that becomes durable. Other sets tell the entities that
are new or changed, an entity and a property of it tell themselves when they change. Each may have
``?$select=…``; the JSON is what HTTP answers at that moment to whoever listens.
"""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson
import polars as pl
from django.conf import settings
from django.db.models.functions import Now

from chengshu.core.access.policy import Actor
from chengshu.hub.sensing.ingest.mqtt.messages import Message
from chengshu.hub.sensing.ingest.mqtt.telling import Memory, Told
from chengshu.hub.sensing.subscriptions.reading import Position, recent
from chengshu.kit.errors import Transient

from . import identity
from .exchange import Call
from .models import Observation
from .naming import COUNT
from .service import answer
from .views import ROOT as HTTP_ROOT

ROOT = "v1.1"
CREATED, SERVER_ERROR = 201, 500
OVERLAP = timedelta(seconds=10)
"""How long a change may take to be committed and is told all the same."""
SELECT = r"(?:\?(?P<select>\$select=[\w,@.]+))?"
OBSERVATIONS = re.compile(r"(?P<path>(?:\w+(?:\(\d{1,18}\))?/){0,4}Observations)" + SELECT)
STREAM = re.compile(r"(?:.*/)?Datastreams\((\d{1,18})\)/Observations")
WATCHED = re.compile(
    r"(?P<path>(?![^?]*Observations(?:\?|$))\w+(?:\(\d{1,18}\))?(?:/[\w()]+){0,5})" + SELECT
)
MOST_ASKED = 50
"""Observations asked for at once."""
MOST_ROWS = 1000
"""Observations told of one stretch of the lake under one filter: the latest."""
MOST_WATCHED = 10
"""Filters of one client that are looked at for changes."""
MOST_ENTITIES = 200
"""The largest set that is looked at for changes."""


def make(actor: Actor, message: Message) -> str | None:
    """Post what *message* says; see `reading.Maker`."""
    path = message.topic.removeprefix(f"{ROOT}/")
    reply = answer(Call("POST", path, "", HTTP_ROOT, actor, message.payload))
    if reply.status >= SERVER_ERROR:
        raise Transient("The observation could not be kept now")
    return None if reply.status == CREATED else "refused-observation"


def may_hear(actor: Actor, levels: list[str]) -> bool:
    """Whether HTTP would answer *actor* what a filter with these *levels* asks for, and it is not
    too much to look at again and again."""
    wanted = "/".join(levels[1:])
    if asked := OBSERVATIONS.fullmatch(wanted):
        return _asked(actor, asked["path"], asked["select"], "$top=0") is not None
    if asked := WATCHED.fullmatch(wanted):
        document = _asked(actor, asked["path"], asked["select"], "$top=0", "$count=true")
        return document is not None and document.get(COUNT, 0) <= MOST_ENTITIES
    return False


def told(
    actor: Actor, filters: Collection[str], after: Position, through: int, memory: Memory
) -> Told:
    """See `telling.Tell`."""
    found: Told = []
    for wanted, asked in _observing(filters):
        entities = _observed(actor, asked, after, through, memory)
        found += ((wanted, orjson.dumps(entity)) for entity in entities)
    for wanted, asked in _matching(WATCHED, filters)[:MOST_WATCHED]:
        found += ((wanted, orjson.dumps(entity)) for entity in _changed(actor, asked, memory))
    return found


def _observing(filters: Collection[str]) -> list[tuple[str, re.Match[str]]]:
    """Those for observations; of those that are not of one datastream not too many."""
    found = _matching(OBSERVATIONS, filters)
    narrow = [one for one in found if STREAM.fullmatch(one[1]["path"])]
    return narrow + [one for one in found if one not in narrow][:MOST_WATCHED]


def _matching(
    pattern: re.Pattern[str], filters: Collection[str]
) -> list[tuple[str, re.Match[str]]]:
    below = {wanted: wanted.removeprefix(f"{ROOT}/") for wanted in sorted(filters)}
    return [(wanted, asked) for wanted, rest in below.items() if (asked := pattern.fullmatch(rest))]


def _observed(
    actor: Actor, asked: re.Match[str], after: Position, through: int, memory: Memory
) -> Iterator[object]:
    """What became durable, oldest first: of the lake, and of the rows beside it."""
    stream = STREAM.fullmatch(asked["path"])
    number = int(stream[1]) if stream else None
    known = _of_lake(number, after, through)
    for start in range(0, len(known), MOST_ASKED):
        some = known[start : start + MOST_ASKED]
        either = " or ".join(f"id eq {one}" for _at, one in some)
        span = f"phenomenonTime ge {some[0][0]} and phenomenonTime le {some[-1][0]}"
        document = _asked(
            actor,
            asked["path"],
            asked["select"],
            f"$top={MOST_ASKED}",
            f"$filter={quote(f'({either}) and {span}')}",
            "$orderby=phenomenonTime",
        )
        yield from document["value"] if document is not None else ()
    for one in _beside(number, asked[0], memory):
        document = _asked(actor, f"{asked['path']}({one})", asked["select"])
        yield from [document] if document is not None else ()


def _of_lake(stream: int | None, after: Position, through: int) -> list[tuple[str, int]]:
    """Time and id of the latest rows of the lake, by time."""
    if after.snapshot == through:
        return []
    rows = recent.rows(after.snapshot, through)
    if stream is not None:
        rows = rows.filter(pl.col("datastream") == stream)
    latest = rows.select("at", "datastream").unique().sort("at").tail(MOST_ROWS)
    return [(at.isoformat(), identity.of_row(number, at)) for at, number in latest.iter_rows()]


def _beside(stream: int | None, filter_: str, memory: Memory) -> list[int]:
    """The ids of rows beside the lake that are new or changed; none the first time."""
    rows = Observation.objects.filter(changed_at__gt=Now() - OVERLAP)
    if stream is not None:
        rows = rows.filter(datastream=stream)
    now = set(rows.order_by("-changed_at").values_list("pk", "changed_at")[:MOST_ROWS])
    before = memory.get(f"{filter_} beside", now)
    memory[f"{filter_} beside"] = now
    return sorted({number for number, _at in now - before})


def _changed(actor: Actor, asked: re.Match[str], memory: Memory) -> list[object]:
    """What of *asked* is other than the last time; nothing the first time."""
    now = _entities(actor, asked["path"])
    before = memory.get(asked[0])
    memory[asked[0]] = now
    if now is None or before is None or now == before:
        return []
    shown = _entities(actor, asked["path"], asked["select"]) or []
    return [told for told, entity in zip(shown, now, strict=False) if entity not in before]


def _entities(actor: Actor, path: str, *query: str | None) -> list[object] | None:
    """One, or those of a set in the order of their ids; None when there is nothing to see."""
    document = _asked(actor, path, *query, f"$top={MOST_ENTITIES}", "$orderby=id")
    if document is None:
        return None
    found = document.get("value")
    return found if isinstance(found, list) else [document]


def _asked(actor: Actor, path: str, *query: str | None) -> dict[str, Any] | None:
    """What HTTP answers at *path*; None when it refuses, or there is nothing."""
    config = settings.CHENGSHU
    root = f"http{'s' if config.https else ''}://{config.hosts[0]}:{config.port}{HTTP_ROOT}"
    reply = answer(Call("GET", path, "&".join(filter(None, query)), root, actor))
    return reply.document if reply.status == 200 else None
