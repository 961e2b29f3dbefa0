"""Durable ingest of line protocol against VictoriaMetrics and InfluxDB 1, in one run.

``python bench/ingest.py [--streams 100000] [--bodies 24]`` starts each of them on loopback with a
folder of its own and sends all the same bodies, made beforehand: large ones (100,000 lines) over 4
connections and small ones (1,000 lines) over 16. A peer whose program is missing is left out.
Debian's packages are ``victoria-metrics`` and ``influxdb``.

Durability of what is acknowledged: ours is synced and committed to the catalogue, InfluxDB's is
synced to its log, that of VictoriaMetrics lies in memory for up to a few seconds.
"""

import argparse
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

START_SECONDS = 60
LARGE, SMALL = (100_000, 4), (1_000, 16)
"""Lines of a body, and connections."""
FIRST_SECOND = int(time.time()) - 200_000
LATER_SECONDS = 100_000


@dataclass
class Peer:
    """Somebody who takes line protocol at *path* on *port*."""

    name: str
    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def post(self, bodies: Sequence[bytes]) -> int:
        """Send *bodies* one after the other over one connection; how many bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        for body in bodies:
            connection.request("POST", self.path, body, self.headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 204:
                raise RuntimeError(f"{self.name} answered {answer.status}: {said[:300]!r}")
        connection.close()
        return sum(map(len, bodies))

    def memory(self) -> int:
        """Megabytes of the process and its children."""
        return sum(map(resident, self._processes())) // 1024

    def worked(self) -> float:
        """Processor seconds of the process and its children so far."""
        return sum(map(_worked, self._processes()))

    def _processes(self) -> list[int]:
        assert self.process is not None
        return [self.process.pid, *children(self.process.pid)]


def bodies(lines: int, connections: int, each: int, streams: int) -> list[list[bytes]]:
    """For every connection *each* bodies; every stream has its turn, every time is new and small
    bodies are later than large ones, as what comes from devices is later than what was before.

    A large body holds each stream at most once, at a time of the connection's own. Where that
    cannot be, and in small bodies, every connection has its own streams, as senders have.
    """
    numbers = np.random.default_rng(lines)
    is_large = (lines, connections) == LARGE
    began = FIRST_SECOND if is_large else FIRST_SECOND + LATER_SECONDS
    is_shared = is_large and lines <= streams
    per_connection = streams if is_shared else streams // connections
    made: list[list[bytes]] = []
    for connection in range(connections):
        first = 0 if is_shared else connection * per_connection
        mine = []
        for turn in range(each):
            rounds, names = np.divmod(turn * lines + np.arange(lines), per_connection)
            times = began + rounds * connections + connection
            values = np.round(numbers.normal(20, 5, lines), 1)
            told = zip((first + names).tolist(), values.tolist(), times.tolist(), strict=True)
            mine.append(
                "".join(
                    f"air,terminal=T{name:07d} pm2_5={value} {at}\n" for name, value, at in told
                ).encode()
            )
        made.append(mine)
    return made


def lines_per_second(peer: Peer, sent: list[list[bytes]], lines: int) -> float:
    """All connections at once, from the first byte to the last answer."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(sent)) as connections:
        list(connections.map(peer.post, sent))
    return sum(map(len, sent)) * lines / (time.perf_counter() - began)


@contextmanager
def ours(folder: Path, streams: int) -> Iterator[Peer]:
    """An ingest process of this platform with *streams* registered."""
    from chengshu.core.runtime.postgres import EmbeddedPostgres

    folder.chmod(0o711)
    with EmbeddedPostgres(folder / "postgres") as server:
        port = free_port()
        environment = {
            "CHENGSHU_HOME": str(folder),
            "CHENGSHU_DATABASE_URL": server.url,
            "CHENGSHU_INGEST_PORT": str(port),
            "CHENGSHU_MQTT_PORT": "0",
        }
        os.environ |= environment  # noqa: TID251 - settings are read from there
        token = with_streams(streams)
        command = [sys.executable, "-m", "chengshu.project.cli", "ingest"]
        peer = Peer("chengshu", port, "/write?precision=s", {"Authorization": f"Bearer {token}"})
        with running(peer, command, folder):
            yield peer


