"""Reading observations: latest values and series of a terminal."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

from annotated_types import Ge, Le
from django.utils import timezone
from ninja import Router

from chengshu.core.access.requests import CityRequest

from .queries import as_points, latest, series, terminal_named, unit_symbol

router = Router(tags=["sensing"])


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
