import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chengshu.kit.calendar import limits, working
from chengshu.kit.calendar.hours import BadCalendar
from chengshu.kit.calendar.limits import BadLimit, Limit, LimitUnit

OFFICE = ["08:30-12:00", "14:00-18:00"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR = {"time_zone": "Asia/Shanghai", "weekly": dict.fromkeys(WEEKDAYS, OFFICE)}
NOTICES = ["cn-2024", "cn-2025", "cn-2026"]
ROUND_THE_CLOCK = dict.fromkeys([*WEEKDAYS, "saturday", "sunday"], ["00:00-24:00"])


@cache
def office(zone="Asia/Shanghai"):
    return working.load(YEAR | {"time_zone": zone, "notices": NOTICES})


@cache
def night_shift():
    """Hours around the two changes of the clocks in New York, at 02:00 on a Sunday."""
    weekly = {"sunday": ["00:30-01:30", "01:45-02:30", "02:30-04:00"], "monday": ["09:00-17:00"]}
    return working.load({"time_zone": "America/New_York", "weekly": weekly})


calendars = st.sampled_from([office(), office("Europe/Berlin"), night_shift()])
moments = st.integers(0, 3 * 366 * 86_400_000).map(
    lambda ms: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
durations = st.timedeltas(timedelta(0), timedelta(hours=200))


def local(*parts):
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 2, 18),
        date(2024, 5, 11),
        date(2025, 1, 26),
        date(2025, 10, 11),
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ],
)
def test_make_up_day_at_the_weekend_is_worked(day):
    assert day.weekday() >= 5
    assert office().is_working_day(day)
    assert office().hours(day) == office().hours(date(2026, 3, 2))


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 2, 12),
        date(2024, 6, 10),
        date(2024, 9, 17),
        date(2025, 1, 1),
        date(2025, 2, 4),
        date(2025, 10, 8),
        date(2026, 1, 2),
        date(2026, 2, 23),
        date(2026, 10, 7),
    ],
)
def test_holiday_on_a_weekday_is_free(day):
    assert day.weekday() < 5
    assert not office().is_working_day(day)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_year_has_the_known_number_of_working_days(year, days):
    first = date(year, 1, 1)

    all_days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]

    assert sum(map(office().is_working_day, all_days)) == days


def test_calendar_knows_which_years_it_has_holidays_of():
    assert office().covers(date(2026, 12, 31))
    assert not office().covers(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("at", "is_working"),
    [
        (local(2026, 3, 2, 8, 29), False),
        (local(2026, 3, 2, 8, 30), True),
        (local(2026, 3, 2, 12, 0), False),
        (local(2026, 3, 2, 13, 59), False),
        (local(2026, 3, 2, 17, 59), True),
        (local(2026, 3, 7, 10, 0), False),
        (datetime(2026, 3, 2, 1, 0, tzinfo=UTC), True),
    ],
)
def test_moment_is_working_from_opening_up_to_closing(at, is_working):
    assert office().is_working(at) is is_working


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (local(2026, 3, 2, 9, 0), 3, local(2026, 3, 2, 12, 0)),
        (local(2026, 3, 2, 9, 0), 4, local(2026, 3, 2, 15, 0)),
        (local(2026, 3, 2, 20, 0), 1, local(2026, 3, 3, 9, 30)),
        (local(2026, 3, 6, 17, 0), 2, local(2026, 3, 9, 9, 30)),
        (local(2026, 2, 13, 17, 0), 2, local(2026, 2, 14, 9, 30)),
        (local(2026, 2, 14, 17, 0), 2, local(2026, 2, 24, 9, 30)),
        (local(2026, 3, 7, 10, 0), 0, local(2026, 3, 7, 10, 0)),
    ],
)
def test_working_hours_are_added_across_breaks_weekends_and_holidays(start, hours, end):
    reached = office().add(start, timedelta(hours=hours))

    assert reached == end
    assert reached.tzinfo is UTC


def test_working_hours_are_subtracted_to_the_last_moment_possible():
    calendar = office()

    assert calendar.subtract(local(2026, 3, 2, 15, 0), timedelta(hours=4)) == (
        local(2026, 3, 2, 9, 0)
    )
    assert calendar.subtract(local(2026, 3, 8, 15, 0), timedelta(hours=4)) == (
        local(2026, 3, 6, 14, 0)
    )


