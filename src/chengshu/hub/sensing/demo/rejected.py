"""A few rows that the entrance refuses, for somebody to put right."""

from datetime import timedelta
from typing import Any

import orjson

from chengshu.core.access.policy import System
from chengshu.core.demo.part import DemoCity
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.ingest import json_rows
from chengshu.hub.sensing.ingest.door import keep
from chengshu.hub.sensing.ingest.index import Streams, load
from chengshu.hub.sensing.ingest.rows import sort_out
from chengshu.hub.sensing.models import Datastream

GATEWAY = System("demo-gateway", frozenset({INGEST}))


def misspeak(city: DemoCity) -> None:
    """What gateways get wrong: a code with a slip, a decimal comma, a clock ahead."""
    known = Datastream.objects.filter(terminal__code__contains="-noise-", code="noise")
    names = list(known.order_by("id").values_list("terminal__code", flat=True)[:2])
    if not names:
        return
    parcel = json_rows.read(orjson.dumps(_slips(city, names[0], names[-1])))
    streams = Streams(load(known))
    rows = parcel.addressed(streams)
    sort_out(parcel, rows, streams, GATEWAY.policy.of(INGEST), city.now)
    keep(parcel.rejected, "json", GATEWAY)


def _slips(city: DemoCity, one: str, other: str) -> list[dict[str, Any]]:
    at = city.now
    return [
        _said(one.replace("-noise-", "-nosie-"), at.isoformat(), 58.2),
        _said(one, at.isoformat(), "61,4"),
        _said(other, (at + timedelta(days=365)).isoformat(), 55.0),
        _said(other, at.replace(tzinfo=None).isoformat(), 57.3),
    ]


def _said(terminal: str, at: str, value: object) -> dict[str, Any]:
    return {"terminal": terminal, "at": at, "values": {"noise": value}}
