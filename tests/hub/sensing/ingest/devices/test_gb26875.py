"""GB/T 26875.3 over a real socket against a real ingest process."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from chengshu.core.access.policy import System
from chengshu.core.events.models import OutboxEvent
from chengshu.hub.sensing.actions.devices import ask_duty
from chengshu.hub.sensing.models import Datastream
from chengshu.protocols.gb26875 import Command, Frame, Stamp, Unit, decode, encode
from chengshu.protocols.gb26875.objects import (
    AnalogueValue,
    ComponentState,
    DeviceState,
    DutyCheck,
)
from tests.hub.sensing.factories import observed_property, terminal

from .lines import Line, Ports, device, stored

pytestmark = pytest.mark.django_db(transaction=True)
AT = Stamp.at(datetime(2026, 1, 1, 8, 0, 0))  # noqa: DTZ001 - a wall clock
SMOKE = "1.1.40.02000200"
TAIL = b"##"


def frame(*objects: object, kind: int = 2, serial: int = 1, source: int = 889) -> Frame:
    unit = Unit(kind, objects) if objects else None  # type: ignore[arg-type]
    return Frame(serial, AT, source, 1, int(Command.SEND), unit)


def smoke(state: int) -> ComponentState:
    return ComponentState(1, 1, 40, bytes.fromhex("02000200"), state, b" " * 31, AT)


@pytest.fixture
def panel():
    hall = terminal("SMOKE-7", ())
    for name in ("state", "temperature"):
        Datastream.objects.create(
            terminal=hall, observed_property=observed_property(name), code=name
        )
    streams = ("device-state", f"state-{SMOKE}", "pressure")
    return device("gb26875", "889", "FIRE-1", streams, settings={"terminals": {SMOKE: "SMOKE-7"}})


def test_a_state_is_in_the_lake_of_its_own_terminal_when_it_is_confirmed(ports: Ports, panel):
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame(smoke(0), serial=77)))

        answer = decode(line.hear())

    assert (answer.command, answer.serial, answer.destination) == (Command.CONFIRM, 77, 889)
    assert stored("SMOKE-7") == {"state": [("2026-01-01T00:00:00", 0.0, 0)]}


def test_a_fire_is_told_to_the_city_once_however_often_it_is_repeated(ports: Ports, panel):
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame(smoke(0b10))) * 3)
        line.hear_until(3, TAIL)

    [told] = OutboxEvent.objects.filter(type="device.alarm-raised")
    assert told.body["kind"] == "fire"
    assert told.body["component"] == SMOKE
    assert told.body["at"] == "2026-01-01T00:00:00+00:00"
    assert stored("SMOKE-7")["state"][0][1] == 2


def test_analogue_values_are_scaled_and_the_device_has_its_own_state(ports: Ports, panel):
    heat = AnalogueValue(1, 1, 40, bytes.fromhex("02000200"), 3, 255, AT)
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame(heat, kind=3)) + encode(frame(DeviceState(4, AT), kind=21)))

        answers = line.hear_until(2, TAIL)

    assert answers.count(TAIL) == 2
    assert stored("SMOKE-7") == {"temperature": [("2026-01-01T00:00:00", 25.5, 0)]}
    assert stored("FIRE-1") == {"device-state": [("2026-01-01T00:00:00", 4.0, 0)]}
    assert OutboxEvent.objects.filter(body__kind="fault", body__component="").count() == 1


def test_a_heartbeat_without_a_unit_is_confirmed(ports: Ports, panel):
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame()))

        assert decode(line.hear()).command == Command.CONFIRM


def test_an_unknown_device_hears_nothing_and_a_disabled_one_a_denial(ports: Ports):
    device("gb26875", "890", "FIRE-2", enabled=False)
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame(smoke(1), source=4711)) + encode(frame(smoke(1), source=890)))

        answer = decode(line.hear())

    assert (answer.command, answer.destination) == (Command.DENY, 890)


def test_the_guard_can_be_asked_for(ports: Ports, panel):
    by = System("test", frozenset({"sensing.ask_device_duty"}))
    with Line(ports.of["gb26875"]) as line:
        line.send(encode(frame()))
        line.hear()
        ask_duty(panel, by=by)

        order = decode(line.hear())

    assert order.command == Command.CONTROL
    assert isinstance(order.unit, Unit)
    assert order.unit.objects == (DutyCheck(5),)


def test_public_frames_as_one_broken_stream_leave_the_line_alive(ports: Ports, panel, shared: Path):
    vectors = json.loads((shared / "protocols/vectors/public/gb26875.json").read_text())
    frames = [bytes.fromhex(v["frame_hex"]) for v in vectors if "frame_hex" in v]
    with Line(ports.of["gb26875"]) as line:
        for one in frames[:15]:
            line.send(one[: len(one) // 2])
            line.send(one[len(one) // 2 :] + b"\x00\xff")
        line.send(encode(replace(frame(smoke(0)), serial=4242)))

        heard = line.hear_until(1, b"@@" + (4242).to_bytes(2, "little"))

    assert (4242).to_bytes(2, "little") in heard
