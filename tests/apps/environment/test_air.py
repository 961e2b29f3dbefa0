"""What the cockpit, the map, the station page and the API say of the air."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from chengshu.apps.environment.models import AirStation
from chengshu.core.access.policy import System
from chengshu.core.places.models import Place
from chengshu.hub.onemap.layer import View, layers
from chengshu.hub.screens.panel import Filled, Question, panels, vitals
from chengshu.hub.sensing.models import Clock, Feed
from chengshu.kit.errors import NotAllowed
from tests.core.access.factories import make_grant, make_place, make_user

from .factories import make_index, make_station

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
THIS_HOUR = NOW.replace(minute=0)
WATCHER = System("watcher", frozenset({"environment.view_airstation"}))


@pytest.fixture
def city() -> Place:
    return make_place("city", level="city")


@pytest.fixture
def station(city: Place) -> AirStation:
    return make_station(place=city)


@pytest.fixture
def watcher(client: Client) -> Client:
    user = make_user("watcher")
    make_grant(user, "*.view_*")
    client.force_login(user)
    return client


def shown(place: Place | None, at: datetime = NOW, *, is_live: bool = True) -> Filled:
    return panels["environment.air"].fill(Question(WATCHER, place, at, is_live))


def test_the_gauge_shows_index_class_primary_and_every_pollutant(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR, 82)

    filled = shown(station.place)

    assert filled.quality == "good"
    assert (filled.body["value"], filled.body["level"], filled.body["primary"]) == (82, 2, "PM2.5")
    assert filled.body["bars"][0] == {
        "title": "PM2.5",
        "value": 62.0,
        "unit": "µg/m³",
        "index": 82,
    }


@pytest.mark.parametrize(
    ("age_hours", "quality", "value"), [(1, "good", 82), (3, "stale", 82), (4, "unavailable", None)]
)
def test_an_old_index_is_stale_and_then_no_number_at_all(
    station: AirStation, age_hours: int, quality: str, value: int | None
) -> None:
    make_index(station.place, THIS_HOUR - age_hours * HOUR, 82)

    filled = shown(station.place)

    assert (filled.quality, filled.body["value"]) == (quality, value)


def test_an_index_that_is_not_available_says_why(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR, None, na_reason="incomplete")

    with translation.override("en"):
        filled = shown(station.place)

    assert filled.body["value"] is None
    assert "HJ 633-2026, 5.3.1" in filled.note


def test_a_past_moment_shows_its_own_hour(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR, 82)
    make_index(station.place, THIS_HOUR - 30 * HOUR, 40)

    filled = shown(station.place, NOW - 30 * HOUR, is_live=False)

    assert filled.body["value"] == 40


def test_replayed_records_are_shown_at_their_own_latest_hour(city: Place) -> None:
    old = datetime(2020, 4, 2, tzinfo=UTC)
    feed = Feed.objects.create(code="old", name="old", clock=Clock.RECORDS, latest_at=old)
    make_station(place=city, feed=feed)
    make_index(city, old, 71)

    filled = shown(city)

    assert (filled.body["value"], filled.at, filled.quality) == (71, old, "good")


def test_without_a_place_the_uppermost_one_in_reach_is_shown(station: AirStation) -> None:
    district = make_place("district", parent=station.place)
    make_index(station.place, THIS_HOUR, 82)
    make_index(district, THIS_HOUR, 60)

    assert shown(None).body["value"] == 82


def test_a_district_user_sees_the_air_of_the_district_only(
    station: AirStation, client: Client
) -> None:
    district = make_place("district", parent=station.place)
    inside = make_station("S2", district)
    make_index(station.place, _this_hour(), 82)
    make_index(district, _this_hour(), 60)
    make_index(district, _this_hour(), 61, station=inside)
    user = make_user("district")
    make_grant(user, "*.view_*", place=district)
    client.force_login(user)

    answer = client.get("/api/v1/environment/aqi").json()
    other = client.get("/api/v1/environment/aqi", {"place": "city"})

    assert (answer["place"]["code"], answer["aqi"]) == ("district", 60)
    assert [s["code"] for s in answer["stations"]] == ["S2"]
    assert other.status_code == 404


def test_somebody_without_the_permission_is_refused(client: Client, station: AirStation) -> None:
    client.force_login(make_user("nobody"))

    answer = client.get("/api/v1/environment/aqi")

    assert answer.status_code == NotAllowed.status


def test_the_vital_compares_with_the_same_hour_yesterday(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR - 24 * HOUR, 60)
    make_index(station.place, THIS_HOUR, 82)

    item = vitals["environment.aqi"].read(Question(WATCHER, station.place, NOW))

    assert item is not None
    assert (item["value"], item["change"], item["trend"], item["stale"]) == (82, 22, "bad", False)
    assert [value for _at, value in item["series"]] == [60, 82]


def test_a_place_without_air_has_no_vital(city: Place) -> None:
    assert vitals["environment.aqi"].read(Question(WATCHER, city, NOW)) is None


def test_the_line_shows_this_day_over_the_day_before(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR - 25 * HOUR)
    make_index(station.place, THIS_HOUR - HOUR)

    filled = panels["environment.particles"].fill(Question(WATCHER, station.place, NOW))

    assert filled.quality == "good"
    today, yesterday = (series["points"] for series in filled.body["series"])
    assert today == yesterday == [[(THIS_HOUR - HOUR).isoformat(), 62.0]]


def test_stations_on_the_map_have_the_class_of_their_index(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR, 82, station=station)

    spot = next(iter(layers["environment.stations"].spots(View(WATCHER, at=NOW))))

    assert (spot.state, spot.level, spot.value, spot.at) == ("good", 2, 82, THIS_HOUR)


def test_a_station_without_a_fresh_index_is_silent_on_the_map(station: AirStation) -> None:
    make_index(station.place, THIS_HOUR - 30 * HOUR, 82, station=station)

    spot = next(iter(layers["environment.stations"].spots(View(WATCHER, at=NOW))))

    assert (spot.state, spot.level, spot.value) == ("silent", None, None)


def test_the_api_answers_for_the_very_hour_that_was_asked(
    watcher: Client, station: AirStation
) -> None:
    make_index(station.place, THIS_HOUR - HOUR, 40, station=station)

    answer = watcher.get(
        "/api/v1/environment/aqi", {"place": "city", "at": THIS_HOUR.isoformat()}
    ).json()

    assert answer["stations"][0]["aqi"] is None
    assert answer["stations"][0]["na_reason"] == "silent"


def test_the_page_of_a_station_shows_its_air(watcher: Client, station: AirStation) -> None:
    make_index(station.place, _this_hour(), 82, station=station)

    page = watcher.get("/environment/stations/S1/", headers={"accept-language": "en"}).text
    day = watcher.get("/api/v1/environment/stations/S1/day").json()

    assert "PM2.5" in page
    assert "HJ 633-2026" in page
    assert 'src="/api/v1/environment/stations/S1/day"' in page
    assert [value for _at, value in day["series"][0]["points"]] == [82]


def test_the_page_of_a_silent_station_says_so(watcher: Client, station: AirStation) -> None:
    page = watcher.get("/environment/stations/S1/", headers={"accept-language": "en"}).text

    assert "no index can be given" in page


def test_a_station_nobody_knows_is_not_found(watcher: Client) -> None:
    assert watcher.get("/api/v1/environment/stations/none/day").status_code == 404


def _this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)
