"""Meters behind a gateway, over a real socket against a real ingest process."""

import json
from pathlib import Path

import pytest

from chengshu.protocols import cjt188, dlt645

from .lines import Line, Ports, device, eventually_true, stored

pytestmark = pytest.mark.django_db(transaction=True)
POWER, WATER = "000000000161", "12345678901234"


def test_a_gateway_names_its_line_and_its_meters_are_read(ports: Ports):
    device("meters", POWER, "METER-1", ("energy-forward",), settings={"line": "GW-7"})
    device("meters", WATER, "METER-2", ("volume",), settings={"line": "GW-7"})
    with Line(ports.of["meters"]) as line:
        line.send(b"GW-7\r\n")

        asked = line.hear() + line.hear()
        line.send(answer_of_power() + b"\x00" + answer_of_water())

        assert eventually_true(lambda: stored("METER-1") and stored("METER-2"))
    assert bytes.fromhex("610100000000") in asked
    assert bytes.fromhex(WATER)[::-1] in asked
    assert stored("METER-1")["energy-forward"][0][1] == 1234.56
    assert stored("METER-2")["volume"][0][1] == 567.89


def answer_of_power() -> bytes:
    reading = dlt645.Reading("00010000", bytes.fromhex("56341200"))
    return dlt645.encode(dlt645.Frame(POWER, 0x91, reading))


def answer_of_water() -> bytes:
    data = bytes.fromhex("896705002C" + "000000002C" + "00000801012620" + "0000")
    return cjt188.encode(cjt188.Frame(0x10, WATER, 0x81, cjt188.Exchange("901f", 0, data)))


def test_an_unknown_meter_stores_nothing(ports: Ports):
    device("meters", WATER, "METER-2", ("volume",))
    with Line(ports.of["meters"]) as line:
        line.send(answer_of_power() + answer_of_water())

        assert eventually_true(lambda: stored("METER-2"))
    assert stored("METER-1") == {}


def test_public_frames_as_one_broken_stream_leave_the_line_alive(ports: Ports, shared: Path):
    device("meters", WATER, "METER-2", ("volume",))
    vectors = json.loads((shared / "protocols/vectors/public/meters.json").read_text())
    frames = [bytes.fromhex(v["frame_hex"]) for v in vectors if v.get("frame_hex")]
    with Line(ports.of["meters"]) as line:
        for one in frames[:15]:
            line.send(one[: len(one) // 2])
            line.send(one[len(one) // 2 :] + b"\x00\xff")
        line.send(answer_of_water())

        assert eventually_true(lambda: stored("METER-2"))
