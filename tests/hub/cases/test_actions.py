"""A case from report to closing, and what is refused on the way."""

import threading

import pytest
import shapely
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from chengshu.core.access.policy import Reach, visible_to
from chengshu.core.audit.models import AuditLine
from chengshu.core.events.models import OutboxEvent
from chengshu.hub.cases.actions.handling import (
    accept_case,
    check_case,
    close_case,
    handle_case,
    reopen_case,
    return_case,
    rework_case,
)
from chengshu.hub.cases.actions.intake import (
    Contact,
    dispatch_case,
    file_case,
    report_case,
    void_case,
)
from chengshu.hub.cases.actions.overlays import (
    extend_case,
    note_case,
    resume_case,
    reveal_reporter,
    suspend_case,
)
from chengshu.hub.cases.models import Case, CaseStep, CaseType, Reporter
from chengshu.hub.cases.timeline import WrongState
from chengshu.kit.errors import Conflict, Invalid, NotAllowed
from tests.core.access.factories import Reaching

from .factories import CENTRE, DAY, HOUR, MINUTE, START, City, dispatched, new, reported


def told() -> list[str]:
    events = OutboxEvent.objects.filter(type__startswith="case.").order_by("id")
    return [event.type.removeprefix("case.") for event in events]


def test_a_case_is_worked_from_report_to_closing(city):
    case = dispatched()
    accept_case(case, at=START + MINUTE, by=city.worker)
    handle_case(case, at=START + HOUR, by=city.worker, text="已清运干净")
    check_case(case, at=START + 2 * HOUR, by=CENTRE, text="现场干净")

    closed = close_case(case, at=START + 3 * HOUR, by=CENTRE)

    assert (closed.state, closed.unit, closed.handler) == (
        "closed",
        city.east_government,
        city.worker.user,
    )
    assert closed.due_at is None
    assert [(step.action, step.state) for step in case.steps.all()] == [
        ("report_case", "reported"),
        ("file_case", "filed"),
        ("dispatch_case", "dispatched"),
        ("accept_case", "accepted"),
        ("handle_case", "handled"),
        ("check_case", "checked"),
        ("close_case", "closed"),
    ]
    assert told() == ["reported", *["changed"] * 6, "closed"]


def test_codes_count_the_cases_of_a_day_in_the_citys_time(city):
    late_evening = START.replace(hour=15, minute=59)

    codes = [reported(late_evening).code, reported(late_evening).code]
    codes.append(reported(late_evening + 2 * MINUTE).code)

    assert codes == ["2026051500001", "2026051500002", "2026051600001"]


def test_a_case_finds_its_place_from_its_position(city):
    city.street.outline = shapely.to_wkb(shapely.box(113, 34, 114, 35))
    city.street.save()

    case = reported(place="", lon=113.5, lat=34.5)

    assert case.place == city.street


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"type": "nothing"}, "type"),
        ({"source": "rumour"}, "source"),
        ({"place": "nowhere"}, "place"),
        ({"place": ""}, "place"),
        ({"place": "", "lon": 1.0, "lat": 1.0}, "lon"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused_by_field(city, changes, field):
    with pytest.raises(Invalid) as refused:
        reported(**changes)

    assert refused.value.where == {"field": field}
    assert not Case.objects.exists()


def test_one_origin_opens_one_case(city):
    first = reported(origin="warning:W1")

    second = reported(origin="warning:W1")

    assert second.pk == first.pk
    assert CaseStep.objects.count() == 1


def test_nobody_reports_outside_their_reach(city):
    western = Reaching(Reach(frozenset({"cases.report_case"}), place_path="/c/c-w/", grade=9))

    with pytest.raises(NotAllowed):
        report_case(new(), at=START, by=western)

    assert not Case.objects.exists()
    assert AuditLine.objects.get().outcome == "refused"


def test_the_second_to_accept_is_told_that_it_is_taken(city):
    case = dispatched()
    accept_case(case, at=START, by=city.worker)

    with pytest.raises(WrongState) as refused:
        accept_case(case, at=START, by=city.person_of(city.east_government))

    assert refused.value.status == 409
    assert refused.value.where["state"] == "accepted"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins():
    city = City()
    case = dispatched()
    people = [city.person_of(city.east_government) for _ in range(2)]
    ready = threading.Barrier(2)
    ends = []

    def accept(person):
        try:
            ready.wait(10)
            accept_case(Case.objects.get(pk=case.pk), at=START, by=person)
            ends.append("accepted")
        except Conflict:
            ends.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["accepted", "conflict"]
    assert CaseStep.objects.filter(action="accept_case").count() == 1


@pytest.mark.django_db(transaction=True)
def test_reports_at_once_get_different_numbers():
    City()
    ready = threading.Barrier(4)

    def report():
        try:
            ready.wait(10)
            reported()
        finally:
            connection.close()

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Case.objects.values_list("code", flat=True)) == [
        f"202605150000{number}" for number in range(1, 5)
    ]


