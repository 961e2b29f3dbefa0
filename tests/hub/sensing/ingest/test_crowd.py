"""Those who begin a request and do not go on are in nobody's way."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from chengshu.core.lake import installation
from chengshu.core.runtime.files import allow_connections
from chengshu.hub.sensing.lake import OBSERVATIONS
from tests.serving import ingest_process

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 1_500
"""More than the connections that wait for a server at once."""
HEAD = b"POST /ingest/line HTTP/1.1\r\nHost: city\r\nAuthorization: Bearer x\r\n"
HALVES = {"head": HEAD[:30], "body": HEAD + b"Content-Length: 100\r\n\r\nair,terminal="}


@contextmanager
def half_open(address: str, beginning: bytes) -> Iterator[None]:
    host, _, port = address.removeprefix("http://").partition(":")
    with ExitStack() as lines:
        for _turn in range(CROWD):
            line = lines.enter_context(socket.create_connection((host, int(port)), 30))
            line.sendall(beginning)
        yield


@pytest.mark.parametrize("half", HALVES)
def test_a_crowd_of_half_open_connections_keeps_nobody_out(half: str) -> None:
    allow_connections(CROWD)
    installation.current().ensure([OBSERVATIONS])

    with ingest_process() as address, half_open(address, HALVES[half]):
        answer = httpx.post(f"{address}/ingest/line", content=b"", timeout=10, trust_env=False)

    installation.current().close()
    assert answer.status_code == 401
