import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl
import pytest

from chengshu.core.access.policy import Reach
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.actions.reuse import grant_reuse, request_reuse
from chengshu.hub.sensing.aggregates import By, Function, Question, aggregate
from chengshu.hub.sensing.models import Datastream, ObservedProperty
from chengshu.hub.sensing.rollups import rolling
from chengshu.hub.sensing.rollups.buckets import Bucket
from chengshu.hub.sensing.rollups.reading import cells
from chengshu.hub.sensing.store import ObservationStore
from chengshu.kit.errors import CityError, NotAllowed
from tests.core.access.factories import Reaching, everyone, make_person, nobody
from tests.hub.sensing.factories import observed_property, organisation, place, stream, terminal

from .factories import START, Row, frame, remove, roll_up
from .test_rolling import some_rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = START + 3 * DAY + timedelta(minutes=40)
VIEW = "sensing.view_terminal"
WIDTHS = {
    Bucket.MINUTE: "date_trunc('minute', \"at\")",
    Bucket.HOUR: "date_trunc('hour', \"at\")",
    Bucket.DAY: "(date_trunc('day', \"at\" AT TIME ZONE 'Asia/Shanghai') "
    "AT TIME ZONE 'Asia/Shanghai')",
}
DIRECT = """
    SELECT datastream % $groups AS grp, {bucket} AS "at",
        count(*), sum(value), min(value), max(value)
    FROM observations WHERE quality = 0 AND datastream IN (SELECT unnest($streams))
        AND "at" >= $start AND "at" < $until GROUP BY ALL ORDER BY ALL
"""


def asked(**facts) -> Question:
    return Question(
        **{
            "observed_property": "temperature",
            "start": START,
            "until": START + DAY,
            "by": By.ALL,
        }
        | facts
    )


def points(actor, **facts) -> dict[str, list[tuple[datetime, float, int]]]:
    answer = aggregate(actor, asked(**facts))
    said: dict[str, list[tuple[datetime, float, int]]] = {each.code: [] for each in answer.groups}
    codes = list(said)
    for group, at, value, count in answer.points.iter_rows():
        said[codes[group]].append((at, value, count))
    return said


def rounded(rows: Iterable[tuple]) -> list[tuple]:
    return [(*row[:3], *(round(value, 6) for value in row[3:6])) for row in rows]


@pytest.mark.parametrize(("seed", "groups"), [(0, 2), (1, 2), (2, 1)])
def test_an_answer_equals_a_group_by_of_all_observations_at_every_moment(
    rolled_lake: Lake, store: ObservationStore, seed: int, groups: int
):
    """Rolled up or not, changed since or not: whatever the rollups have come to."""
    chance = random.Random(seed)
    made = [terminal(code) for code in "ABCD"]
    of = [stream(each) for each in made]
    streams = pl.DataFrame({"datastream": of, "grp": [number % groups for number in of]})
    sent = list[Row]()
    roll_up(START)

    for turn in range(12):
        rows = some_rows(chance, of, 3 * DAY)
        store.append(frame(rows))
        sent += rows
        if chance.random() < 0.3:
            remove(rolled_lake, set(chance.sample(sent, min(len(sent), 5))))
        if turn % 3 == 1:
            rolling.step(START + chance.randrange(80) * HOUR)
        for bucket, start_of in WIDTHS.items():
            start = START + chance.randrange(3) * DAY
            until = start + chance.randrange(1, 3) * DAY
            if bucket != Bucket.DAY:
                start, until = start + 7 * HOUR, until - 5 * HOUR
            if bucket == Bucket.MINUTE:
                start, until = start + 600 * timedelta(seconds=1), until + timedelta(minutes=25)
            found = cells(streams, observed_property().pk, bucket, (start, until))
            wanted = rolled_lake.query(
                DIRECT.format(bucket=start_of),
                {"streams": of, "groups": groups, "start": start, "until": until},
            )
            assert rounded(found.rows()) == rounded(wanted.rows()), (turn, bucket)


def test_without_any_rollup_the_observations_answer(rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal())
    store.append(frame([(number, START, 1.0), (number, START + HOUR, 5.0)]))

    said = points(everyone(VIEW), bucket=Bucket.DAY)

    assert said == {"": [(START, 3.0, 2)]}


@pytest.mark.parametrize(
    ("function", "value"),
    [("mean", 3.0), ("min", 1.0), ("max", 5.0), ("sum", 9.0), ("count", 3)],
)
def test_each_function_says_what_its_name_says(
    rolled_lake: Lake, store: ObservationStore, function: str, value: float
):
    number = stream(terminal())
    store.append(frame((number, START + n * HOUR, v) for n, v in enumerate((1.0, 5.0, 3.0))))
    roll_up(NOW)

    said = points(everyone(VIEW), bucket=Bucket.DAY, function=Function(function))

    assert said == {"": [(START, value, 3)]}


def test_the_last_value_is_that_of_each_stream(rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal("T1"))
    store.append(frame((number, START + n * HOUR, v) for n, v in enumerate((1.0, 5.0, 3.0))))
    roll_up(NOW)

    said = points(everyone(VIEW), bucket=Bucket.DAY, function=Function.LAST, by=By.STREAM)

    assert said == {"T1/temperature": [(START, 3.0, 3)]}


