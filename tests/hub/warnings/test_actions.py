"""Warnings raised, ended and escalated by people and other systems."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from chengshu.core.access.policy import Reach, System
from chengshu.core.events.models import OutboxEvent
from chengshu.hub.warnings.actions import (
    clear_warning,
    dismiss_warning,
    escalate_warning,
    raise_warning,
)
from chengshu.hub.warnings.models import CityWarning, RuleSetting
from chengshu.kit.errors import Conflict, Invalid, NotAllowed
from tests.core.access.factories import Reaching
from tests.hub.sensing.factories import place

from .factories import DESK, HOUR, START, cause, told

pytestmark = pytest.mark.django_db


def test_a_report_raises_a_numbered_warning_and_tells_the_city():
    warning = raise_warning(cause(), by=DESK)

    assert warning.code.startswith("W2")
    assert told() == [("raised", "blue")]
    event = OutboxEvent.objects.get(type="warning.raised")
    assert event.body["code"] == warning.code
    assert (event.place_path, event.organisation_path, event.grade) == ("/99/", "/bureau/", 2)


def test_the_same_report_again_is_counted():
    first = raise_warning(cause(value=3.0), by=DESK)

    second = raise_warning(cause(value=5.0, at=START + HOUR), by=DESK)

    assert second.pk == first.pk
    assert (second.count, second.value, second.last_seen_at) == (2, 5.0, START + HOUR)
    assert told() == [("raised", "blue")]


def test_a_worse_report_escalates():
    raise_warning(cause(), by=DESK)

    raise_warning(cause(severity="red"), by=DESK)

    assert told() == [("raised", "blue"), ("escalated", "red")]


def test_a_report_soon_after_clearing_brings_the_warning_back():
    warning = raise_warning(cause(), by=DESK)
    clear_warning(warning, at=START + HOUR / 2, by=DESK)

    again = raise_warning(cause(at=START + HOUR), by=DESK)

    assert (again.pk, again.repeats, again.state) == (warning.pk, 1, "active")


def test_a_report_long_after_clearing_is_a_new_warning():
    warning = raise_warning(cause(), by=DESK)
    clear_warning(warning, at=START, by=DESK)

    again = raise_warning(cause(at=START + 2 * HOUR), by=DESK)

    assert again.pk != warning.pk


def test_a_dismissal_needs_its_reason():
    warning = raise_warning(cause(), by=DESK)

    with pytest.raises(Invalid) as refused:
        dismiss_warning(warning, reason="  ", by=DESK)

    assert refused.value.where == {"field": "reason"}
    assert CityWarning.objects.get().state == "active"


@pytest.mark.parametrize(
    "again",
    [
        lambda warning: clear_warning(warning, at=START, by=DESK),
        lambda warning: dismiss_warning(warning, reason="drill", by=DESK),
        lambda warning: escalate_warning(warning, severity="red", by=DESK),
    ],
)
def test_a_cleared_warning_cannot_be_changed_again(again):
    warning = raise_warning(cause(), by=DESK)
    clear_warning(warning, at=START, by=DESK)

    with pytest.raises(Conflict):
        again(warning)


def test_a_warning_is_not_escalated_to_a_milder_colour():
    warning = raise_warning(cause(severity="orange"), by=DESK)

    with pytest.raises(Conflict):
        escalate_warning(warning, severity="yellow", by=DESK)


def test_nobody_dismisses_warnings_of_another_place():
    warning = raise_warning(cause(), by=DESK)
    elsewhere = Reaching(Reach(frozenset({"warnings.dismiss_warning"}), place_path="/98/", grade=9))

    with pytest.raises(NotAllowed):
        dismiss_warning(warning, reason="mine", by=elsewhere)

    assert CityWarning.objects.get().state == "active"


def test_nobody_raises_warnings_outside_their_reach():
    elsewhere = Reaching(Reach(frozenset({"warnings.raise_warning"}), place_path="/98/", grade=9))

    with pytest.raises(NotAllowed):
        raise_warning(cause(), by=elsewhere)

    assert not CityWarning.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_make_one_warning():
    wanted = cause(place=place())
    ready = threading.Barrier(2)
    trouble = []

    def report():
        try:
            ready.wait(10)
            raise_warning(wanted, by=System("gate", frozenset({"warnings.raise_warning"})))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            trouble.append(error)
        finally:
            connection.close()

    reporters = [threading.Thread(target=report) for _ in range(2)]
    for reporter in reporters:
        reporter.start()
    for reporter in reporters:
        reporter.join()

    assert trouble == []
    assert CityWarning.objects.get().count == 2


def test_history_keeps_every_turn_with_its_actor_but_not_every_report():
    warning = raise_warning(cause(), by=DESK)
    raise_warning(cause(), by=DESK)
    dismiss_warning(warning, reason="drill", by=DESK)

    kept = list(warning.events.order_by("pgh_id").values_list("state", "pgh_context__actor"))

    assert kept == [("active", "desk"), ("dismissed", "desk")]


@pytest.mark.parametrize(
    ("rule", "parameters", "field"),
    [
        ("nowhere.nothing", {}, "rule"),
        ("sensing.terminal-silent", {"severity": "pink"}, "parameters"),
        ("sensing.terminal-silent", {"steps": []}, "parameters"),
    ],
)
def test_a_setting_that_no_rule_can_use_is_refused(rule, parameters, field):
    setting = RuleSetting(
        rule=rule, parameters=parameters, valid_from=START.date(), source="notice"
    )

    with pytest.raises(ValidationError) as refused:
        setting.full_clean()

    assert field in refused.value.message_dict
