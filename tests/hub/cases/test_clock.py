"""Limits in working time, and the watch that finds what is overdue."""

import pytest

from chengshu.core.events.models import OutboxEvent
from chengshu.hub.cases import clock
from chengshu.hub.cases.actions.handling import accept_case
from chengshu.hub.cases.actions.intake import file_case
from chengshu.hub.cases.clock import Reading
from chengshu.hub.cases.jobs import find_overdue
from chengshu.hub.cases.models import Case, StageLimit, WorkCalendar
from chengshu.kit.errors import Conflict

from .factories import CENTRE, DAY, HOUR, MINUTE, START, dispatched, reported


def watch() -> dict:
    return find_overdue(lambda done, total: None)


def overdue_events() -> list[tuple[str, str]]:
    events = OutboxEvent.objects.filter(type="case.overdue").order_by("id")
    return [(event.body["code"], event.body["stage"]) for event in events]


def test_filing_is_counted_from_the_report_and_dispatch_from_filing(city):
    case = reported()
    filed = file_case(case, at=START + 20 * MINUTE, by=CENTRE)

    assert case.due_at == START + 30 * MINUTE
    assert filed.due_at == START + 50 * MINUTE


def test_urgent_cases_have_ten_minutes(city):
    assert reported(is_urgent=True).due_at == START + 10 * MINUTE


def test_working_hours_stop_for_the_night_and_the_weekend(city):
    friday_evening = START + 8 * HOUR  # five in the afternoon, one hour before closing

    case = dispatched(friday_evening)

    # One working hour to accept ends at six; four to handle end on Monday at 11:30.
    assert case.due_at == friday_evening + HOUR
    assert case.handling_due_at == START + 3 * DAY + 2.5 * HOUR


def test_a_limit_in_working_days_skips_public_holidays(city):
    before_national_day = START.replace(month=9, day=30)

    case = dispatched(before_national_day, type="cjt214.0103")

    assert case.handling_due_at > before_national_day + 7 * DAY


def test_a_type_has_its_own_stage_limit(city):
    case = reported()
    StageLimit.objects.create(
        stage="filing", type=case.type, value=2, unit="clock-hours", source="city notice"
    )

    assert reported().due_at == START + 2 * HOUR


def test_the_limit_that_was_used_stays_on_the_timeline(city):
    case = dispatched()

    facts = case.steps.get(action="dispatch_case").facts

    assert facts["handling_limit"] == {"value": 4.0, "unit": "working-hours"}


def test_the_clock_tells_running_soon_and_overdue(city):
    case = reported()

    readings = [clock.reading(case, START + minutes * MINUTE) for minutes in (1, 25, 31)]

    assert readings == [Reading.RUNNING, Reading.SOON, Reading.OVERDUE]


def test_a_city_without_its_calendar_is_told_so(city):
    case = reported()
    WorkCalendar.objects.all().delete()

    with pytest.raises(Conflict, match="calendar"):
        file_case(case, at=START, by=CENTRE)


def test_an_overdue_case_is_marked_and_told_once(city):
    case = reported()

    first, second = watch(), watch()

    assert (first, second) == ({"overdue": 1}, {"overdue": 0})
    assert overdue_events() == [(case.code, "filing")]
    assert Case.objects.get().overdue_at is not None
    assert case.steps.last().action == "overdue"


def test_every_stage_is_watched_anew(city):
    case = dispatched()
    watch()
    accept_case(case, at=START + DAY, by=CENTRE)

    watch()

    assert overdue_events() == [(case.code, "acceptance"), (case.code, "handling")]


def test_suspended_and_closed_cases_are_not_overdue(city):
    resting, closed = dispatched(), dispatched()
    Case.objects.filter(pk=resting.pk).update(due_at=None, suspended_at=START)
    Case.objects.filter(pk=closed.pk).update(state="closed")

    assert watch() == {"overdue": 0}
