"""Observations of a datastream to those who listen by MQTT: SensorThings 1.1, clause 14.3.

``v1.1/Datastreams(7)/Observations`` and longer paths to it, perhaps with ``?$select=…``, tell every
observation that became durable, in the JSON that HTTP answers. Entities and single properties are
not told.
"""

import re
from collections.abc import Collection, Iterator
from urllib.parse import quote

import orjson
import polars as pl
from django.conf import settings

from chengshu.core.access.policy import Actor
from chengshu.hub.sensing.ingest.mqtt.telling import Told
from chengshu.hub.sensing.subscriptions.reading import Position, recent

from .exchange import Call
from .service import answer
from .views import ROOT as HTTP_ROOT

ROOT = "v1.1"
FILTER = re.compile(
    r"((?:\w+\(\d{1,18}\)/){0,3}Datastreams\((\d{1,18})\)/Observations)(?:\?(\$select=[\w,@.]+))?"
)
MOST_TIMES = 20
"""Observations asked for at once."""
MOST_ROWS = 1000
"""Told of one stretch of the lake under one filter: the latest."""


def may_hear(actor: Actor, levels: list[str]) -> bool:
    """Whether HTTP would answer *actor* what a filter with these *levels* asks for."""
    asked = FILTER.fullmatch("/".join(levels[1:]))
    return asked is not None and _asked(actor, asked[1], [asked[3], "$top=0"]) is not None


def told(actor: Actor, filters: Collection[str], after: Position, through: int) -> Told:
    """See `telling.Tell`."""
    rows = recent.rows(after.snapshot, through)
    return [
        (wanted, orjson.dumps(entity))
        for wanted in filters
        for entity in _told(actor, wanted, rows)
    ]


def _told(actor: Actor, wanted: str, rows: pl.DataFrame) -> Iterator[object]:
    asked = FILTER.fullmatch(wanted.removeprefix(f"{ROOT}/"))
    if asked is None:
        return
    of_stream = rows.filter(pl.col("datastream") == int(asked[2]))
    times = of_stream["at"].unique().sort().tail(MOST_ROWS).to_list()
    for start in range(0, len(times), MOST_TIMES):
        some = times[start : start + MOST_TIMES]
        either = " or ".join(f"phenomenonTime eq {at.isoformat()}" for at in some)
        query = [asked[3], f"$filter={quote(either)}", "$orderby=phenomenonTime"]
        document = _asked(actor, asked[1], query)
        yield from document["value"] if document is not None else ()


def _asked(actor: Actor, path: str, query: list[str | None]) -> dict[str, list[object]] | None:
    """The set at *path* as HTTP answers it; None when it is refused."""
    config = settings.CHENGSHU
    root = f"http{'s' if config.https else ''}://{config.hosts[0]}:{config.port}{HTTP_ROOT}"
    reply = answer(Call("GET", path, "&".join(filter(None, query)), root, actor))
    return reply.document if reply.status == 200 else None
