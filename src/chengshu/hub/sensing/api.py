"""Latest values and series of a terminal; what a request to build has found."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from annotated_types import Ge, Le
from django.utils import timezone
from ninja import Router, Schema, Status

from chengshu.core.access.requests import CityRequest
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import find
from chengshu.core.records.shapes import as_json

from .actions.reuse import reuse_candidate
from .presenting import candidates_for
from .queries import as_points, latest, series, terminal_named, unit_symbol

router = Router(tags=["sensing"])
REQUESTS, REUSES = "sensing.requests", "sensing.reuses"


@router.get("/terminals/{code}/latest")
def latest_values(request: CityRequest, code: str) -> list[dict[str, Any]]:
    """The newest value of every stream of a terminal."""
    terminal = terminal_named(code, request.actor)
    return [asdict(value) for value in latest(terminal, timezone.now())]


@router.get("/terminals/{code}/series")
def value_series(
    request: CityRequest,
    code: str,
    property: str,
    start: datetime | None = None,
    until: datetime | None = None,
    points: Annotated[int, Ge(2), Le(2000)] = 500,
) -> dict[str, Any]:
    """One stream between two times, thinned for a chart; the last day of it when none is given."""
    terminal = terminal_named(code, request.actor)
    stream = terminal.datastreams.select_related("observed_property", "state").filter(code=property)
    found = stream.first()
    state = getattr(found, "state", None)
    until = until or (state.at if state else timezone.now())
    rows = series(terminal, property, start or until - timedelta(days=1), until, points)
    assert found is not None
    return {
        "unit": unit_symbol(found.observed_property.unit),
        "series": [{"title": found.observed_property.name, "points": as_points(rows)}],
    }


class Reused(Schema):
    """Until when the asking organisation wants to read."""

    until_on: date


@router.get("/requests/{code}/candidates", operation_id="build_request_candidates")
def candidates(request: CityRequest, code: str) -> list[dict[str, Any]]:
    """What the search for a request to build has found, the nearest first.

    *code* of a terminal is empty where the caller may know of it and not open it.
    """
    wanted = find(ledgers[REQUESTS], request.actor, code)
    return [
        {
            "number": offer.number,
            "code": offer.terminal.code if offer.is_open else "",
            "name": offer.terminal.name,
            "owner": offer.terminal.owner.code,
            "state": offer.terminal.state,
            "metres": offer.metres,
            "reuse": offer.reuse.code if offer.reuse else "",
        }
        for offer in candidates_for(wanted, request.actor)
    ]


@router.post(
    "/requests/{code}/candidates/{int:number}/reuse",
    response={201: dict[str, Any]},
    operation_id="reuse_candidate",
)
def ask_for_candidate(
    request: CityRequest, code: str, number: int, given: Reused
) -> Status[dict[str, Any]]:
    """Ask the owner of a terminal that the search has found."""
    wanted = find(ledgers[REQUESTS], request.actor, code)
    asked = reuse_candidate(wanted, number, by=request.actor, until_on=given.until_on)
    return Status(201, as_json(ledgers[REUSES], asked))
