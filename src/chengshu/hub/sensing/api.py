"""Latest values and series of a terminal; what a request to build has found."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, Len, Lt
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime

from chengshu.core.access.requests import CityRequest
from chengshu.core.pages.pieces import PiecesResponse
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import find, visible_rows
from chengshu.core.records.shapes import as_json
from chengshu.kit.errors import NotFound

from .actions.exporting import FORMS, Pieces, Span, export_observations
from .actions.rejections import replay_rejections
from .actions.reuse import reuse_candidate
from .actions.subscriptions import rotate_secret
from .aggregates import Answer, By, Function, Question, aggregate
from .health.rates import rates
from .health.selection import Chosen, chosen_terminals
from .presenting import candidates_for
from .queries import as_points, latest, terminal_named, unit_symbol
from .rollups.buckets import Bucket
from .series import series
from .wanted import Wanted

router = Router(tags=["sensing"])
REQUESTS, REUSES = "sensing.requests", "sensing.reuses"
REJECTIONS, SUBSCRIPTIONS = "sensing.rejections", "sensing.subscriptions"
MOST_REPLAYED = 500
MOST_NAMED = 500


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
    start: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    points: Annotated[int, Ge(2), Le(2000)] = 500,
) -> dict[str, Any]:
    """One stream between two times, thinned for a chart; the last day of it when none is given.

    ``bucket`` says whether the points are observations (empty) or, over a long time, the lowest
    and the highest value of each minute, hour or day.
    """
    terminal = terminal_named(code, request.actor)
    stream = terminal.datastreams.select_related("observed_property", "state").filter(code=property)
    found = stream.first()
    state = getattr(found, "state", None)
    until = until or (state.at if state else timezone.now())
    drawn = series(terminal, property, start or until - timedelta(days=1), until, points)
    assert found is not None
    return {
        "bucket": drawn.bucket or "",
        "unit": unit_symbol(found.observed_property.unit),
        "series": [{"title": found.observed_property.name, "points": as_points(drawn.rows)}],
    }


@router.get("/aggregates")
def aggregates(
    request: CityRequest,
    property: str,
    place: str = "",
    bucket: Bucket = Bucket.HOUR,
    start: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    function: Function = Function.MEAN,
    by: By = By.PLACE,
) -> dict[str, Any]:
    """Buckets of one observed property over all terminals the caller may see, in groups.

    The last day when no time is given. Each point is the start of the bucket, the value, and how
    many observations it is of; the mean is of all observations, not of terminals, nor of areas.
    """
    end = until or timezone.now()
    question = Question(
        observed_property=property,
        place=place,
        bucket=bucket,
        function=function,
        by=by,
        start=start or end - timedelta(days=1),
        until=end,
    )
    return _aggregated(question, aggregate(request.actor, question))


def _aggregated(question: Question, answer: Answer) -> dict[str, Any]:
    points: list[list[list[Any]]] = [[] for _group in answer.groups]
    for group, at, value, count in answer.points.iter_rows():
        points[group].append([at.isoformat(), value if isfinite(value) else None, count])
    counts = question.function == Function.COUNT
    start, until = answer.span
    return {
        "property": answer.observed_property.code,
        "name": answer.observed_property.name,
        "unit": "" if counts else unit_symbol(answer.observed_property.unit),
        "function": question.function,
        "bucket": question.bucket,
        "by": question.by,
        "start": start.isoformat(),
        "until": until.isoformat(),
        "groups": [
            {"code": group.code, "name": group.name, "points": rows}
            for group, rows in zip(answer.groups, points, strict=True)
        ],
    }


class ChosenTerminals(Schema):
    """Codes of a place and an owner, with what is below them; a kind and a maker."""

    place: str = ""
    owner: str = ""
    kind: str = ""
    maker: str = ""


@router.get("/health/rates", operation_id="health_rates")
def health_rates(
    request: CityRequest,
    chosen: Query[ChosenTerminals],
    by: Literal["maker", "owner", "kind", "place"],
    start: datetime | None = None,
    until: datetime | None = None,
) -> list[dict[str, Any]]:
    """How reliable the terminals that one may see are, the least sound group first.

    The last seven days when no period is given; at most 92 days.
    """
    until = until or timezone.now()
    terminals = chosen_terminals(Chosen(**chosen.dict()), request.actor)
    found = rates(terminals, by, start or until - timedelta(days=7), until)
    return [asdict(row) for row in found]


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


@router.get("/observations/export", operation_id="export_observations", response={200: bytes})
def export(
    request: CityRequest,
    form: Annotated[Literal["csv", "parquet", "arrow"], Query(alias="format")] = "csv",
    terminal: Annotated[list[str], Query(max_length=MOST_NAMED)] = [],  # noqa: B006 - a declaration
    property: Annotated[list[str], Query(max_length=MOST_NAMED)] = [],  # noqa: B006 - a declaration
    place: str = "",
    start: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Any:
    """Observations from *start* until before *until* as a file, terminal by terminal in time."""
    wanted = Wanted(terminal, property, place)
    file = export_observations(wanted, Span(start, until), form, by=request.actor)
    response = PiecesResponse(Pieces(file), content_type=FORMS[form].media)
    name = f"observations-{timezone.localtime():%Y%m%d-%H%M}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@router.post("/subscriptions/{code}/secret", operation_id="new_subscription_secret")
def new_secret(request: CityRequest, code: str) -> dict[str, str]:
    """A new secret for the signatures of a subscription; it cannot be read again."""
    subscription = find(ledgers[SUBSCRIPTIONS], request.actor, code)
    return {"secret": rotate_secret(subscription, by=request.actor).secret}


class Numbered(Schema):
    """The numbers of rejected rows."""

    rows: Annotated[list[Annotated[int, Ge(1), Lt(2**63)]], Len(1, MOST_REPLAYED)]


class Counted(Schema):
    """What became of them; *received* is the sum of the others."""

    received: int
    stored: int
    duplicate: int
    rejected: int


@router.post("/rejections/replay", response=Counted, operation_id="replay_rejections")
def replay(request: CityRequest, given: Numbered) -> Any:
    """Hand several rejected rows in again as they are; settled ones are passed over."""
    rows = visible_rows(ledgers[REJECTIONS], request.actor).filter(pk__in=given.rows)
    found = list(rows)
    if len(found) != len(set(given.rows)):
        raise NotFound(_("A selected row is gone, or you may not see it."))
    return replay_rejections(found, by=request.actor)
