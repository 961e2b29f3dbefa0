"""What the embedded broker promises beyond any broker."""

import pytest
from paho.mqtt.client import MQTTv5

from chengshu.core.access.models import Grant, Role, Token
from chengshu.core.access.tokens import create_token
from chengshu.hub.sensing.models import Terminal
from tests.hub.sensing.factories import place
from tests.installation import eventually

from .conftest import Ground
from .devices import connect_bytes, device, is_cut, session_for, wire

ONE = '{"at": "2026-01-01T00:00:00Z", "values": {"temperature": 21.5}}'
CONNACK, PUBREC, PUBCOMP = b"\x20\x02", b"\x50\x02\x00\x05", b"\x70\x02\x00\x05"


@pytest.mark.parametrize("qos", [1, 2])
def test_what_is_acknowledged_is_durable_at_that_moment(ground: Ground, open_embedded, qos: int):
    with device(open_embedded(), ground.token) as sender:
        for number in range(5):
            sender.publish("chengshu/T1/temperature", str(number), qos)

            assert ground.values() == [float(n) for n in range(number + 1)]


@pytest.mark.parametrize("version", [4, 5])
def test_a_wrong_password_is_refused_at_connect(ground: Ground, open_embedded, version: int):
    with device(open_embedded(), "cs_wrong", version=version) as sender:
        assert sender.welcome.is_failure


def test_a_device_without_password_is_refused(ground: Ground, open_embedded):
    with wire(open_embedded()) as line:
        line.sendall(bytes.fromhex("100f00044d5154540402003c0003646576"))

        assert line.recv(4) == bytes.fromhex("20020004")
        assert is_cut(line)


def test_a_token_that_may_only_read_cannot_publish(ground: Ground, open_embedded):
    token = create_token("reader")
    Grant.objects.filter(user__name="reader").update(role=Role.objects.get(code="reader"))
    with device(open_embedded(), token) as sender:
        sender.client.publish("chengshu/T1/temperature", "1", 1)

        assert sender.is_gone.wait(20)

    assert ground.stored() == []


def test_a_token_that_is_withdrawn_ends_the_connection(ground: Ground, open_embedded):
    with device(open_embedded(), ground.token) as sender:
        Token.objects.all().delete()
        ground.door._senders.clear()
        sender.client.publish("chengshu/T1/temperature", "1", 1)

        assert sender.is_gone.wait(20)

    assert ground.stored() == []


def test_a_client_of_5_0_is_told_why_its_message_was_rejected(ground: Ground, open_embedded):
    with device(open_embedded(), ground.token, version=MQTTv5) as sender:
        sender.publish("chengshu/T1/temperature", "warm")
        sender.publish("chengshu/T1/temperature", "20")

        assert eventually(lambda: len(sender.answers) == 2)

    assert [str(code) for code in sender.answers] == ["Payload format invalid", "Success"]


@pytest.mark.parametrize(
    "wanted", ["#", "chengshu/#", "chengshu/+/temperature", "chengshu/T1", "$SYS/#", "v1.1/#"]
)
def test_a_sender_hears_no_observations(ground: Ground, open_embedded, wanted: str):
    with device(open_embedded(), ground.token) as sender:
        assert not sender.subscribe(wanted)


def test_a_sender_hears_no_errors_of_another(ground: Ground, open_embedded):
    create_token("south", "ingest")

    with device(open_embedded(), ground.token) as sender:
        assert not sender.subscribe("chengshu/errors/token:south")
        assert not sender.subscribe("chengshu/errors/+")


def test_a_reader_hears_the_terminals_it_may_see_and_no_others(ground: Ground, open_embedded):
    reader = create_token("reader", place=place("9901"))
    port = open_embedded()
    with device(port, ground.token) as sender, device(port, reader, "screen") as screen:
        assert screen.subscribe("chengshu/T1/+")
        assert not screen.subscribe("chengshu/T2/+")
        assert not screen.subscribe("chengshu/+/temperature")
        sender.publish("chengshu/T1/temperature", "20")
        sender.publish("chengshu/T1/temperature", "warm")

        assert eventually(lambda: screen.heard)

    assert screen.heard == [("chengshu/T1/temperature", b"20")]


def test_a_reader_whose_right_is_withdrawn_is_cut_off(ground: Ground, open_embedded):
    reader = create_token("reader")
    with device(open_embedded(rights_seconds=0.1), reader) as screen:
        assert screen.subscribe("chengshu/T1/+")
        Token.objects.filter(name="reader").delete()

        assert screen.is_gone.wait(20)


def test_a_terminal_out_of_service_is_heard_no_more(ground: Ground, open_embedded):
    Terminal.objects.filter(code="T1").update(state="suspended")

    with device(open_embedded(), ground.token) as sender:
        sender.publish("chengshu/T1/temperature", "1")

    assert ground.reasons() == ["not-in-service"]


def test_the_same_client_again_takes_the_place_of_the_first(ground: Ground, open_embedded):
    port = open_embedded()
    with device(port, ground.token) as first, device(port, ground.token):
        assert first.is_gone.wait(20)


def test_the_same_client_name_of_another_sender_disturbs_nobody(ground: Ground, open_embedded):
    port = open_embedded()
    with device(port, ground.token) as first, device(port, create_token("other", "ingest")):
        first.publish("chengshu/T1/temperature", "20")

        assert not first.is_gone.is_set()

    assert ground.values() == [20.0]


def test_a_session_that_the_client_keeps_is_there_again(ground: Ground, open_embedded):
    port, more = open_embedded(), {"version": MQTTv5, "clean_start": False}
    with device(port, ground.token, properties=session_for(60), **more):
        pass

    with device(port, ground.token, properties=session_for(60), **more) as again:
        assert again.is_session_present


def test_a_message_of_qos_2_that_comes_again_is_stored_once(ground: Ground, open_embedded):
    publish = b"\x34\x1b\x00\x17chengshu/T1/temperature" + b"\x00\x05" + b"7"
    publish = b"\x34" + bytes([len(publish) - 2]) + publish[2:]
    again = b"\x3c" + publish[1:]
    with wire(open_embedded()) as line:
        line.sendall(connect_bytes(ground.token))
        assert line.recv(4)[:2] == CONNACK

        line.sendall(publish)
        assert line.recv(4) == PUBREC
        line.sendall(again)
        assert line.recv(4) == PUBREC
        line.sendall(bytes.fromhex("62020005"))
        assert line.recv(4) == PUBCOMP

    assert ground.values() == [7.0]


def test_the_last_will_of_a_device_is_taken_when_it_is_lost(ground: Ground, open_embedded):
    will = b"\x00\x17chengshu/T1/temperature\x00\x02-1"
    token = ground.token.encode()
    fields = b"\x00\x03raw" + will + b"\x00\x01u" + len(token).to_bytes(2, "big") + token
    connect = b"\x00\x04MQTT\x04\xc6\x00\x3c" + fields
    with wire(open_embedded()) as line:
        line.sendall(b"\x10" + bytes([len(connect)]) + connect)
        assert line.recv(4)[:2] == CONNACK

    assert eventually(lambda: ground.values() == [-1.0])


def test_the_broker_says_goodbye_and_leaves_nothing_unacknowledged(ground: Ground):
    from .conftest import embedded

    with embedded(ground) as port, device(port, ground.token) as sender:
        sent = [sender.client.publish("chengshu/T1/temperature", str(n), 1) for n in range(20)]
        for one in sent:
            one.wait_for_publish(20)

    assert len(ground.values()) == 20
