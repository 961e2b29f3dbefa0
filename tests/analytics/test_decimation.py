from datetime import UTC, datetime, timedelta
from math import inf, nan

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.analytics.decimation import decimated
from chengshu.kit.errors import Invalid

START = datetime(2026, 3, 1, tzinfo=UTC)
VALUE = st.one_of(st.none(), st.just(nan), st.floats(-100, 100))
STEPS = st.lists(st.tuples(st.integers(0, 10_000), VALUE), max_size=80)


def series(steps):
    """Rows numbered in order, from (seconds after the last, value)."""
    at, rows = START, []
    for seconds, value in steps:
        at += timedelta(seconds=seconds)
        rows.append((at, value, len(rows)))
    schema = {"at": pl.Datetime("us", "UTC"), "value": pl.Float64, "n": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@settings(deadline=None, max_examples=80)
@given(STEPS, st.integers(4, 40))
def test_what_is_left_is_few_ordered_and_part_of_the_series(steps, points):
    whole = series(steps)

    fewer = decimated(whole, points)

    assert fewer.height == min(fewer.height, points)
    assert fewer["n"].is_sorted()
    assert fewer.equals(whole[fewer["n"]])


@settings(deadline=None, max_examples=80)
@given(STEPS, st.integers(4, 40))
def test_ends_and_extremes_are_never_lost(steps, points):
    whole = series(steps)

    fewer = decimated(whole, points)

    known, left = whole["value"].fill_nan(None), fewer["value"].fill_nan(None)
    assert (left.min(), left.max()) == (known.min(), known.max())
    assert fewer[:1].equals(whole[:1])
    assert fewer[-1:].equals(whole[-1:])


def test_a_short_series_is_returned_whole():
    whole = series([(60, 1.0)] * 10)

    assert decimated(whole, 10).equals(whole)


def test_a_single_peak_among_many_values_stays():
    whole = series([(1, 99.0 if second == 54_321 else 1.0) for second in range(86_400)])

    fewer = decimated(whole, 400)

    assert fewer.height <= 400
    assert 99.0 in fewer["value"]


def test_a_span_without_values_stays_a_gap():
    whole = series([(60, None if 400 <= minute < 800 else 1.0) for minute in range(1200)])

    fewer = decimated(whole, 48)

    gap = fewer.filter(pl.col("value").is_null())["at"]
    assert gap.min() <= START + timedelta(minutes=425)
    assert gap.max() >= START + timedelta(minutes=775)


def test_unordered_rows_come_back_in_order():
    whole = series([(1, float(second % 7)) for second in range(100)])

    assert decimated(whole.reverse(), 20).equals(decimated(whole, 20))


def test_infinite_values_are_extremes():
    whole = series([(1, inf if second == 50 else 0.0) for second in range(100)])

    assert decimated(whole, 8)["value"].max() == inf


@pytest.mark.parametrize("points", [3, 0, -1])
def test_too_few_points_for_a_line_are_refused(points):
    with pytest.raises(Invalid, match="4 at least"):
        decimated(series([(1, 1.0)] * 9), points)
