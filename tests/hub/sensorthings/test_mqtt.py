"""What listeners by MQTT hear of a datastream, with a real client of the embedded broker."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from chengshu.core.access.models import Grant, Token
from chengshu.core.access.tokens import create_token
from chengshu.hub.sensing.ingest.mqtt.limits import Limits
from chengshu.hub.sensing.ingest.mqtt.subscriptions import RIGHTS
from chengshu.hub.sensing.ingest.mqtt.telling import TELLERS, Telling
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.sensing.subscriptions.reading import recent
from chengshu.hub.sensorthings import mqtt
from tests.hub.sensing.factories import place, stream
from tests.hub.sensing.ingest.mqtt.conftest import Ground, embedded
from tests.hub.sensing.ingest.mqtt.conftest import ground as ground
from tests.hub.sensing.ingest.mqtt.devices import Device, device
from tests.hub.sensing.storing import store
from tests.installation import eventually

pytestmark = pytest.mark.django_db(transaction=True)
AT, MINUTE = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)


@pytest.fixture
def port(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(RIGHTS, mqtt.ROOT, mqtt.may_hear)
    monkeypatch.setitem(TELLERS, mqtt.ROOT, Telling(mqtt.told, watches=True))
    recent.forget()
    with embedded(ground, Limits(tell_seconds=0.1)) as opened:
        yield opened


def tell(ground: Ground, screen: Device, number: int, value: float) -> None:
    """Store *value* again and again until it is heard: listening begins soon."""
    minutes = count()

    def heard() -> bool:
        store(ground.lake, (number, AT + next(minutes) * MINUTE, value))
        return eventually(lambda: screen.heard, 2)

    assert eventually(heard)


def test_every_observation_of_a_datastream_is_told_as_http_answers_it(ground: Ground, port: int):
    topic = f"v1.1/Datastreams({ground.stream})/Observations"
    with device(port, create_token("reader", place=place("9901"))) as screen:
        assert screen.subscribe(topic)

        tell(ground, screen, ground.stream, 2.5)

    told, payload = screen.heard[0]
    observation = json.loads(payload)
    assert told == topic
    assert observation["result"] == 2.5
    assert "Datastream@iot.navigationLink" in observation


def test_a_selection_leaves_the_rest_out(ground: Ground, port: int):
    terminal = Terminal.objects.get(code="T1").pk
    topic = f"v1.1/Things({terminal})/Datastreams({ground.stream})/Observations?$select=result"
    with device(port, create_token("reader")) as screen:
        assert screen.subscribe(topic)

        tell(ground, screen, ground.stream, 2.5)

    assert json.loads(screen.heard[0][1]) == {"result": 2.5}


def test_only_datastreams_in_sight_are_heard(ground: Ground, port: int):
    other = stream(Terminal.objects.get(code="T2"))
    with device(port, create_token("reader", place=place("9901"))) as screen:
        assert not screen.subscribe(f"v1.1/Datastreams({other})/Observations")
        assert not screen.subscribe("v1.1/Observations")
        assert not screen.subscribe("v1.1/+/Observations")
        for path in ("Things(1)", f"Datastreams({other})", "Nothing", "Things/$ref"):
            assert not screen.subscribe(f"v1.1/{path}")


def test_a_right_that_is_taken_away_is_gone_with_the_next_observation(ground: Ground, port: int):
    other = stream(Terminal.objects.get(code="T2"))
    with device(port, create_token("reader", place=place("99"))) as screen:
        for number in (ground.stream, other):
            assert screen.subscribe(f"v1.1/Datastreams({number})/Observations")
        tell(ground, screen, ground.stream, 1.0)
        user = Token.objects.get(name="reader").user
        Grant.objects.filter(user=user).update(place=place("9902"))
        screen.heard.clear()

        store(ground.lake, (ground.stream, AT + timedelta(hours=1), 7.0))
        tell(ground, screen, other, 8.0)

    assert {json.loads(payload)["result"] for _topic, payload in screen.heard} == {8.0}


def test_entities_properties_and_sets_are_told_when_they_change(ground: Ground, port: int):
    north, south = Terminal.objects.order_by("code")
    topics = [
        f"v1.1/Things({north.pk})",
        f"v1.1/Things({north.pk})/name",
        f"v1.1/Things({south.pk})/name",
        "v1.1/Things?$select=name",
    ]
    with device(port, create_token("reader")) as screen:
        assert all(screen.subscribe(topic) for topic in topics)
        numbers = count()

        def renamed() -> bool:
            Terminal.objects.filter(pk=north.pk).update(name=f"new name {next(numbers)}")
            return eventually(
                lambda: {topic for topic, _ in screen.heard} >= {*topics} - {topics[2]}, 2
            )

        assert eventually(renamed)

    heard = {topic: json.loads(payload) for topic, payload in screen.heard}
    assert topics[2] not in heard
    assert heard[topics[0]]["@iot.id"] == north.pk
    assert heard[topics[1]].keys() == heard[topics[3]].keys() == {"name"}


def test_a_set_too_large_to_look_at_is_not_watched(
    ground: Ground, port: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mqtt, "MOST_ENTITIES", 1)

    with device(port, create_token("reader")) as screen:
        assert not screen.subscribe("v1.1/Things")
