"""Whether everything acknowledged is there, once, when everything breaks again and again.

``python bench/endurance.py [--rounds 300] [--half-open 10000]`` runs an ingest process with a
database of its own. Senders send numbered bodies, break some of them off halfway, and send each
again until it is acknowledged, while at random moments the process, its worker or PostgreSQL is
killed, or the disk of the lake is full (that one needs root, for a small file system in memory).
In the end every row sent has to be in the lake exactly once. Then so many connections are opened
that never finish what they begin, and a sender among them looks at the clock.
"""

import argparse
import http.client
import json
import os
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import Peer, children, free_port, running, with_streams

if TYPE_CHECKING:
    from chengshu.core.runtime.postgres import EmbeddedPostgres

SENDERS = 8
SIZES = (1, 20, 500, 8_000)
"""Rows of a body: the smaller ones are read together, the largest alone."""
BROKEN_OFF = 0.05
PEACE_SECONDS = (0.05, 1.0)
FULL_SECONDS = 1.5
PATIENCE_SECONDS = 120
PATIENCE_WITH_HALVES = 35
DISK = "512m"
CLOSED = tuple(f"CHENGSHU_{name}_PORT" for name in ("MQTT", "JT808", "GB26875", "SL651", "METERS"))
BEGIN = 946_684_800
"""The first second of 2000: there is room for hundreds of millions of rows until now."""


@dataclass
class City:
    """A running ingest process, its database and the folder of its lake."""

    folder: Path
    lake: Path
    server: "EmbeddedPostgres"
    peer: Peer
    hj212: int
    """Its port for devices of HJ 212."""
    is_small: bool
    """Whether the lake has a disk of its own, which can be full."""


