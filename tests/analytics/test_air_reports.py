from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, inf, nan, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.analytics.air import LEVELS, daily_report, edition_on, hourly_report, level_of
from chengshu.kit.errors import Invalid, UnknownName

IN_2012 = date(2026, 2, 28)
IN_2026 = date(2026, 3, 1)
STEPS = (0, 50, 100, 150, 200, 300, 400, 500)
BREAKPOINTS = {
    ("day", "so2"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("hour", "so2"): (0, 150, 500, 650, 800),
    ("day", "no2"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("hour", "no2"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("day", "co"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("hour", "co"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("day", "o3-8h"): (0, 100, 160, 215, 265, 800),
    ("hour", "o3"): (0, 160, 200, 300, 400, 800, 1000, 1200),
}
PARTICLES = {
    (IN_2012, "pm10"): (0, 50, 150, 250, 350, 420, 500, 600),
    (IN_2012, "pm2.5"): (0, 35, 75, 115, 150, 250, 350, 500),
    (IN_2026, "pm10"): (0, 50, 120, 250, 350, 420, 500, 600),
    (IN_2026, "pm2.5"): (0, 35, 60, 115, 150, 250, 350, 500),
}
REPORTS = {"hour": hourly_report, "day": daily_report}
SCALES = [
    (period, day, pollutant, breakpoints)
    for (period, pollutant), breakpoints in BREAKPOINTS.items()
    for day in (IN_2012, IN_2026)
] + [
    (period, day, pollutant, breakpoints)
    for (day, pollutant), breakpoints in PARTICLES.items()
    for period in REPORTS
]
CLEAN_HOUR = {"pm2.5": 10, "pm10": 20, "so2": 5, "no2": 10, "co": 0.4, "o3": 60}


@pytest.mark.parametrize(("period", "day", "pollutant", "breakpoints"), SCALES)
def test_each_breakpoint_has_exactly_its_sub_index(period, day, pollutant, breakpoints):
    reports = [REPORTS[period]({pollutant: c}, on=day) for c in breakpoints]

    indices = [report.sub_indices[pollutant] for report in reports]

    assert indices == list(STEPS[: len(breakpoints)])


@pytest.mark.parametrize(("period", "day", "pollutant", "breakpoints"), SCALES)
def test_between_breakpoints_the_formula_is_rounded_up(period, day, pollutant, breakpoints):
    decimals = 1 if pollutant == "co" else 0
    tenths = 10**decimals

    for place in range(len(breakpoints) - 1):
        low, high = breakpoints[place : place + 2]
        for concentration in range(low * tenths, high * tenths + 1, max(1, (high - low) // 7)):
            exact = Fraction(concentration, tenths)
            rise = Fraction(STEPS[place + 1] - STEPS[place], high - low)
            expected = ceil(rise * (exact - low) + STEPS[place])
            report = REPORTS[period]({pollutant: concentration / tenths}, on=day)
            assert report.sub_indices[pollutant] == expected


@pytest.mark.parametrize(
    ("day", "pollutant", "concentration", "index"),
    [
        (IN_2012, "pm2.5", 50, 69),
        (IN_2012, "pm2.5", 75, 100),
        (IN_2012, "pm2.5", 80, 107),
        (IN_2026, "pm2.5", 50, 80),
        (IN_2026, "pm2.5", 60, 100),
        (IN_2026, "pm2.5", 75, 114),
        (IN_2026, "pm10", 150, 112),
    ],
)
def test_worked_sub_indices_of_both_editions(day, pollutant, concentration, index):
    report = daily_report({pollutant: concentration}, on=day)

    assert report.sub_indices[pollutant] == index


def test_worked_day_of_2012():
    day = {"pm2.5": 110, "pm10": 180, "so2": 30, "no2": 60, "co": 1.6, "o3-8h": 120}

    report = daily_report(day, on=IN_2012)

    assert [report.sub_indices[name] for name in day] == [144, 115, 30, 75, 40, 67]
    assert (report.aqi, report.primary) == (144, ("pm2.5",))
    assert report.level is not None
    assert (report.level.name, report.level.colour) == ("轻度污染", "orange")


def test_worked_day_of_2026():
    day = {"pm2.5": 110, "pm10": 180, "so2": 30, "no2": 60, "co": 1.6, "o3-8h": 120}

    report = daily_report(day, on=IN_2026)

    assert (report.sub_indices["pm2.5"], report.sub_indices["pm10"], report.aqi) == (146, 124, 146)


def test_worked_hour_of_2026_stands_at_the_end_of_short_scales():
    report = hourly_report({"so2": 900, "o3-8h": 900}, on=IN_2026)

    assert (report.sub_indices["so2"], report.sub_indices["o3-8h"]) == (200, 300)


def test_the_edition_changes_with_the_first_of_march_2026():
    editions = [edition_on(day).name for day in (date(1999, 1, 1), IN_2012, IN_2026)]

    assert editions == ["HJ 633-2012", "HJ 633-2012", "HJ 633-2026"]


def test_an_hour_is_judged_by_one_hour_ozone_and_not_by_the_sliding_mean():
    report = hourly_report(CLEAN_HOUR | {"o3-8h": 200}, on=IN_2012)

    assert report.sub_indices["o3-8h"] == 137
    assert report.aqi == 20


def test_a_day_of_2026_has_no_one_hour_ozone():
    report = daily_report(CLEAN_HOUR | {"o3": 500, "o3-8h": 60}, on=IN_2026)

    assert (report.sub_indices["o3"], report.aqi, report.na_reason) == (None, 30, None)


def test_a_day_of_2012_has_both_ozone_items():
    report = daily_report(CLEAN_HOUR | {"o3": 300, "o3-8h": 60}, on=IN_2012)

    assert (report.aqi, report.primary) == (150, ("o3",))


def test_sulphur_dioxide_above_its_hourly_scale_takes_the_daily_sub_index_in_2012():
    report = hourly_report(CLEAN_HOUR | {"so2": 801, "so2-24h": 475}, on=IN_2012)

    assert (report.sub_indices["so2"], report.aqi, report.primary) == (150, 150, ("so2",))


def test_sulphur_dioxide_above_its_hourly_scale_without_a_daily_mean_leaves_the_aqi_open():
    report = hourly_report(CLEAN_HOUR | {"so2": 801}, on=IN_2012)

    assert (report.aqi, report.level, report.na_reason) == (None, None, "above-scale")
    assert report.gaps == {"so2": "above-scale"}


def test_ozone_above_its_eight_hour_scale_is_left_to_the_one_hour_item_in_2012():
    report = daily_report({"o3-8h": 801, "o3": 820}, on=IN_2012)

    assert report.sub_indices["o3-8h"] is None
    assert (report.aqi, report.primary) == (310, ("o3",))


@pytest.mark.parametrize("day", [IN_2012, IN_2026])
def test_above_a_full_scale_500_stands(day):
    report = hourly_report(CLEAN_HOUR | {"pm10": 601, "pm2.5": 9_000}, on=day)

    assert (report.aqi, report.primary) == (500, ("pm2.5", "pm10"))
    assert report.level == LEVELS[-1]


def test_all_pollutants_that_share_the_largest_sub_index_are_primary():
    report = hourly_report({"pm2.5": 38, "pm10": 57}, on=IN_2012)

    assert (report.aqi, report.primary) == (54, ("pm2.5", "pm10"))


@pytest.mark.parametrize(("pm10", "primary"), [(50, ()), (52, ("pm10",))])
def test_a_primary_pollutant_is_named_only_above_50(pm10, primary):
    report = hourly_report({"pm10": pm10}, on=IN_2012)

    assert report.primary == primary


def test_in_2012_a_missing_pollutant_is_na_and_the_others_count():
    report = hourly_report(CLEAN_HOUR | {"pm10": None}, on=IN_2012)

    assert (report.aqi, report.gaps) == (19, {"pm10": "missing"})


def test_in_2026_an_incomplete_set_is_published_only_above_100():
    moderate = hourly_report({"pm2.5": 60}, on=IN_2026)
    polluted = hourly_report({"pm2.5": 61}, on=IN_2026)

    assert (moderate.aqi, moderate.na_reason) == (None, "incomplete")
    assert (moderate.primary, moderate.level, moderate.sub_indices["pm2.5"]) == ((), None, 100)
    assert (polluted.aqi, polluted.primary) == (101, ("pm2.5",))


def test_in_2026_a_pollutant_that_is_not_monitored_by_plan_may_be_missing():
    report = hourly_report(CLEAN_HOUR | {"so2": None}, on=IN_2026, unmonitored={"so2"})

    assert (report.aqi, report.gaps) == (20, {})


def test_in_2026_concentrations_are_rounded_half_to_even_first():
    report = daily_report({"pm2.5": 60.5, "pm10": 121.5, "co": 2.05}, on=IN_2026)

    assert (report.sub_indices["pm2.5"], report.sub_indices["pm10"]) == (100, 101)
    assert report.sub_indices["co"] == 50


def test_in_2012_concentrations_are_not_rounded():
    report = daily_report({"pm2.5": 75.01}, on=IN_2012)

    assert report.aqi == 101


def test_binary_noise_does_not_push_a_sub_index_up():
    noise = {"pm2.5": nextafter(35.0, inf), "co": nextafter(5.0, inf)}

    report = hourly_report(noise, on=IN_2012)

    assert (report.sub_indices["pm2.5"], report.sub_indices["co"]) == (50, 50)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        (nan, "not-finite"),
        (inf, "not-finite"),
        (-inf, "not-finite"),
        (Decimal("NaN"), "not-finite"),
        (-1, "negative"),
        (-1e-9, "negative"),
        (10_001, "absurd"),
        (10**400, "absurd"),
    ],
)
def test_an_unusable_concentration_has_no_sub_index_but_a_reason(value, reason):
    report = hourly_report(CLEAN_HOUR | {"pm2.5": value}, on=IN_2012)

    assert report.sub_indices["pm2.5"] is None
    assert report.gaps == {"pm2.5": reason}
    assert report.aqi == 20


def test_the_ceiling_of_belief_is_the_callers_to_set():
    report = hourly_report({"pm10": 900}, on=IN_2012, ceilings={"pm10": 800})

    assert report.gaps["pm10"] == "absurd"


def test_nothing_measured_gives_no_aqi():
    report = hourly_report({}, on=IN_2012)

    assert (report.aqi, report.na_reason) == (None, "no-concentration")


def test_an_unknown_pollutant_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"No pollutant 'PM2.5'. Known: .*pm2.5"):
        hourly_report({"PM2.5": 3}, on=IN_2012)


@pytest.mark.parametrize("value", ["35", True])
def test_a_concentration_that_is_not_a_number_is_refused(value):
    with pytest.raises(Invalid, match="is not a concentration"):
        hourly_report({"pm10": value}, on=IN_2012)


@given(st.integers(min_value=0, max_value=500))
def test_an_aqi_has_the_first_level_that_reaches_it(aqi):
    level = level_of(aqi)

    assert aqi <= level.highest
    assert level.number == 1 or aqi > LEVELS[level.number - 2].highest
