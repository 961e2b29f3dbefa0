"""The days before the demonstration city was built, through the real store and follower."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl
from django.db import transaction

from chengshu.core.demo.part import DemoCity
from chengshu.core.events.dispatch import deliver_waiting
from chengshu.core.lake import installation
from chengshu.hub.sensing.follow import follow_once
from chengshu.hub.sensing.health import fall_silent
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import ObservationStore

from .signals import said, signals

STEP = timedelta(hours=24)


def remember(city: DemoCity) -> None:
    """Store what all devices said, have it followed and its events delivered.

    Repeated, it stores nothing twice.
    """
    wanted = signals(city.now)
    lake = installation.current()
    lake.ensure([OBSERVATIONS])
    store = ObservationStore(lake)
    try:
        for start, until in _steps(city):
            rows = said(wanted, start, until, city.blueprint.seed)
            store.append(rows.with_columns(quality=pl.lit(0, pl.UInt8)))
    finally:
        store.close()
    while follow_once() >= 0:
        pass
    with transaction.atomic():
        fall_silent(city.now)
    while deliver_waiting():
        pass


def _steps(city: DemoCity) -> Iterator[tuple[datetime, datetime]]:
    start = city.now - timedelta(days=city.blueprint.days)
    while start < city.now:
        yield start, (until := min(start + STEP, city.now))
        start = until
