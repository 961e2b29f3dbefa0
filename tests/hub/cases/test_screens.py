"""Cases on the cockpit and on the map."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chengshu.core.access.actor import Person
from chengshu.hub.cases.actions.handling import accept_case, handle_case
from chengshu.hub.onemap.layer import Box, View, layers
from chengshu.hub.screens.panel import Question, panels
from tests.core.access.factories import make_grant, make_user

from .factories import CENTRE, DAY, MINUTE, City, dispatched, reported

pytestmark = pytest.mark.django_db


def reader(city: City) -> Person:
    user = make_user()
    make_grant(user, "cases.view_case", place=city.east)
    return Person(user)


def test_the_cockpit_counts_todays_cases_of_the_readers_places(city):
    now = timezone.now()
    case = dispatched(now)
    reported(now, place="c-w")
    reported(now - 2 * DAY)
    accept_case(case, at=now, by=CENTRE)
    handle_case(case, at=now, by=CENTRE, text="好了")

    body = panels["cases.stages"].fill(Question(reader(city), None, timezone.now())).body

    assert [stage["value"] for stage in body["stages"]] == [1, 1, 1, 1, 0, 1]
    assert body["rate"]["value"] == 100.0
    assert sum(body["columns"]["counts"]) == 1


def test_the_cockpit_of_a_past_moment_counts_that_day(city):
    yesterday = timezone.now() - DAY
    reported(yesterday - MINUTE)

    body = panels["cases.stages"].fill(Question(reader(city), None, yesterday, is_live=False)).body

    assert body["stages"][0]["value"] == 1
    assert body["stages"][-1]["value"] is None


def test_the_map_shows_open_cases_of_the_readers_places(city):
    mine = reported(lon=113.0, lat=34.0)
    reported(lon=113.0, lat=34.0, place="c-w")
    reported()

    spots = list(layers["cases.open"].spots(View(reader(city), box=Box(112, 33, 114, 35))))

    assert [(spot.code, spot.href) for spot in spots] == [(mine.code, f"/cases/{mine.code}/")]


def test_the_map_of_a_past_moment_shows_what_was_open_then(city):
    now = timezone.now()
    reported(now - timedelta(hours=2), lon=113.0, lat=34.0)
    spots = layers["cases.open"].spots

    then, before = (
        list(spots(View(reader(city), at=now - timedelta(hours=hours)))) for hours in (1, 3)
    )

    assert (len(then), len(before)) == (1, 0)
