"""Terminals that fail become warnings, and no longer when they recover."""

import pytest

from chengshu.hub.sensing.events import TerminalHealthChanged
from chengshu.hub.warnings.models import CityWarning, RuleSetting
from chengshu.hub.warnings.subscribers import follow_terminal_health
from tests.hub.sensing.factories import terminal

from .factories import HOUR, START, TODAY, told

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
