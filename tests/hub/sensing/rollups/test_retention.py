from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from chengshu.core.access.policy import Reach
from chengshu.core.jobs.models import JobRun
from chengshu.core.jobs.runner import Progress, jobs
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.aggregates import By, Function, aggregate
from chengshu.hub.sensing.ingest.index import StreamIndex
from chengshu.hub.sensing.ingest.rows import SENT, NamedRows, sort_out
from chengshu.hub.sensing.models import KeptSince, ObservedProperty
from chengshu.hub.sensing.pages.streams import faults_of_retention
from chengshu.hub.sensing.rollups import rolling
from chengshu.hub.sensing.rollups.buckets import Bucket
from chengshu.hub.sensing.rollups.retention import retain
from chengshu.hub.sensing.store import ObservationStore
from chengshu.kit.errors import CityError
from tests.core.access.factories import everyone, make_person
from tests.hub.sensing.factories import observed_property, stream, terminal

from .factories import START, Row, frame, rollups
from .test_aggregates import VIEW, asked, points

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
NOW = START + 5 * DAY + 3 * HOUR
LIMIT = START + 3 * DAY
"""The start of what is kept for two days."""


def tell(done: int, total: int) -> None:
    """To nobody."""


def keep(**days: int) -> None:
    observed_property()
    ObservedProperty.objects.filter(code="temperature").update(**days)


def five_days(number: int) -> list[Row]:
    """Every 20 minutes, and one dense hour on the second day, of 117 more."""
    sparse = [(number, START + n * 20 * MINUTE, float(n)) for n in range(5 * 72)]
    dense = [(number, START + 30 * HOUR + n * MINUTE / 2, 500.0 + n) for n in range(1, 120)]
    return sparse + dense


def times(lake: Lake, table: str, number: int) -> list[datetime]:
    found = lake.query(
        f'SELECT "at" FROM {table} WHERE datastream = $number ORDER BY ALL',  # noqa: S608
        {"number": number},
    )
    return found["at"].to_list()


def test_old_observations_go_and_their_rollups_stay(rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)
    every = {
        bucket: points(everyone(VIEW), until=START + 5 * DAY, bucket=bucket)
        for bucket in (Bucket.HOUR, Bucket.DAY)
    }
    minutes = points(everyone(VIEW), until=START + 32 * HOUR, bucket=Bucket.MINUTE)

    removed = retain(NOW, tell)
    rolling.step(NOW)

    assert removed["observations"] == 3 * 72 + 117
    assert min(times(rolled_lake, "observations", number)) == LIMIT
    for bucket, before in every.items():
        assert points(everyone(VIEW), until=START + 5 * DAY, bucket=bucket) == before
    assert points(everyone(VIEW), until=START + 32 * HOUR, bucket=Bucket.MINUTE) == minutes


def test_what_is_computed_anew_leaves_final_rollups_alone(
    rolled_lake: Lake, store: ObservationStore
):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)
    retain(NOW, tell)
    before = [rollups(rolled_lake, f"observations_{t}", [number]) for t in ("hour", "day")]

    with rolling.holding(NOW) as progress:
        rolling.begin(progress.follower, NOW)
    while not rolling.step(NOW).is_last:
        pass

    after = [rollups(rolled_lake, f"observations_{t}", [number]) for t in ("hour", "day")]
    assert after == before


def test_late_rows_that_slip_in_change_no_final_rollup_and_go_the_next_time(
    rolled_lake: Lake, store: ObservationStore
):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)
    retain(NOW, tell)
    before = points(everyone(VIEW), bucket=Bucket.HOUR, function=Function.SUM)
    store.append(frame([(number, START + MINUTE, 1e6)]))

    seen = points(everyone(VIEW), bucket=Bucket.HOUR, function=Function.SUM)
    rolling.step(NOW)
    rolled = points(everyone(VIEW), bucket=Bucket.HOUR, function=Function.SUM)
    removed = retain(NOW, tell)

    assert before == seen == rolled
    assert removed["observations"] == 1


def test_each_level_goes_in_its_own_time(rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=1, minutes_kept=2, hours_kept=3, days_kept=4)

    retain(NOW, tell)

    first = {
        table: min(times(rolled_lake, table, number))
        for table in ("observations", "observations_minute", "observations_hour")
    }
    assert first == {
        "observations": START + 4 * DAY,
        "observations_minute": START + 3 * DAY,
        "observations_hour": START + 2 * DAY,
    }
    assert times(rolled_lake, "observations_day", number)[0] == START + DAY


