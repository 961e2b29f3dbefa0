"""Rules on batches: what becomes of warnings, and what the city is told."""

import pytest
from django.db import transaction

from chengshu.core.audit.models import AuditLine
from chengshu.core.events.models import OutboxEvent
from chengshu.hub.sensing.models import StreamState
from chengshu.hub.warnings.actions import clear_warning, dismiss_warning
from chengshu.hub.warnings.batches import RULE_ENGINE, apply_batch
from chengshu.hub.warnings.models import CityWarning, RuleSetting, RuleState
from tests.hub.sensing.factories import stream, terminal

from .factories import DESK, HOUR, START, TODAY, batch, hear, heat, in_force, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rule():
    with in_force(heat()):
        yield


def test_a_hot_terminal_raises_one_warning_with_where_and_whose_it_is():
    hot = terminal(lon=113.8, lat=34.0)

    hear((hot, 0, 36))

    warning = CityWarning.objects.get()
    assert (warning.severity, warning.value, warning.threshold) == ("yellow", 36, 35)
    assert (warning.subject_code, warning.place, warning.owner) == ("T1", hot.place, hot.owner)
    assert (warning.lon, warning.raised_at) == (113.8, START)
    assert told() == [("raised", "yellow")]


def test_further_hot_values_are_merged_and_told_to_nobody():
    hot = terminal()
    hear((hot, 0, 36))
    lines = AuditLine.objects.count()

    hear((hot, 1, 38), (hot, 2, 37))

    warning = CityWarning.objects.get()
    assert (warning.count, warning.value, warning.last_seen_at) == (3, 38, START + 2 * HOUR)
    assert told() == [("raised", "yellow")]
    assert AuditLine.objects.count() == lines


def test_a_hotter_value_escalates_the_warning():
    hot = terminal()
    hear((hot, 0, 36))

    hear((hot, 1, 41))

    warning = CityWarning.objects.get()
    assert (warning.severity, warning.threshold) == ("red", 40)
    assert told() == [("raised", "yellow"), ("escalated", "red")]


def test_a_warning_clears_at_the_calm_value_and_is_then_forgotten():
    hot = terminal()
    hear((hot, 0, 36), (hot, 1, 34))

    hear((hot, 2, 33))
    is_kept = RuleState.objects.exists()
    hear((hot, 8, 20))

    warning = CityWarning.objects.get()
    assert (warning.state, warning.cleared_at) == ("cleared", START + 2 * HOUR)
    assert told() == [("raised", "yellow"), ("cleared", "yellow")]
    assert is_kept
    assert not RuleState.objects.exists()


def test_heat_that_returns_within_the_quiet_time_is_the_same_warning():
    hot = terminal()
    hear((hot, 0, 36), (hot, 1, 30))

    hear((hot, 2, 41))

    warning = CityWarning.objects.get()
    assert (warning.state, warning.repeats, warning.severity) == ("active", 1, "red")
    assert told() == [
        ("raised", "yellow"),
        ("cleared", "yellow"),
        ("raised", "yellow"),
        ("escalated", "red"),
    ]


def test_heat_that_returns_after_the_quiet_time_is_a_new_warning():
    hot = terminal()
    hear((hot, 0, 36), (hot, 1, 30))

    hear((hot, 9, 36))

    assert CityWarning.objects.count() == 2
    assert len(set(CityWarning.objects.values_list("code", flat=True))) == 2


def test_a_whole_day_in_one_batch_turns_as_it_would_hour_by_hour():
    hours = [30, 36, 41, 34, 32, 36, 31, 20, 20, 20, 37]
    apart, together = terminal("A"), terminal("B")
    for hour, value in enumerate(hours):
        hear((apart, hour, value))

    hear(*((together, hour, value) for hour, value in enumerate(hours)))

    facts = ("severity", "state", "count", "repeats", "value", "raised_at", "cleared_at")
    one = CityWarning.objects.filter(subject_code="A").order_by("code").values_list(*facts)
    other = CityWarning.objects.filter(subject_code="B").order_by("code").values_list(*facts)
    assert list(one) == list(other)


def test_a_dismissed_warning_stays_silent_until_it_gets_worse():
    hot = terminal()
    hear((hot, 0, 36))
    dismiss_warning(CityWarning.objects.get(), reason="calibration", by=DESK)

    hear((hot, 1, 36))
    after_more = CityWarning.objects.count()
    hear((hot, 2, 41))

    assert after_more == 1
    assert list(CityWarning.objects.values_list("state", "severity")) == [
        ("active", "red"),
        ("dismissed", "yellow"),
    ]


def test_a_warning_cleared_by_hand_is_not_raised_again_by_the_same_heat():
    hot = terminal()
    hear((hot, 0, 36))
    clear_warning(CityWarning.objects.get(), at=START, by=DESK)

    hear((hot, 1, 36), (hot, 2, 30))

    assert CityWarning.objects.get().state == "cleared"
    assert CityWarning.objects.get().count == 1


def test_late_heat_of_a_terminal_that_has_cooled_raises_nothing():
    cool = terminal()
    StreamState.objects.create(
        datastream_id=stream(cool),
        at=START + 5 * HOUR,
        value=20,
        quality=0,
        same_since=START,
        same_count=1,
    )

    hear((cool, 2, 50))

    assert not CityWarning.objects.exists()
    assert not RuleState.objects.exists()


def test_late_cool_values_do_not_clear_a_newer_warning():
    hot = terminal()
    hear((hot, 5, 36))

    hear((hot, 4, 10))

    assert CityWarning.objects.get().state == "active"


def test_a_batch_whose_transaction_fails_leaves_no_trace_and_can_come_again():
    hot = terminal()

    @transaction.atomic
    def killed():
        hear((hot, 0, 36))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        killed()
    nothing = CityWarning.objects.count() + OutboxEvent.objects.count() + RuleState.objects.count()

    hear((hot, 0, 36))
    hear((hot, 0, 36))

    assert nothing == 0
    assert CityWarning.objects.get().count == 1
    assert told() == [("raised", "yellow")]


def test_the_city_sets_its_own_steps_from_a_day_on():
    RuleSetting.objects.create(
        rule="test.heat",
        parameters={"steps": [[30, "orange"]], "clear_at": 25},
        valid_from=TODAY,
        source="city notice 7",
    )
    hear((terminal(), 0, 31))

    assert CityWarning.objects.get().severity == "orange"


def test_a_rule_that_is_switched_off_raises_nothing():
    RuleSetting.objects.create(
        rule="test.heat", parameters={"is_enabled": False}, valid_from=TODAY, source="notice"
    )

    hear((terminal(), 0, 50))

    assert not CityWarning.objects.exists()


def test_a_calm_batch_of_many_terminals_writes_nothing(django_assert_num_queries):
    calm = [terminal(f"C{number}") for number in range(20)]
    readings = [(one, 0, 20) for one in calm]

    frame = batch(*readings)

    with django_assert_num_queries(2):
        apply_batch(frame, on=TODAY, by=RULE_ENGINE)


def test_a_storm_of_warnings_costs_few_queries_each(django_assert_max_num_queries):
    frame = batch(*((terminal(f"H{number}"), 0, 50) for number in range(50)))

    with django_assert_max_num_queries(50 * 2 + 25):
        apply_batch(frame, on=TODAY, by=RULE_ENGINE)

    assert CityWarning.objects.count() == 50