@dataclass
class Sender:
    """Sends bodies of its own stream, each until it is acknowledged."""

    city: City
    number: int
    stop: threading.Event
    rows: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _line: http.client.HTTPConnection | None = None

    def run(self) -> None:
        chance = random.Random(self.number)
        while not self.stop.is_set():
            size = chance.choice(SIZES)
            path, body = self.body(size, is_json=size < 1_000 and chance.random() < 0.5)
            if chance.random() < BROKEN_OFF:
                self._break_off(path, body)
            while (answer := self.answer(path, body)) is None:
                time.sleep(0.05)
            self.fates.update(answer)
            self.rows += size

    def body(self, size: int, *, is_json: bool) -> tuple[str, bytes]:
        code, seconds = f"T{self.number:07d}", range(self.rows, self.rows + size)
        if not is_json:
            lines = (f"air,terminal={code} pm2_5={n % 500} {BEGIN + n}\n" for n in seconds)
            return "/ingest/line?precision=s", "".join(lines).encode()
        said = [
            {
                "terminal": code,
                "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(BEGIN + n)),
                "values": {"pm2_5": n % 500},
            }
            for n in seconds
        ]
        return "/ingest/json", json.dumps(said).encode()

    def _break_off(self, path: str, body: bytes) -> None:
        """Send half of it and hang up."""
        head = f"POST {path} HTTP/1.1\r\nHost: city\r\nContent-Length: {len(body)}\r\n"
        secret = f"Authorization: {self.city.peer.headers['Authorization']}\r\n\r\n"
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.city.peer.port), 5) as line,
        ):
            line.sendall((head + secret).encode() + body[: len(body) // 2])

    def answer(self, path: str, body: bytes) -> dict[str, int] | None:
        """The counts of what was acknowledged; None when it was not."""
        try:
            if self._line is None:
                port = self.city.peer.port
                self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            self._line.request("POST", path, body, self.city.peer.headers)
            answer = self._line.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line = None
            self.refused[type(error).__name__] += 1
            return None
        if answer.status < 500 and answer.status != 200:
            raise RuntimeError(f"refused for good: {answer.status} {said[:300]!r}")
        if answer.status != 200:
            self.refused[str(answer.status)] += 1
            return None
        counts = json.loads(said)
        return {name: counts[name] for name in ("received", "stored", "duplicate", "rejected")}


def worker(city: City) -> None:
    """Kill the process that does the work; its parent starts another."""
    assert city.peer.process is not None
    for child in children(city.peer.process.pid)[:1]:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def process(city: City) -> None:
    """Kill the ingest process; see `start_again`."""
    assert city.peer.process is not None
    city.peer.process.kill()
    city.peer.process.wait()


def start_again(city: City) -> None:
    """As the supervisor of an installation does when a process has ended."""
    assert city.peer.process is not None
    if city.peer.process.poll() is not None:
        with (city.folder / "log").open("ab") as log:
            command = city.peer.process.args
            city.peer.process = subprocess.Popen(command, stdout=log, stderr=log)


def postgres(city: City) -> None:
    """Kill the database server and start it again."""
    assert city.server.process is not None
    city.server.process.kill()
    city.server.process.wait()
    city.server.start()


def disk(city: City) -> None:
    """Fill the disk of the lake for a while."""
    filler = city.lake / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    time.sleep(FULL_SECONDS)
    filler.unlink()


FAULTS: tuple[Callable[[City], None], ...] = (worker, process, postgres, disk)


def break_things(city: City, rounds: int) -> Counter[str]:
    """So many faults, each after the last was got over; how many of each kind."""
    chance, done = random.Random(), Counter[str]()
    faults = FAULTS if city.is_small else FAULTS[:-1]
    for _round in range(rounds):
        time.sleep(chance.uniform(*PEACE_SECONDS))
        fault = chance.choice(faults)
        fault(city)
        done[fault.__name__] += 1
        wait_until_well(city)
    return done


def wait_until_well(city: City) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        start_again(city)
        with suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", city.peer.port, timeout=5)
            line.request("GET", "/health")
            if line.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"the ingest process did not come back: {(city.folder / 'log').read_text()}")


def account_for(city: City, senders: list[Sender]) -> None:
    """Compare the lake with what was sent."""
    from django.db import connection

    from chengshu.core.lake.connection import Lake
    from chengshu.hub.sensing.models import Datastream

    lake = Lake.open(city.server.url, city.lake)
    found = lake.query(
        'SELECT datastream, count(*) AS rows, count(DISTINCT o."at") AS times, '
        'sum((value <> (epoch(o."at") - $begin) % 500)::INT) AS wrong, '
        'max(epoch(o."at")) - $begin + 1 AS last FROM observations AS o GROUP BY datastream',
        {"begin": BEGIN},
    )
    lake.close()
    connection.close()  # it did not outlive its server
    of = dict(Datastream.objects.values_list("terminal__code", "pk"))
    kept = {row[0]: tuple(map(int, row[1:])) for row in found.iter_rows()}
    for sender in senders:
        wanted = (sender.rows, sender.rows, 0, sender.rows)
        got = kept.get(of[f"T{sender.number:07d}"], (0, 0, 0, 0))
        if got != wanted:
            raise SystemExit(f"stream {sender.number}: {got} in the lake, {wanted} acknowledged")
    fates = sum((sender.fates for sender in senders), Counter[str]())
    if fates["received"] != fates["stored"] + fates["duplicate"] + fates["rejected"]:
        raise SystemExit(f"the counts do not add up: {dict(fates)}")
    print(f"every row acknowledged is there once: {dict(fates)}")


UNFINISHED = {
    "a head of HTTP": b"POST /ingest/line HTTP/1.1\r\nHost: city\r\nContent-Le",
    "a body of HTTP": b"POST /ingest/line HTTP/1.1\r\nHost: city\r\nAuthorization: Bearer x\r\n"
    b"Content-Length: 100\r\n\r\nair,terminal=",
    "a frame of HJ 212": b"##0101QN=20260101080000001;ST=22;CN=2011;PW=123456;MN=",
}


@contextmanager
def half_open(port: int, beginning: bytes, many: int) -> Iterator[list[socket.socket]]:
    """*many* connections on which somebody begins to speak."""
    lines: list[socket.socket] = []
    try:
        for _turn in range(many):
            line = socket.create_connection(("127.0.0.1", port), 30)
            lines.append(line)
            line.sendall(beginning)
        yield lines
    finally:
        for line in lines:
            line.close()


def waits(sender: Sender, many: int) -> str:
    """How long *sender* waits for the answers to bodies of ten rows."""
    taken = []
    for _turn in range(many):
        path, body = sender.body(10, is_json=False)
        began = time.perf_counter()
        while sender.answer(path, body) is None:  # its connection may have been idle for too long
            pass
        taken.append((time.perf_counter() - began) * 1000)
        sender.rows += 10
    return f"{statistics.median(taken):.0f} ms median, {max(taken):.0f} ms at most"


def crowd(city: City, sender: Sender, many: int) -> None:
    """Half-open connections of every kind, one kind after the other."""
    print(f"a sender alone waits {waits(sender, 20)}; {city.peer.memory():,} MB", flush=True)
    for name, beginning in UNFINISHED.items():
        port = city.peer.port if "HTTP" in name else city.hj212
        with half_open(port, beginning, many) as lines:
            among, memory = waits(sender, 20), city.peer.memory()
            time.sleep(PATIENCE_WITH_HALVES)
            ended = sum(is_ended(line) for line in lines)
        print(
            f"beside {len(lines):,} connections with half of {name}: {among}; {memory:,} MB; "
            f"{ended:,} were closed after {PATIENCE_WITH_HALVES} s",
            flush=True,
        )


def is_ended(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(4096) is not None
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextmanager
def city() -> Iterator[City]:
    from chengshu.core.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="chengshu-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        lake = folder / "lake"
        lake.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(lake)]
        is_small = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        try:
            with EmbeddedPostgres(folder / "postgres") as server:
                port, hj212 = free_port(), free_port()
                os.environ |= {  # noqa: TID251 - settings are read from there
                    "CHENGSHU_HOME": name,
                    "CHENGSHU_LAKE": str(lake),
                    "CHENGSHU_DATABASE_URL": server.url,
                    "CHENGSHU_INGEST_PORT": str(port),
                    "CHENGSHU_HJ212_PORT": str(hj212),
                    **dict.fromkeys(CLOSED, "0"),
                }
                token = with_streams(SENDERS + 1)
                peer = Peer("chengshu", port, "", {"Authorization": f"Bearer {token}"})
                command = [sys.executable, "-m", "chengshu.project.cli", "ingest"]
                with running(peer, command, folder):
                    yield City(folder, lake, server, peer, hj212, is_small)
        finally:
            if is_small:
                subprocess.run(["umount", str(lake)], check=False)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=300)
    arguments.add_argument("--half-open", type=int, default=10_000)
    chosen = arguments.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with city() as one:
        stop = threading.Event()
        senders = [Sender(one, number, stop) for number in range(SENDERS)]
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as threads:
            runs = [threads.submit(sender.run) for sender in senders]
            try:
                done = break_things(one, chosen.rounds)
            finally:
                stop.set()
            for run in runs:
                run.result()
        refused = sum((sender.refused for sender in senders), Counter[str]())
        seconds = time.monotonic() - began
        print(f"faults in {seconds:.0f} s: {dict(done)}; not acknowledged: {dict(refused)}")
        account_for(one, senders)
        crowd(one, Sender(one, SENDERS, stop), chosen.half_open)


if __name__ == "__main__":
    main()
