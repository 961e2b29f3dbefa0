"""``chengshu doctor``: what is wrong with this installation, and what to do about it."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from chengshu.core.runtime.home import run_folder
from chengshu.core.storage.access import SCHEME, Access
from chengshu.core.storage.place import storage_at
from chengshu.kit.errors import CityError

FREE_BYTES = 2 * 1024**3
SLOW_WRITE_SECONDS = 0.5
SLOW_PUT_SECONDS = 1.0
CLOCK_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is examined. *database* connects Django and gives the URL, as any command does."""

    home: Path
    lake: str
    s3: Access
    host: str
    port: int
    ingest_port: int
    database: Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True)
class Result:
    ok: bool
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[[Installation], Result]


def examine(checks: Iterable[Check], installation: Installation) -> bool:
    """Print one line for each check, and the remedy where one fails; true when all are well."""
    well = True
    for check in checks:
        result = _result(check, installation)
        well = well and result.ok
        print(f"{'ok  ' if result.ok else 'FAIL'} {check.name}: {result.message}")  # noqa: T201
        if not result.ok and result.remedy:
            print(f"     -> {result.remedy}")  # noqa: T201
    return well


def _result(check: Check, installation: Installation) -> Result:
    try:
        return check.run(installation)
    except CityError as error:
        return Result(False, f"{error.message} [{error.code}]")
    except OSError as error:
        return Result(False, str(error))


def python(_: Installation) -> Result:
    running = ".".join(map(str, sys.version_info[:3]))
    return Result(
        sys.version_info >= (3, 11) and sys.maxsize > 2**32,
        f"Python {running}",
        "Install a 64-bit Python 3.11 or newer.",
    )


def home_folder(installation: Installation) -> Result:
    return writable(installation.home, "CHENGSHU_HOME")


def lake_folder(installation: Installation) -> Result:
    if not installation.lake.startswith(SCHEME):
        return writable(Path(installation.lake), "CHENGSHU_LAKE")
    bucket, probe = storage_at(installation.lake, installation.s3), f"doctor-{os.getpid()}"
    began = time.monotonic()
    bucket.put(probe, b"\0" * 65536)
    seconds = time.monotonic() - began
    bucket.remove(probe)
    return Result(
        seconds < SLOW_PUT_SECONDS,
        f"{installation.lake}, a durable write takes {seconds * 1000:.0f} ms",
        "Every acknowledgement waits for it: use storage nearer to the machine.",
    )


def writable(folder: Path, variable: str) -> Result:
    """Room in *folder*, and a file written there reaches the disk in reasonable time."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    began = time.monotonic()
    probe = folder / f".doctor-{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(b"\0" * 65536)
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)
    seconds = time.monotonic() - began
    return Result(
        free > FREE_BYTES and seconds < SLOW_WRITE_SECONDS,
        f"{folder}: {free / 1024**3:.1f} GB free, a durable write takes {seconds * 1000:.0f} ms",
        f"Make room, or point {variable} at a larger or faster disk.",
    )


def web_port(installation: Installation) -> Result:
    return _port(installation, installation.port, "web", "CHENGSHU_PORT")


def ingest_port(installation: Installation) -> Result:
    return _port(installation, installation.ingest_port, "ingest", "CHENGSHU_INGEST_PORT")


def _port(installation: Installation, port: int, name: str, variable: str) -> Result:
    if port_is_free(installation.host, port):
        expected = is_alive(installation.home, "up")
        return Result(not expected, f"port {port} is free: {name} is not running", _see_log(name))
    if not is_alive(installation.home, name):
        return Result(
            False, f"port {port} is taken by another program", f"Stop it, or set {variable}."
        )
    return _health(f"http://{reachable(installation.host)}:{port}/health", name)


def _health(url: str, name: str) -> Result:
    import httpx

    try:
        status = httpx.get(url, timeout=10, trust_env=False).status_code
    except httpx.HTTPError as error:
        return Result(False, f"{name} gives no answer at {url}: {error}", _see_log(name))
    return Result(status == 200, f"{url} answers {status}", _see_log(name))


def worker(installation: Installation) -> Result:
    if not is_alive(installation.home, "up"):
        return Result(True, "not running, as nothing is")
    return Result(is_alive(installation.home, "worker"), "runs under `up`", _see_log("worker"))


def database(installation: Installation) -> Result:
    from chengshu.core.runtime.schema import database_clock, pending_migrations

    with installation.database():
        pending = pending_migrations()
        server, ahead_seconds = database_clock()
    if abs(ahead_seconds) > CLOCK_SECONDS:
        return Result(
            False,
            f"its clock differs from ours by {ahead_seconds:.0f} s",
            "Synchronise both machines with one time server.",
        )
    return Result(
        not pending,
        f"PostgreSQL {server}, {len(pending)} migrations to apply",
        "Run `chengshu migrate`.",
    )


def clock(_: Installation) -> Result:
    """A clock that was reset lies before our own files."""
    newest = Path(__file__).stat().st_mtime
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return Result(time.time() > newest, now, "Set the clock: it is earlier than this program.")


CHECKS = (
    Check("python", python),
    Check("clock", clock),
    Check("home", home_folder),
    Check("lake folder", lake_folder),
    Check("database", database),
    Check("web", web_port),
    Check("ingest", ingest_port),
    Check("worker", worker),
)


def port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def reachable(host: str) -> str:
    """The address at which a server bound to *host* answers this machine."""
    named = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104
    return named.get(host, f"[{host}]" if ":" in host else host)


def is_alive(home: Path, name: str) -> bool:
    """Whether the process that wrote ``run/<name>.pid`` still runs."""
    try:
        os.kill(int((run_folder(home) / f"{name}.pid").read_text()), 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _see_log(name: str) -> str:
    return f"Read the lines of {name} in log/chengshu.log in the home folder."
