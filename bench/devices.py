"""How many frames of devices a second one ingest process acknowledges, and in what memory.

``python bench/devices.py [--protocol hj212|jt808]`` starts an installation of its own in a
temporary folder, registers devices, connects all of them (those of JT/T 808 also register and
authenticate), and lets each send frames one after the other, always waiting for its
acknowledgement.
"""

import argparse
import asyncio
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import django
import httpx

if TYPE_CHECKING:
    from chengshu.protocols.jt808.bodies import Body

PORTS = ("MQTT", "HJ212", "JT808", "GB26875", "SL651", "METERS")
PASSWORD = "123456"  # noqa: S105 - of invented devices
BEGIN = 1_767_225_600


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--protocol", choices=PROTOCOLS, default="hj212")
    asked.add_argument("--devices", type=int, default=5_000)
    asked.add_argument("--frames", type=int, default=10, help="of each device")
    args = asked.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    home = Path(tempfile.mkdtemp(prefix="chengshu-bench-"))
    home.chmod(0o711)
    try:
        _measure(home, PROTOCOLS[args.protocol], args.devices, args.frames)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(home: Path, protocol: "type[Talk]", devices: int, frames: int) -> None:
    from chengshu.core.runtime.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(home / "postgres")
    port, web_port = _free_port(), _free_port()
    environment = os.environ | {  # noqa: TID251 - settings of the installation measured
        "CHENGSHU_HOME": str(home),
        "CHENGSHU_DATABASE_URL": server.start(),
        "CHENGSHU_INGEST_PORT": str(web_port),
    }
    environment |= {f"CHENGSHU_{name}_PORT": "0" for name in PORTS}
    environment[f"CHENGSHU_{protocol.name.upper()}_PORT"] = str(port)
    os.environ.update(environment)  # noqa: TID251 - settings of the installation measured
    os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"  # noqa: TID251 - ours alone
    _register(protocol, devices)
    process = subprocess.Popen(
        [sys.executable, "-m", "chengshu.project.cli", "ingest"], env=environment
    )
    try:
        _wait(f"http://127.0.0.1:{web_port}/health")
        before = _memory(process.pid)
        report = asyncio.run(_talk(protocol, port, devices, frames))
        print(f"memory {before:.0f} MB before, {_memory(process.pid):.0f} MB connected")
        print(report)
    finally:
        process.terminate()
        process.wait(timeout=60)
        server.stop()


def _register(protocol: "type[Talk]", devices: int) -> None:
    django.setup()
    from django.core.management import call_command

    from chengshu.core.organisations.models import Organisation
    from chengshu.core.places.models import Place
    from chengshu.hub.sensing.models import Datastream, Device, Feed, ObservedProperty, Terminal

    call_command("migrate", verbosity=0)
    place = Place.objects.create(code="99", name="99", level="city", path="/99/")
    owner = Organisation.objects.create(
        code="o", name="o", kind="department", path="/o/", place=place
    )
    feed = Feed.objects.create(code="f", name="f")
    observed = [ObservedProperty.objects.create(code=code, name=code) for code in protocol.streams]
    terminals = Terminal.objects.bulk_create(
        Terminal(code=f"D{n}", name=f"D{n}", kind="sensor", place=place, owner=owner, feed=feed)
        for n in range(devices)
    )
    Datastream.objects.bulk_create(
        Datastream(terminal=terminal, observed_property=each, code=each.code)
        for terminal in terminals
        for each in observed
    )
    Device.objects.bulk_create(
        Device(
            code=terminal.code,
            protocol=protocol.name,
            address=protocol.address(number),
            terminal=terminal,
            secret=protocol.secret,
        )
        for number, terminal in enumerate(terminals)
    )


async def _talk(protocol: "type[Talk]", port: int, devices: int, frames: int) -> str:
    lines = []
    for first in range(0, devices, 200):
        some = range(first, min(first + 200, devices))
        lines += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in some))
    talks = [protocol(number, *line) for number, line in enumerate(lines)]
    await asyncio.gather(*(talk.sign_on() for talk in talks))
    began = time.perf_counter()
    waits = await asyncio.gather(*(_one(talk, frames) for talk in talks))
    seconds = time.perf_counter() - began
    every = sorted(wait for each in waits for wait in each)
    rate = len(every) / seconds
    late = every[int(len(every) * 0.99)]
    return (
        f"{len(lines)} devices of {protocol.name}, {len(every)} frames acknowledged in "
        f"{seconds:.1f} s: {rate:.0f}/s, wait {statistics.median(every):.2f} s median, "
        f"{late:.2f} s p99"
    )