def test_a_property_without_a_limit_and_other_properties_keep_everything(
    rolled_lake: Lake, store: ObservationStore
):
    both = terminal(properties=("temperature", "humidity"))
    short, long = stream(both, "temperature"), stream(both, "humidity")
    store.append(frame([(short, START, 1.0), (long, START, 1.0)]))
    keep(observations_kept=2)

    retain(NOW, tell)

    assert times(rolled_lake, "observations", short) == []
    assert times(rolled_lake, "observations", long) == [START]


def test_repeated_it_removes_nothing_more_and_a_longer_limit_brings_nothing_back(
    rolled_lake: Lake, store: ObservationStore
):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)
    retain(NOW, tell)

    keep(observations_kept=4)
    removed = retain(NOW, tell)

    assert removed["observations"] == 0
    assert KeptSince.objects.get().observations == LIMIT


def test_a_kill_before_the_rows_are_removed_is_made_good_the_next_time(
    rolled_lake: Lake, store: ObservationStore
):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)
    while not rolling.step(NOW).is_last:
        pass
    KeptSince.objects.create(observed_property=observed_property(), observations=LIMIT)

    retain(NOW, tell)

    assert min(times(rolled_lake, "observations", number)) == LIMIT


def test_the_store_goes_on_while_observations_are_removed(
    rolled_lake: Lake, store: ObservationStore
):
    number = stream(terminal())
    store.append(frame(five_days(number)))
    keep(observations_kept=2)

    late = [store.hand_in(frame([(number, NOW + n * MINUTE, 1.0)])) for n in range(30)]
    retain(NOW, tell)
    late += [store.hand_in(frame([(number, NOW + n * MINUTE, 2.0)])) for n in range(30)]

    assert all(each.result().stored == 1 for each in late)
    assert len([at for at in times(rolled_lake, "observations", number) if at >= NOW]) == 30


def test_what_is_no_longer_kept_is_refused_and_not_left_out(
    rolled_lake: Lake, store: ObservationStore
):
    store.append(frame(five_days(stream(terminal()))))
    keep(observations_kept=1, minutes_kept=2)
    retain(NOW, tell)

    with pytest.raises(CityError) as refused:
        aggregate(everyone(VIEW), asked(by=By.ALL, bucket=Bucket.MINUTE))

    assert refused.value.code == "no-longer-kept"


def test_an_entrance_rejects_what_is_older_than_what_is_kept(rolled_lake: Lake):
    made = terminal("T1")
    KeptSince.objects.create(observed_property=observed_property(), observations=LIMIT)
    rows = pl.DataFrame(
        [
            (n, "T1", "temperature", None, at, 1.0)
            for n, at in enumerate((LIMIT - timedelta(microseconds=1), LIMIT), 1)
        ],
        schema=SENT,
        orient="row",
    )
    parcel, streams = NamedRows(rows), StreamIndex().streams()
    anywhere = [Reach(frozenset({"sensing.ingest"}), grade=9)]

    fit = sort_out(parcel, parcel.addressed(streams), streams, anywhere, NOW)

    assert fit["at"].to_list() == [LIMIT]
    assert [(number, reason) for number, reason, _sent in parcel.rejected] == [
        (1, "past-retention")
    ]
    assert np.all(streams.datastream == made.datastreams.get().pk)


@pytest.mark.parametrize(
    ("days", "wrong"),
    [
        ({}, []),
        ({"observations_kept": 30}, []),
        ({"observations_kept": 30, "minutes_kept": 30, "hours_kept": 365}, []),
        ({"observations_kept": 30, "minutes_kept": 7}, ["minutes_kept"]),
        ({"days_kept": 30}, ["days_kept"]),
    ],
)
def test_the_coarser_must_not_be_kept_for_less_time(days: dict[str, int], wrong: list[str]):
    faults = faults_of_retention([ObservedProperty(**days)])

    assert [fault.field for fault in faults] == wrong


def test_who_may_change_properties_sets_how_long_they_are_kept(client, db: None):
    observed_property()
    allowed = make_person("sensing.view_observedproperty", "sensing.change_observedproperty")
    looking = make_person("sensing.view_observedproperty")
    address = "/api/v1/sensing/properties/temperature"

    def change(person) -> int:
        client.force_login(person.user)
        body = {"observations_kept": 30}
        return client.patch(address, body, content_type="application/json").status_code

    assert change(looking) == 403
    assert change(allowed) == 200
    assert ObservedProperty.objects.get().observations_kept == 30


def test_the_job_says_what_it_has_removed(rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal())
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    store.append(frame([(number, long_ago, 1.0)]))
    keep(observations_kept=30)
    run = JobRun.objects.create(job="sensing.retention", actor="test")

    report = jobs["sensing.retention"].run(Progress(run))

    assert report
    assert report["removed"]["observations"] >= 1
