"""Pollutants as observed properties, and the AQI of many subjects at once (HJ 633)."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from chengshu.analytics import air
from chengshu.analytics.air.standard import HIGHEST_CREDIBLE

AQI = "environment.aqi"
AIR_POLLUTION = "environment.air-pollution"
"""Case type."""


@dataclass(frozen=True)
class Pollutant:
    """An observed property of air; *unit* is its UCUM code in HJ 633.

    *quiet_below* is about twice the detection limit of usual analysers: a value that stays below
    it is clean air and no frozen instrument.
    """

    code: str
    name: str
    unit: str
    title: str
    quiet_below: float | None = None

    @property
    def highest(self) -> float:
        return HIGHEST_CREDIBLE[self.code]


POLLUTANTS = (
    Pollutant("pm2.5", "细颗粒物", "ug/m3", "PM2.5"),
    Pollutant("pm10", "可吸入颗粒物", "ug/m3", "PM10"),
    Pollutant("so2", "二氧化硫", "ug/m3", "SO₂", 5),
    Pollutant("no2", "二氧化氮", "ug/m3", "NO₂", 4),
    Pollutant("co", "一氧化碳", "mg/m3", "CO", 0.2),
    Pollutant("o3", "臭氧1小时", "ug/m3", "O₃", 4),
    Pollutant("o3-8h", "臭氧8小时", "ug/m3", "O₃-8h", 4),
)
BY_CODE = {pollutant.code: pollutant for pollutant in POLLUTANTS}


def hourly_aqi(concentrations: pl.DataFrame, zone: str) -> pl.DataFrame:
    """``subject``, ``at``, ``value`` (AQI or null) and ``detail`` (JSON) of each row.

    *concentrations* has ``subject``, ``at`` (UTC, the hour's label) and a column per pollutant.
    The edition follows from the date in *zone*.
    """
    local = concentrations.with_columns(
        on=pl.col("at").dt.convert_time_zone(str(ZoneInfo(zone))).dt.date()
    )
    report = air.hourly(local)
    codes = [pollutant.code for pollutant in POLLUTANTS]
    detail = pl.struct(
        pl.col("primary"),
        pl.col("level"),
        pl.col("na_reason"),
        pl.col("edition"),
        pl.struct(pl.col(f"iaqi_{code}").alias(code) for code in codes).alias("iaqi"),
        pl.struct(pl.col(code).round(3) for code in codes).alias("concentration"),
    )
    return report.select(
        "subject", "at", value=pl.col("aqi").cast(pl.Float64), detail=detail.struct.json_encode()
    )
