import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from chengshu.core.runtime import home
from chengshu.core.runtime.home import HomeBusy, database, held, published

HOLD = """
import sys, time
from pathlib import Path
from chengshu.core.runtime.home import held
with held(Path(sys.argv[1]), "up"):
    print("held", flush=True)
    time.sleep(1000)
"""


def test_held_home_names_its_holder(tmp_path: Path) -> None:
    with (
        held(tmp_path, "up"),
        pytest.raises(HomeBusy, match="in use by `chengshu up`") as refused,
        held(tmp_path, "web"),
    ):
        pass

    assert refused.value.where["command"] == "up"


def test_home_is_free_once_its_holder_was_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()

    with held(tmp_path, "up"):
        pass


def test_command_starts_a_database_for_itself_and_ends_it(folder: Path) -> None:
    with database(folder, "token create") as url, psycopg.connect(url) as connection:
        answered = connection.execute("SELECT 1").fetchone()

    assert answered == (1,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_lent_database_is_used_by_other_commands(folder: Path) -> None:
    with database(folder, "web", lend=True) as lent, database(folder, "token create") as used:
        assert used == lent

    assert published(folder) is None


def test_database_of_a_brief_command_is_not_lent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "WAIT_SECONDS", 0)

    with (
        database(folder, "token create"),
        pytest.raises(HomeBusy, match="chengshu token create"),
        database(folder, "migrate"),
    ):
        pass


def test_address_left_by_a_killed_supervisor_is_not_believed(tmp_path: Path) -> None:
    home.publish(tmp_path, "postgresql://chengshu:x@127.0.0.1:1/chengshu")

    assert published(tmp_path) is None


def test_published_address_is_private(tmp_path: Path) -> None:
    home.publish(tmp_path, "postgresql://chengshu:x@127.0.0.1:1/chengshu")

    assert (tmp_path / "run" / "database.url").stat().st_mode & 0o077 == 0