def test_another_unit_neither_sees_nor_accepts_the_case(city):
    case = dispatched()
    other = city.person_of(city.west_government)

    with pytest.raises(NotAllowed):
        accept_case(case, at=START, by=other)

    assert not visible_to(Case.objects.all(), other, "cases.view_case").exists()
    assert visible_to(Case.objects.all(), city.worker, "cases.view_case").get() == case


def test_a_unit_sees_the_timeline_of_its_cases_only(city):
    dispatched()
    dispatched(place="c-w")

    steps = visible_to(CaseStep.objects.all(), city.worker, "cases.view_case")

    assert {step.case.unit for step in steps} == {city.east_government}


def test_a_unit_that_returned_a_case_has_it_no_longer(city):
    case = dispatched()

    back = return_case(case, at=START + HOUR, by=city.worker, text="属园林部门")

    assert (back.state, back.unit, back.returns, back.handling_due_at) == ("filed", None, 1, None)
    step = case.steps.last()
    assert (step.unit, step.facts["unit"]) == (city.east_government, city.east_government.code)
    assert not visible_to(Case.objects.all(), city.worker, "cases.view_case").exists()


@pytest.mark.parametrize(
    "refused",
    [
        lambda case, by: return_case(case, at=START, by=by, text=""),
        lambda case, by: note_case(case, at=START, by=by, text=" "),
        lambda case, by: note_case(case, at=START, by=by, text="长" * 2001),
    ],
)
def test_words_that_are_missing_or_too_long_are_refused(city, refused):
    case = dispatched()

    with pytest.raises(Invalid) as error:
        refused(case, city.worker)

    assert error.value.where == {"field": "text"}
    assert Case.objects.get().state == "dispatched"


def test_a_dispatcher_may_choose_another_unit(city):
    case = file_case(reported(), at=START, by=CENTRE)

    moved = dispatch_case(case, at=START, by=CENTRE, unit="bureau", text="市级河道")

    assert moved.unit == city.bureau
    assert moved.routing["because"] == "person"


@pytest.mark.parametrize("unit", ["nobody-knows", ""])
def test_a_case_is_not_dispatched_to_nobody(city, unit):
    case = file_case(reported(place="c"), at=START, by=CENTRE)

    with pytest.raises(Invalid) as refused:
        dispatch_case(case, at=START, by=CENTRE, unit=unit)

    assert refused.value.where == {"field": "unit"}


def test_a_type_that_needs_a_check_is_not_closed_without_it(city):
    case = dispatched()
    accept_case(case, at=START, by=CENTRE)
    handle_case(case, at=START, by=CENTRE, text="好了")

    with pytest.raises(WrongState, match="checked"):
        close_case(case, at=START, by=CENTRE)

    CaseType.objects.filter(pk=case.type_id).update(needs_check=False)
    assert close_case(case, at=START, by=CENTRE).state == "closed"


def test_rework_keeps_the_unit_and_the_first_limit(city):
    case = dispatched()
    accept_case(case, at=START, by=city.worker)
    handle_case(case, at=START + HOUR, by=city.worker, text="好了")

    back = rework_case(case, at=START + 2 * HOUR, by=CENTRE, text="仍有渣土")

    assert (back.state, back.reworks, back.handler) == ("accepted", 1, city.worker.user)
    assert back.due_at == START + 6 * HOUR  # four working hours across the noon break


