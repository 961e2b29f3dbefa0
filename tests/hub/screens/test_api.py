from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chengshu.hub.onemap.layer import Layer, Spot, layers
from chengshu.hub.screens.panel import Filled, Panel, Question, Timeline, panels, timelines
from tests.core.access.factories import make_grant, make_place, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 10, tzinfo=UTC)


@pytest.fixture
def leader(client: Client) -> Client:
    """Signed in with everything the city shows."""
    user = make_user()
    make_grant(user, "*.view_*")
    client.force_login(user)
    return client


@pytest.fixture
def asked():
    """A panel that repeats what it was asked; its questions."""
    questions: list[Question] = []

    def fill(question: Question) -> Filled:
        questions.append(question)
        return Filled({"items": []}, at=question.at)

    panel = Panel("test.echo", "回声", "left", "feed", "map.view_map", fill)
    with panels.temporarily("test.echo", panel):
        yield questions


def test_a_panel_is_filled_for_the_place_and_moment_asked_for(leader: Client, asked):
    make_place("p1")

    answer = leader.get(
        "/api/v1/screens/city/panels/test.echo", {"place": "p1", "at": NOW.isoformat()}
    )

    assert answer.json()["quality"] == "good"
    assert (asked[0].place.code, asked[0].at, asked[0].is_live) == ("p1", NOW, False)


def test_a_panel_without_a_moment_is_live(leader: Client, asked):
    leader.get("/api/v1/screens/city/panels/test.echo")

    assert asked[0].is_live


def test_the_screen_lists_only_panels_and_layers_the_reader_may_see(client: Client, asked):
    user = make_user()
    make_grant(user, "map.view_map")
    client.force_login(user)
    secret = Panel("test.secret", "密", "left", "feed", "audit.view_auditline", asked.append)
    hidden = Layer("test.hidden", "密", "密", "audit.view_auditline", lambda view: ())
    with panels.temporarily("test.secret", secret), layers.temporarily("test.hidden", hidden):
        screen = client.get("/api/v1/screens/city").json()
        refused = client.get("/api/v1/screens/city/panels/test.secret")
        unseen = client.get("/api/v1/map/layers/test.hidden/features")

    assert "test.echo" in [panel["name"] for panel in screen["panels"]]
    assert "test.secret" not in [panel["name"] for panel in screen["panels"]]
    assert "test.hidden" not in [layer["name"] for layer in screen["layers"]]
    assert (refused.status_code, unseen.status_code) == (403, 403)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/screens/city",
        "/api/v1/screens/city/panels/test.echo",
        "/api/v1/screens/city/timeline",
        "/api/v1/map/places",
        "/api/v1/map/layers",
        "/api/v1/map/search?q=x",
    ],
)
def test_nobody_reads_the_screen_without_signing_in(client: Client, asked, address: str):
    assert client.get(address).status_code == 401


def test_an_unknown_panel_or_hidden_place_is_not_found(leader: Client, asked):
    absent = leader.get("/api/v1/screens/city/panels/absent")
    nowhere = leader.get("/api/v1/screens/city/panels/test.echo", {"place": "nowhere"})

    assert (absent.status_code, nowhere.status_code) == (404, 404)
    assert nowhere.json()["error"]["where"] == {"place": "nowhere"}


def test_the_timeline_counts_moments_by_half_hour_and_severity(leader: Client):
    moments = [(NOW, "red"), (NOW - timedelta(minutes=5), "red"), (NOW, "blue")]
    source = Timeline("test", "map.view_map", lambda question, start, end: moments)
    with timelines.temporarily("test", source):
        answer = leader.get(
            "/api/v1/screens/city/timeline", {"hours": 2, "at": NOW.isoformat()}
        ).json()

    last = answer["buckets"][-1]
    assert len(answer["buckets"]) == 4
    assert (last["at"], last["red"], last["blue"]) == ("2026-11-21T12:00:00+00:00", 2, 1)


@pytest.mark.parametrize("hours", ["0", "73", "many"])
def test_a_timeline_of_absurd_length_is_refused(leader: Client, hours: str):
    answer = leader.get("/api/v1/screens/city/timeline", {"hours": hours})

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "10,0,5,1", "0,0,181,1", "nan,0,1,1"])
def test_a_box_that_is_none_is_refused(leader: Client, box: str):
    layer = Layer("test.spots", "点", "点", "map.view_map", lambda view: ())
    with layers.temporarily("test.spots", layer):
        answer = leader.get("/api/v1/map/layers/test.spots/features", {"bbox": box})

    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == {"field": "bbox"}


def test_a_layer_with_too_many_spots_says_that_it_is_cut(leader: Client):
    spots = [Spot(n, str(n), "点", 113.0, 34.0) for n in range(5001)]
    layer = Layer("test.spots", "点", "点", "map.view_map", lambda view: spots)
    with layers.temporarily("test.spots", layer):
        answer = leader.get("/api/v1/map/layers/test.spots/features").json()

    assert (len(answer["features"]), answer["truncated"]) == (5000, True)
