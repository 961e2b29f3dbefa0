"""``pg_dump`` and ``pg_restore``, told where the database is without showing its password."""

import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from chengshu.core.runtime.cluster import binaries
from chengshu.kit.errors import Transient

NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class DatabaseToolFailed(Transient):
    """``pg_dump`` or ``pg_restore`` ended with an error, which the message quotes."""

    code = "database-tool-failed"


def dump(url: str, snapshot: str, to: Path) -> None:
    """Write the database as it is in the exported *snapshot*."""
    _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", f"--file={to}")


def load(url: str, dumped: Path) -> None:
    """Fill the empty database at *url*: all of it or nothing."""
    words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    name = str(conninfo_to_dict(url)["dbname"])
    _run(url, "pg_restore", *words, f"--dbname={name}", str(dumped))


def _run(url: str, program: str, *words: str) -> None:
    given = conninfo_to_dict(url)
    spoken = {NAMES[key]: str(value) for key, value in given.items() if key in NAMES}
    done = subprocess.run(  # noqa: S603 - a program of our own wheel, words of our own
        [binaries() / program, *words],
        env={"LC_ALL": "C", **spoken},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise DatabaseToolFailed(f"{program}: {lines[-1]}")
