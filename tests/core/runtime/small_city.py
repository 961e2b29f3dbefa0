"""An installation in small, run as a script: a web server, a worker, and their database.

small_city.py HOME PORT [--fails]
"""

import sys
from collections.abc import Awaitable, Callable
from os import environ
from pathlib import Path
from typing import Any

from chengshu.core.runtime.home import held
from chengshu.core.runtime.supervisor import Plan, Process, Supervisor
from chengshu.kit.errors import CityError

WEB = """
import sys
from chengshu.core.runtime.server import serve
serve("small_city:application", "127.0.0.1", int(sys.argv[1]))
"""
PREPARE = """
import os, psycopg, sys
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS beats (at timestamptz)")
sys.exit(int(sys.argv[1]))
"""
WORKER = """
import os, psycopg, time
while True:
    try:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("INSERT INTO beats VALUES (now())")
    except psycopg.OperationalError:
        print("no database")
    time.sleep(0.05)
"""


async def application(
    scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})


def plan(home: Path, port: str, *, fails: bool) -> Plan:
    python = (sys.executable, "-c")
    surroundings = {
        **environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    return Plan(
        home=home,
        environment=lambda url: {**surroundings, "DATABASE_URL": url},
        preparations=(Process("prepare", (*python, PREPARE, "3" if fails else "0")),),
        processes=(
            Process("web", (*python, WEB, port), f"http://127.0.0.1:{port}/"),
            Process("worker", (*python, WORKER)),
        ),
        ready="all are here",
    )


def main(home: Path, port: str, *, fails: bool) -> int:
    try:
        with held(home, "up"):
            Supervisor(plan(home, port, fails=fails)).run()
    except CityError as error:
        sys.stderr.write(f"{error.message} [{error.code}]\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], fails="--fails" in sys.argv))
