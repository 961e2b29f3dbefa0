from datetime import date

import pytest

from chengshu.kit.calendar import holidays, working
from chengshu.kit.calendar.hours import BadCalendar

NOTICE = {
    "year": 2031,
    "title": "Holidays of 2031",
    "number": "No. 1",
    "issued_on": "2030-11-04",
    "holiday": [
        {
            "name": "New Year",
            "first": "2030-12-31",
            "last": "2031-01-02",
            "make_up": ["2031-01-04"],
        }
    ],
}


def changed(**change):
    return NOTICE | {"holiday": [NOTICE["holiday"][0] | change]}


@pytest.mark.parametrize(
    ("name", "number", "issued_on", "free", "made_up"),
    [
        ("cn-2024", "国办发明电〔2023〕7号", date(2023, 10, 25), 28, 8),
        ("cn-2025", "国办发明电〔2024〕12号", date(2024, 11, 12), 28, 5),
        ("cn-2026", "国办发明电〔2025〕7号", date(2025, 11, 4), 33, 6),
    ],
)
def test_bundled_notice_states_its_source_and_all_days(name, number, issued_on, free, made_up):
    notice = holidays.bundled(name)

    assert (notice.number, notice.issued_on) == (number, issued_on)
    assert sum(len(list(holiday.days())) for holiday in notice.holidays) == free
    assert sum(len(holiday.make_up) for holiday in notice.holidays) == made_up


@pytest.mark.parametrize("name", holidays.bundled_names())
def test_every_make_up_day_of_a_bundled_notice_is_at_a_weekend(name):
    notice = holidays.bundled(name)

    assert all(day.weekday() >= 5 for holiday in notice.holidays for day in holiday.make_up)


def test_imported_notice_is_added_to_a_calendar(tmp_path):
    path = tmp_path / "2031.toml"
    path.write_text(
        'year = 2031\ntitle = "Holidays"\nnumber = "No. 1"\nissued_on = 2030-11-04\n'
        '[[holiday]]\nname = "New Year"\nfirst = 2030-12-31\nlast = 2031-01-02\n'
        "make_up = [2031-01-04]\n",
        encoding="utf-8",
    )
    week = {"time_zone": "Asia/Shanghai", "weekly": {"tuesday": ["09:00-17:00"]}}

    calendar = working.load(week, notices=[holidays.load(path)])

    assert calendar.covers(date(2031, 5, 1))
    assert not calendar.is_working_day(date(2030, 12, 31))
    assert calendar.is_working_day(date(2031, 1, 4))


def test_notice_may_give_dates_as_text():
    notice = holidays.read(NOTICE)

    assert list(notice.holidays[0].days()) == [
        date(2030, 12, 31),
        date(2031, 1, 1),
        date(2031, 1, 2),
    ]


@pytest.mark.parametrize(
    "written",
    [
        changed(last="2030-12-30"),
        changed(last="2031-03-01"),
        changed(last="tomorrow"),
        changed(make_up=["2031-01-01"]),
        changed(make_up=["2032-01-01"]),
        changed(make_up="2031-01-04"),
        changed(first="2029-01-01", last="2029-01-02"),
        changed(colour="red"),
        NOTICE | {"holiday": [*NOTICE["holiday"], *NOTICE["holiday"]]},
        NOTICE | {"holiday": {}},
        NOTICE | {"holiday": ["New Year"]},
        NOTICE | {"year": "2031"},
        {"year": 2031},
    ],
)
def test_notice_that_contradicts_itself_is_refused(written):
    with pytest.raises(BadCalendar):
        holidays.read(written)


def test_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "2031.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(BadCalendar, match="not TOML"):
        holidays.load(path)


@pytest.mark.parametrize("name", ["cn-1999", "../errors", ""])
def test_notice_that_is_not_bundled_is_refused_with_the_known_ones(name):
    with pytest.raises(BadCalendar, match="Known: cn-2024, cn-2025, cn-2026"):
        holidays.bundled(name)
