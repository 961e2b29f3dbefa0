"""What is told to those who listen by MQTT: SensorThings 1.1, clause 14.3.

``v1.1/Datastreams(7)/Observations`` and longer paths to it tell every observation that becomes
durable. Other sets tell the entities that are new or changed, an entity and a property of it tell
themselves when they change. Each may have ``?$select=…``; the JSON is what HTTP answers at that
moment to whoever listens.
"""

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

import orjson
import polars as pl
from django.conf import settings

from chengshu.core.access.policy import Actor
from chengshu.hub.sensing.ingest.mqtt.telling import Memory, Told
from chengshu.hub.sensing.subscriptions.reading import Position, recent

from .exchange import Call
from .naming import COUNT
from .service import answer
from .views import ROOT as HTTP_ROOT

ROOT = "v1.1"
SELECT = r"(?:\?(?P<select>\$select=[\w,@.]+))?"
OBSERVATIONS = re.compile(
    r"(?P<path>(?:\w+\(\d{1,18}\)/){0,3}Datastreams\((?P<stream>\d{1,18})\)/Observations)" + SELECT
)
WATCHED = re.compile(
    r"(?P<path>(?![^?]*Observations(?:\?|$))\w+(?:\(\d{1,18}\))?(?:/[\w()]+){0,5})" + SELECT
)
MOST_TIMES = 20
"""Observations asked for at once."""
MOST_ROWS = 1000
"""Observations told of one stretch of the lake under one filter: the latest."""
MOST_WATCHED = 10
"""Filters of one client that are looked at for changes."""
MOST_ENTITIES = 200
"""The largest set that is looked at for changes."""


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
    for wanted, asked in _matching(OBSERVATIONS, filters):
        entities = _observed(actor, asked, after, through)
        found += ((wanted, orjson.dumps(entity)) for entity in entities)
    for wanted, asked in _matching(WATCHED, filters)[:MOST_WATCHED]:
        found += ((wanted, orjson.dumps(entity)) for entity in _changed(actor, asked, memory))
    return found


def _matching(
    pattern: re.Pattern[str], filters: Collection[str]
) -> list[tuple[str, re.Match[str]]]:
    below = {wanted: wanted.removeprefix(f"{ROOT}/") for wanted in sorted(filters)}
    return [(wanted, asked) for wanted, rest in below.items() if (asked := pattern.fullmatch(rest))]


def _observed(
    actor: Actor, asked: re.Match[str], after: Position, through: int
) -> Iterator[object]:
    if after.snapshot == through:
        return
    rows = recent.rows(after.snapshot, through)
    of_stream = rows.filter(pl.col("datastream") == int(asked["stream"]))
    times = of_stream["at"].unique().sort().tail(MOST_ROWS).to_list()
    for start in range(0, len(times), MOST_TIMES):
        some = times[start : start + MOST_TIMES]
        either = " or ".join(f"phenomenonTime eq {at.isoformat()}" for at in some)
        document = _asked(
            actor,
            asked["path"],
            asked["select"],
            f"$filter={quote(either)}",
            "$orderby=phenomenonTime",
        )
        yield from document["value"] if document is not None else ()


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
