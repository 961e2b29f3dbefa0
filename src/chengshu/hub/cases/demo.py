"""What cases add to the demonstration city: who handles what, and a week of reports."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.demo.part import DemoCity, DemoPart, register
from chengshu.core.places.models import Level, Place

from .actions.handling import accept_case, check_case, close_case, handle_case
from .actions.intake import NewCase, dispatch_case, file_case, report_case
from .models import Case, CaseType, RoutingRule

REPORTS = 48
ROADS = 40
CATALOGUE = "cjt214."
UNITS = {
    "environment.*": "environment-bureau",
    "cjt214.01*": "urban-management",
    "cjt214.02*": "urban-management",
    "cjt214.03*": "housing-construction",
    "cjt214.04*": "emergency-bureau",
}
"""Patterns of case types and the demonstration department that handles them."""
SOURCES = (Case.Source.HOTLINE, Case.Source.GRID, Case.Source.PUBLIC, Case.Source.MANUAL)
HOUSE_NUMBER = "号"
HANDLED, CHECKED = "已处理完毕，现场恢复正常", "现场核查，问题已解决"
"""What people of the demonstration say."""

T = TypeVar("T")
Turn = tuple[timedelta, Callable[[Case, datetime], Case]]
"""How long after the turn before, and what is done then."""


@action("cases.arrange_demo_routing", _("Arrange who handles what in the demonstration city"))
def arrange_routing(city: DemoCity, *, by: Actor) -> None:
    RoutingRule.objects.bulk_create(
        RoutingRule(
            code=f"{city.blueprint.code}-{number:02}",
            types=pattern,
            unit=city.organisations[unit],
            place=city.root,
        )
        for number, (pattern, unit) in enumerate(UNITS.items(), 1)
    )


def _arrange(city: DemoCity) -> None:
    arrange_routing(city, by=city.by)


def _report_and_handle(city: DemoCity) -> None:
    desk = _Desk(city)
    count = max(6, round(REPORTS * city.blueprint.terminals))
    hours = np.sort(desk.rng.uniform(0.2, 24 * city.blueprint.days, count))[::-1]
    for number, age in enumerate(hours, 1):
        desk.take_in(number, city.now - timedelta(hours=float(age)))


class _Desk:
    """The people of the city at work on invented reports."""

    def __init__(self, city: DemoCity) -> None:
        self.city = city
        self.rng = city.rng("cases")
        self._types = list(CaseType.objects.filter(code__startswith=CATALOGUE).order_by("code"))
        self._roads = city.blueprint.names.roads(ROADS, self.rng)
        self._cells = city.places(Level.CELL)
        self._streets = {place.path: place for place in city.places(Level.STREET)}
        self._people: dict[str, Person] = {}

    def take_in(self, number: int, at: datetime) -> None:
        """Report case *number* and let it go as far as it has come by now."""
        cell, kind = self._one_of(self._cells), self._one_of(self._types)
        road, source = self._one_of(self._roads), self._one_of(SOURCES)
        street = self._street(cell)
        condition = kind.conditions.order_by("number").first()
        new = NewCase(
            title=f"{road}{kind.name}",
            type=kind.code,
            source=source,
            description=condition.text if condition else "",
            place=cell.code,
            address=f"{street.name}{road}{self.rng.integers(1, 300)}{HOUSE_NUMBER}",
            lon=cell.lon,
            lat=cell.lat,
            origin=f"demo:{number}",
        )
        reporter = f"grid-{street.code}" if source == Case.Source.GRID else "dispatcher"
        case = report_case(new, at=at, by=self._person(reporter))
        for after, take in self._turns(case):
            at += after
            if at > self.city.now:
                return
            case = take(case, at)

    def _turns(self, case: Case) -> Iterator[Turn]:
        desk = self._person("dispatcher")
        yield self._minutes(5, 40), lambda case, at: file_case(case, at=at, by=desk)
        unit = case.suggested_unit.code if case.suggested_unit else "operation-centre"
        yield (
            self._minutes(5, 40),
            lambda case, at: dispatch_case(case, at=at, by=desk, unit=unit),
        )
        handler = self._person(f"unit-{unit}")
        yield self._minutes(20, 120), lambda case, at: accept_case(case, at=at, by=handler)
        yield (
            self._minutes(60, 1200),
            lambda case, at: handle_case(case, at=at, by=handler, text=HANDLED),
        )
        if case.type.needs_check:
            yield (
                self._minutes(30, 180),
                lambda case, at: check_case(case, at=at, by=desk, text=CHECKED),
            )
        yield self._minutes(20, 300), lambda case, at: close_case(case, at=at, by=desk)

    def _minutes(self, shortest: int, longest: int) -> timedelta:
        return timedelta(minutes=float(self.rng.uniform(shortest, longest)))

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self.rng.integers(len(things)))]

    def _street(self, cell: Place) -> Place:
        return next(street for path, street in self._streets.items() if cell.path.startswith(path))

    def _person(self, username: str) -> Person:
        """A user as an actor, whose policy is read once."""
        if username not in self._people:
            self._people[username] = Person(self.city.users[username])
        return self._people[username]


register(DemoPart("cases.routing", "ledgers", _arrange))
register(DemoPart("cases.reports", "work", _report_and_handle))
