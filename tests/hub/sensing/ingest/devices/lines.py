"""A real ingest process with its device ports, and devices that speak to it over sockets."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from chengshu.core.lake import installation
from chengshu.hub.sensing.ingest.devices.book import REST_SECONDS
from chengshu.hub.sensing.models import Datastream, Device, Terminal
from tests.hub.sensing.factories import observed_property, terminal
from tests.ports import free_port
from tests.serving import ingest_process

PROTOCOLS = ("hj212", "jt808", "gb26875", "sl651", "meters")
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Ports:
    """Where the running process listens."""

    http: str
    of: dict[str, int]


@contextmanager
def listening() -> Iterator[Ports]:
    of = {protocol: free_port() for protocol in PROTOCOLS}
    with ingest_process(**given(of)) as address:
        yield Ports(address, of)


def given(of: dict[str, int]) -> dict[str, str]:
    """The settings of a process that listens on the ports *of*."""
    ports = {f"CHENGSHU_{name.upper()}_PORT": str(port) for name, port in of.items()}
    return ports | {"CHENGSHU_SECRET_KEY": settings.SECRET_KEY}


class Line:
    """One connection of a device."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def hear(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """What comes next; nothing when the line is closed or silent for *seconds*."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(65536)
        except TimeoutError:
            return b""

    def hear_until(self, wanted: int, mark: bytes) -> bytes:
        """Everything up to the *wanted*-th *mark*."""
        heard = b""
        while heard.count(mark) < wanted:
            piece = self.hear()
            if not piece:
                break
            heard += piece
        return heard

    def is_closed(self, seconds: float = PATIENCE_SECONDS) -> bool:
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


def device(protocol: str, address: str, code: str, streams: tuple[str, ...] = (), **facts: object):
    """A registered device with a terminal that has *streams*; the process knows it by the end."""
    for name in streams:
        observed_property(name.lower())
    made = Terminal.objects.filter(code=code).first() or terminal(code, ())
    for name in streams:
        Datastream.objects.create(
            terminal=made, observed_property=observed_property(name.lower()), code=name
        )
    found = Device.objects.create(
        code=f"{protocol}-{address}", protocol=protocol, address=address, terminal=made, **facts
    )
    time.sleep(4 * REST_SECONDS)
    return found


def stored(code: str) -> dict[str, list[tuple[str, float, int]]]:
    """By stream of the terminal *code*: time in UTC, value, quality; what is in the lake now."""
    found: dict[str, list[tuple[str, float, int]]] = {}
    for one in Datastream.objects.filter(terminal__code=code):
        rows = installation.current().query(
            'SELECT "at", value, quality FROM observations WHERE datastream = $one ORDER BY "at"',
            {"one": one.pk},
        )
        if len(rows):
            found[one.code] = [(f"{at:%Y-%m-%dT%H:%M:%S}", v, q) for at, v, q in rows.rows()]
    return found


def eventually_true(check, seconds: float = 10.0) -> bool:
    """Whether *check* comes true in time."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
