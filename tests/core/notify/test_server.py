"""The stream as a browser meets it: through the real server on a port of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from chengshu.core.access import tokens
from chengshu.core.events.models import OutboxEvent
from chengshu.core.events.outbox import CHANNEL, event_types
from tests.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = """
import sys
from chengshu.core.runtime.server import serve
serve("chengshu.project.asgi:application", "127.0.0.1", int(sys.argv[1]))
"""
START_SECONDS = 60


@pytest.fixture
def address() -> Iterator[str]:
    port = free_port()
    at = connection.settings_dict
    url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    command = ["env", f"CHENGSHU_DATABASE_URL={url}", sys.executable, "-c", PROGRAM, str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/api/v1/stream"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not start")


def tell(number: int) -> str:
    """An event of a kind that the server knows; its type."""
    kind = sorted(event.type for event in event_types)[0]
    row = OutboxEvent.objects.create(type=kind, at=timezone.now(), body={"number": number})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(row.pk)])
    return kind


def test_stream_of_the_real_server_delivers_resumes_and_refuses(address):
    token = {"authorization": f"Bearer {tokens.create_token('screen')}"}
    with httpx.Client(timeout=20) as client:
        refused = client.get(address)
        with client.stream("GET", address, headers=token) as first:
            lines = first.iter_lines()
            opening = next(lines)
            next(lines)
            kind = tell(1)
            told = [next(lines) for _ in range(3)]
        tell(2)
        again = token | {"last-event-id": told[0].removeprefix("id: ")}
        with client.stream("GET", address, headers=again) as second:
            resumed = [line for _, line in zip(range(5), second.iter_lines(), strict=False)]

    assert refused.status_code == 401
    assert first.headers["content-type"] == "text/event-stream"
    assert opening == "retry: 3000"
    assert told[1:] == [f"event: {kind}", 'data: {"number":1}']
    assert resumed[3:] == [f"event: {kind}", 'data: {"number":2}']
