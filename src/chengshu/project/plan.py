"""What ``chengshu up`` runs."""

import os
import sys
import time
from dataclasses import replace
from functools import partial
from typing import Any

from chengshu.core.runtime.doctor import is_alive, port_is_free, reachable
from chengshu.core.runtime.supervisor import Plan, Process
from chengshu.kit.errors import Terminal
from chengshu.project.config import Config

PREDECESSOR_SECONDS = 20
DEVICES = ("hj212", "jt808", "gb26875", "sl651", "meters")


class PortTaken(Terminal):
    """Another program listens where we should."""

    code = "port-taken"


def check_ports(config: Config) -> Config:
    """Raise PortTaken now rather than let a child fail again and again.

    Servers of ours whose supervisor was killed are given time to finish. An entrance whose port
    nobody set and another program has stays closed in the answer.
    """
    give_up = time.monotonic() + PREDECESSOR_SECONDS
    _await_port(config, "web", "port", give_up)
    _await_port(config, "ingest", "ingest_port", give_up)
    closed: dict[str, Any] = {}
    for name in entrances(config):
        try:
            _await_port(config, "ingest", f"{name}_port", give_up)
        except PortTaken:
            if _variable(f"{name}_port") in os.environ:  # noqa: TID251 - was it set or not
                raise
            closed[f"{name}_port"] = 0
    return replace(config, **closed)


def _await_port(config: Config, process: str, setting: str, give_up: float) -> None:
    port = getattr(config, setting)
    while not port_is_free(config.host, port):
        if is_alive(config.home, process) and time.monotonic() < give_up:
            time.sleep(0.1)
            continue
        raise PortTaken(
            f"Port {port} is taken by another program: stop it, or set {_variable(setting)}",
            where={"port": port},
        )


def _variable(setting: str) -> str:
    return f"CHENGSHU_{setting.upper()}"


def entrances(config: Config) -> dict[str, int]:
    """The open ports of the ingest process beside HTTP, by protocol."""
    names = DEVICES if config.mqtt_url else ("mqtt", *DEVICES)
    ports = {name: getattr(config, f"{name}_port") for name in names}
    return {name: port for name, port in ports.items() if port}


def plan(config: Config, *, demo: bool) -> Plan:
    web = f"http://{reachable(config.host)}:{config.port}"
    ingest = f"http://{reachable(config.host)}:{config.ingest_port}"
    ports = entrances(config)
    mqtt = f" and mqtt://{reachable(config.host)}:{ports['mqtt']}" if "mqtt" in ports else ""
    spoken = ", ".join(f"{name} {ports[name]}" for name in DEVICES if name in ports)
    devices = f" - devices at {spoken}" if spoken else ""
    return Plan(
        home=config.home,
        database_url=config.database_url,
        environment=partial(_environment, config),
        preparations=(
            _process("demo", "demo", "city") if demo else _process("migrate", "migrate"),
        ),
        processes=(
            _process("web", "web", health_url=f"{web}/health"),
            _process("ingest", "ingest", health_url=f"{ingest}/health"),
            _process("worker", "worker"),
            *([_process("devices", "demo", "devices")] if demo else []),
        ),
        ready=f"ready: {web}/ - observations at {ingest}/{mqtt}{devices} - Ctrl-C stops everything",
    )


def _process(name: str, *words: str, health_url: str = "") -> Process:
    return Process(name, (sys.executable, "-m", "chengshu.project.cli", *words), health_url)


def _environment(config: Config, database_url: str) -> dict[str, str]:
    ports = {f"{name}_port": 0 for name in ("mqtt", *DEVICES)}
    ports |= {f"{name}_port": port for name, port in entrances(config).items()}
    return {
        **os.environ,  # noqa: TID251 - children read the same settings
        **{_variable(setting): str(port) for setting, port in ports.items()},
        "CHENGSHU_DATABASE_URL": database_url,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
