"""A row of every ledger whose rows belong to a place, an organisation or a grade."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone

from chengshu.apps.environment.models import AirStation
from chengshu.core.access.models import Grant
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.cases.models import Case, CaseType
from chengshu.hub.sensing.models import (
    BuildRequest,
    Carrier,
    Datastream,
    Device,
    Feed,
    ObservedProperty,
    Rejection,
    RejectionCount,
    ReuseRequest,
    Sector,
    Subscription,
    Terminal,
)
from chengshu.hub.warnings.models import CityWarning
from tests.core.access.factories import make_role, make_user
from tests.core.records.streetlights.models import Lamp

NEEDLE = "needle"
WHOLE = object()
"""In the facts of a row: it has no such side by its nature, so no grant is limited there."""

Facts = tuple[Any, Any, int]


@dataclass(frozen=True)
class Subject:
    """How rows of a ledger are made and, told without its scope, where each of them stands.

    *facts* answers place, organisation (None: none, WHOLE: no such side) and grade of a row.
    """

    make: Callable[[int, Place, Organisation | None, int], object]
    facts: Callable[[Any], Facts]


def _recorded(row: Any) -> Facts:
    return row.place, row.owner, row.grade


def _record(model: type[Model], **more: Any) -> Callable[..., object]:
    def make(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
        made = {name: value() if callable(value) else value for name, value in more.items()}
        return model._default_manager.create(
            code=f"n{number}",
            name=f"{NEEDLE} {number}",
            place=place,
            owner=owner or Organisation.objects.get(code="1"),
            grade=grade,
            lon=113.5,
            lat=34.5,
            **made,
        )

    return make


def _feed() -> Feed:
    return Feed.objects.get_or_create(code="f", defaults={"name": "f"})[0]


_make_bare_terminal = _record(Terminal, kind="sensor", feed=_feed)


def _make_terminal(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    made = _make_bare_terminal(number, place, owner, grade)
    kind = {"name": NEEDLE, "unit": "Cel"}
    observed = ObservedProperty.objects.get_or_create(code=NEEDLE, defaults=kind)[0]
    Datastream.objects.create(terminal=made, observed_property=observed, code=NEEDLE)
    return made


def _make_station(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    terminal = _make_terminal(number, place, owner, grade)
    return _record(AirStation, terminal=terminal)(number, place, owner, grade)


def _make_build_request(
    number: int, place: Place, owner: Organisation | None, grade: int
) -> object:
    organisation = owner or Organisation.objects.get(code="1")
    return BuildRequest.objects.create(
        code=f"n{number}",
        organisation=organisation,
        sector=Sector.objects.create(code=f"s{number}", name="s", authority=organisation),
        kind="sensor",
        place=place,
        lon=113.5,
        lat=34.5,
        purpose=f"{NEEDLE} {number}",
        requested_at=timezone.now(),
    )


def _make_reuse_request(
    number: int, place: Place, owner: Organisation | None, grade: int
) -> object:
    terminal: Any = _make_terminal(number, place, owner, grade)
    return ReuseRequest.objects.create(
        code=f"n{number}",
        terminal=terminal,
        organisation=terminal.owner,
        purpose=f"{NEEDLE} {number}",
        until_on=timezone.localdate(),
        requested_at=timezone.now(),
    )


def _make_device(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return Device.objects.create(
        code=f"{NEEDLE}-{number}",
        protocol="hj212",
        address=f"n{number}",
        terminal=_make_terminal(number, place, owner, grade),
    )


def _make_rejection(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return Rejection.objects.create(
        sender=f"{NEEDLE} {number}",
        entrance="json",
        code="bad-time",
        row={},
        terminal=_make_terminal(number, place, owner, grade),
        grade=grade,
    )


def _make_count(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return RejectionCount.objects.create(
        rejected_on=timezone.localdate(),
        sender=f"{NEEDLE} {number}",
        code="bad-time",
        rejected=number,
        not_kept=0,
        grade=grade,
    )


def _make_subscription(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return Subscription.objects.create(
        code=f"n{number}",
        name=f"{NEEDLE} {number}",
        organisation=owner or Organisation.objects.get(code="1"),
        subscriber=make_user(f"{NEEDLE}-{number}"),
        url="https://example.org/",
    )


def _make_warning(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    now = timezone.now()
    return CityWarning.objects.create(
        code=f"n{number}",
        kind="report",
        rule="r",
        subject_type="terminal",
        subject_code=f"s{number}",
        subject_name=f"{NEEDLE} {number}",
        title=f"{NEEDLE} {number}",
        severity="blue",
        place=place,
        owner=owner,
        grade=grade,
        lon=113.5,
        lat=34.5,
        raised_at=now,
        last_seen_at=now,
        created_at=now,
    )


def _make_case(number: int, place: Place, unit: Organisation | None, grade: int) -> object:
    return Case.objects.create(
        code=f"2026010100{number:03}",
        title=f"{NEEDLE} {number}",
        type=CaseType.objects.first(),
        source="manual",
        place=place,
        unit=unit,
        grade=grade,
        lon=113.5,
        lat=34.5,
        reported_at=timezone.now(),
    )


def _make_user(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return make_user(f"{NEEDLE}-{number}", organisation=owner)


def _make_grant(number: int, place: Place, owner: Organisation | None, grade: int) -> object:
    return Grant.objects.create(
        user=make_user(f"{NEEDLE}-{number}"),
        role=make_role("nothing.at_all", grade=grade),
        place=place,
        organisation=owner,
    )


SUBJECTS: dict[str, Subject] = {
    "admin.places": Subject(lambda *_: None, lambda row: (row, WHOLE, 1)),
    "admin.organisations": Subject(lambda *_: None, lambda row: (row.place, row, 1)),
    "admin.users": Subject(
        _make_user,
        lambda row: (row.organisation and row.organisation.place, row.organisation, 1),
    ),
    "admin.grants": Subject(_make_grant, lambda row: (row.place, row.organisation, 1)),
    "sensing.terminals": Subject(_make_terminal, _recorded),
    "sensing.devices": Subject(_make_device, lambda row: _recorded(row.terminal)),
    "sensing.rejections": Subject(
        _make_rejection, lambda row: (row.terminal.place, row.terminal.owner, row.grade)
    ),
    "sensing.rejection-counts": Subject(_make_count, lambda row: (WHOLE, WHOLE, row.grade)),
    "sensing.subscriptions": Subject(_make_subscription, lambda row: (WHOLE, row.organisation, 1)),
    "sensing.carriers": Subject(_record(Carrier, kind="pole"), _recorded),
    "sensing.requests": Subject(_make_build_request, lambda row: (row.place, row.organisation, 1)),
    "sensing.reuses": Subject(
        _make_reuse_request,
        lambda row: (row.terminal.place, row.organisation, row.terminal.grade),
    ),
    "warnings.warnings": Subject(_make_warning, _recorded),
    "cases.cases": Subject(_make_case, lambda row: (row.place, row.unit, row.grade)),
    "environment.stations": Subject(_make_station, _recorded),
    "streetlights.lamps": Subject(_record(Lamp, kind="led"), _recorded),
}
