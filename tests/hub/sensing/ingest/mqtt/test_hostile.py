"""Clients that do what no client should."""

import os
import random
import time
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY

from .conftest import Ground
from .devices import connect_bytes, device, is_cut, wire


def ended(why: str) -> float:
    return REGISTRY.get_sample_value("chengshu_mqtt_ended_total", {"why": why}) or 0.0


def test_garbage_ends_its_connection_only_and_is_counted(ground: Ground, open_embedded):
    port, chance, before = open_embedded(), random.Random(20260401), ended("protocol-error")
    with device(port, ground.token) as sender:
        for _ in range(50):
            with wire(port) as line:
                line.sendall(b"\x00" + chance.randbytes(chance.randint(1, 2000)))
                assert is_cut(line)
        sender.publish("chengshu/T1/temperature", "20")

    assert ground.values() == [20.0]
    assert ended("protocol-error") - before == 50


def test_garbage_after_a_login_ends_the_connection(ground: Ground, open_embedded):
    chance = random.Random(7)
    port = open_embedded()
    for _ in range(30):
        with wire(port) as line:
            line.sendall(connect_bytes(ground.token))
            assert line.recv(4) == bytes.fromhex("20020000")
            line.sendall(b"\xf3" + chance.randbytes(200))
            assert is_cut(line)


def test_publishing_without_a_login_is_refused(ground: Ground, open_embedded):
    with wire(open_embedded()) as line:
        line.sendall(bytes.fromhex("3005000161") + b"20")

        assert is_cut(line)

    assert ground.stored() == []


def test_a_second_login_on_a_connection_is_refused(ground: Ground, open_embedded):
    with wire(open_embedded()) as line:
        line.sendall(2 * connect_bytes(ground.token))

        assert is_cut(line)


def test_a_packet_over_the_limit_is_refused_before_it_is_read(ground: Ground, open_embedded):
    before = ended("too-large")
    with wire(open_embedded(packet=10_000)) as line:
        line.sendall(connect_bytes(ground.token))
        assert line.recv(4) == bytes.fromhex("20020000")
        line.sendall(b"\x30\xff\xff\x7f" + b"x" * 1000)

        assert is_cut(line)

    assert ended("too-large") - before == 1


def test_a_stranger_sends_no_large_packets(ground: Ground, open_embedded):
    with wire(open_embedded()) as line:
        line.sendall(b"\x10\xff\xff\x7f" + b"x" * 1000)

        assert is_cut(line)


def test_a_connection_that_says_nothing_is_ended(ground: Ground, open_embedded):
    before = ended("no-connect")
    with wire(open_embedded(connect_seconds=0.2, look_seconds=0.1)) as line:
        assert is_cut(line)

    assert ended("no-connect") - before == 1


def test_a_client_that_breaks_its_keep_alive_is_ended(ground: Ground, open_embedded):
    with wire(open_embedded(look_seconds=0.1)) as line:
        line.sendall(connect_bytes(ground.token, keep_alive=1))
        assert line.recv(4) == bytes.fromhex("20020000")
        began_at = time.monotonic()

        assert is_cut(line)

    assert 1 < time.monotonic() - began_at < 10


def test_half_open_connections_do_not_keep_devices_out(ground: Ground, open_embedded):
    port = open_embedded(strangers=50)
    lines = [wire(port) for _ in range(300)]
    for line in lines:
        line.__enter__()

    with device(port, ground.token) as sender:
        sender.publish("chengshu/T1/temperature", "20")

    for line in lines:
        line.__exit__(None, None, None)
    assert ground.values() == [20.0]


def test_connections_over_the_limit_are_turned_away(ground: Ground, open_embedded):
    port = open_embedded(connections=3)
    with device(port, ground.token, "a") as first, device(port, ground.token, "b"), wire(port):
        with wire(port) as fourth:
            assert is_cut(fourth)
        first.publish("chengshu/T1/temperature", "20")

    assert ground.values() == [20.0]


def test_a_client_that_fills_its_window_is_read_no_further(ground: Ground, open_embedded):
    with device(open_embedded(in_flight=10), ground.token, window=500) as sender:
        sent = [sender.client.publish("chengshu/T1/temperature", str(n), 1) for n in range(300)]
        for one in sent:
            one.wait_for_publish(30)

    assert len(ground.values()) == 300


def test_large_payloads_wait_until_there_is_room(ground: Ground, open_embedded):
    payload = '{"at": "2026-01-01T00:00:00Z", "values": {"temperature": 1}}' + " " * 50_000
    with device(open_embedded(waiting=100_000), ground.token) as sender:
        sent = [sender.client.publish("chengshu/T1", payload, 1) for _ in range(40)]
        for one in sent:
            one.wait_for_publish(30)

    assert ground.fates() == {"stored": 1, "duplicate": 39, "rejected": 0}


def test_a_client_that_does_not_read_its_answers_is_ended(ground: Ground, open_embedded):
    before = ended("slow")
    pings = b"\xc0\x00" * 30_000
    with wire(open_embedded(slow_seconds=0.3, look_seconds=0.1)) as line:
        line.sendall(connect_bytes(ground.token))
        line.settimeout(0.5)
        give_up = time.monotonic() + 30
        while ended("slow") == before and time.monotonic() < give_up:
            with suppress(TimeoutError, ConnectionError):
                line.sendall(pings)

    assert ended("slow") - before == 1


@pytest.mark.parametrize("size", [1, 7])
def test_a_login_may_come_in_pieces(ground: Ground, open_embedded, size: int):
    with wire(open_embedded()) as line:
        sent = connect_bytes(ground.token)
        for start in range(0, len(sent), size):
            line.sendall(sent[start : start + size])
            os.sched_yield()

        assert line.recv(4) == bytes.fromhex("20020000")
