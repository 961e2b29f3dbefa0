import random
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from chengshu.core.jobs.models import JobRun
from chengshu.core.jobs.runner import Progress, jobs
from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing.lake import HOURS, OBSERVATIONS
from chengshu.hub.sensing.models import RollupProgress
from chengshu.hub.sensing.rollups import rolling
from chengshu.hub.sensing.store import ObservationStore

from .factories import BUCKETS, START, Row, are_equal, direct, frame, remove, roll_up, rollups

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
NOW = START + 3 * DAY + 40 * timedelta(minutes=1)
numbers = iter(range(1_000_000, 2_000_000))


class Killed(Exception):
    """What a test raises in place of a kill."""


def streams(count: int = 1) -> list[int]:
    """Numbers that no other test has used: the lake outlives a test."""
    return [next(numbers) for _ in range(count)]


def step_and_be_killed(now: datetime) -> None:
    """The rollups are durable, that they are is not."""
    with transaction.atomic():
        rolling.step(now)
        raise Killed


def assert_right(lake: Lake, wanted: list[int], until: datetime) -> None:
    ends = {"observations_day": rolling.day_of(until)}
    for table in BUCKETS:
        found = rollups(lake, table, wanted)
        assert are_equal(found, direct(lake, table, wanted, ends.get(table, until))), table


def some_rows(chance: random.Random, of: list[int], until: timedelta) -> list[Row]:
    """A handful here and there, or a dense run of one stream."""
    if chance.random() < 0.3:
        number, begin = chance.choice(of), chance.randrange(int(until.total_seconds()))
        return [
            (number, START + (begin + 20 * n) * SECOND, round(chance.gauss(20, 9), 2))
            for n in range(chance.randrange(50, 200))
        ]
    return [
        (
            chance.choice(of),
            START + chance.randrange(int(until.total_seconds() / 30)) * 30 * SECOND,
            round(chance.gauss(20, 9), 2),
        )
        for _ in range(chance.randrange(1, 40))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_rollups_equal_a_group_by_whatever_happened(
    rolled_lake: Lake, store: ObservationStore, seed: int
):
    """Batches, late rows, corrections, removals, kills and upkeep in any order."""
    chance = random.Random(seed)
    of, sent, now = streams(3), list[Row](), START + HOUR

    for _turn in range(25):
        now = min(NOW, now + chance.randrange(240) * timedelta(minutes=1))
        match chance.randrange(7):
            case 0 | 1 | 2:
                rows = some_rows(chance, of, now - START)
                store.append(frame(rows, quality=int(chance.random() < 0.1)))
                sent += rows
            case 3 if sent:
                again = chance.sample(sent, min(len(sent), 10))
                store.append(frame((number, at, value + 1) for number, at, value in again))
            case 4 if sent:
                remove(rolled_lake, set(chance.sample(sent, min(len(sent), 10))))
            case 5:
                with pytest.raises(Killed):
                    step_and_be_killed(now)
            case 6:
                upkeep.compact(rolled_lake, OBSERVATIONS)
                upkeep.compact(rolled_lake, HOURS)
            case _:
                rolling.step(now)
    roll_up(NOW)

    assert_right(rolled_lake, of, rolling.hour_of(NOW - rolling.GRACE))


def test_the_same_observations_in_any_order_give_the_same_bits(
    rolled_lake: Lake, store: ObservationStore
):
    chance = random.Random(7)
    values = [
        (START + n * 20 * SECOND, chance.gauss(0, 1) * 10 ** chance.randrange(-6, 9))
        for n in range(800)
    ]
    found = []
    for _turn in range(4):
        (number,) = streams()
        rows = [(number, at, value) for at, value in values]
        chance.shuffle(rows)
        while rows:
            taken, rows = rows[:173], rows[173:]
            store.append(frame(taken))
            if chance.random() < 0.5:
                roll_up(NOW)
        roll_up(NOW)
        found.append([[row[1:] for row in rollups(rolled_lake, t, [number])] for t in BUCKETS])

    assert all(each == found[0] for each in found)
    assert [len(rows) for rows in found[0]] == [267, 5, 1]


def test_an_hour_that_is_not_over_is_left_alone(rolled_lake: Lake, store: ObservationStore):
    (number,) = streams()
    store.append(frame([(number, START, 1.0), (number, START + HOUR, 2.0)]))

    roll_up(START + HOUR + rolling.GRACE)

    assert [row[1] for row in rollups(rolled_lake, HOURS.name, [number])] == [START]
    assert RollupProgress.objects.get().until == START + HOUR


def test_nothing_is_written_where_nothing_has_changed(rolled_lake: Lake, store: ObservationStore):
    (number,) = streams()
    store.append(frame([(number, START, 1.0)]))
    roll_up(NOW)
    before = rolled_lake.current_snapshot()

    with rolling.holding(NOW) as progress:
        rolling.begin(progress.follower, NOW)
    roll_up(NOW)

    assert rolled_lake.current_snapshot() == before


def test_only_good_observations_count(rolled_lake: Lake, store: ObservationStore):
    (number,) = streams()
    store.append(frame([(number, START, 1.0)]))
    store.append(frame([(number, START + SECOND, 900.0)], quality=4))

    roll_up(NOW)

    assert rollups(rolled_lake, HOURS.name, [number]) == [(number, START, 1, 1.0, 1.0, 1.0, 1.0)]


def test_snapshots_that_are_to_be_read_are_kept_by_upkeep(
    rolled_lake: Lake, store: ObservationStore
):
    (number,) = streams()
    roll_up(NOW)
    store.append(frame([(number, START, 1.0)]))

    assert Follower.objects.get(name=rolling.NAME).snapshot < rolled_lake.current_snapshot()


def test_history_that_is_gone_has_everything_computed_anew(
    rolled_lake: Lake, store: ObservationStore
):
    (number,) = streams()
    store.append(frame([(number, START, 1.0)]))
    roll_up(NOW)
    Follower.objects.filter(name=rolling.NAME).update(snapshot=10**9)
    store.append(frame([(number, START, 2.0)]))

    roll_up(NOW)

    assert rollups(rolled_lake, HOURS.name, [number])[0][3] == 2.0


def test_the_job_computes_the_rollups_of_an_installation_with_history(
    rolled_lake: Lake, store: ObservationStore
):
    of = streams(2)
    store.append(frame((number, START + n * HOUR, float(n)) for number in of for n in range(60)))
    run = JobRun.objects.create(job="sensing.rebuild_rollups", actor="test")

    report = jobs["sensing.rebuild_rollups"].run(Progress(run))

    run.refresh_from_db()
    assert report
    assert report["hours"] >= 120
    assert run.done == run.total > 0
    assert_right(rolled_lake, of, START + 3 * DAY)
