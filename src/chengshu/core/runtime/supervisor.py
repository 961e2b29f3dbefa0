"""Keeps the database and the processes of an installation running until told to stop."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chengshu.core.runtime.cluster import DatabaseFailed
from chengshu.core.runtime.health import answers_http
from chengshu.core.runtime.home import publish, run_folder, withdraw
from chengshu.core.runtime.journal import Journal, LineSource
from chengshu.core.runtime.lifetime import bound_child
from chengshu.core.runtime.postgres import EmbeddedPostgres
from chengshu.kit.errors import Terminal

STEP_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60
GRACE_SECONDS = 20
HEALTH_SECONDS = 10
HUNG_SECONDS = 180
SUCCESS = "exit code 0"


class PreparationFailed(Terminal):
    """A step that must succeed before anything is served did not."""

    code = "preparation-failed"


@dataclass(frozen=True)
class Process:
    """One kind of child: its name in the log, its command, the address that shows it lives."""

    name: str
    argv: tuple[str, ...]
    health_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an installation runs. *environment* is given the database URL for the children.

    *preparations* run one after the other, to their end, before the *processes* start;
    *ready* is said once every process answers. Without *database_url* the embedded
    PostgreSQL of *home* is started.
    """

    home: Path
    processes: tuple[Process, ...]
    environment: Callable[[str], Mapping[str, str]]
    preparations: tuple[Process, ...] = ()
    database_url: str = ""
    ready: str = "ready"


