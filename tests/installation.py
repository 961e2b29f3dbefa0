"""A whole installation as its operator has it: ``chengshu up`` and other commands on one home."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.ports import free_port
from tests.serving import CLOSED

PATIENCE_SECONDS = 120
BUILD_SECONDS = 600
STEP_SECONDS = 0.1


def eventually(true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether *true* comes true in time."""
    give_up = time.monotonic() + seconds
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(STEP_SECONDS)
    return True


@dataclass
class Installation:
    """One home with its ports; *supervisor* is ``chengshu up`` while it runs."""

    home: Path
    port: int
    ingest_port: int
    settings: Mapping[str, str]
    supervisor: "subprocess.Popen[bytes] | None" = None

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self.ingest_port}"

    @property
    def log(self) -> str:
        log = self.home / "log" / "chengshu.log"
        return log.read_text() if log.exists() else ""

    def up(self, *words: str) -> None:
        """Start it and wait until it says that it is ready."""
        self.supervisor = self.begin("up", *words, output=subprocess.DEVNULL)
        ready = eventually(self._is_ready_or_ended, BUILD_SECONDS)
        assert ready, f"not ready within {BUILD_SECONDS} s: {self.log[-2000:]}"
        assert self.supervisor.poll() is None, self.log[-2000:]

    def _is_ready_or_ended(self) -> bool:
        assert self.supervisor is not None
        return "ready: " in self.log or self.supervisor.poll() is not None

    def stop(self) -> None:
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.wait(PATIENCE_SECONDS)

    def begin(self, *words: str, output: int = subprocess.PIPE) -> "subprocess.Popen[bytes]":
        """The command ``chengshu`` with *words*, running on this home."""
        return subprocess.Popen(
            [sys.executable, "-m", "chengshu.project.cli", *words],
            env={
                "CHENGSHU_HOME": str(self.home),
                "CHENGSHU_PORT": str(self.port),
                "CHENGSHU_INGEST_PORT": str(self.ingest_port),
                "PYTHONUTF8": "1",
                **CLOSED,
                **self.settings,
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def run(self, *words: str) -> str:
        """Run a command to its end; what it says."""
        with self.begin(*words) as process:
            said, _nothing = process.communicate(timeout=BUILD_SECONDS)
        assert process.returncode == 0, said.decode()
        return said.decode()

    def pid(self, name: str) -> int:
        """The process id of a supervised process; 0 while it has none."""
        try:
            return int((self.home / "run" / f"{name}.pid").read_text() or 0)
        except FileNotFoundError:
            return 0

    def database_url(self) -> str:
        return (self.home / "run" / "database.url").read_text().strip()

    def is_healthy(self) -> bool:
        """Whether both servers answer."""
        try:
            answers = [httpx.get(f"{at}/health", trust_env=False) for at in (self.web, self.ingest)]
        except httpx.TransportError:
            return False
        return all(answer.is_success for answer in answers)


@contextmanager
def installation(**settings: str) -> Iterator[Installation]:
    """A fresh home with more *settings*, not started; stopped and removed at the end."""
    with TemporaryDirectory(prefix="chengshu-city-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        one = Installation(folder / "home", free_port(), free_port(), settings)
        try:
            yield one
        finally:
            one.stop()
