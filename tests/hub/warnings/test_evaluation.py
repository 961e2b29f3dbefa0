"""Threshold rules judged by column."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.warnings.evaluation import STATES, Evaluation, Turn, evaluate
from chengshu.hub.warnings.rule import BadRuleSetting, Step, ThresholdRule

START = datetime(2026, 5, 1, tzinfo=UTC)
STEPS = (Step(75, "blue"), Step(115, "yellow"), Step(150, "red"))


def rule(**changes):
    given = {
        "name": "air.fine-dust",
        "title": "Fine dust",
        "observed_property": "pm2_5",
        "unit": "ug/m3",
        "steps": STEPS,
    }
    return ThresholdRule(**given | changes)


def readings(*values, stream=1, start=START, quality=0):
    return pl.DataFrame(
        {
            "datastream": [stream] * len(values),
            "at": [start + timedelta(hours=n) for n in range(len(values))],
            "value": [float(value) for value in values],
            "quality": [quality] * len(values),
        }
    )


NOTHING = pl.DataFrame(schema=STATES)


def turns(evaluation: Evaluation):
    return [(finding.turn, finding.level) for finding in evaluation.findings]


def after(evaluation: Evaluation) -> pl.DataFrame:
    """The states a caller would keep: the level is that of the last finding."""
    levels = {finding.datastream: finding.level for finding in evaluation.findings}
    return evaluation.states.with_columns(
        level=pl.col("datastream").replace_strict(levels, default=pl.col("level"))
    )


def test_a_value_on_the_step_raises_nothing():
    found = evaluate(rule(), readings(75), NOTHING)

    assert found.findings == []
    assert found.states.is_empty()


def test_a_value_beyond_a_step_raises_with_its_level():
    found = evaluate(rule(), readings(40, 120), NOTHING)

    assert turns(found) == [(Turn.RAISED, 2)]
    assert found.findings[0].at == START + timedelta(hours=1)


def test_worse_values_escalate_and_milder_ones_are_counted():
    found = evaluate(rule(), readings(80, 160, 80, 90), NOTHING)

    assert turns(found) == [(Turn.RAISED, 1), (Turn.ESCALATED, 3), (Turn.REPEATED, 3)]
    assert found.findings[2].readings == 2


def test_values_between_clear_and_step_hold_the_warning():
    found = evaluate(rule(clear_at=60), readings(80, 70, 61, 60), NOTHING)

    assert turns(found) == [(Turn.RAISED, 1), (Turn.CLEARED, 0)]
    assert found.findings[1].at == START + timedelta(hours=3)


def test_falling_rules_turn_the_steps_around():
    low = rule(steps=(Step(5, "blue"), Step(2, "red")), is_falling=True, clear_at=6)

    found = evaluate(low, readings(5, 4, 1, 5.5, 6), NOTHING)

    assert turns(found) == [(Turn.RAISED, 1), (Turn.ESCALATED, 2), (Turn.CLEARED, 0)]
    assert found.findings[1].value == 1


def test_a_step_holds_only_after_enough_readings_in_a_row():
    patient = rule(for_readings=3)

    found = evaluate(patient, readings(80, 90, 60, 80, 81, 82), NOTHING)

    assert turns(found) == [(Turn.RAISED, 1)]
    assert found.findings[0].at == START + timedelta(hours=5)


def test_a_step_holds_only_after_enough_time():
    patient = rule(for_seconds=7200)

    found = evaluate(patient, readings(160, 80, 80), NOTHING)

    assert turns(found) == [(Turn.RAISED, 1)]


def test_runs_go_on_in_the_next_batch():
    patient = rule(for_readings=3)
    first = evaluate(patient, readings(80, 90), NOTHING)

    second = evaluate(patient, readings(91, start=START + timedelta(hours=2)), after(first))

    assert turns(second) == [(Turn.RAISED, 1)]


def test_late_values_neither_raise_nor_clear():
    first = evaluate(rule(), readings(80, start=START + timedelta(hours=5)), NOTHING)

    second = evaluate(rule(), readings(10, 200), after(first))

    assert second.findings == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_passed_over(value):
    found = evaluate(rule(), readings(value), NOTHING)

    assert found.findings == []


def test_values_of_doubtful_quality_are_passed_over():
    found = evaluate(rule(), readings(200, quality=1), NOTHING)

    assert found.findings == []


def test_streams_are_judged_apart():
    both = pl.concat([readings(80, 80), readings(10, 160, stream=2)])

    found = evaluate(rule(), both, NOTHING)

    assert [(f.datastream, f.turn, f.level) for f in found.findings] == [
        (1, Turn.RAISED, 1),
        (2, Turn.RAISED, 3),
    ]


values = st.lists(st.integers(0, 200), min_size=1, max_size=30)


@given(values, st.lists(st.integers(1, 29), max_size=4), st.integers(1, 3), st.integers(0, 7200))
def test_however_the_values_are_cut_into_batches_the_turns_are_the_same(
    heights, cuts, in_a_row, seconds
):
    judged = rule(for_readings=in_a_row, for_seconds=seconds, clear_at=60)
    whole = evaluate(judged, readings(*heights), NOTHING)
    found, states, begin = [], NOTHING, 0
    for end in [*sorted({cut for cut in cuts if cut < len(heights)}), len(heights)]:
        part = readings(*heights[begin:end], start=START + timedelta(hours=begin))
        evaluation = evaluate(judged, part, states)
        found += evaluation.findings
        states, begin = after(evaluation), end

    decisive = [(f.turn, f.level, f.at) for f in found if f.turn is not Turn.REPEATED]

    assert decisive == [
        (f.turn, f.level, f.at) for f in whole.findings if f.turn is not Turn.REPEATED
    ]


@pytest.mark.parametrize(
    "steps",
    [(), (Step(2, "red"), Step(1, "blue")), (Step(1, "blue"), Step(2, "blue")), (Step(1, "pink"),)],
)
def test_steps_that_do_not_get_worse_are_refused(steps):
    with pytest.raises(ValueError, match=r"steps|none of"):
        rule(steps=steps)


def test_a_rule_that_would_clear_beyond_its_step_is_refused():
    with pytest.raises(ValueError, match="clear"):
        rule(clear_at=80)


def test_a_city_changes_steps_and_patience():
    changed = rule().adjusted({"steps": [[100, "orange"]], "for_readings": 2, "clear_at": 90})

    assert changed.steps == (Step(100, "orange"),)
    assert (changed.for_readings, changed.clear_at) == (2, 90)


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"name": "other"}, "name"),
        ({"steps": "75"}, "steps"),
        ({"steps": [[float("nan"), "blue"]]}, "steps"),
        ({"for_readings": "2"}, "for_readings"),
        ({"for_readings": True}, "for_readings"),
        ({"for_readings": 0}, "for_readings"),
        ({"is_enabled": 1}, "is_enabled"),
        ({"clear_at": 900}, "clear_at"),
    ],
)
def test_wrong_parameters_are_refused_by_name(parameters, key):
    with pytest.raises(BadRuleSetting) as refused:
        rule().adjusted(parameters)

    assert refused.value.where == {"key": key}