def with_streams(streams: int) -> str:
    """Register *streams* terminals and make a token that may speak for them."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"  # noqa: TID251
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # noqa: TID251 - the ingest process has its own
    from chengshu.core.access.models import Role
    from chengshu.core.access.tokens import create_token
    from chengshu.core.organisations.models import Organisation
    from chengshu.core.places.models import Place
    from chengshu.core.records import bulk
    from chengshu.core.runtime.schema import bring_up_to_date
    from chengshu.hub.sensing.models import Datastream, Feed, ObservedProperty, Terminal

    bring_up_to_date()
    place = Place.objects.create(code="99", name="99", level="city", path="/99/")
    owner = Organisation.objects.create(
        code="b", name="b", kind="department", path="/b/", place=place
    )
    feed = Feed.objects.create(code="f", name="f")
    pm = ObservedProperty.objects.create(code="pm2_5", name="pm2_5", unit="ug/m3")
    terminals = bulk.insert(
        Terminal(
            code=f"T{number:07d}", name="t", kind="sensor", place=place, owner=owner, feed=feed
        )
        for number in range(streams)
    )
    bulk.insert(
        Datastream(terminal=terminal, observed_property=pm, code="pm2_5") for terminal in terminals
    )
    Role.objects.update_or_create(
        code="ingest", defaults={"name": "ingest", "permissions": ["sensing.ingest"]}
    )
    return create_token("bench", "ingest")


@contextmanager
def victoria(folder: Path, _streams: int) -> Iterator[Peer]:
    port = free_port()
    command = [
        "victoria-metrics",
        f"-storageDataPath={folder}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=10y",
        "-search.maxUniqueTimeseries=2000000",
    ]
    peer = Peer("VictoriaMetrics", port, "/write?precision=s")
    with running(peer, command, folder):
        yield peer


@contextmanager
def influx(folder: Path, _streams: int) -> Iterator[Peer]:
    port = free_port()
    (folder / "influxdb.conf").write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
        f'[meta]\ndir = "{folder}/meta"\n'
        f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\nmax-series-per-database = 0\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\nmax-body-size = 0\n'
        "[monitor]\nstore-enabled = false\n"
    )
    command = ["influxd", "run", "-config", str(folder / "influxdb.conf")]
    peer = Peer("InfluxDB", port, "/write?db=bench&precision=s")
    with running(peer, command, folder):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/query?q=CREATE%20DATABASE%20bench")
        connection.getresponse().read()
        yield peer


PEERS: dict[str, tuple[str, Callable[[Path, int], object]]] = {
    "chengshu": (sys.executable, ours),
    "victoria-metrics": ("victoria-metrics", victoria),
    "influxdb": ("influxd", influx),
}


@contextmanager
def running(peer: Peer, command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        peer.process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(peer.port, peer.process)
        yield
    finally:
        peer.process.terminate()
        peer.process.wait(60)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} has ended")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ping")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("no answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, found) for each in (child, *children(child))]


def _worked(pid: int) -> float:
    """Processor seconds so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, default=100_000)
    arguments.add_argument("--bodies", type=int, default=24, help="large ones per connection")
    arguments.add_argument("--only", choices=PEERS)
    chosen = arguments.parse_args()
    runs = {
        f"{lines:,} lines x {connections} connections": (
            lines,
            bodies(lines, connections, each, chosen.streams),
        )
        for (lines, connections), each in (
            (LARGE, chosen.bodies),
            (SMALL, chosen.bodies * 6),
        )
    }
    for name, (program, start) in PEERS.items():
        if (chosen.only and name != chosen.only) or not shutil.which(program):
            print(f"{name}: left out")
            continue
        with (
            tempfile.TemporaryDirectory(prefix="chengshu-bench-") as folder,
            start(Path(folder), chosen.streams) as peer,
        ):
            peer.post([runs[next(iter(runs))][1][0][0]])
            for title, (lines, sent) in runs.items():
                worked = peer.worked()
                speed = lines_per_second(peer, sent, lines)
                millions = sum(map(len, sent)) * lines / 1e6
                print(
                    f"{peer.name:>16}, {title}: {speed / 1e6:.2f} M lines/s, "
                    f"{(peer.worked() - worked) / millions:.2f} processor seconds a million, "
                    f"{peer.memory():,} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
