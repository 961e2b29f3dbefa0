"""Terminals that fail become warnings, and no longer when they recover."""

import pytest
from django.utils import timezone

from chengshu.hub.sensing.events import TerminalHealthChanged
from chengshu.hub.sensing.models import TerminalState
from chengshu.hub.warnings.actions import dismiss_warning
from chengshu.hub.warnings.faults import raise_lasting
from chengshu.hub.warnings.models import CityWarning, RuleSetting
from chengshu.hub.warnings.subscribers import follow_terminal_health
from tests.hub.sensing.factories import terminal

from .factories import DESK, HOUR, START, TODAY, told

pytestmark = pytest.mark.django_db


def change(of, before, health, hour=0):
    follow_terminal_health(
        TerminalHealthChanged(
            terminal=of.pk,
            code=of.code,
            before=before,
            health=health,
            since=(START + hour * HOUR).isoformat(),
            properties=["temperature"],
        )
    )


def active():
    return list(CityWarning.objects.filter(state="active").values_list("rule", flat=True))


def test_a_silent_terminal_raises_a_warning_in_record_time():
    change(terminal(), "online", "silent")

    warning = CityWarning.objects.get()
    assert (warning.kind, warning.severity) == ("terminal-health", "yellow")
    assert (warning.raised_at, warning.case_type) == (START, "terminal-fault")


def test_a_terminal_that_recovers_clears_its_warning():
    broken = terminal()
    change(broken, "online", "silent")

    change(broken, "silent", "online", hour=3)

    assert active() == []
    assert CityWarning.objects.get().cleared_at == START + 3 * HOUR


def test_one_fault_gives_way_to_another():
    broken = terminal()
    change(broken, "online", "frozen")

    change(broken, "frozen", "silent", hour=1)

    assert active() == ["sensing.terminal-silent"]


def test_a_terminal_heard_for_the_first_time_raises_nothing():
    change(terminal(), "unknown", "online")

    assert told() == []


def test_a_fault_the_city_has_switched_off_raises_nothing():
    RuleSetting.objects.create(
        rule="sensing.terminal-silent",
        parameters={"is_enabled": False},
        valid_from=TODAY,
        source="notice",
    )

    change(terminal(), "online", "silent")

    assert active() == []


@pytest.mark.parametrize(
    ("health", "rule"),
    [
        ("frozen", "sensing.terminal-frozen"),
        ("partial", "sensing.terminal-partial"),
        ("out-of-range", "sensing.terminal-out-of-range"),
        ("jumping", "sensing.terminal-jumping"),
        ("clock-wrong", "sensing.terminal-clock-wrong"),
        ("low-battery", "sensing.terminal-low-battery"),
    ],
)
def test_every_kind_of_trouble_has_a_rule_of_its_own(health, rule):
    change(terminal(), "online", health)

    assert active() == [rule]


@pytest.mark.parametrize("health", ["late", "cut-off"])
def test_late_terminals_and_those_silent_with_their_gateway_raise_nothing(health):
    change(terminal(), "online", health)

    assert active() == []


@pytest.fixture
def drained():
    """A terminal whose battery is low since now, and what was told of it."""
    broken, now = terminal(), timezone.now()
    TerminalState.objects.create(terminal=broken, health="low-battery", since=now)
    follow_terminal_health(
        TerminalHealthChanged(
            terminal=broken.pk,
            code=broken.code,
            before="online",
            health="low-battery",
            since=now.isoformat(),
            properties=["temperature"],
        )
    )
    return now


def test_a_fault_that_has_to_last_is_raised_when_it_has(drained):
    at_once = active()

    early = raise_lasting(drained + HOUR / 2, TODAY)
    raised = raise_lasting(drained + HOUR, TODAY)

    assert (at_once, early, raised) == ([], 0, 1)
    assert active() == ["sensing.terminal-low-battery"]


def test_a_fault_that_lasts_is_raised_once(drained):
    raise_lasting(drained + HOUR, TODAY)

    again = raise_lasting(drained + 2 * HOUR, TODAY)

    assert again == 0


def test_a_dismissed_fault_that_lasts_is_not_raised_again(drained):
    raise_lasting(drained + HOUR, TODAY)
    dismiss_warning(CityWarning.objects.get(), reason="known", by=DESK)

    again = raise_lasting(drained + 5 * HOUR, TODAY)

    assert (again, active()) == (0, [])


def test_the_city_decides_how_long_a_fault_lasts_and_its_colour(drained):
    RuleSetting.objects.create(
        rule="sensing.terminal-low-battery",
        parameters={"after_seconds": 60, "severity": "orange"},
        valid_from=TODAY,
        source="notice",
    )

    raise_lasting(drained + HOUR / 30, TODAY)

    assert CityWarning.objects.get().severity == "orange"


def test_a_fault_that_comes_back_within_the_citys_quiet_time_is_the_same_warning():
    RuleSetting.objects.create(
        rule="sensing.terminal-silent",
        parameters={"quiet_seconds": 6 * 3600},
        valid_from=TODAY,
        source="notice",
    )
    broken = terminal()
    change(broken, "online", "silent")
    change(broken, "silent", "online", hour=1)

    change(broken, "online", "silent", hour=5)

    assert CityWarning.objects.get().repeats == 1
