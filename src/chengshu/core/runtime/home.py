"""The home folder of an installation: who holds it, and where its database answers."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from chengshu.core.runtime.postgres import EmbeddedPostgres
from chengshu.kit.errors import Transient

WAIT_SECONDS = 60
STEP_SECONDS = 0.1


class HomeBusy(Transient):
    """Another process holds the home folder; ``where`` says which."""

    code = "home-busy"


def run_folder(home: Path) -> Path:
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def held(home: Path, command: str, *, patience_seconds: float = 0) -> Iterator[None]:
    """Hold *home* for *command*; raises HomeBusy when another living process does.

    *patience_seconds*: wait that long for another command to end, but not for our double.
    The kernel lets go when the holder ends, however it ends.
    """
    give_up = time.monotonic() + patience_seconds
    with (run_folder(home) / "lock").open("a+") as file:
        while not _locked(file):
            holder = _holder(file.name)
            if holder["command"] == command or time.monotonic() >= give_up:
                raise HomeBusy(
                    f"{home} is in use by `chengshu {holder['command']}` (process {holder['pid']})",
                    where=holder,
                )
            time.sleep(STEP_SECONDS)
        file.truncate(0)
        file.write(json.dumps({"command": command, "pid": os.getpid()}))
        file.flush()
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: str) -> dict[str, object]:
    try:
        holder: dict[str, object] = json.loads(Path(lock).read_text())
    except json.JSONDecodeError:  # taken a moment ago, not yet signed
        return {"command": "?", "pid": "?"}
    return holder


def publish(home: Path, url: str) -> None:
    """Tell other commands of this home where the running database is."""
    target = run_folder(home) / "database.url"
    fresh = target.with_suffix(f".{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(url)
    fresh.replace(target)


def withdraw(home: Path) -> None:
    (run_folder(home) / "database.url").unlink(missing_ok=True)


def published(home: Path) -> str | None:
    """The URL of the running database of *home*, if one is up and answers."""
    try:
        url = (home / "run" / "database.url").read_text().strip()
    except FileNotFoundError:
        return None
    return url if answers(url) else None


def answers(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def database(home: Path, command: str, *, lend: bool = False) -> Iterator[str]:
    """The URL of the database of *home*: the one that is up, else our own until the end.

    *lend*: let other commands use ours. A command that may end at any moment does not lend;
    others wait for their turn and get HomeBusy after a minute.
    """
    with ExitStack() as until_the_end:
        give_up = time.monotonic() + WAIT_SECONDS
        while (url := published(home)) is None:
            try:
                until_the_end.enter_context(held(home, command))
            except HomeBusy:
                if time.monotonic() > give_up:
                    raise
                time.sleep(STEP_SECONDS)
                continue
            url = until_the_end.enter_context(EmbeddedPostgres(home / "postgres")).url
            if lend:
                publish(home, url)
                until_the_end.callback(withdraw, home)
            break
        yield url
