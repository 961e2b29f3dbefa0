from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.analytics.air import (
    POLLUTANTS,
    daily,
    daily_report,
    hourly,
    hourly_report,
    standard,
)
from chengshu.kit.errors import Invalid

IN_2012 = date(2020, 4, 2)
IN_2026 = date(2026, 3, 1)
DAYS = st.sampled_from([IN_2012, date(2026, 2, 28), IN_2026, date(2031, 1, 1)])
PLAUSIBLE = st.one_of(
    st.integers(min_value=0, max_value=1000).map(float),
    st.integers(min_value=0, max_value=3000).map(lambda tenths: tenths / 10),
    st.floats(min_value=0, max_value=1000),
)
ANY_VALUE = st.one_of(
    st.none(), PLAUSIBLE, st.floats(), st.sampled_from([35.0, 800.0, 800.000001, 10_000.0])
)
ROW = st.fixed_dictionaries({"on": DAYS} | dict.fromkeys(standard.READ, ANY_VALUE))
SCHEMA = {"on": pl.Date} | dict.fromkeys(standard.READ, pl.Float64)


@settings(deadline=None, max_examples=40)
@given(st.lists(ROW, max_size=20), st.sampled_from([(), ("so2",), ("co", "o3", "o3-8h")]))
@pytest.mark.parametrize(
    ("many", "one"), [(hourly, hourly_report), (daily, daily_report)], ids=["hour", "day"]
)
def test_a_frame_of_reports_equals_the_single_reports(many, one, rows, unmonitored):
    frame = pl.DataFrame(rows, schema=SCHEMA)

    reports = many(frame, unmonitored=unmonitored)

    for row, found in zip(rows, reports.iter_rows(named=True), strict=True):
        concentrations = {name: row[name] for name in standard.READ}
        report = one(concentrations, on=row["on"], unmonitored=unmonitored)
        assert found["aqi"] == report.aqi
        assert tuple(found["primary"]) == report.primary
        assert found["level"] == (report.level and report.level.number)
        assert found["na_reason"] == report.na_reason
        assert found["edition"] == report.edition
        for name in POLLUTANTS:
            assert found[f"iaqi_{name}"] == report.sub_indices[name]
            assert found[f"gap_{name}"] == report.gaps.get(name)


@settings(deadline=None, max_examples=40)
@given(
    DAYS,
    st.sampled_from(POLLUTANTS),
    st.fixed_dictionaries(dict.fromkeys(POLLUTANTS, st.integers(0, 700))),
    st.lists(PLAUSIBLE, min_size=2, max_size=30),
)
@pytest.mark.parametrize("many", [hourly, daily], ids=["hour", "day"])
def test_more_of_a_pollutant_never_lowers_the_aqi(many, day, pollutant, others, concentrations):
    rising = sorted(concentrations)
    rows = [others | {"on": day, pollutant: c, "so2-24h": 2_620} for c in rising]

    reports = many(pl.DataFrame(rows, schema=SCHEMA, strict=False))

    assert reports["aqi"].null_count() == 0
    assert reports["aqi"].is_sorted()


@settings(deadline=None, max_examples=40)
@given(st.integers(min_value=0, max_value=499_999), st.sampled_from(["pm2.5", "pm10"]))
def test_a_sub_index_is_the_smallest_whole_number_not_below_the_formula(thousandths, pollutant):
    scale = standard.PARTICLES_2012[pollutant]
    steps = standard.SUB_INDEX_STEPS
    place = max(p for p, b in enumerate(scale.breakpoints[:-1]) if b * 1000 <= thousandths)
    low, width, rise = scale.segments[place]
    frame = pl.DataFrame({"on": [IN_2012], pollutant: [thousandths / 1000]})

    index = hourly(frame)[f"iaqi_{pollutant}"][0]

    above = (index - steps[place]) * width * 1000 - rise * (thousandths - low * 1000)
    assert 0 <= above < width * 1000


def test_rows_keep_their_order_and_other_columns_when_editions_mix():
    frame = pl.DataFrame(
        {"on": [IN_2026, IN_2012, IN_2026, IN_2012], "pm2.5": [75, 75, 80, 80], "n": range(4)}
    )

    reports = hourly(frame)

    assert reports["n"].to_list() == [0, 1, 2, 3]
    assert reports["aqi"].to_list() == [114, 100, 119, 107]


def test_whole_number_columns_and_absent_pollutants_are_welcome():
    frame = pl.DataFrame({"on": [IN_2012], "pm10": [80], "co": [None]})

    report = hourly(frame).row(0, named=True)

    assert (report["aqi"], report["gap_co"], report["gap_so2"]) == (65, "missing", "missing")


def test_an_empty_frame_gives_an_empty_report_with_all_columns():
    frame = pl.DataFrame(schema=SCHEMA)

    reports = hourly(frame)

    assert reports.height == 0
    assert {"aqi", "primary", "level", "iaqi_o3-8h", "gap_pm10"} <= set(reports.columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pm10": [1]}, "'on' must hold a date"),
        ({"on": [None], "pm10": [1]}, "'on' must hold a date"),
        ({"on": ["2020-04-02"], "pm10": [1]}, "'on' must hold a date"),
        ({"on": [IN_2012], "PM10": [1]}, "No pollutant column"),
        ({"on": [IN_2012], "pm10": ["1"]}, "'pm10' must be numeric"),
    ],
)
def test_a_frame_that_cannot_be_reported_on_is_refused(columns, message):
    frame = pl.DataFrame(columns)

    with pytest.raises(Invalid, match=message):
        hourly(frame)
