"""The command ``chengshu``: a table of sub-commands; what they need is imported when they run."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chengshu.kit.errors import CityError
from chengshu.project import protocol
from chengshu.project.config import Config, Misconfigured

FAILED, MISUSED = 1, 2
UP_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Argument:
    flags: tuple[str, ...]
    options: dict[str, Any]


@dataclass(frozen=True)
class Command:
    """*run* gets the settings and the parsed arguments and returns the exit code."""

    name: str
    help: str
    run: Callable[[Config, argparse.Namespace], int | None]
    arguments: tuple[Argument, ...] = ()


def argument(*flags: str, **options: Any) -> Argument:
    return Argument(flags, options)


@contextmanager
def database(config: Config, command: str, *, lend: bool = False) -> Iterator[str]:
    """Make the database reachable for the settings, starting the embedded one if none is up."""
    from chengshu.core.runtime import home

    if config.database_url:
        yield config.database_url
        return
    with home.database(config.home, command, lend=lend) as url:
        os.environ["CHENGSHU_DATABASE_URL"] = url  # noqa: TID251 - the settings read it
        yield url


@contextmanager
def django(config: Config, command: str) -> Iterator[str]:
    """The database reachable and Django ready: what most commands need."""
    with database(config, command) as url:
        from django import setup

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.settings")  # noqa: TID251
        setup()
        yield url


def up(config: Config, args: argparse.Namespace) -> int:
    from chengshu.core.runtime.home import HomeBusy, held
    from chengshu.core.runtime.supervisor import Supervisor
    from chengshu.project.plan import check_ports, plan

    try:
        with held(config.home, "up", patience_seconds=UP_PATIENCE_SECONDS):
            config = check_ports(config)
            Supervisor(plan(config, demo=args.demo)).run()
    except HomeBusy as error:
        return _complain(error, MISUSED)
    return 0


def web(config: Config, args: argparse.Namespace) -> None:
    from chengshu.core.runtime.server import serve

    with database(config, "web", lend=True):
        serve("chengshu.project.asgi:application", config.host, config.port)


def ingest(config: Config, args: argparse.Namespace) -> None:
    from chengshu.core.runtime.server import serve

    application = "chengshu.project.ingest_asgi:application"
    with database(config, "ingest", lend=True):
        serve(application, config.host, config.ingest_port)


def worker(config: Config, args: argparse.Namespace) -> None:
    with database(config, "worker", lend=True):
        from chengshu.project import worker as entry

        entry.main()


def migrate(config: Config, args: argparse.Namespace) -> None:
    with django(config, "migrate"):
        from chengshu.core.runtime.schema import bring_up_to_date

        for name in bring_up_to_date():
            _say(f"applied {name}")
        _say("the database is up to date")


def doctor(config: Config, args: argparse.Namespace) -> int:
    from chengshu.core.runtime.doctor import Installation, examine
    from chengshu.project.checks import CHECKS

    installation = Installation(
        home=config.home,
        lake=config.lake,
        s3=config.s3,
        host=config.host,
        port=config.port,
        ingest_port=config.ingest_port,
        database=lambda: django(config, "doctor"),
    )
    return 0 if examine(CHECKS, installation) else FAILED


def token_create(config: Config, args: argparse.Namespace) -> None:
    with django(config, "token create"):
        from chengshu.core.access.policy import System
        from chengshu.core.administration.actions.tokens import create_token

        operator = System("command-line", frozenset({"access.create_token"}))
        _say(create_token(name=args.name, scope=args.scope, by=operator))


def administrators_create(config: Config, args: argparse.Namespace) -> None:
    with django(config, "administrators create"):
        from chengshu.core.administration.first import ROLES, make_first_administrators

        passwords = {name: f"Cs-{secrets.token_urlsafe(12)}" for name in ROLES}
        for user in make_first_administrators(passwords):
            _say(f"{user.username:<10} {passwords[user.username]}  ({user.name})")
        _say("each chooses a password of their own at first sign-in")


def terminals_import(config: Config, args: argparse.Namespace) -> None:
    with django(config, "terminals import"):
        from chengshu.core.access.policy import System
        from chengshu.hub.sensing.actions.imports import import_terminals

        allowed = ("import_terminals", "register_terminals", "define_properties")
        operator = System("command-line", frozenset(f"sensing.{name}" for name in allowed))
        report = import_terminals(args.file, by=operator)
        _say(f"{report.terminals} terminals, {report.datastreams} datastreams")
        for code in report.new_properties:
            _say(f"new property {code}: give it a name and a unit")


def demo(config: Config, args: argparse.Namespace) -> int | None:
    with django(config, "demo"):
        from chengshu.core.runtime.schema import bring_up_to_date
        from chengshu.project import demo as entry

        bring_up_to_date()
        return entry.main(args)


def replay_air_quality(config: Config, args: argparse.Namespace) -> int | None:
    with django(config, "replay air-quality"):
        from chengshu.apps.environment import replay

        return replay.main(args.folder, args.speed)


def backup(config: Config, args: argparse.Namespace) -> None:
    with django(config, "backup"):
        from chengshu.core.backup.taking import back_up

        made = back_up(args.target, keep=args.keep, progress=_progress, by="command-line")
        _say(f"{made.files} files of {made.bytes} bytes, database of {made.database.bytes} bytes")
        _say(f"the audit trail ends with the seal {made.seal}: keep a copy of it elsewhere")


def restore(config: Config, args: argparse.Namespace) -> None:
    from chengshu.core.backup.restoring import Destination, chosen, restore
    from chengshu.core.storage.place import storage_at

    with database(config, "restore") as url:
        lake = storage_at(config.lake, config.s3)
        backup = chosen(storage_at(args.target, config.s3), args.backup)
        brought = restore(backup, Destination(url=url, home=config.home, lake=lake), _progress)
        _say(f"everything is as it was at {brought.taken_at}; start with: chengshu up")


def protocol_decode(config: Config, args: argparse.Namespace) -> None:
    codec = protocol.codec(args.name)
    protocol.decode_lines(codec, sys.stdin.buffer, sys.stdout.buffer)


def job_start(config: Config, args: argparse.Namespace) -> None:
    with django(config, "job start"):
        from chengshu.core.jobs import runner

        run = runner.start(args.name, actor="command-line")
        _say(f"run {run.pk} of {run.job} waits for the worker")


def audit_verify(config: Config, args: argparse.Namespace) -> int:
    with django(config, "audit verify"):
        from chengshu.core.audit.chain import verify

        report = verify()
    if report.broken_at is None:
        _say(f"{report.lines} lines fit; the last seal is {report.seal}")
        return 0
    _say(f"line {report.broken_at} does not fit; the {report.lines} before it do")
    return FAILED


def manage(config: Config, args: argparse.Namespace) -> None:
    with django(config, "manage"):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["chengshu manage", *args.words])


COMMANDS = (
    Command(
        "up",
        "start everything and keep it running until Ctrl-C",
        up,
        (argument("--demo", action="store_true", help="with the invented demo city, live"),),
    ),
    Command("web", "serve pages and API only", web),
    Command("ingest", "take observations only", ingest),
    Command("worker", "run jobs and schedules only", worker),
    Command("migrate", "bring the database to this version", migrate),
    Command("doctor", "say what is wrong and what to do", doctor),
    Command(
        "administrators create",
        "make the first three administrators and print their passwords",
        administrators_create,
    ),
    Command(
        "token create",
        "print a new API token (Authorization: Bearer …)",
        token_create,
        (
            argument("name", help="who will use it"),
            argument("--scope", choices=("api", "ingest"), default="api", help="what it opens"),
        ),
    ),
    Command(
        "terminals import",
        "register terminals from a CSV file",
        terminals_import,
        (argument("file", type=Path, help="code, name, kind, property, lon, lat, place, owner"),),
    ),
    Command(
        "demo",
        "build the invented city, or play its devices",
        demo,
        (argument("part", nargs="?", choices=("city", "devices"), default="city"),),
    ),
    Command(
        "replay air-quality",
        "send hourly station files through the ingest interface",
        replay_air_quality,
        (
            argument("folder", type=Path, help="folder of the station files"),
            argument("--speed", type=float, default=0.0, help="hours per second; 0: no pauses"),
        ),
    ),
    Command(
        "backup",
        "write a backup of everything, beside a running installation",
        backup,
        (
            argument("target", help="folder or s3://bucket/prefix that holds the backups"),
            argument("--keep", type=int, default=0, help="forget all but the newest so many"),
        ),
    ),
    Command(
        "restore",
        "bring back a backup into an empty installation",
        restore,
        (
            argument("target", help="folder or s3://bucket/prefix that holds the backups"),
            argument("--backup", default="", help="which one; the newest unless told"),
        ),
    ),
    Command(
        "protocol decode",
        "print frames of devices, one a line in hexadecimal or text, as JSON",
        protocol_decode,
        (argument("name", choices=protocol.NAMES, help="the protocol"),),
    ),
    Command(
        "job start",
        "have the worker run a job now",
        job_start,
        (argument("name", help="as sensing.rebuild_rollups"),),
    ),
    Command("audit verify", "check the chain of audit lines", audit_verify),
    Command(
        "manage",
        "a command of Django, for developers",
        manage,
        (argument("words", nargs=argparse.REMAINDER),),
    ),
)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="chengshu", description="Chengshu (城枢), the city brain.")
    levels: dict[str, Any] = {"": top.add_subparsers(metavar="COMMAND", required=True)}
    for command in COMMANDS:
        group, _, name = command.name.rpartition(" ")
        if group not in levels:
            level = levels[""].add_parser(group, help=f"{group} …")
            levels[group] = level.add_subparsers(metavar="COMMAND", required=True)
        one = levels[group].add_parser(name, help=command.help, description=command.help)
        for each in command.arguments:
            one.add_argument(*each.flags, **each.options)
        one.set_defaults(run=command.run)
    return top


def main(words: list[str] | None = None) -> int:
    args = parser().parse_args(words)
    try:
        return args.run(Config.read(), args) or 0
    except Misconfigured as error:
        sys.stderr.write(f"chengshu: {error} [misconfigured]\n")
        return MISUSED
    except CityError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return 130


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total}" + ("\n" if done == total else ""))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(error: CityError, exit_code: int) -> int:
    sys.stderr.write(f"chengshu: {error.message} [{error.code}]\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
