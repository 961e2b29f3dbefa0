"""The real ingest process on the database of the running test."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.db import connection

from tests.ports import free_port

START_SECONDS = 90
CLOSED = {
    f"CHENGSHU_{protocol}_PORT": "0"
    for protocol in ("MQTT", "HJ212", "JT808", "GB26875", "SL651", "METERS")
}


@dataclass(frozen=True)
class Running:
    """A started process and its address."""

    address: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=30)


@contextmanager
def ingest_process(**more: str) -> Iterator[str]:
    """Start ``chengshu ingest`` on a free port, with *more* settings; its address."""
    with running_ingest(**more) as running:
        yield running.address


@contextmanager
def running_ingest(**more: str) -> Iterator[Running]:
    """The same, to be killed. It hears HTTP only, unless *more* says otherwise."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "chengshu.project.cli", "ingest"],
        env={
            "CHENGSHU_HOME": str(settings.CHENGSHU.home),
            "CHENGSHU_LAKE": settings.CHENGSHU.lake,
            "CHENGSHU_DATABASE_URL": _database_url(),
            "CHENGSHU_INGEST_PORT": str(port),
            **CLOSED,
            **more,
        },
    )
    try:
        yield Running(_answering(f"http://127.0.0.1:{port}", process), process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _database_url() -> str:
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}"
    return f"postgresql://{login}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def _answering(address: str, process: "subprocess.Popen[bytes]") -> str:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        assert process.poll() is None, "the ingest process has ended"
        try:
            if httpx.get(f"{address}/health", trust_env=False).is_success:
                return address
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"no answer within {START_SECONDS} s")
