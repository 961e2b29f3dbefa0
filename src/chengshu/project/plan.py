"""What ``chengshu up`` runs."""

import os
import sys
import time

from chengshu.core.runtime.doctor import is_alive, port_is_free, reachable
from chengshu.core.runtime.supervisor import Plan, Process
from chengshu.kit.errors import Terminal
from chengshu.project.config import Config

PREDECESSOR_SECONDS = 20


class PortTaken(Terminal):
    """Another program listens where we should."""

    code = "port-taken"


def check_ports(config: Config) -> None:
    """Raise PortTaken now rather than let a child fail again and again.

    Servers of ours whose supervisor was killed are given time to finish.
    """
    give_up = time.monotonic() + PREDECESSOR_SECONDS
    for name, variable, port in _ports(config):
        while not port_is_free(config.host, port):
            if is_alive(config.home, name) and time.monotonic() < give_up:
                time.sleep(0.1)
                continue
            raise PortTaken(
                f"Port {port} is taken by another program: stop it, or set {variable}",
                where={"port": port},
            )


def _ports(config: Config) -> list[tuple[str, str, int]]:
    """The process, the setting and the number of every port that we open."""
    ports = [
        ("web", "CHENGSHU_PORT", config.port),
        ("ingest", "CHENGSHU_INGEST_PORT", config.ingest_port),
    ]
    if _has_broker(config):
        ports.append(("ingest", "CHENGSHU_MQTT_PORT", config.mqtt_port))
    return ports


def _has_broker(config: Config) -> bool:
    return bool(config.mqtt_port) and not config.mqtt_url


def plan(config: Config, *, demo: bool) -> Plan:
    web = f"http://{reachable(config.host)}:{config.port}"
    ingest = f"http://{reachable(config.host)}:{config.ingest_port}"
    mqtt = f" and mqtt://{reachable(config.host)}:{config.mqtt_port}" if _has_broker(config) else ""
    return Plan(
        home=config.home,
        database_url=config.database_url,
        environment=_environment,
        preparations=(
            _process("demo", "demo", "city") if demo else _process("migrate", "migrate"),
        ),
        processes=(
            _process("web", "web", health_url=f"{web}/health"),
            _process("ingest", "ingest", health_url=f"{ingest}/health"),
            _process("worker", "worker"),
            *([_process("devices", "demo", "devices")] if demo else []),
        ),
        ready=f"ready: {web}/ - observations at {ingest}/{mqtt} - Ctrl-C stops everything",
    )


def _process(name: str, *words: str, health_url: str = "") -> Process:
    return Process(name, (sys.executable, "-m", "chengshu.project.cli", *words), health_url)


def _environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,  # noqa: TID251 - children read the same settings
        "CHENGSHU_DATABASE_URL": database_url,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
