"""What subscribers of the embedded broker hear of the lake."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from chengshu.core.access.models import Grant, Token
from chengshu.core.access.tokens import create_token
from chengshu.hub.sensing.ingest.mqtt.limits import Limits
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.sensing.subscriptions.reading import recent
from tests.hub.sensing.factories import place, stream
from tests.hub.sensing.storing import store
from tests.installation import eventually

from .conftest import Ground, embedded
from .devices import Device, device

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOON = 0.1


@pytest.fixture
def port(ground: Ground):
    recent.forget()
    with embedded(ground, Limits(tell_seconds=SOON)) as opened:
        yield opened


def tell(ground: Ground, screen: Device, number: int, value: float) -> None:
    """Store *value* again and again until it is heard: listening begins soon."""
    minutes = count()

    def heard() -> bool:
        store(ground.lake, (number, AT + next(minutes) * MINUTE, value))
        return eventually(lambda: screen.heard, 2)

    assert eventually(heard)


def test_a_reader_hears_what_came_by_any_entrance(ground: Ground, port: int):
    reader = create_token("reader", place=place("9901"))
    with device(port, reader) as screen:
        assert screen.subscribe("observations/T1/#")

        tell(ground, screen, ground.stream, 2.5)

    topic, payload = screen.heard[0]
    assert topic == "observations/T1/temperature"
    said = json.loads(payload)
    assert (said["value"], said["unit"], said["quality"]) == (2.5, "Cel", "good")
    assert said["at"].endswith("Z")


def test_a_reader_asks_for_single_terminals_in_sight_only(ground: Ground, port: int):
    reader = create_token("reader", place=place("9901"))
    with device(port, reader) as screen:
        assert not screen.subscribe("observations/T2/#")
        assert not screen.subscribe("observations/+/temperature")
        assert not screen.subscribe("observations/#")


def test_a_right_that_is_taken_away_is_gone_with_the_next_observation(ground: Ground, port: int):
    reader = create_token("reader", place=place("99"))
    other = stream(Terminal.objects.get(code="T2"))
    with device(port, reader) as screen:
        assert screen.subscribe("observations/T1/#")
        assert screen.subscribe("observations/T2/#")
        tell(ground, screen, ground.stream, 1.0)
        user = Token.objects.get(name="reader").user
        Grant.objects.filter(user=user).update(place=place("9902"))
        screen.heard.clear()

        store(ground.lake, (ground.stream, AT.replace(hour=1), 7.0))
        tell(ground, screen, other, 8.0)

    assert {topic for topic, _payload in screen.heard} == {"observations/T2/temperature"}


def test_nobody_publishes_where_the_lake_is_told(ground: Ground, port: int):
    with device(port, ground.token) as sender:
        sender.publish("observations/T1/temperature", "20")

        assert eventually(lambda: ground.reasons() == ["bad-topic"])