def test_overdue_time_is_negative_when_measured_to_the_past():
    overdue = office().between(local(2026, 3, 3, 9, 0), local(2026, 3, 2, 17, 0))

    assert overdue == -timedelta(hours=1, minutes=30)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (local(2026, 3, 2, 10, 0), 1, local(2026, 3, 3, 10, 0)),
        (local(2026, 3, 6, 10, 0), 1, local(2026, 3, 9, 10, 0)),
        (local(2026, 3, 7, 10, 0), 1, local(2026, 3, 10, 8, 30)),
        (local(2026, 3, 2, 20, 0), 1, local(2026, 3, 4, 8, 30)),
        (local(2026, 2, 10, 9, 0), 5, local(2026, 2, 24, 9, 0)),
        (local(2026, 3, 7, 10, 0), 0, local(2026, 3, 9, 8, 30)),
    ],
)
def test_working_days_keep_the_time_of_day(start, days, end):
    assert office().add_days(start, days) == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (local(2026, 3, 2, 8, 30), local(2026, 3, 3, 9, 0)),
        (local(2026, 3, 2, 12, 0), local(2026, 3, 3, 13, 0)),
        (local(2026, 3, 2, 17, 0), local(2026, 3, 3, 15, 0)),
    ],
)
def test_working_days_end_within_the_hours_of_the_last_day(start, end):
    weekly = {"monday": ["08:00-18:00"], "tuesday": ["09:00-11:00", "13:00-15:00"]}
    calendar = working.load({"time_zone": "Asia/Shanghai", "weekly": weekly})

    assert calendar.add_days(start, 1) == end


def test_hours_up_to_midnight_join_the_next_day():
    calendar = working.load({"time_zone": "Asia/Shanghai", "weekly": ROUND_THE_CLOCK})
    start = local(2026, 3, 2, 23, 0)

    assert calendar.add(start, timedelta(hours=30)) == start + timedelta(hours=30)
    assert calendar.is_working(local(2026, 3, 3, 0, 0))


def test_place_has_holidays_and_make_up_days_of_its_own():
    calendar = working.load(
        YEAR
        | {
            "holidays": {"2026-03-12": "Founding day"},
            "make_up": [date(2026, 3, 14)],
            "make_up_hours": ["09:00-12:00"],
        }
    )

    assert not calendar.is_working_day(date(2026, 3, 12))
    assert calendar.working_time(date(2026, 3, 14)) == timedelta(hours=3)


def test_hour_that_the_clocks_skip_is_not_worked():
    spring = date(2026, 3, 8)

    assert night_shift().working_time(spring) == timedelta(hours=2, minutes=15)


def test_hour_that_happens_twice_is_worked_once_when_a_span_ends_in_it():
    autumn = datetime(2026, 11, 1, tzinfo=ZoneInfo("America/New_York"))

    total = night_shift().between(autumn, autumn + timedelta(days=1))

    assert total == timedelta(hours=1 + 1 + 0.75 + 1.5)


def test_calendar_is_read_from_a_file(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(
        'time_zone = "Asia/Shanghai"\nnotices = ["cn-2026"]\n'
        '[weekly]\nmonday = ["08:30-12:00"]\n[holidays]\n2026-03-09 = "Founding day"\n',
        encoding="utf-8",
    )

    calendar = working.load(path)

    assert calendar.is_working_day(date(2026, 3, 2))
    assert not calendar.is_working_day(date(2026, 3, 9))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"time_zone": "Asia/Nowhere"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"weekly": {}}, "weekly"),
        ({"weekly": {"monday": []}}, "weekly"),
        ({"weekly": {"mon": OFFICE}}, "weekly"),
        ({"weekly": ["monday"]}, "weekly"),
        ({"weekly": {"monday": "08:30-12:00"}}, "monday"),
        ({"weekly": {"monday": ["8:30-12:00"]}}, "monday"),
        ({"weekly": {"monday": ["12:00-08:30"]}}, "monday"),
        ({"weekly": {"monday": ["08:30-24:30"]}}, "monday"),
        ({"weekly": {"monday": ["08:30-12:00", "11:00-13:00"]}}, "monday"),
        ({"notices": ["cn-1999"]}, "notices"),
        ({"notices": "cn-2026"}, "notices"),
        ({"make_up": ["2026-02-30"]}, "make_up"),
        ({"make_up_hours": []}, "make_up_hours"),
        ({"holidays": ["2026-03-12"]}, "holidays"),
    ],
)
def test_calendar_that_cannot_be_meant_is_refused_by_its_key(change, key):
    with pytest.raises(BadCalendar) as refusal:
        working.load(YEAR | change)

    assert refusal.value.where == {"key": key}


def test_unknown_key_is_refused_with_the_known_ones():
    with pytest.raises(BadCalendar, match=r"Unknown: lunch\. Known: .*weekly"):
        working.load(YEAR | {"lunch": "12:00"})