def test_a_mean_is_of_all_observations_not_of_streams(rolled_lake: Lake, store: ObservationStore):
    often, seldom = stream(terminal("A")), stream(terminal("B"))
    store.append(frame((often, START + n * timedelta(minutes=1), 0.0) for n in range(9)))
    store.append(frame([(seldom, START, 10.0)]))

    said = points(everyone(VIEW))

    assert said[""] == [(START, 1.0, 10)]


def test_groups_by_place_are_the_places_below_with_all_that_is_below_them(
    rolled_lake: Lake, store: ObservationStore
):
    city = place("c")
    east, west = place("east", city), place("west", city)
    deep = place("deep", east)
    where = {"A": city, "B": east, "C": deep, "D": west}
    of = {code: stream(terminal(code, place=at)) for code, at in where.items()}
    store.append(frame((number, START, 1.0) for number in of.values()))
    terminal("elsewhere", place=place("other"))

    said = points(everyone(VIEW, "map.view_map"), place="c", by=By.PLACE, function=Function.COUNT)

    assert {code: rows[0][1] for code, rows in said.items()} == {"c": 1, "east": 2, "west": 1}


def test_a_terminal_that_said_nothing_is_there_without_points(rolled_lake: Lake):
    terminal("T1")

    assert points(everyone(VIEW), by=By.TERMINAL) == {"T1": []}


def test_only_terminals_the_actor_may_see_count(rolled_lake: Lake, store: ObservationStore):
    seen, hidden = terminal("A", grade=1), terminal("B", grade=3)
    store.append(frame([(stream(seen), START, 1.0), (stream(hidden), START, 100.0)]))
    actor = Reaching(Reach(frozenset({VIEW}), grade=2))

    assert points(actor) == {"": [(START, 1.0, 1)]}
    assert points(actor, by=By.TERMINAL) == {"A": [(START, 1.0, 1)]}


def test_what_is_shared_with_an_organisation_counts_for_it(
    rolled_lake: Lake, store: ObservationStore
):
    made, reader = terminal("A"), organisation("reader")
    store.append(frame([(stream(made), START, 1.0)]))
    by = everyone("sensing.request_reuse", "sensing.grant_reuse", VIEW)
    actor = Reaching(Reach(frozenset({VIEW}), organisation_path=reader.path, grade=4))
    before = points(actor, by=By.TERMINAL)
    wanted = request_reuse(
        by=by, terminal=made, organisation=reader, purpose="内涝", until_on=NOW.date() + 1000 * DAY
    )

    grant_reuse(wanted, by=by)

    assert before == {}
    assert points(actor, by=By.TERMINAL) == {"A": [(START, 1.0, 1)]}


def test_who_may_see_no_terminals_is_refused(rolled_lake: Lake):
    terminal("A")

    with pytest.raises(NotAllowed):
        aggregate(nobody(), asked())


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"observed_property": "nothing"}, "not-found"),
        ({"place": "nowhere"}, "not-found"),
        ({"start": START, "until": START}, "invalid"),
        ({"function": Function.LAST}, "invalid"),
        ({"until": START.replace(year=9999)}, "invalid"),
        ({"bucket": Bucket.MINUTE, "until": START + 2 * DAY}, "aggregate-too-large"),
    ],
)
def test_what_cannot_be_answered_has_a_stable_code(rolled_lake: Lake, facts, code: str):
    terminal("A")

    with pytest.raises(CityError) as refused:
        aggregate(everyone(VIEW), asked(**facts))

    assert refused.value.code == code


def test_many_groups_of_many_buckets_are_refused(rolled_lake: Lake):
    first = terminal("A")
    kind = ObservedProperty.objects.get()
    Datastream.objects.bulk_create(
        Datastream(terminal=first, observed_property=kind, code=f"c{n}") for n in range(60)
    )

    with pytest.raises(CityError, match="At most") as refused:
        aggregate(everyone(VIEW), asked(by=By.STREAM, until=START + 80 * DAY))

    assert refused.value.where == {"buckets": 1920, "groups": 61}


def test_the_api_answers_whole_buckets(client, rolled_lake: Lake, store: ObservationStore):
    number = stream(terminal("T1"))
    store.append(frame([(number, START, 1.0), (number, START + HOUR, 5.0)]))
    person = make_person(VIEW)
    client.force_login(person.user)

    answer = client.get(
        "/api/v1/sensing/aggregates",
        {
            "property": "temperature",
            "start": "2026-03-03T00:20:00+08:00",
            "until": "2026-03-03T01:20:00+08:00",
            "by": "terminal",
            "function": "max",
        },
    )

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["start"], body["until"]) == (
        "2026-03-03T00:00:00+08:00",
        "2026-03-03T02:00:00+08:00",
    )
    assert body["groups"] == [
        {
            "code": "T1",
            "name": "终端T1",
            "points": [
                ["2026-03-02T16:00:00+00:00", 1.0, 1],
                ["2026-03-02T17:00:00+00:00", 5.0, 1],
            ],
        }
    ]


@pytest.mark.parametrize(
    "wrong", [{"bucket": "PT5M"}, {"function": "median"}, {"start": "2026-03-03T00:20:00"}]
)
def test_the_api_refuses_what_it_does_not_know(client, rolled_lake: Lake, wrong):
    client.force_login(make_person(VIEW).user)

    answer = client.get("/api/v1/sensing/aggregates", {"property": "temperature"} | wrong)

    assert answer.status_code == 422
