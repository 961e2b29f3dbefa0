"""Reporting and moving cases by programs; reading is the ledger's API."""

from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen
from django.utils import timezone
from ninja import Router, Schema, Status

from chengshu.core.access.requests import CityRequest
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.selection import find
from chengshu.core.records.shapes import as_json

from . import forms
from .actions.intake import Contact, NewCase, report_case
from .models import Case
from .queries import next_moves

LEDGER = "cases.cases"
router = Router(tags=["cases"])

Short = Annotated[str, MaxLen(200)]


class Reported(Schema):
    """A report. The place is its code, or left out where a position is given (CGCS2000)."""

    title: Short
    type: Short
    source: Short
    description: Annotated[str, MaxLen(3000)] = ""
    place: Short = ""
    address: Short = ""
    lon: Annotated[float, Ge(-180), Le(180)] | None = None
    lat: Annotated[float, Ge(-90), Le(90)] | None = None
    is_urgent: bool = False
    origin: Annotated[str, MaxLen(120)] = ""
    reporter_name: Annotated[str, MaxLen(60)] = ""
    reporter_phone: Annotated[str, MaxLen(20)] = ""


class Moved(Schema):
    """What a move takes: words, the unit's code, or more time."""

    text: Annotated[str, MaxLen(2000)] = ""
    unit: Short = ""
    value: float | None = None
    limit_unit: Short = ""


def _answer(case: Case, request: CityRequest) -> dict[str, Any]:
    moves = [move.action for move in next_moves(case, request.actor)]
    return {**as_json(ledgers[LEDGER], case), "next": moves}


@router.post("/reports", response={201: dict[str, Any]}, operation_id="report_case")
def report(request: CityRequest, given: Reported) -> Status[dict[str, Any]]:
    """Report a case; the same *origin* again answers the case that is there."""
    values = given.dict()
    contact = Contact(values.pop("reporter_name"), values.pop("reporter_phone"))
    case = report_case(NewCase(**values, reporter=contact), at=timezone.now(), by=request.actor)
    return Status(201, _answer(case, request))


@router.get("/{code}/actions", response=list[dict[str, Any]], operation_id="case_actions")
def actions(request: CityRequest, code: str) -> list[dict[str, Any]]:
    """What the caller may do with the case now."""
    case = find(ledgers[LEDGER], request.actor, code)
    return [
        {"action": move.action, "title": str(move.title), "needs": list(move.needs)}
        for move in next_moves(case, request.actor)
    ]


@router.post("/{code}/actions/{action}", response=dict[str, Any], operation_id="move_case")
def move(request: CityRequest, code: str, action: str, given: Moved) -> dict[str, Any]:
    """Move a case. Answers 409 with the state it is in when that is not possible by now."""
    case = find(ledgers[LEDGER], request.actor, code)
    moved = forms.move(case, action, given.dict(), at=timezone.now(), by=request.actor)
    return _answer(moved, request)
