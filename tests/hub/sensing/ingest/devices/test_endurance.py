"""Many devices at once, and a process that dies while they speak."""

import asyncio

import pytest

from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import Datastream, Device
from chengshu.protocols.hj212 import Data, Message, decode, encode, flag_of
from tests.hub.sensing.factories import observed_property, terminal
from tests.ports import free_port
from tests.serving import running_ingest

from .lines import Line, Ports, device, eventually_true, given, stored

pytestmark = pytest.mark.django_db(transaction=True)
FRAMES = 300
CONNECTIONS = 300


def said(mn: str, number: int) -> bytes:
    clock = f"20260101{8 + number // 60:02}{number % 60:02}00"
    message = Message(
        qn=f"{clock}{number:03}",
        st="22",
        cn="2011",
        pw="123456",
        mn=mn,
        flag=flag_of(1, answer=True),
        data=Data(f"DataTime={clock};a34004-Rtd={number}"),
    )
    return encode(message)


def test_what_was_acknowledged_before_a_kill_is_there_once():
    installation.current().ensure([OBSERVATIONS])
    device("hj212", "KILLED", "AIR-K", ("a34004",), secret="123456")
    frames = [said("KILLED", number) for number in range(FRAMES)]
    of = {"hj212": free_port()}

    with running_ingest(**given(of)) as running, Line(of["hj212"]) as line:
        line.send(b"".join(frames))
        heard = line.hear_until(40, b"\r\n")
        running.kill()
    acknowledged = [
        int((decode(answer + b"\r\n").qn or "")[-3:]) for answer in heard.split(b"\r\n")[:-1]
    ]
    kept = [value for _at, value, _q in stored("AIR-K")["a34004"]]
    with running_ingest(**given(of)), Line(of["hj212"]) as line:
        line.send(b"".join(frames))
        again = line.hear_until(FRAMES, b"\r\n")

    assert len(acknowledged) >= 40
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    assert again.count(b"CN=9014") == FRAMES
    assert [v for _at, v, _q in stored("AIR-K")["a34004"]] == list(range(FRAMES))
    installation.current().close()


def test_three_hundred_devices_are_all_answered(ports: Ports):
    observed_property("a34004")
    devices = [
        Device(
            code=f"d{number}",
            protocol="hj212",
            address=f"MANY-{number}",
            terminal=terminal(f"MANY-{number}", ("a34004",)),
            secret="123456",
        )
        for number in range(CONNECTIONS)
    ]
    Device.objects.bulk_create(devices)

    answered = asyncio.run(everybody(ports.of["hj212"]))

    assert answered == [3] * CONNECTIONS
    streams = list(Datastream.objects.values_list("id", flat=True))
    assert eventually_true(lambda: count(streams) == 3 * CONNECTIONS)


def count(streams: list[int]) -> int:
    rows = installation.current().query(
        "SELECT count(*) FROM observations WHERE datastream IN (SELECT unnest($streams))",
        {"streams": streams},
    )
    number: int = rows.item()
    return number


async def everybody(port: int) -> list[int]:
    async def one(number: int) -> int:
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        for frame in range(3):
            writer.write(said(f"MANY-{number}", frame))
            async with asyncio.timeout(30):
                answered += b"CN=9014" in await reader.readuntil(b"\r\n")
        writer.close()
        await writer.wait_closed()
        return answered

    return await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
