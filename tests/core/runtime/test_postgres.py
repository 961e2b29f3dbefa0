import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.core.runtime.conftest import eventually, runs

from chengshu.core.runtime.cluster import DatabaseFailed
from chengshu.core.runtime.postgres import EmbeddedPostgres

ORPHAN = """
import sys, time
from pathlib import Path
from chengshu.core.runtime.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.process.pid, flush=True)
time.sleep(1000)
"""


def answer(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def test_database_is_made_for_chinese_text_and_utc(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        encoding = answer(server.url, "SHOW server_encoding")
        zone = answer(server.url, "SHOW timezone")
        upper = answer(server.url, "SELECT upper('é') || length('城枢')")

    assert (encoding, zone, upper) == ("UTF8", "UTC", "É2")


def test_durable_database_syncs_its_writes(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg") as server:
        settings = [answer(server.url, f"SHOW {name}") for name in ("fsync", "synchronous_commit")]

    assert settings == ["on", "on"]


def test_password_is_asked_and_private(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        wrong = server.url.replace(":" + (folder / "pg" / "password").read_text(), ":wrong")

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)

    assert (folder / "pg" / "password").stat().st_mode & 0o077 == 0


def test_rows_and_address_outlive_a_restart(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        before = server.url
        with psycopg.connect(before) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert server.url == before
        assert answer(server.url, "SELECT number FROM kept") == 7


def test_another_port_is_chosen_when_ours_was_taken(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        before = server.port

    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", before))
        stranger.listen()
        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            assert server.port != before
            assert answer(server.url, "SELECT 1") == 1


def test_server_ends_with_its_killed_parent_and_the_next_one_takes_over(folder: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(folder / "pg")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()

    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert answer(server.url, "SELECT 1") == 1
        assert not runs(orphan)


def test_killed_server_starts_again_though_a_session_was_open(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg")
    server.start()
    assert server.process is not None
    with closing(psycopg.connect(server.url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        connection.commit()
        connection.execute("SELECT number FROM kept")

        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()

    assert answer(server.url, "SELECT number FROM kept") == 7
    server.stop()


def test_lock_file_naming_a_process_of_somebody_else_is_no_obstacle(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg", durable=False)
    server.start()
    assert server.process is not None
    owner = server.cluster.data.stat()
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    stranger = subprocess.Popen(["sleep", "1000"], user=owner.st_uid)
    lock = server.cluster.data / "postmaster.pid"
    lock.write_text(f"{stranger.pid}\n" + lock.read_text().partition("\n")[2])

    try:
        server.start()

        assert answer(server.url, "SELECT 1") == 1
    finally:
        server.stop()
        stranger.kill()
        stranger.wait()


def test_interrupted_preparation_is_begun_again(folder: Path) -> None:
    half_done = folder / "pg" / "data.new"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert answer(server.url, "SELECT 1") == 1


def test_folder_of_another_version_is_refused_untouched(folder: Path) -> None:
    cluster = folder / "pg" / "data"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n")

    with pytest.raises(DatabaseFailed, match="made by PostgreSQL 14"):
        EmbeddedPostgres(folder / "pg").start()

    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_missing_password_is_named(folder: Path) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        secret = server.folder / "password"
    secret.unlink()

    with pytest.raises(DatabaseFailed, match="password is missing"):
        EmbeddedPostgres(folder / "pg", durable=False).start()


def test_broken_settings_are_quoted_from_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        settings = server.cluster.data / "postgresql.conf"
    settings.write_text(settings.read_text() + "\nshared_buffers = 'many'\n")
    monkeypatch.setattr("chengshu.core.runtime.postgres.START_SECONDS", 0)

    with pytest.raises(DatabaseFailed, match='invalid value for parameter "shared_buffers"'):
        EmbeddedPostgres(folder / "pg", durable=False).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
class TestAsRoot:
    def test_another_account_serves_a_folder_that_all_may_enter(self, folder: Path) -> None:
        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            assert server.process is not None
            status = Path(f"/proc/{server.process.pid}/status").read_text()

        assert "Uid:\t0" not in status
        assert server.cluster.data.stat().st_uid != 0

    def test_user_namespace_serves_a_folder_closed_to_others(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)

        with EmbeddedPostgres(tmp_path / "pg", durable=False) as server:
            assert answer(server.url, "SELECT 1") == 1

        assert server.cluster.data.stat().st_uid == 0

    def test_folder_of_a_user_is_served_as_that_user(self, folder: Path) -> None:
        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            cluster = server.cluster.data
        for path in [cluster, *cluster.rglob("*")]:
            os.chown(path, 4321, 4321)

        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            assert answer(server.url, "SELECT 1") == 1

        assert cluster.stat().st_uid == 4321

    def test_server_of_a_user_namespace_ends_with_its_parent(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        parent = subprocess.Popen(
            [sys.executable, "-c", ORPHAN, str(tmp_path / "pg")], stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())

        parent.kill()
        parent.communicate()

        assert eventually(lambda: not runs(orphan), seconds=15)