class Child:
    """A process of the plan through all its lives."""

    def __init__(self, process: Process, output: int) -> None:
        self.process = process
        self.answered_at = 0.0
        self.has_answered = not process.health_url
        self._output = output
        self._popen: subprocess.Popen[bytes] | None = None
        self._swept = False

    @property
    def is_alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def reason(self) -> str:
        """How the last life ended."""
        code = self._popen.returncode if self._popen is not None else None
        if code is None or code >= 0:
            return f"exit code {code}"
        return signal.Signals(-code).name

    def spawn(self, environment: Mapping[str, str]) -> int:
        """Start a new life and return its process id."""
        self.answered_at = time.monotonic()
        self._swept = False
        self._popen = subprocess.Popen(  # noqa: S603 - commands of our own plan
            self.process.argv,
            env=environment,
            preexec_fn=bound_child(signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        return self._popen.pid

    def terminate(self) -> None:
        if self._popen is not None and self.is_alive:
            self._popen.terminate()

    def kill(self) -> None:
        """End it with all it started: its group may outlive it."""
        if self._popen is None or self._swept:
            return
        self._swept = not self.is_alive
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)


class Supervisor:
    """Runs a plan in the main thread, which the kernel ties the children's lives to."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._journal = Journal(plan.home)
        self._sources: list[LineSource] = []
        self._server = EmbeddedPostgres(plan.home / "postgres", output=self._pipe("postgres"))
        self._preparations = [self._child(process) for process in plan.preparations]
        self._children = [self._child(process) for process in plan.processes]
        self._stop = asyncio.Event()
        self._url = plan.database_url

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT or SIGHUP; raises CityError if it cannot begin."""
        try:
            asyncio.run(self._serve())
        finally:
            self._journal.close()

    async def _serve(self) -> None:
        self._listen()
        self._write_pid("up", os.getpid())
        try:
            if not self._plan.database_url:
                await self._steps(self._server.starting())
                self._on_database()
            for child in self._preparations:
                await self._prepare(child)
            await self._keep_everything()
        finally:
            self._stop.set()
            await asyncio.gather(*map(self._end, self._children))
            if not self._plan.database_url:
                withdraw(self._plan.home)
                await self._steps(self._server.stopping(), whatever_comes=True)
                self._pid_file("postgres").unlink(missing_ok=True)
            self._pid_file("up").unlink(missing_ok=True)
            self._drain()
            self._say("stopped")

    async def _keep_everything(self) -> None:
        async with asyncio.TaskGroup() as keepers:
            if not self._plan.database_url:
                keepers.create_task(self._keep_database())
            for child in self._children:
                keepers.create_task(self._keep(child))
                if child.process.health_url:
                    keepers.create_task(self._watch(child))

    async def _prepare(self, child: Child) -> None:
        if self._stop.is_set():
            return
        reason = await self._one_life(child)
        if self._stop.is_set():
            await self._end(child)
        elif reason != SUCCESS:
            self._drain()
            raise PreparationFailed(f"{child.process.name} ended ({reason}): its log says why")

    async def _one_life(self, child: Child) -> str:
        """Start *child*, wait until it ends or we are to stop, and say how it ended."""
        try:
            pid = child.spawn(self._plan.environment(self._url))
        except OSError as error:  # no memory or process ids left
            return f"not started: {error}"
        self._write_pid(child.process.name, pid)
        await self._until_ended(lambda: child.is_alive)
        if not child.is_alive:
            child.kill()
            self._pid_file(child.process.name).unlink(missing_ok=True)
        return child.reason

    async def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            began = time.monotonic()
            reason = await self._one_life(child)
            if self._stop.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._say(f"{child.process.name} ended ({reason}); again in {pause:g} s")
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _keep_database(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            await self._until_ended(lambda: self._server.has_process)
            if self._stop.is_set():
                return
            self._say("postgres ended; starting it again")
            try:
                await self._steps(self._server.starting())
                self._on_database()
                pause = FIRST_PAUSE_SECONDS
            except DatabaseFailed as error:
                self._say(f"{error.message}; again in {pause:g} s")
                await self._pause(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _on_database(self) -> None:
        """Publish where it is; children that were given another address start again."""
        if self._server.process is None or self._stop.is_set():
            return
        self._write_pid("postgres", self._server.process.pid)
        publish(self._plan.home, self._server.url)
        if self._url != self._server.url:
            self._url = self._server.url
            for child in self._children:
                child.terminate()

    async def _watch(self, child: Child) -> None:
        """Say when all answer for the first time; kill one that has stopped answering."""
        while not self._stop.is_set():
            if child.is_alive and await answers_http(child.process.health_url):
                child.answered_at = time.monotonic()
                self._has_answered(child)
            elif child.is_alive and time.monotonic() - child.answered_at > HUNG_SECONDS:
                self._say(f"{child.process.name} gave no answer for {HUNG_SECONDS} s: killing it")
                child.kill()
            await self._pause(HEALTH_SECONDS if child.has_answered else STEP_SECONDS)

    def _has_answered(self, child: Child) -> None:
        if child.has_answered:
            return
        child.has_answered = True
        if all(other.has_answered for other in self._children):
            self._say(self._plan.ready)

    async def _end(self, child: Child) -> None:
        child.terminate()
        give_up = time.monotonic() + GRACE_SECONDS
        while child.is_alive and time.monotonic() < give_up:
            await asyncio.sleep(STEP_SECONDS)
        child.kill()
        self._pid_file(child.process.name).unlink(missing_ok=True)

    async def _until_ended(self, lives: Callable[[], bool]) -> None:
        while lives() and not self._stop.is_set():
            await asyncio.sleep(STEP_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    async def _steps(self, steps: Iterable[None], *, whatever_comes: bool = False) -> None:
        for _ in steps:
            if self._stop.is_set() and not whatever_comes:
                return
            await asyncio.sleep(STEP_SECONDS / 5)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(sent, self._on_signal, sent)
        for source in self._sources:
            loop.add_reader(source.pipe, source.read)

    def _on_signal(self, sent: signal.Signals) -> None:
        if self._stop.is_set():
            self._say(f"{sent.name} again: killing what is left")
            for child in self._children:
                child.kill()
            return
        self._say(f"{sent.name}: stopping")
        self._stop.set()

    def _child(self, process: Process) -> Child:
        return Child(process, self._pipe(process.name))

    def _pipe(self, name: str) -> int:
        """The writing end of a pipe into the journal, for all lives of *name*."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._sources.append(LineSource(self._journal, name, reader))
        return writer

    def _drain(self) -> None:
        for source in self._sources:
            source.drain()

    def _write_pid(self, name: str, pid: int) -> None:
        self._pid_file(name).write_text(f"{pid}\n")

    def _pid_file(self, name: str) -> Path:
        return run_folder(self._plan.home) / f"{name}.pid"

    def _say(self, text: str) -> None:
        self._journal.line("up", text)
