"""The hourly air quality index of stations and places."""

from functools import partial

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengshu.hub.indicators.indicator import Indicator, indicators

from .domain import AQI, POLLUTANTS, hourly_aqi

indicators.add(
    AQI,
    Indicator(
        name=AQI,
        title=_("Air quality index"),
        unit="",
        inputs=tuple(pollutant.code for pollutant in POLLUTANTS),
        compute=partial(hourly_aqi, zone=settings.TIME_ZONE),
        standard="HJ 633-2012, HJ 633-2026",
    ),
)
