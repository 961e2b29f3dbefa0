"""What a device may expect, whichever broker it speaks to."""

import json
from datetime import UTC, datetime

import pytest
from paho.mqtt.client import MQTTv5, MQTTv311

from chengshu.hub.sensing.models import Rejection
from tests.installation import eventually

from .conftest import Ground
from .devices import device

AT = datetime(2026, 1, 1, tzinfo=UTC)
ONE = '{"at": "2026-01-01T00:00:00Z", "values": {"temperature": 21.5}}'


@pytest.mark.parametrize("version", [MQTTv311, MQTTv5])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_an_observation_is_stored_once(ground: Ground, port: int, qos: int, version: int):
    with device(port, ground.token, version=version) as sender:
        sender.publish("chengshu/T1", ONE, qos)

        assert eventually(ground.stored)

    assert ground.stored() == [(AT, 21.5)]
    assert ground.fates() == {"stored": 1, "duplicate": 0, "rejected": 0}


def test_a_plain_number_is_stored_with_the_time_of_its_receipt(ground: Ground, port: int):
    before = datetime.now(UTC)
    with device(port, ground.token) as sender:
        sender.publish("chengshu/T1/temperature", "21.5")

        assert eventually(ground.stored)

    [(at, value)] = ground.stored()
    assert value == 21.5
    assert before <= at <= datetime.now(UTC)


def test_many_messages_at_once_are_all_stored(ground: Ground, port: int):
    with device(port, ground.token) as sender:
        sent = [sender.client.publish("chengshu/T1/temperature", str(n), 1) for n in range(500)]
        for one in sent:
            one.wait_for_publish(30)

        assert eventually(lambda: len(ground.stored()) == 500)

    assert ground.values() == [float(n) for n in range(500)]
    assert ground.fates() == {"stored": 500, "duplicate": 0, "rejected": 0}


def test_the_same_observation_again_is_a_duplicate(ground: Ground, port: int):
    with device(port, ground.token) as sender:
        for _ in range(3):
            sender.publish("chengshu/T1", ONE)

        assert eventually(lambda: sum(ground.fates().values()) == 3)

    assert ground.fates() == {"stored": 1, "duplicate": 2, "rejected": 0}
    assert ground.stored() == [(AT, 21.5)]


def test_a_retained_message_is_an_observation_like_any_other(ground: Ground, port: int):
    with device(port, ground.token) as sender:
        sender.publish("chengshu/T1", ONE, retain=True)

        assert eventually(ground.stored)

    assert ground.fates() == {"stored": 1, "duplicate": 0, "rejected": 0}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("chengshu/T9/temperature", "1", "unknown-terminal"),
        ("chengshu/T1/humidity", "1", "unknown-property"),
        ("chengshu/T2/temperature", "1", "not-allowed"),
        ("chengshu/T1/temperature", "warm", "not-a-number"),
        (
            "chengshu/T1",
            '{"at": "2199-01-01T00:00:00Z", "values": {"temperature": 1}}',
            "far-future",
        ),
        ("v1.1/Datastreams(999999999)/Observations", '{"result": 1}', "unknown-datastream"),
    ],
)
def test_what_is_rejected_is_acknowledged_kept_and_told(
    ground: Ground, port: int, topic: str, payload: str, reason: str
):
    with device(port, ground.token) as sender:
        assert sender.subscribe("chengshu/errors/token:north")
        assert sender.publish(topic, payload).is_published()
        assert eventually(lambda: sender.heard)

    [(told_on, told)] = sender.heard
    assert told_on == "chengshu/errors/token:north"
    assert json.loads(told)["reasons"] == {reason: 1}
    assert ground.reasons() == [reason]
    assert ground.fates() == {"stored": 0, "duplicate": 0, "rejected": 1}
    assert Rejection.objects.get().entrance == "mqtt"


def test_an_observation_of_sensorthings_goes_to_its_datastream(ground: Ground, port: int):
    payload = '{"result": 3, "phenomenonTime": "2026-01-01T00:00:00Z"}'
    with device(port, ground.token) as sender:
        sender.publish(f"v1.1/Datastreams({ground.stream})/Observations", payload)

        assert eventually(ground.stored)

    assert ground.stored() == [(AT, 3.0)]