async def _one(talk: "Talk", frames: int) -> list[float]:
    waits = []
    for number in range(frames):
        began = time.perf_counter()
        await talk.say(number)
        waits.append(time.perf_counter() - began)
    return waits


class Talk(ABC):
    """One device, by its number, on a connection."""

    name: ClassVar[str]
    streams: ClassVar[tuple[str, ...]]
    secret: ClassVar[str] = ""

    def __init__(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer

    @staticmethod
    @abstractmethod
    def address(number: int) -> str:
        """What the ledger knows the device by."""

    async def sign_on(self) -> None:  # noqa: B027 - not every protocol has it
        """What comes before the first frame."""

    @abstractmethod
    async def say(self, turn: int) -> None:
        """Send a frame and hear that it was acknowledged."""


class Hj212(Talk):
    name = "hj212"
    streams = ("a34004",)
    secret = PASSWORD

    @staticmethod
    def address(number: int) -> str:
        return f"BENCH{number:06}"

    async def say(self, turn: int) -> None:
        from chengshu.protocols.hj212 import Data, Message, encode, flag_of

        clock = time.strftime("%Y%m%d%H%M%S", time.gmtime(BEGIN + 60 * turn))
        frame = Message(
            qn=f"{clock}000",
            st="22",
            cn="2011",
            pw=PASSWORD,
            mn=self.address(self.number),
            flag=flag_of(1, answer=True),
            data=Data(f"DataTime={clock};a34004-Rtd={turn},a34004-Flag=N"),
        )
        self.writer.write(encode(frame))
        answer = await self.reader.readuntil(b"\r\n")
        assert b"CN=9014" in answer, answer


class Jt808(Talk):
    name = "jt808"
    streams = ("lon", "lat", "speed", "direction", "altitude")

    @staticmethod
    def address(number: int) -> str:
        return str(13_800_000_000 + number)

    async def _ask(self, message_id: int, body: "Body", serial: int) -> "Body":
        from chengshu.protocols.jt808 import Header, Message, decode, encode

        phone = self.address(self.number).zfill(12)
        self.writer.write(encode(Message(Header(message_id, phone, serial), body)))
        await self.reader.readuntil(b"\x7e")
        return decode(b"\x7e" + await self.reader.readuntil(b"\x7e")).body

    async def sign_on(self) -> None:
        from chengshu.protocols.jt808.bodies import Authentication, Register, RegisterReply

        register = Register(
            province=31, city=100, maker="MAKER", model="M1", terminal_id=f"{self.number:07}",
            plate_color=2, plate=f"沪A{self.number:05}",
        )  # fmt: skip
        found = await self._ask(0x0100, register, 1)
        assert isinstance(found, RegisterReply), found
        await self._ask(0x0102, Authentication(found.auth_code), 2)

    async def say(self, turn: int) -> None:
        from chengshu.protocols.jt808 import Location
        from chengshu.protocols.jt808.bodies import GeneralReply

        where = Location(
            alarm=0,
            status=3,
            latitude_raw=31_230_400 + turn,
            longitude_raw=121_473_700 + self.number,
            altitude=12,
            speed=605,
            course=90,
            time_digits=time.strftime("%y%m%d%H%M%S", time.gmtime(BEGIN + 60 * turn)),
            items=(),
        )
        assert await self._ask(0x0200, where, turn + 3) == GeneralReply(turn + 3, 0x0200, 0)


PROTOCOLS = {protocol.name: protocol for protocol in (Hj212, Jt808)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(address: str) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            if httpx.get(address, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the ingest process does not answer")


def _memory(pid: int) -> float:
    """Megabytes in memory of the process *pid* and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    status = Path(f"/proc/{pid}/status").read_text()
    own = re.search(r"VmRSS:\s+(\d+) kB", status)
    return (int(own[1]) / 1024 if own else 0) + sum(_memory(int(child)) for child in children)


if __name__ == "__main__":
    main()
