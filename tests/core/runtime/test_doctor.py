import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from tests.buckets import NOWHERE, bucket

from chengshu.core.runtime import doctor
from chengshu.core.runtime.cluster import DatabaseFailed
from chengshu.core.runtime.doctor import Check, Installation, Result, examine
from chengshu.core.runtime.home import run_folder
from chengshu.core.storage.access import Access
from chengshu.core.storage.place import storage_at


@pytest.fixture
def installation(tmp_path: Path, free_port: int) -> Installation:
    return make(tmp_path, free_port)


def make(
    home: Path,
    port: int,
    database: Callable[[], AbstractContextManager[str]] = lambda: nullcontext("unused"),
) -> Installation:
    return Installation(
        home=home,
        lake=str(home / "lake"),
        s3=Access(),
        host="127.0.0.1",
        port=port,
        ingest_port=port,
        database=database,
    )


def test_good_results_print_one_line_each(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = Check("clock", lambda _: Result(True, "right", "set it"))

    assert examine([fine], installation)
    assert capsys.readouterr().out == "ok   clock: right\n"


def test_failed_check_prints_its_remedy_and_the_others_still_run(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Check("disk", lambda _: Result(False, "full", "Make room."))
    fine = Check("clock", lambda _: Result(True, "right"))

    assert not examine([bad, fine], installation)
    assert capsys.readouterr().out == "FAIL disk: full\n     -> Make room.\nok   clock: right\n"


def test_database_that_does_not_start_is_a_result(
    tmp_path: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def broken() -> Iterator[str]:
        raise DatabaseFailed("initdb failed")
        yield

    installation = make(tmp_path, free_port, broken)

    assert not examine([Check("database", doctor.database)], installation)
    assert capsys.readouterr().out == "FAIL database: initdb failed [database-failed]\n"


def test_machine_of_the_tests_is_well(installation: Installation) -> None:
    results = [
        check(installation)
        for check in (doctor.python, doctor.clock, doctor.web_port, doctor.worker)
    ]

    assert [result for result in results if not result.ok] == []


def test_folder_is_left_as_it_was(tmp_path: Path) -> None:
    result = doctor.writable(tmp_path, "CHENGSHU_HOME")

    assert "GB free" in result.message
    assert list(tmp_path.iterdir()) == []


def test_a_lake_in_object_storage_is_written_to(installation: Installation) -> None:
    with bucket() as shop:
        remote = replace(installation, lake=shop.address, s3=shop.access)

        assert doctor.lake_folder(remote).ok
        assert list(storage_at(shop.address, shop.access).sizes("")) == []


def test_object_storage_that_does_not_answer_is_said(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    remote = replace(installation, lake="s3://city/lake", s3=NOWHERE)

    assert not examine([Check("lake folder", doctor.lake_folder)], remote)
    assert "[storage-unreachable]" in capsys.readouterr().out


def test_port_of_another_program_is_found(installation: Installation) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", installation.port))
        stranger.listen()

        result = doctor.web_port(installation)

    assert not result.ok
    assert result.message == f"port {installation.port} is taken by another program"
    assert "CHENGSHU_PORT" in result.remedy


@pytest.mark.parametrize("check", [doctor.web_port, doctor.worker])
def test_process_missing_under_a_running_supervisor_is_found(
    installation: Installation, check: Callable[[Installation], Result]
) -> None:
    (run_folder(installation.home) / "up.pid").write_text(str(os.getpid()))

    assert not check(installation).ok


@pytest.mark.django_db
def test_database_is_reached_migrated_and_of_our_time(installation: Installation) -> None:
    result = doctor.database(installation)

    assert result.ok
    assert result.message.startswith("PostgreSQL ")
    assert result.message.endswith(", 0 migrations to apply")