def test_an_extension_moves_the_limit_from_its_end(city):
    case = dispatched()
    accept_case(case, at=START, by=city.worker)

    later = extend_case(
        case, at=START, by=CENTRE, value=1, limit_unit="working-hours", text="需吊车"
    )

    assert later.due_at == later.handling_due_at == START + 7 * HOUR


@pytest.mark.parametrize(
    ("value", "unit"), [(0, "working-days"), ("soon", "working-days"), (1, "weeks")]
)
def test_an_extension_that_is_no_limit_is_refused(city, value, unit):
    case = dispatched()

    with pytest.raises(Invalid):
        extend_case(case, at=START, by=CENTRE, value=value, limit_unit=unit, text="需吊车")


def test_a_suspended_case_stands_still_and_goes_on_with_what_was_left(city):
    case = dispatched()
    accept_case(case, at=START, by=city.worker)
    suspend_case(case, at=START + HOUR, by=CENTRE, text="等待拆迁")
    with pytest.raises(WrongState, match="suspended"):
        handle_case(case, at=START + HOUR, by=city.worker, text="好了")

    resumed = resume_case(case, at=START + HOUR + 3 * DAY, by=CENTRE)

    # From Monday ten o'clock three working hours are left: two until noon, one after it.
    assert resumed.due_at == START + 3 * DAY + 6 * HOUR
    assert resumed.suspended_at is None


def test_a_reopened_case_goes_to_the_dispatcher(city):
    case = dispatched(type="terminal-fault")
    accept_case(case, at=START, by=CENTRE)
    handle_case(case, at=START, by=CENTRE, text="已更换")
    close_case(case, at=START, by=CENTRE)

    again = reopen_case(case, at=START + DAY, by=CENTRE, text="又离线")

    assert (again.state, again.unit, again.closed_at) == ("filed", None, None)
    assert again.due_at == START + DAY + 30 * MINUTE


def test_a_voided_case_is_told_as_closed_and_can_come_back(city):
    case = reported()
    void_case(case, at=START, by=CENTRE, text="重复上报")
    ends = told()

    again = reopen_case(case, at=START + HOUR, by=CENTRE, text="不是重复")

    assert ends == ["reported", "changed", "closed"]
    assert (again.state, again.due_at) == ("reported", START + HOUR + 30 * MINUTE)


def test_the_timeline_cannot_be_changed(city):
    reported()

    with pytest.raises(ProgrammingError, match="update"), transaction.atomic():
        CaseStep.objects.update(text="nothing happened")

    with pytest.raises(ProgrammingError, match="delete"), transaction.atomic():
        CaseStep.objects.all().delete()


def test_who_reported_is_kept_apart_and_never_written_to_the_trails(city):
    case = reported(reporter=Contact("张三", "13800138000"))
    contact = reveal_reporter(Reporter.objects.get(case=case), by=CENTRE)

    lines = str(list(AuditLine.objects.values()))
    events = str(list(OutboxEvent.objects.values()))
    assert contact == Contact("张三", "13800138000")
    assert "张三" not in lines + events
    assert "13800138000" not in lines + events
    assert AuditLine.objects.filter(action="cases.reveal_reporter").count() == 1


def test_a_unit_without_the_grade_does_not_learn_who_reported(city):
    case = dispatched(reporter=Contact("张三", "13800138000"))
    low = Reaching(Reach(frozenset({"cases.reveal_reporter", "cases.view_case"}), grade=2))

    with pytest.raises(NotAllowed):
        reveal_reporter(Reporter.objects.get(case=case), by=low)

    assert visible_to(Case.objects.all(), low, "cases.view_case").exists()


def test_a_step_costs_the_same_queries_however_long_the_timeline(
    city, django_assert_max_num_queries
):
    case = dispatched()
    for minute in range(10):
        note_case(case, at=START + minute * MINUTE, by=CENTRE, text="在途")

    with django_assert_max_num_queries(13):
        accept_case(case, at=START + HOUR, by=CENTRE)
