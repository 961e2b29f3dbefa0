"""How many HJ 212 frames a second one ingest process acknowledges, and in what memory.

Starts an installation of its own in a temporary folder, registers devices, connects all of them,
lets each send frames one after the other, always waiting for its acknowledgement.
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
from pathlib import Path

import django
import httpx

PASSWORD = "123456"  # noqa: S105 - of invented devices
BEGIN = 1_767_225_600


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--devices", type=int, default=5_000)
    asked.add_argument("--frames", type=int, default=10, help="of each device")
    args = asked.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    home = Path(tempfile.mkdtemp(prefix="chengshu-bench-"))
    home.chmod(0o711)
    try:
        _measure(home, args.devices, args.frames)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(home: Path, devices: int, frames: int) -> None:
    from chengshu.core.runtime.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(home / "postgres")
    port, web_port = _free_port(), _free_port()
    environment = os.environ | {  # noqa: TID251 - settings of the installation measured
        "CHENGSHU_HOME": str(home),
        "CHENGSHU_DATABASE_URL": server.start(),
        "CHENGSHU_INGEST_PORT": str(web_port),
        "CHENGSHU_HJ212_PORT": str(port),
    }
    environment |= {
        f"CHENGSHU_{name}_PORT": "0" for name in ("JT808", "GB26875", "SL651", "METERS")
    }
    os.environ.update(environment)  # noqa: TID251 - settings of the installation measured
    os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"  # noqa: TID251 - ours alone
    _register(devices)
    process = subprocess.Popen(
        [sys.executable, "-m", "chengshu.project.cli", "ingest"], env=environment
    )
    try:
        _wait(f"http://127.0.0.1:{web_port}/health")
        before = _memory(process.pid)
        report = asyncio.run(_talk(port, devices, frames))
        print(f"memory {before:.0f} MB before, {_memory(process.pid):.0f} MB connected")
        print(report)
    finally:
        process.terminate()
        process.wait(timeout=60)
        server.stop()


def _register(devices: int) -> None:
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
    observed = ObservedProperty.objects.create(code="a34004", name="PM2.5", unit="ug/m3")
    terminals = Terminal.objects.bulk_create(
        Terminal(code=_mn(n), name=_mn(n), kind="sensor", place=place, owner=owner, feed=feed)
        for n in range(devices)
    )
    Datastream.objects.bulk_create(
        Datastream(terminal=terminal, observed_property=observed, code="a34004")
        for terminal in terminals
    )
    Device.objects.bulk_create(
        Device(
            code=terminal.code,
            protocol="hj212",
            address=terminal.code,
            terminal=terminal,
            secret=PASSWORD,
        )
        for terminal in terminals
    )


async def _talk(port: int, devices: int, frames: int) -> str:
    lines = []
    for first in range(0, devices, 200):
        some = range(first, min(first + 200, devices))
        lines += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in some))
    began = time.perf_counter()
    waits = await asyncio.gather(
        *(_one(_mn(n), frames, reader, writer) for n, (reader, writer) in enumerate(lines))
    )
    seconds = time.perf_counter() - began
    every = sorted(wait for each in waits for wait in each)
    rate = len(every) / seconds
    late = every[int(len(every) * 0.99)]
    return (
        f"{len(lines)} devices, {len(every)} frames acknowledged in {seconds:.1f} s: "
        f"{rate:.0f}/s, wait {statistics.median(every):.2f} s median, {late:.2f} s p99"
    )


async def _one(
    mn: str, frames: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> list[float]:
    waits = []
    for number in range(frames):
        began = time.perf_counter()
        writer.write(_frame(mn, number))
        answer = await reader.readuntil(b"\r\n")
        assert b"CN=9014" in answer, answer
        waits.append(time.perf_counter() - began)
    return waits


def _frame(mn: str, number: int) -> bytes:
    from chengshu.protocols.hj212 import Data, Message, encode, flag_of

    clock = time.strftime("%Y%m%d%H%M%S", time.gmtime(BEGIN + 60 * number))
    message = Message(
        qn=f"{clock}000",
        st="22",
        cn="2011",
        pw=PASSWORD,
        mn=mn,
        flag=flag_of(1, answer=True),
        data=Data(f"DataTime={clock};a34004-Rtd={number},a34004-Flag=N"),
    )
    return encode(message)


def _mn(number: int) -> str:
    return f"BENCH{number:06}"


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
