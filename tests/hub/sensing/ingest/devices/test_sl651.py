"""SL 651 over a real socket against a real ingest process."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from chengshu.protocols.sl651 import Body, End, Frame, decode, encode, split
from chengshu.protocols.sl651.parts import (
    PICTURE,
    Block,
    Group,
    ObservedAt,
    Part,
    Rest,
    Series,
    Station,
    Step,
)

from .lines import Line, Ports, device, stored

pytestmark = pytest.mark.django_db(transaction=True)
STATION = "0012345678"
STREAMS = ("water-level", "rainfall", "rainfall-5min", "battery-voltage")
LEVEL = Group(b"\x39", 0x23, bytes.fromhex("00012345"))
VOLTAGE = Group(b"\x38", 0x12, bytes.fromhex("1234"))


def report(*parts: Part, function: int = 0x32, password: int = 0x1234, **facts: object) -> Frame:
    head = (Station(STATION, 0x48), ObservedAt("2601010800"))
    body = Body(7, "260101080030", (*head, *parts))
    given = {
        "is_up": True,
        "centre": 1,
        "station": STATION,
        "password": password,
        "function": function,
        "end": int(End.ETX),
        "text": body.octets,
    }
    return Frame(**(given | facts))  # type: ignore[arg-type]


@pytest.fixture
def station():
    return device("sl651", STATION, "RIVER-1", STREAMS, secret="1234")


def test_elements_are_in_the_lake_when_the_report_is_confirmed(ports: Ports, station):
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(LEVEL, VOLTAGE)))

        answer = decode(line.hear())

    assert (answer.is_up, answer.function, answer.end) == (False, 0x32, End.EOT)
    assert stored("RIVER-1") == {
        "water-level": [("2026-01-01T00:00:00", 12.345, 0)],
        "battery-voltage": [("2026-01-01T00:00:00", 12.34, 0)],
    }


def test_the_last_value_of_an_hour_is_that_of_the_time_observed(ports: Ports, station):
    rain = Block(0xF4, bytes([*range(1, 12), 0xFF]))
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(rain, function=0x34)))
        line.hear()

    rows = stored("RIVER-1")["rainfall-5min"]
    assert rows[0] == ("2025-12-31T23:05:00", 0.1, 0)
    assert rows[-1] == ("2025-12-31T23:55:00", 1.1, 0)


def test_an_hour_asked_for_later_begins_with_the_time_observed(ports: Ports, station):
    rain = Block(0xF4, bytes(range(1, 13)))
    body = Body(7, "260101090235", (Station(STATION, 0x48), ObservedAt("2601010805"), rain))
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(function=0x3A, text=body.octets)))
        line.hear()

    rows = stored("RIVER-1")["rainfall-5min"]
    assert rows[0] == ("2026-01-01T00:05:00", 0.1, 0)
    assert rows[-1] == ("2026-01-01T01:00:00", 1.2, 0)


def test_a_series_goes_on_in_its_steps(ports: Ports, station):
    levels = Series(b"\x39", 0x23, bytes.fromhex("000010000000200000003000"))
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(Step("000100"), levels, function=0x31)))
        line.hear()

    assert stored("RIVER-1")["water-level"] == [
        ("2026-01-01T00:00:00", 1.0, 0),
        ("2026-01-01T01:00:00", 2.0, 0),
        ("2026-01-01T02:00:00", 3.0, 0),
    ]


def test_packets_are_confirmed_together_and_their_picture_is_kept(ports: Ports, station):
    picture = bytes(range(256)) * 8
    whole = report(Rest(PICTURE, picture), function=0x36)
    with Line(ports.of["sl651"]) as line:
        for packet in split(whole, 500):
            line.send(encode(packet))

        answer = decode(line.hear())

    assert answer.packet is not None
    assert answer.packet.index == answer.packet.total > 1
    [kept] = (Path(settings.CHENGSHU.home) / "frames").glob(f"{STATION}-*.jpg")
    assert kept.read_bytes() == picture


@pytest.mark.parametrize("mode", [1, 4])
def test_modes_that_want_no_confirmation_get_none(ports: Ports, mode):
    device("sl651", STATION, "RIVER-1", STREAMS, secret="1234", settings={"mode": mode})
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(LEVEL)))

        assert line.hear(1.5) == b""
    assert len(stored("RIVER-1")) == 1


def test_a_wrong_password_and_an_unknown_station_hear_nothing(ports: Ports, station):
    with Line(ports.of["sl651"]) as line:
        line.send(encode(report(LEVEL, password=0x9999)))
        line.send(encode(report(LEVEL, station="0099999999")))

        assert line.hear(1.5) == b""
    assert stored("RIVER-1") == {}


def test_public_frames_as_one_broken_stream_leave_the_line_alive(
    ports: Ports, station, shared: Path
):
    vectors = json.loads((shared / "protocols/vectors/public/sl651.json").read_text())
    frames = [bytes.fromhex(v["frame_hex"]) for v in vectors if v.get("frame_hex")]
    with Line(ports.of["sl651"]) as line:
        for one in frames[:15]:
            line.send(one[: len(one) // 2])
            line.send(one[len(one) // 2 :] + b"\x00\xff")
        line.send(encode(report(LEVEL)))

        assert bytes.fromhex(STATION) in line.hear_until(1, bytes.fromhex(STATION))
