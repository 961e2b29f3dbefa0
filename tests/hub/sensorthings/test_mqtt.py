"""What listeners by MQTT hear of a datastream, with a real client of the embedded broker."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.test import Client

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.models import Grant, Token
from chengshu.core.access.tokens import create_token
from chengshu.hub.sensing.ingest.mqtt.limits import Limits
from chengshu.hub.sensing.ingest.mqtt.reading import MAKERS
from chengshu.hub.sensing.ingest.mqtt.subscriptions import RIGHTS
from chengshu.hub.sensing.ingest.mqtt.telling import TELLERS, Telling
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.sensing.subscriptions.reading import recent
from chengshu.hub.sensorthings import mqtt
from chengshu.hub.sensorthings.models import Observation
from tests.hub.sensing.factories import place, stream
from tests.hub.sensing.ingest.mqtt.conftest import Ground, embedded
from tests.hub.sensing.ingest.mqtt.conftest import ground as ground
from tests.hub.sensing.ingest.mqtt.devices import Device, device
from tests.hub.sensing.storing import store
from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import Service
from tests.installation import eventually

pytestmark = pytest.mark.django_db(transaction=True)
AT, MINUTE = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)


@pytest.fixture
def port(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(RIGHTS, mqtt.ROOT, mqtt.may_hear)
    monkeypatch.setitem(MAKERS, mqtt.ROOT, mqtt.make)
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


@pytest.fixture
def sta(ground: Ground) -> Service:
    """The same service over HTTP."""
    ensure_roles()
    return Service(Client(), f"Bearer {create_token('sta')}")


def results(screen: Device) -> list[object]:
    return [json.loads(payload)["result"] for _topic, payload in screen.heard]


def test_the_whole_set_tells_what_its_hearer_may_see(ground: Ground, port: int):
    other = stream(Terminal.objects.get(code="T2"))
    with device(port, create_token("reader", place=place("9901"))) as screen:
        assert screen.subscribe("v1.1/Observations?$select=result")

        store(ground.lake, *((other, AT + number * MINUTE, 9.0) for number in range(60)))
        tell(ground, screen, ground.stream, 2.5)

    assert set(results(screen)) == {2.5}
    assert json.loads(screen.heard[0][1]).keys() == {"result"}


def test_more_observations_than_are_asked_for_at_once_are_told_once_in_order(
    ground: Ground, port: int
):
    with device(port, create_token("reader")) as screen:
        assert screen.subscribe("v1.1/Observations")
        tell(ground, screen, ground.stream, 2.5)
        screen.heard.clear()

        later = AT + timedelta(days=1)
        store(ground.lake, *((ground.stream, later + n * MINUTE, float(n)) for n in range(120)))

        assert eventually(lambda: len(screen.heard) == 120)

    assert results(screen) == list(range(120))


def test_a_number_by_mqtt_is_a_row_of_the_lake(ground: Ground, port: int):
    topic = f"v1.1/Datastreams({ground.stream})/Observations"
    with device(port, ground.token) as sender:
        sender.publish(topic, '{"result": 3, "phenomenonTime": "2026-01-01T00:00:00Z"}')

        assert eventually(lambda: sender.answers)

    assert ground.stored() == [(AT, 3.0)]
    assert not Observation.objects.exists()


def test_what_is_more_than_a_number_is_made_whole_and_heard(
    ground: Ground, sta: Service, port: int
):
    terminal = Terminal.objects.get(code="T1").pk
    feature = sta.post("FeaturesOfInterest", bodies.feature())
    told = {
        f"v1.1/Datastreams({ground.stream})/Observations": "all",
        f"v1.1/Things({terminal})/Datastreams({ground.stream})/Observations": "nested",
        f"v1.1/FeaturesOfInterest({feature})/Observations": "of the feature",
    }
    sent = {"result": "open", "Datastream": {"@iot.id": ground.stream}, "parameters": {"by": "x"}}
    with (
        device(port, create_token("reader")) as screen,
        device(port, create_token("writer"), "writer") as writer,
    ):
        assert all(screen.subscribe(topic) for topic in told)
        screen_hears_nothing_old = eventually(lambda: not screen.heard, 1)
        numbers = count()

        def heard() -> bool:
            at = (AT + next(numbers) * MINUTE).isoformat()
            writer.publish(
                f"v1.1/FeaturesOfInterest({feature})/Observations",
                json.dumps({**sent, "phenomenonTime": at}),
            )
            return eventually(lambda: {topic for topic, _ in screen.heard} == set(told), 3)

        assert screen_hears_nothing_old
        assert eventually(heard)

    made = Observation.objects.first()
    assert made is not None
    assert (made.result, made.parameters, made.feature_id) == ("open", {"by": "x"}, feature)
    assert {json.dumps(result) for result in results(screen)} == {'"open"'}
    assert len(screen.heard) <= 3 * next(numbers)
    assert ground.fates()["stored"] == Observation.objects.count()


def test_a_refused_observation_is_kept_with_the_rejected_rows(ground: Ground, port: int):
    other = stream(Terminal.objects.get(code="T2"))
    topic = f"v1.1/Datastreams({other})/Observations"
    with device(port, ground.token) as sender:
        sender.publish(topic, '{"result": "open"}')
        sender.publish("v1.1/Observations", '{"result": {"a": 1}}')

        assert eventually(lambda: len(sender.answers) == 2)

    assert ground.reasons() == ["refused-observation"] * 2
    assert ground.fates() == {"stored": 0, "duplicate": 0, "rejected": 2}
    assert not Observation.objects.exists()


def test_arrays_of_a_multi_datastream_are_made_and_heard(ground: Ground, sta: Service, port: int):
    multi = sta.post(
        "MultiDatastreams",
        bodies.multi(
            Thing=bodies.link(Terminal.objects.get(code="T1").pk),
            Sensor=bodies.sensor(),
            ObservedProperties=[bodies.observed_property(n) for n in (1, 2)],
        ),
    )
    topic = f"v1.1/MultiDatastreams({multi})/Observations"
    with device(port, create_token("both")) as both:
        assert both.subscribe(topic)
        minutes = count()

        def heard() -> bool:
            at = (AT + next(minutes) * MINUTE).isoformat()
            both.publish(topic, json.dumps({"result": [1.5, 200], "phenomenonTime": at}))
            return eventually(lambda: both.heard, 3)

        assert eventually(heard)

    assert results(both)[0] == [1.5, 200]
