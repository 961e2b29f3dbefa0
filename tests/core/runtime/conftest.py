import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from tests import ports

SMALL_CITY = Path(__file__).with_name("small_city.py")
PATIENCE_SECONDS = 60


def eventually(true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether *true* comes true in time."""
    give_up = time.monotonic() + seconds
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


def runs(pid: int) -> bool:
    """Whether *pid* is a process that has not ended, nor waits to be buried."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def tree(pid: int) -> set[int]:
    """*pid* and all its living descendants."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= tree(int(child))
    return found


@dataclass
class SmallCity:
    """A supervised installation, and what a test does to it."""

    home: Path
    port: int
    words: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    popen: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        self.bury()
        command = [*self.wrapper, sys.executable, str(SMALL_CITY), str(self.home), str(self.port)]
        self.popen = subprocess.Popen(
            [*command, *self.words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        return self.popen

    def is_ready(self, times: int = 1) -> bool:
        return eventually(lambda: self.log().count("all are here") >= times)

    def pid(self, name: str) -> int:
        """The process id of *name*; 0 while it has none."""
        try:
            return int((self.home / "run" / f"{name}.pid").read_text() or 0)
        except FileNotFoundError:
            return 0

    def log(self) -> str:
        log = self.home / "log" / "chengshu.log"
        return log.read_text() if log.exists() else ""

    def url(self) -> str:
        return (self.home / "run" / "database.url").read_text()

    def beats(self) -> int:
        """How often the worker wrote into the database."""
        with psycopg.connect(self.url()) as connection:
            row = connection.execute("SELECT count(*) FROM beats").fetchone()
        assert row is not None
        return int(row[0])

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                return bool(answer.read() == b"here")
        except OSError:
            return False

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        assert self.popen is not None
        self.popen.send_signal(by)
        return self.popen.wait(PATIENCE_SECONDS)

    def bury(self) -> None:
        if self.popen is None:
            return
        if self.popen.poll() is None:
            self.stop()
        if self.popen.stderr is not None:
            self.popen.stderr.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="chengshu-runtime-") as name:
        os.chmod(name, 0o711)  # noqa: S103 - the embedded database runs as another account
        yield Path(name)


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.fixture
def small_city(folder: Path, free_port: int) -> Iterator[SmallCity]:
    city = SmallCity(folder / "home", free_port)
    yield city
    city.bury()
