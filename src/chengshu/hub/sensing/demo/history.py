"""The days before the demonstration city was built, through the real store and follower."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from chengshu.core.demo.part import DemoCity
from chengshu.core.events.dispatch import deliver_waiting
from chengshu.core.lake import installation
from chengshu.hub.sensing.follow import follow_once, look_for_silence
from chengshu.hub.sensing.ingest.rows import REASONS
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import Rejection
from chengshu.hub.sensing.store import ObservationStore

from .signals import Signal, as_observations, said, signals

STEP = timedelta(hours=24)
FUTURE = "far-future"
MOST_REFUSED = 12


def remember(city: DemoCity) -> None:
    """Store what all devices said day by day, have it followed and its events delivered.

    Repeated, it stores nothing twice.
    """
    wanted = signals(city.now)
    lake = installation.current()
    lake.ensure([OBSERVATIONS])
    store = ObservationStore(lake)
    try:
        for start, until in _steps(city):
            rows = said(wanted, start, until, city.blueprint.seed)
            store.append(
                rows.filter(pl.col("at") <= city.now).with_columns(quality=pl.lit(0, pl.UInt8))
            )
            while follow_once() >= 0:
                pass
            _refuse(rows.filter(pl.col("at") > city.now), wanted)
            look_for_silence(until)
    finally:
        store.close()
    while deliver_waiting():
        pass


def _refuse(rows: pl.DataFrame, wanted: list[Signal]) -> None:
    """Keep the newest of *rows* from the future as the entrance would have."""
    Rejection.objects.bulk_create(
        Rejection(
            sender="demo",
            entrance="json",
            code=FUTURE,
            message=REASONS[FUTURE],
            row={"terminal": each["terminal"], "at": each["at"], "property": name, "value": value},
        )
        for each in as_observations(rows.sort("at").tail(MOST_REFUSED), wanted)
        for name, value in each["values"].items()
    )


def _steps(city: DemoCity) -> Iterator[tuple[datetime, datetime]]:
    start = city.now - timedelta(days=city.blueprint.days)
    while start < city.now:
        yield start, (until := min(start + STEP, city.now))
        start = until