def test_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text("weekly = [", encoding="utf-8")

    with pytest.raises(BadCalendar, match="not TOML"):
        working.load(path)


def test_naive_moment_is_refused():
    naive = local(2026, 3, 2, 9, 0).replace(tzinfo=None)

    for use in (office().is_working, office().next_working):
        with pytest.raises(ValueError, match="time zone"):
            use(naive)
    with pytest.raises(ValueError, match="time zone"):
        limits.due(office(), naive, Limit(1, LimitUnit.CLOCK_HOURS))


def test_negative_amounts_are_refused():
    start = local(2026, 3, 2, 9, 0)

    with pytest.raises(ValueError, match="not negative"):
        office().add(start, -timedelta(hours=1))
    with pytest.raises(ValueError, match="forward"):
        office().add_days(start, -1)


@given(calendars, moments, durations)
def test_time_between_start_and_sum_is_what_was_added(calendar, start, duration):
    assert calendar.between(start, calendar.add(start, duration)) == duration


@given(calendars, moments, durations)
def test_time_between_difference_and_end_is_what_was_subtracted(calendar, end, duration):
    assert calendar.between(calendar.subtract(end, duration), end) == duration


@given(calendars, moments, durations)
def test_subtracting_undoes_adding_from_a_working_moment(calendar, at, duration):
    start = calendar.next_working(at)
    assume(duration)

    assert calendar.subtract(calendar.add(start, duration), duration) == start


@given(calendars, moments, moments, durations)
def test_who_starts_later_is_never_done_earlier(calendar, one, other, duration):
    first, second = sorted((one, other))

    assert calendar.add(first, duration) <= calendar.add(second, duration)
    assert calendar.subtract(first, duration) <= calendar.subtract(second, duration)


@given(calendars, moments, moments, st.integers(0, 30))
def test_working_days_from_a_later_start_never_end_earlier(calendar, one, other, days):
    first, second = sorted((one, other))

    assert calendar.add_days(first, days) <= calendar.add_days(second, days)


@given(calendars, moments, durations, durations)
def test_more_work_never_takes_less_time(calendar, start, one, other):
    less, more = sorted((one, other))

    assert calendar.add(start, less) <= calendar.add(start, more)


@given(calendars, moments, moments, moments)
def test_working_time_adds_up_over_a_moment_between(calendar, one, other, third):
    first, middle, last = sorted((one, other, third))

    whole = calendar.between(first, last)

    assert whole == calendar.between(first, middle) + calendar.between(middle, last)


def test_two_thousand_sums_take_less_than_a_second():
    calendar, start = working.load(YEAR | {"notices": NOTICES}), local(2026, 2, 10, 9, 0)

    began = time.process_time()
    for number in range(2000):
        calendar.add(start + timedelta(minutes=37 * number), timedelta(hours=75))

    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("30分钟", local(2026, 2, 13, 17, 30)),
        ("3 紧急工作时", local(2026, 2, 13, 20, 0)),
        ("2 小时", local(2026, 2, 13, 19, 0)),
        ("1.5 工作时", local(2026, 2, 14, 9, 0)),
        ("4工作时", local(2026, 2, 14, 11, 30)),
        ("1工作日", local(2026, 2, 14, 17, 0)),
        ("2个工作日", local(2026, 2, 24, 17, 0)),
        ("2 紧急工作日", local(2026, 2, 15, 17, 0)),
        ("0.5 工作日", local(2026, 2, 14, 11, 15)),
    ],
)
def test_limit_runs_out_by_the_clock_of_its_unit(text, end):
    friday_before_the_spring_festival = local(2026, 2, 13, 17, 0)

    due = limits.due(office(), friday_before_the_spring_festival, limits.parse(text))

    assert due == end
    assert due.tzinfo is UTC


@given(calendars, moments, moments, st.sampled_from(LimitUnit), st.floats(0.1, 30))
def test_limit_of_a_later_start_never_runs_out_earlier(calendar, one, other, unit, value):
    first, second = sorted((one, other))
    assume(unit is not LimitUnit.WORKING_DAYS or value == int(value))

    limit = Limit(value, unit)

    assert limits.due(calendar, first, limit) <= limits.due(calendar, second, limit)


@pytest.mark.parametrize("text", ["", "工作日", "3", "-1 工作时", "3 weeks", "0 工作日"])
def test_text_that_is_no_limit_is_refused(text):
    with pytest.raises(BadLimit):
        limits.parse(text)


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), 1_000_000])
def test_value_that_is_no_limit_is_refused(value):
    with pytest.raises(BadLimit):
        Limit(value, LimitUnit.WORKING_HOURS)
