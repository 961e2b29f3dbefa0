"""A small city: two districts with governments, a bureau, people, and reports."""

from datetime import UTC, datetime, timedelta
from functools import cached_property

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import System
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places.models import Level, Place
from chengshu.hub.cases.actions.intake import NewCase, dispatch_case, file_case, report_case
from chengshu.hub.cases.models import Case
from chengshu.hub.cases.states import MOVES
from tests.core.access.factories import make_grant, make_organisation, make_place, make_user

# A Friday at nine in the morning, in a zone eight hours ahead of UTC.
START = datetime(2026, 5, 15, 1, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ALL = frozenset({"cases.report_case", "cases.view_case", *(move.permission for move in MOVES)})
CENTRE = System("centre", ALL | {"cases.reveal_reporter"})
UNIT_WORK = ("cases.accept_case", "cases.handle_case", "cases.return_case", "cases.note_case")


class City:
    """Made once per test."""

    def __init__(self) -> None:
        self.city = make_place("c", level=Level.CITY)
        self.east = make_place("c-e", self.city)
        self.west = make_place("c-w", self.city)
        self.street = make_place("c-e-1", self.east, Level.STREET)
        self.east_government = self._government(self.east)
        self.west_government = self._government(self.west)
        self.bureau = make_organisation("bureau", place=self.city)

    def _government(self, place: Place) -> Organisation:
        made = make_organisation(f"government-{place.code}", place=place)
        made.kind = Kind.GOVERNMENT
        made.save()
        return made

    @cached_property
    def worker(self) -> Person:
        """Works for the government of the east."""
        return self.person_of(self.east_government)

    def person_of(self, unit: Organisation) -> Person:
        user = make_user(organisation=unit)
        make_grant(user, *UNIT_WORK, "cases.view_case", organisation=unit)
        return Person(user)


def new(**changes) -> NewCase:
    given = {
        "title": "人行道暴露垃圾",
        "type": "cjt214.0102",
        "source": Case.Source.GRID,
        "place": "c-e-1",
    }
    return NewCase(**given | changes)


def reported(at: datetime = START, **changes) -> Case:
    return report_case(new(**changes), at=at, by=CENTRE)


def dispatched(at: datetime = START, **changes) -> Case:
    """Filed and dispatched at once to the suggested unit."""
    case = reported(at, **changes)
    file_case(case, at=at, by=CENTRE)
    return dispatch_case(case, at=at, by=CENTRE)
