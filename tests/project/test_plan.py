import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ports import free_port

from chengshu.core.runtime.home import run_folder
from chengshu.project import plan as module
from chengshu.project.config import Config
from chengshu.project.plan import PortTaken, check_ports, plan


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.read(
        {
            "CHENGSHU_HOME": str(tmp_path),
            "CHENGSHU_PORT": str(free_port()),
            "CHENGSHU_INGEST_PORT": str(free_port()),
            "CHENGSHU_MQTT_PORT": str(free_port()),
        }
    )


def test_three_processes_run_after_the_migrations(config: Config) -> None:
    made = plan(config, demo=False)

    assert [each.name for each in made.preparations] == ["migrate"]
    assert [each.name for each in made.processes] == ["web", "ingest", "worker"]
    assert f"http://127.0.0.1:{config.port}/" in made.ready


def test_demo_adds_its_city_and_its_devices(config: Config) -> None:
    made = plan(config, demo=True)

    assert [each.name for each in made.preparations] == ["demo"]
    assert [each.name for each in made.processes] == ["web", "ingest", "worker", "devices"]


def test_children_are_told_the_database(config: Config) -> None:
    made = plan(config, demo=False)

    assert made.environment("postgresql://there")["CHENGSHU_DATABASE_URL"] == "postgresql://there"


def test_the_address_of_the_embedded_broker_is_told(config: Config) -> None:
    assert f"mqtt://127.0.0.1:{config.mqtt_port} " in plan(config, demo=False).ready


@pytest.mark.parametrize("other", [{"mqtt_port": 0}, {"mqtt_url": "mqtt://broker"}])
def test_no_broker_of_ours_is_told_where_none_listens(config: Config, other: dict) -> None:
    assert "mqtt" not in plan(replace(config, **other), demo=False).ready


def test_port_taken_by_another_program_is_named(config: Config) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", config.ingest_port))
        stranger.listen()

        with pytest.raises(PortTaken, match=f"Port {config.ingest_port} .* CHENGSHU_INGEST_PORT"):
            check_ports(config)


def test_servers_of_a_killed_supervisor_get_time_to_finish(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_folder(config.home) / "web.pid").write_text(str(os.getpid()))
    predecessor = socket.socket()
    predecessor.bind(("127.0.0.1", config.port))
    predecessor.listen()
    monkeypatch.setattr(module.time, "sleep", lambda seconds: predecessor.close())

    check_ports(config)

    assert predecessor.fileno() == -1
