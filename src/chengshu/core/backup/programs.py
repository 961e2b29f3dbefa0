"""``pg_dump`` and ``pg_restore``, told where the database is without showing its password."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

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
PIECE = 1 << 20


class DatabaseToolFailed(Transient):
    """``pg_dump`` or ``pg_restore`` ended with an error, which the message quotes."""

    code = "database-tool-failed"


def dump(url: str, snapshot: str) -> Iterator[bytes]:
    """The database as it is in the exported *snapshot*, in pieces."""
    words = ("--format=custom", f"--snapshot={snapshot}", "--no-owner")
    with _running(url, "pg_dump", *words) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(PIECE):
            yield piece


def load(url: str, dumped: Iterable[bytes]) -> None:
    """Fill the empty database at *url* with *dumped*: all of it or nothing."""
    words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    name = str(conninfo_to_dict(url)["dbname"])
    with _running(url, "pg_restore", *words, f"--dbname={name}") as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and says why
            for piece in dumped:
                process.stdin.write(piece)
            process.stdin.close()


@contextmanager
def _running(url: str, program: str, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The program while it runs; ended if what feeds or reads it fails."""
    given = conninfo_to_dict(url)
    spoken = {NAMES[key]: str(value) for key, value in given.items() if key in NAMES}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - a program of our own wheel, words of our own
            [binaries() / program, *words],
            env={"LC_ALL": "C", **spoken},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
            _close(process.stdin)
            process.wait()
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            told = lines[-1] if lines else f"exit code {process.returncode}"
            raise DatabaseToolFailed(f"{program}: {told}")


def _close(stream: IO[bytes] | None) -> None:
    with suppress(BrokenPipeError):
        if stream is not None:
            stream.close()
