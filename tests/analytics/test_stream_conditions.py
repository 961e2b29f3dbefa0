from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.analytics.stream_conditions import CONDITIONS, LIMITS, STATES, advance

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIME = pl.Datetime("us", "UTC")
SCHEMA = {"datastream": pl.Int64, "at": TIME, "value": pl.Float64, "received_at": TIME}
NONE = pl.DataFrame(schema=dict(STATES))
FREE = {
    "interval_seconds": 60,
    "quiet_below": None,
    "frozen_reports": 4,
    "normal_low": None,
    "normal_high": None,
    "range_reports": 2,
    "largest_step": None,
    "step_seconds": 120,
    "jump_times": 2,
    "jump_within": 4,
    "ahead_seconds": 30,
    "behind_seconds": 600,
    "clock_reports": 3,
    "battery_low": None,
}


def limits(*streams, **given):
    rows = [{"datastream": stream, **FREE, **given} for stream in streams or (1,)]
    return pl.DataFrame(rows, schema={"datastream": pl.Int64, **LIMITS})


def reports(*rows, stream=1, late=0.0):
    """Reports as (minutes after the start, value), received *late* minutes after their time."""
    dated = [(START + minute * MINUTE, value) for minute, value in rows]
    return pl.DataFrame(
        [(stream, at, value, at + late * MINUTE) for at, value in dated],
        schema=SCHEMA,
        orient="row",
    )


def condition(batch, states=NONE, **given):
    """The condition after *batch*, with the minutes since the start when it began."""
    (row,) = advance(states, batch, limits(**given)).to_dicts()
    return row["condition"], (row["since"] - START) / MINUTE


def test_a_stream_that_varies_is_online_since_its_first_new_report():
    found = condition(reports((0, 1), (1, 2), (2, 1)))

    assert found == ("online", 0)


def test_equal_values_often_and_long_enough_are_frozen_since_the_first():
    found = condition(reports((0, 1), (1, 7), (2, 7), (3, 7), (4, 7)))

    assert found == ("frozen", 1)


def test_a_constant_value_up_to_the_quiet_mark_is_not_frozen():
    found = condition(reports(*((n, 0) for n in range(9))), quiet_below=0.0)

    assert found == ("online", 0)


def test_the_last_values_outside_the_normal_range_are_out_of_range_since_the_first_of_them():
    found = condition(reports((0, 99), (1, 5), (2, 11), (3, 12)), normal_low=0, normal_high=10)

    assert found == ("out-of-range", 2)


def test_one_value_outside_the_normal_range_is_not_enough():
    found = condition(reports((0, 5), (1, 11)), normal_high=10)

    assert found == ("online", 0)


def test_more_large_steps_than_allowed_among_the_last_ones_are_jumping():
    found = condition(reports((0, 0), (1, 9), (2, 0), (3, 9)), largest_step=5)

    assert found == ("jumping", 3)


def test_large_steps_are_forgotten_after_enough_small_ones():
    jumped = [(0, 0), (1, 9), (2, 0), (3, 9)]
    calm = [(4, 9.1), (5, 9.2)]

    found = condition(reports(*jumped, *calm), largest_step=5)

    assert found[0] == "online"


def test_a_large_step_over_a_long_time_is_no_jump():
    found = condition(reports((0, 0), (9, 9), (18, 0), (27, 9)), largest_step=5)

    assert found[0] == "online"


def test_a_battery_below_its_limit_is_low():
    found = condition(reports((0, 21), (1, 19)), battery_low=20)

    assert found == ("low-battery", 1)


@pytest.mark.parametrize(("minutes", "said"), [(-1, "clock-wrong"), (-0.4, "online")])
def test_a_clock_ahead_dates_reports_after_their_reception(minutes: float, said: str):
    states = NONE
    for n in range(3):
        states = advance(states, reports((n, n), late=minutes), limits())

    assert states["condition"].to_list() == [said]


def test_a_clock_that_stays_behind_is_wrong():
    states = NONE
    for n in range(3):
        states = advance(states, reports((n, n), late=90), limits())

    assert states["condition"].to_list() == ["clock-wrong"]


