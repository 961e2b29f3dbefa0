from datetime import UTC, date, datetime

import pytest

from chengshu.analytics import air_records
from chengshu.kit.errors import Invalid

HEADER = "Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2"
FINE = "20200402,08,市政府,72,良,细颗粒物(PM2.5),52,NaN,1.0,24,25,40,2"
DEAD = "20200402,08,实验楼,NaN,,NaN,NaN,NaN,NaN,NaN,NaN,NaN,NaN"
TIES = '"\n     颗粒物(PM10)\n   \n   细颗粒物(PM2.5)\n"'
TIED = f"20200402,09,市政府,54,良,{TIES},38,57,0.6,30,74,77,15"


@pytest.fixture
def published(tmp_path):
    def write(*lines: str, name: str = "平城.csv"):
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def test_a_row_becomes_a_record_in_utc(published):
    path = published(FINE)

    record = air_records.read(path).row(0, named=True)

    assert record == {
        "city": "平城",
        "station": "市政府",
        "at": datetime(2020, 4, 2, 0, tzinfo=UTC),
        "on": date(2020, 4, 2),
        "pm2.5": 52.0,
        "pm10": None,
        "co": 1.0,
        "no2": 24.0,
        "o3": 25.0,
        "o3-8h": 40.0,
        "so2": 2.0,
        "published_aqi": 72,
        "published_level": "良",
        "published_primary": ["pm2.5"],
        "row": 2,
        "copies": 1,
        "revision": 0,
    }


def test_the_city_is_the_first_part_of_the_file_name(published):
    path = published(FINE, name="平城_20200326-0402.csv")

    records = air_records.read(path)

    assert records["city"].to_list() == ["平城"]


def test_a_station_that_published_nothing_is_a_record_of_nulls(published):
    path = published(DEAD)

    record = air_records.read(path).row(0, named=True)

    assert record["published_primary"] == []
    assert {record[name] for name in ("pm2.5", "o3-8h", "published_aqi", "published_level")} == {
        None
    }


def test_several_primary_pollutants_stand_in_one_cell_over_several_lines(published):
    path = published(TIED, FINE)

    records = air_records.read(path)

    assert records["published_primary"].to_list() == [["pm10", "pm2.5"], ["pm2.5"]]
    assert records["row"].to_list() == [2, 3]


def test_every_published_pollutant_name_is_known(published):
    names = "、".join(air_records.POLLUTANT_NAMES)
    path = published(f"20200402,08,市政府,72,良,{names},52,1,1.0,24,25,40,2")

    records = air_records.read(path)

    assert set(records["published_primary"][0]) == set(air_records.CONCENTRATIONS.values())


def test_a_repeated_header_is_skipped(published):
    path = published(FINE, HEADER, DEAD)

    records = air_records.read(path)

    assert records["row"].to_list() == [2, 4]


def test_a_repeated_row_is_one_record_that_says_how_often_it_came(published):
    path = published(FINE, DEAD, FINE, FINE)

    records = air_records.read(path)

    assert records.select("station", "copies", "revision").rows() == [
        ("市政府", 3, 0),
        ("实验楼", 1, 0),
    ]


def test_different_rows_of_one_station_and_hour_are_kept_as_revisions(published):
    path = published(FINE, FINE.replace(",52,", ",53,"))

    records = air_records.read(path)

    assert records.select("pm2.5", "revision").rows() == [(52.0, 0), (53.0, 1)]
    assert air_records.latest(records)["pm2.5"].to_list() == [53.0]


def test_overlapping_files_are_merged_without_doubling(published):
    first = published(FINE, DEAD, name="平城_1.csv")
    second = published(FINE, TIED, name="平城_2.csv")

    records = air_records.merged([air_records.read(first), air_records.read(second)])

    assert records["copies"].to_list() == [2, 1, 1]
    assert records["revision"].to_list() == [0, 0, 0]


def test_merging_nothing_is_refused():
    with pytest.raises(Invalid, match="No records"):
        air_records.merged([])


def test_a_trailing_wide_space_keeps_two_stations_apart(published):
    path = published(FINE, FINE.replace("市政府", "市政府\u3000"))

    records = air_records.read(path)

    assert records["station"].to_list() == ["市政府", "市政府\u3000"]


def test_a_file_with_only_a_header_has_no_records(published):
    path = published()

    records = air_records.read(path)

    assert records.height == 0


@pytest.mark.parametrize(
    ("before", "after", "column", "message"),
    [
        (",08,", ",24,", "Hour", "Row 3: Hour is '24', not an hour from 00 to 23"),
        (",08,", ",8h,", "Hour", "Row 3: Hour is '8h', not an hour"),
        ("20200402", "20200431", "Date", "Row 3: Date is '20200431', not a date"),
        ("20200402", "2020-4-2", "Date", "not a date like 20200402"),
        ("市政府", "\u3000", "WatchPoint", "not the name of a station"),
        (",52,", ",5o,", "PM2.5", "Row 3: PM2.5 is '5o', not a number"),
        (",52,", ",inf,", "PM2.5", "PM2.5 is 'inf', not a number"),
        (",1.0,", ",1e3,", "CO", "CO is '1e3', not a number"),
        (",72,", ",72.5,", "AQI", "AQI is '72.5', not a whole number"),
        ("细颗粒物(PM2.5)", "花粉", "PrimaryPollution", "'花粉', not among 细颗粒物"),
    ],
)
def test_a_bad_cell_is_refused_with_its_row_and_column(published, before, after, column, message):
    path = published(DEAD, FINE.replace(before, after, 1))

    with pytest.raises(Invalid, match=message) as refusal:
        air_records.read(path)

    assert refusal.value.where == {"row": 3, "column": column}


def test_a_row_with_too_few_cells_is_refused(published):
    path = published(FINE, "20200402,08,市政府")

    with pytest.raises(Invalid, match="Row 3 has 3 cells instead of 13"):
        air_records.read(path)


def test_missing_and_repeated_columns_are_refused(tmp_path):
    missing, repeated = tmp_path / "a.csv", tmp_path / "b.csv"
    missing.write_text(HEADER.replace("O3_8h,", ""), encoding="utf-8")
    repeated.write_text(HEADER.replace("O3_8h", "SO2"), encoding="utf-8")

    with pytest.raises(Invalid, match="Missing columns: O3_8h"):
        air_records.read(missing)
    with pytest.raises(Invalid, match="Missing columns: O3_8h"):
        air_records.read(repeated)
    repeated.write_text(HEADER + ",SO2", encoding="utf-8")
    with pytest.raises(Invalid, match="Repeated columns: SO2"):
        air_records.read(repeated)


@pytest.mark.parametrize("content", [b"", b"\xb5\xc8,\xc4\xea", b'Date,"Hour'])
def test_what_is_not_csv_in_utf8_is_refused(tmp_path, content):
    path = tmp_path / "平城.csv"
    path.write_bytes(content)

    with pytest.raises(Invalid, match="Missing columns|is not CSV in UTF-8"):
        air_records.read(path)
