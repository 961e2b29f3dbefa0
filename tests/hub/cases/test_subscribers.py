"""Warnings and their cases."""

import pytest

from chengshu.core.events.dispatch import deliver_waiting
from chengshu.core.events.models import Delivery, OutboxEvent
from chengshu.hub.cases.models import Case
from chengshu.hub.warnings.actions import clear_warning, escalate_warning, raise_warning
from chengshu.hub.warnings.models import CityWarning
from tests.hub.warnings.factories import DESK, HOUR, cause
from tests.hub.warnings.factories import START as THEN

from .factories import City


def wanted(city: City, **changes):
    given = {"place": city.street, "owner": city.bureau, "case_type": "cjt214.0406"}
    return cause(**given | changes)


def test_a_warning_opens_a_case_where_its_rule_names_a_type(city):
    warning = raise_warning(wanted(city, severity="red", lon=113.0, lat=34.0), by=DESK)

    deliver_waiting()

    case = Case.objects.get()
    assert (case.origin, case.source, case.state) == (
        f"warning:{warning.code}",
        "warning",
        "reported",
    )
    assert (case.title, case.severity, case.is_urgent) == (warning.title, "red", True)
    assert (case.place, case.lon, case.suggested_unit) == (
        city.street,
        113.0,
        city.east_government,
    )


def test_a_warning_without_a_case_type_opens_none(city):
    raise_warning(wanted(city, case_type=""), by=DESK)

    deliver_waiting()

    assert not Case.objects.exists()


def test_an_automatic_type_is_dispatched_at_once_to_its_owner(city):
    raise_warning(wanted(city, case_type="terminal-fault"), by=DESK)

    deliver_waiting()

    case = Case.objects.get()
    assert (case.state, case.unit) == ("dispatched", city.bureau)
    assert [step.action for step in case.steps.all()] == [
        "report_case",
        "file_case",
        "dispatch_case",
    ]


def test_an_event_delivered_again_opens_no_second_case(city):
    raise_warning(wanted(city), by=DESK)
    deliver_waiting()
    Delivery.objects.all().delete()
    OutboxEvent.objects.update(delivered_at=None)

    deliver_waiting()

    assert Case.objects.count() == 1


def test_what_becomes_of_the_warning_is_on_the_timeline_and_closes_nothing(city):
    warning = raise_warning(wanted(city), by=DESK)
    deliver_waiting()
    escalate_warning(warning, severity="orange", by=DESK)
    clear_warning(CityWarning.objects.get(), at=THEN, by=DESK)
    raise_warning(wanted(city, at=THEN + HOUR / 2), by=DESK)

    deliver_waiting()

    case = Case.objects.get()
    assert [step.action for step in case.steps.all()] == [
        "report_case",
        "warning_escalated",
        "warning_cleared",
        "warning_returned",
    ]
    assert (case.state, case.severity) == ("reported", "orange")


@pytest.mark.parametrize("missing", ["nothing.of-this-name"])
def test_a_warning_of_an_unknown_case_type_is_kept_for_another_try(city, missing):
    raise_warning(wanted(city, case_type=missing), by=DESK)

    deliver_waiting()

    event = OutboxEvent.objects.get(type="warning.raised")
    assert event.delivered_at is None
    assert missing in event.trouble


def fault(city: City, rule: str, **changes):
    """A terminal's fault, found by *rule*."""
    given = {"kind": "terminal-health", "rule": rule, "case_type": "terminal-fault"}
    return raise_warning(wanted(city, **given | changes), by=DESK)


def lines(case: Case) -> list[str]:
    return [step.action for step in case.steps.order_by("id")][3:]


def test_another_fault_of_a_terminal_in_repair_joins_its_case(city):
    fault(city, "sensing.terminal-frozen")
    deliver_waiting()
    fault(city, "sensing.terminal-silent")

    deliver_waiting()

    assert lines(Case.objects.get()) == ["fault_changed"]


def test_faults_of_two_terminals_are_two_cases(city):
    fault(city, "sensing.terminal-silent")
    fault(city, "sensing.terminal-silent", subject_code="T2")

    deliver_waiting()

    assert Case.objects.count() == 2


def test_a_terminal_that_is_well_again_is_said_to_have_recovered_by_itself(city):
    frozen = fault(city, "sensing.terminal-frozen")
    silent = fault(city, "sensing.terminal-silent")
    deliver_waiting()
    clear_warning(frozen, at=THEN, by=DESK)
    deliver_waiting()
    clear_warning(silent, at=THEN, by=DESK)

    deliver_waiting()

    case = Case.objects.get()
    assert lines(case) == ["fault_changed", "warning_cleared", "terminal_recovered"]
    assert case.state == "dispatched"
