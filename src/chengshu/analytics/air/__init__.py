"""Air quality index by HJ 633: ``reports`` for one hour or day, ``frames`` for many."""

from chengshu.analytics.air.frames import daily, hourly
from chengshu.analytics.air.reports import Report, daily_report, hourly_report
from chengshu.analytics.air.standard import LEVELS, POLLUTANTS, edition_on, level_of

__all__ = [
    "LEVELS",
    "POLLUTANTS",
    "Report",
    "daily",
    "daily_report",
    "edition_on",
    "hourly",
    "hourly_report",
    "level_of",
]
