from datetime import timedelta

import polars as pl
import pytest

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import KeptSince, Terminal
from chengshu.hub.sensing.rollups.buckets import Bucket
from chengshu.hub.sensing.series import series
from chengshu.hub.sensing.store import ObservationStore
from tests.hub.sensing.factories import observed_property, stream, terminal

from .factories import START, frame, roll_up

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DAYS = 3
NOW = START + DAYS * DAY + 2 * timedelta(hours=1)
PEAK_AT = START + DAY + 12_345 * SECOND


@pytest.fixture
def each_second(rolled_lake: Lake) -> Terminal:
    """A terminal that reports every second for DAYS, with one peak of one second."""
    made = terminal()
    made.datastreams.update(interval_seconds=1)
    rows = pl.DataFrame(
        {"at": pl.datetime_range(START, START + DAYS * DAY, "1s", closed="left", eager=True)}
    ).select(
        datastream=pl.lit(stream(made), pl.Int64),
        at=pl.col("at").cast(pl.Datetime("us", "UTC")),
        value=pl.when(pl.col("at") == PEAK_AT).then(99.0).otherwise(1.0),
        quality=pl.lit(0, pl.UInt8),
    )
    append(rolled_lake, OBSERVATIONS, rows)
    return made


def test_a_long_curve_is_of_ranges_and_its_peak_stays(each_second: Terminal):
    roll_up(NOW)

    drawn = series(each_second, "temperature", START, START + DAYS * DAY, 500)

    highest = drawn.rows.sort("value").row(-1)
    assert drawn.bucket == Bucket.MINUTE
    assert len(drawn.rows) <= 500
    assert highest == (PEAK_AT.replace(second=0), 99.0)


def test_a_stream_that_speaks_more_often_than_it_promised_keeps_its_peak(each_second: Terminal):
    each_second.datastreams.update(interval_seconds=300)

    drawn = series(each_second, "temperature", START, START + DAYS * DAY, 500)

    assert drawn.bucket is None
    assert len(drawn.rows) <= 500
    assert (PEAK_AT, 99.0) in drawn.rows.rows()


def test_a_curve_of_an_hour_is_of_observations(each_second: Terminal):
    roll_up(NOW)
    until = PEAK_AT + timedelta(minutes=30)

    drawn = series(each_second, "temperature", until - timedelta(hours=1), until, 500)

    assert drawn.bucket is None
    assert (PEAK_AT, 99.0) in drawn.rows.rows()


def test_a_long_curve_of_few_observations_is_of_observations(
    rolled_lake: Lake, store: ObservationStore
):
    made = terminal()
    rows = [(stream(made), START + n * DAY, float(n)) for n in range(10)]
    store.append(frame(rows))
    roll_up(START + 10 * DAY)

    drawn = series(made, "temperature", START, START + 10 * DAY, 500)

    assert drawn.bucket is None
    assert drawn.rows.rows() == [(at, value) for _number, at, value in rows]


def test_a_long_curve_is_right_before_anything_is_rolled_up(each_second: Terminal):
    drawn = series(each_second, "temperature", START, START + DAYS * DAY, 500)

    assert drawn.bucket == Bucket.MINUTE
    assert drawn.rows["value"].max() == 99.0


@pytest.mark.parametrize(
    ("gone", "bucket"),
    [((), Bucket.MINUTE), (("minutes",), Bucket.HOUR), (("minutes", "hours"), Bucket.DAY)],
)
def test_what_is_no_longer_kept_is_drawn_from_the_finest_level_that_is(
    each_second: Terminal, gone: tuple[str, ...], bucket: Bucket
):
    roll_up(NOW)
    since = dict.fromkeys(("observations", *gone), START + 2 * DAY)
    KeptSince.objects.create(observed_property=observed_property(), **since)

    drawn = series(each_second, "temperature", PEAK_AT - 60 * SECOND, PEAK_AT + 60 * SECOND, 500)

    assert drawn.bucket == bucket
    assert drawn.rows["value"].max() == 99.0
