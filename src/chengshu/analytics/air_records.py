"""Hourly records of air stations as cities publish them, one CSV file per city.

Columns ``Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2``;
date and hour in local time; ``NaN`` or nothing where a value is missing; several primary
pollutants in one quoted cell, over several lines.
"""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from chengshu.kit.errors import Invalid

CONCENTRATIONS = {
    "PM2.5": "pm2.5",
    "PM10": "pm10",
    "CO": "co",
    "NO2": "no2",
    "O3_1h": "o3",
    "O3_8h": "o3-8h",
    "SO2": "so2",
}
MISSING = ("", "NaN")
BETWEEN_POLLUTANTS = r"[\s,，、]+"
IDENTITY = ("city", "station", "at")
ORIGIN = ("row", "copies", "revision")

POLLUTANT_NAMES = {
    "细颗粒物(PM2.5)": "pm2.5",
    "颗粒物(PM10)": "pm10",
    "二氧化硫": "so2",
    "二氧化氮": "no2",
    "一氧化碳": "co",
    "臭氧1小时": "o3",
    "臭氧8小时": "o3-8h",
}


def read(path: Path, *, zone: str = "Asia/Shanghai") -> pl.DataFrame:
    """Records of one file; the city is the file's name up to the first ``_``.

    Columns: ``city``, ``station``, ``at`` (UTC), ``on`` (the local date), one per pollutant,
    ``published_aqi``, ``published_level``, ``published_primary`` (a list), and where they came
    from: ``row`` (the header is 1), ``copies`` and ``revision`` as ``merged`` says. A header
    repeated between rows is skipped. Station names stay as published: a trailing wide space
    tells a closed station from the one that took its name. Raises ``Invalid`` with row and
    column.
    """
    text = _text(path)
    parsed = text.select(
        "row", *(parse(name, zone).alias(name) for name, (parse, _) in PARSERS.items())
    )
    for column, (_, expectation) in PARSERS.items():
        _refuse_unread(text, parsed, column, expectation)
    city = pl.lit(path.stem.partition("_")[0]).alias("city")
    return merged([parsed.select(city, *PARSERS, "row", copies=pl.lit(1)).rename(NAMES)])


def merged(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Records of several files or crawls, in their order, each distinct record once.

    *copies* counts equal records of one station and hour. Records of one station and hour that
    differ are all kept, numbered by *revision* from 0; ``latest`` chooses among them.
    """
    given = list(frames)
    if not given:
        raise Invalid("No records were given to merge")
    together = pl.concat(given, how="diagonal")
    content = [name for name in together.columns if name not in ORIGIN]
    distinct = together.group_by(content, maintain_order=True).agg(
        pl.col("row").first(), pl.col("copies").sum().cast(pl.Int64)
    )
    return distinct.with_columns(revision=pl.int_range(pl.len()).over(IDENTITY))


def latest(records: pl.DataFrame) -> pl.DataFrame:
    """Only the last revision of each station and hour."""
    return records.filter(pl.col("revision") == pl.col("revision").max().over(IDENTITY))


def _text(path: Path) -> pl.DataFrame:
    """All cells as written, with ``row``; a repeated header is left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (csv.Error, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name} is not CSV in UTF-8: {error}") from error
    _check_header(header)
    kept = [(n, cells) for n, cells in enumerate(rows, start=2) if cells not in ([], header)]
    for number, cells in kept:
        if len(cells) != len(header):
            raise Invalid(
                f"Row {number} has {len(cells)} cells instead of {len(header)}",
                where={"row": number},
            )
    text = pl.DataFrame(
        [cells for _, cells in kept], schema=dict.fromkeys(header, pl.String), orient="row"
    )
    return text.with_columns(row=pl.Series([number for number, _ in kept], dtype=pl.Int64))


def _check_header(header: list[str]) -> None:
    missing = [name for name in PARSERS if name not in header]
    repeated = [name for name in PARSERS if header.count(name) > 1]
    for problem, names in (("Missing", missing), ("Repeated", repeated)):
        if names:
            raise Invalid(
                f"{problem} columns: {', '.join(names)}", where={"row": 1, "column": names[0]}
            )


def _refuse_unread(text: pl.DataFrame, parsed: pl.DataFrame, column: str, expectation: str) -> None:
    unread = parsed[column].is_null()
    if column in MAY_BE_MISSING:
        unread &= ~text[column].str.strip_chars().is_in(MISSING)
    if unread.any():
        at = unread.arg_true()[0]
        row, cell = text["row"][at], text[column][at]
        raise Invalid(
            f"Row {row}: {column} is {cell!r}, not {expectation}",
            where={"row": row, "column": column},
        )


def _station(column: str, _zone: str) -> pl.Expr:
    return pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column))


def _day(column: str, _zone: str) -> pl.Expr:
    eight_digits = pl.col(column).str.extract(r"^(\d{8})$")
    return eight_digits.str.to_date("%Y%m%d", strict=False)


def _hour(column: str, zone: str) -> pl.Expr:
    hours = pl.col(column).str.extract(r"^(\d{1,2})$").cast(pl.Int64)
    local = _day("Date", zone).cast(pl.Datetime("us")) + pl.duration(
        hours=pl.when(hours <= LAST_HOUR).then(hours)
    )
    aware = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def _number(column: str, _zone: str) -> pl.Expr:
    return pl.col(column).str.extract(r"^\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*$").cast(pl.Float64)


def _whole(column: str, _zone: str) -> pl.Expr:
    return pl.col(column).str.extract(r"^\s*(\d{1,9})\s*$").cast(pl.Int32)


def _words(column: str, _zone: str) -> pl.Expr:
    words = pl.col(column).str.strip_chars()
    return pl.when(~words.is_in(MISSING)).then(words)


def _pollutants(column: str, _zone: str) -> pl.Expr:
    words = pl.col(column).str.strip_chars().str.replace_all(BETWEEN_POLLUTANTS, " ")
    named = pl.when(words.is_in(MISSING)).then(pl.lit("")).otherwise(words).str.split(" ")
    known = named.list.eval(
        pl.element()
        .filter(pl.element() != "")
        .replace_strict(POLLUTANT_NAMES, default=None, return_dtype=pl.String)
    )
    return pl.when(known.list.eval(pl.element().is_null()).list.any().not_()).then(known)


LAST_HOUR = 23
PARSERS: dict[str, tuple[Callable[[str, str], pl.Expr], str]] = {
    "WatchPoint": (_station, "the name of a station"),
    "Date": (_day, "a date like 20200402"),
    "Hour": (_hour, "an hour from 00 to 23"),
    **dict.fromkeys(CONCENTRATIONS, (_number, "a number")),
    "AQI": (_whole, "a whole number"),
    "Level": (_words, "words"),
    "PrimaryPollution": (_pollutants, f"among {', '.join(POLLUTANT_NAMES)}"),
}
MAY_BE_MISSING = (*CONCENTRATIONS, "AQI", "Level")
NAMES = {
    "WatchPoint": "station",
    "Hour": "at",
    "Date": "on",
    **CONCENTRATIONS,
    "AQI": "published_aqi",
    "Level": "published_level",
    "PrimaryPollution": "published_primary",
}