def test_reports_held_back_and_sent_later_say_nothing_of_the_clock():
    """Each batch comes an hour closer to its reception."""
    states = NONE
    for n in range(5):
        states = advance(states, reports((60 * n, n), late=600 - 60 * n), limits())

    assert states["condition"].to_list() == ["online"]


def test_without_a_time_of_reception_no_clock_is_wrong():
    states = NONE
    for n in range(5):
        batch = reports((n, n)).with_columns(received_at=pl.lit(None, TIME))
        states = advance(states, batch, limits())

    assert states["condition"].to_list() == ["online"]


def test_the_worst_condition_counts():
    found = condition(
        reports(*((n, 50) for n in range(5))), normal_high=10, battery_low=60, frozen_reports=4
    )

    assert found == ("frozen", 0)


def test_a_stream_with_nothing_new_keeps_its_state():
    states = advance(NONE, reports((5, 1)), limits())

    after = advance(states, reports((4, 9)), limits())

    assert after.is_empty()


def test_a_condition_that_lasts_keeps_its_beginning():
    states = advance(NONE, reports((0, 19)), limits(battery_low=20))

    found = condition(reports((1, 18)), states, battery_low=20)

    assert found == ("low-battery", 0)


def test_a_condition_that_others_set_gives_way_to_what_is_heard():
    states = advance(NONE, reports((0, 1)), limits()).with_columns(condition=pl.lit("silent"))

    found = condition(reports((9, 2)), states)

    assert found == ("online", 9)


VALUES = st.sampled_from([0.0, 1.0, 5.0, 9.0, 30.0])
HISTORIES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), VALUES), min_size=1, max_size=40
)
LIMITED = {
    "normal_low": 0.5,
    "normal_high": 10,
    "largest_step": 4,
    "battery_low": 1.5,
    "quiet_below": 0,
}


def history(steps):
    """Reports of three streams at rising times."""
    minute, rows = dict.fromkeys((1, 2, 3), 0), []
    for stream, pause, value in steps:
        minute[stream] += pause
        rows.append((stream, at := START + minute[stream] * MINUTE, value, at))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(1, 9))
def test_conditions_do_not_depend_on_how_a_history_is_cut(steps: list, size: int):
    rows, known = history(steps), limits(1, 2, 3, **LIMITED)
    whole = advance(NONE, rows, known).sort("datastream")
    cut = NONE
    for first in range(0, len(rows), size):
        after = advance(cut, rows[first : first + size], known)
        cut = pl.concat([cut.join(after, on="datastream", how="anti"), after])

    compared = ["datastream", "last_at", "last_value", "same_count", "outside_count", "jumps",
                "condition"]  # fmt: skip
    assert cut.sort("datastream").select(compared).equals(whole.select(compared))


def worst(values, minutes):
    """The same by going through one stream's reports: the slow way."""
    same = outside = 0
    jumps: list[bool] = []
    for n, value in enumerate(values):
        same = same + 1 if n and value == values[n - 1] else 1
        outside = outside + 1 if value < 0.5 or value > 10 else 0
        is_near = n and minutes[n] - minutes[n - 1] <= 2
        jumps = [*jumps, bool(is_near and abs(value - values[n - 1]) > 4)][-4:]
    first = len(values) - same
    lasted = minutes[-1] - minutes[first] >= 3
    holds = {
        "low-battery": values[-1] < 1.5,
        "jumping": sum(jumps) > 2,
        "out-of-range": outside >= 2,
        "frozen": same >= 4 and lasted and values[-1] > 0,
    }
    return max((name for name in CONDITIONS if holds.get(name)), key=CONDITIONS.index,
               default="online")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_conditions_are_those_found_by_counting_report_by_report(steps: list):
    rows = history(steps)

    found = advance(NONE, rows, limits(1, 2, 3, **LIMITED))

    for row in found.iter_rows(named=True):
        own = rows.filter(pl.col("datastream") == row["datastream"]).sort("at")
        minutes = [(at - START) / MINUTE for at in own["at"]]
        assert row["condition"] == worst(own["value"].to_list(), minutes)
