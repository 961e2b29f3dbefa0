"""Our index against published ones: HJ 633-2012, real-time reports of real stations.

The publisher's AQI of an hour is the largest sub-index of the six 1-hour means (particles by
their daily breakpoints); the 8-hour sliding mean of ozone is shown beside it but does not count,
and a missing pollutant is left out. That is the rule of ``air.hourly`` for any data.
"""

import gzip
import json
import sys

import polars as pl
import pytest

from chengshu.analytics import air, air_records

LEVEL_NAMES = {level.number: level.name for level in air.LEVELS}
POLLUTANTS = list(air_records.CONCENTRATIONS.values())


@pytest.fixture
def tell(capsys):
    def tell(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n  {line}\n")

    return tell


@pytest.fixture(scope="module")
def henan(shared):
    folder = shared / "data" / "airquality" / "henan_stations_2020"
    records = air_records.merged(air_records.read(path) for path in sorted(folder.glob("*.csv")))
    return air.hourly(records)


def test_every_row_of_the_files_is_accounted_for(henan, shared, tell):
    folder = shared / "data" / "airquality" / "henan_stations_2020"
    written = sum(
        line[:9].replace(",", "").isdigit()
        for path in folder.glob("*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    measured = pl.any_horizontal(pl.col(name).is_not_null() for name in POLLUTANTS)
    without_aqi = henan.filter(pl.col("published_aqi").is_null())

    compared = henan.filter(pl.col("published_aqi").is_not_null())["copies"].sum()
    empty = without_aqi.filter(~measured)["copies"].sum()
    withheld = without_aqi.filter(measured)["copies"].sum()

    tell(
        f"{written} rows: {compared} compared; not comparable, no AQI published:"
        f" {empty} without any value, {withheld} with values"
    )
    assert compared + empty + withheld == written


def test_our_aqi_equals_every_published_aqi(henan, tell):
    compared = henan.filter(pl.col("published_aqi").is_not_null())

    different = compared.filter(pl.col("aqi").ne_missing(pl.col("published_aqi")))

    tell(f"AQI compared on {compared['copies'].sum()} rows, {compared.height} of them distinct")
    assert compared.height
    assert different.rows(named=True) == []


def test_our_primary_pollutants_equal_the_published_ones(henan, tell):
    compared = henan.filter(pl.col("published_aqi").is_not_null())
    ours, theirs = pl.col("primary").list.sort(), pl.col("published_primary").list.sort()

    different = compared.filter(ours != theirs)

    ties = compared.filter(pl.col("primary").list.len() > 1)
    tell(f"primary pollutants compared on {compared.height} records, {ties.height} with ties")
    assert compared.height
    assert different.rows(named=True) == []


def test_our_level_equals_the_published_level(henan):
    compared = henan.filter(pl.col("published_aqi").is_not_null())

    levels = compared["level"].replace_strict(LEVEL_NAMES, return_dtype=pl.String)

    assert levels.to_list() == compared["published_level"].to_list()


def test_single_reports_equal_the_published_aqi_too(henan):
    distinct = henan.filter(pl.col("published_aqi").is_not_null()).unique([*POLLUTANTS, "on"])

    for row in distinct.iter_rows(named=True):
        report = air.hourly_report({name: row[name] for name in POLLUTANTS}, on=row["on"])
        assert report.aqi == row["published_aqi"]


@pytest.fixture(scope="module")
def national(shared):
    """One hour of all national stations; its columns for hourly and daily ozone are swapped.

    ``o3_24h`` is never above ``o3``, as an hour is never above the day's highest hour.
    """
    names = {"pm2_5": "pm2.5", "pm10": "pm10", "so2": "so2", "no2": "no2", "co": "co"}
    names |= {"o3_24h": "o3", "aqi": "published_aqi"}
    path = shared / "data" / "airquality" / "cnemc_airnow_national_hour.geojson.gz"
    with gzip.open(path) as file:
        rows = [feature["properties"] for feature in json.load(file)["features"]]
    text = pl.DataFrame(rows, infer_schema_length=None)
    numbers = text.select(
        pl.col(name).cast(pl.Float64, strict=False).alias(ours) for name, ours in names.items()
    )
    return air.hourly(
        numbers.with_columns(
            text["primarypollutant"],
            text["quality"],
            on=text["timepoint"].str.slice(0, 10).str.to_date(),
        )
    )


def test_our_aqi_equals_that_of_all_national_stations_in_one_hour(national, tell):
    compared = national.filter(pl.col("published_aqi").is_not_null())

    different = compared.filter(pl.col("aqi").ne_missing(pl.col("published_aqi").cast(pl.Int32)))

    tell(f"AQI compared on {compared.height} of {national.height} national stations")
    assert compared.height
    assert different.rows(named=True) == []


def test_our_primary_pollutants_equal_those_of_all_national_stations(national):
    compared = national.filter(pl.col("published_aqi").is_not_null())
    names = {ours: name for name, ours in air_records.POLLUTANT_NAMES.items()}

    ours = [{names[name] for name in primary} for primary in compared["primary"].to_list()]

    theirs = [set(text.split(",")) - {"-;"} for text in compared["primarypollutant"].to_list()]
    assert ours == theirs
