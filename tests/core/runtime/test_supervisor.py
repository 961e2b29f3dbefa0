import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.runtime.conftest import SmallCity, eventually, runs, tree


def test_stopping_ends_every_process_and_withdraws_the_address(small_city: SmallCity) -> None:
    popen = small_city.start()
    small_city.is_ready()
    family = tree(popen.pid)

    exit_code = small_city.stop()

    assert exit_code == 0
    assert len(family) > 5
    assert not any(map(runs, family))
    assert [path.name for path in (small_city.home / "run").iterdir()] == ["lock"]


def test_what_was_written_is_there_after_stop_and_start(small_city: SmallCity) -> None:
    small_city.start()
    assert small_city.is_ready()
    assert eventually(lambda: small_city.beats() > 0)
    before, address = small_city.beats(), small_city.url()
    small_city.stop()

    small_city.start()

    assert small_city.is_ready(times=2)
    assert small_city.beats() >= before
    assert small_city.url() == address


@pytest.mark.parametrize("name", ["web", "worker"])
def test_killed_child_starts_again(small_city: SmallCity, name: str) -> None:
    small_city.start()
    small_city.is_ready()
    killed = small_city.pid(name)
    family = tree(killed)

    os.kill(killed, signal.SIGKILL)

    assert eventually(lambda: small_city.pid(name) not in (0, killed))
    assert eventually(lambda: not any(map(runs, family)))
    assert eventually(small_city.answers)


def test_killed_server_worker_starts_again(small_city: SmallCity) -> None:
    small_city.start()
    small_city.is_ready()
    server = small_city.pid("web")
    [granian_worker] = tree(server) - {server}

    os.kill(granian_worker, signal.SIGKILL)

    assert eventually(lambda: len(tree(small_city.pid("web")) - {granian_worker}) == 2)
    assert eventually(small_city.answers)
    assert small_city.pid("web") == server


def test_killed_supervisor_leaves_no_process_behind(small_city: SmallCity) -> None:
    popen = small_city.start()
    small_city.is_ready()
    family = tree(popen.pid)

    small_city.stop(signal.SIGKILL)

    assert len(family) > 5
    assert eventually(lambda: not any(map(runs, family)), seconds=15)


def test_city_starts_at_once_after_its_supervisor_was_killed(small_city: SmallCity) -> None:
    small_city.start()
    assert small_city.is_ready()
    assert eventually(lambda: small_city.beats() > 0)
    before = small_city.beats()
    small_city.stop(signal.SIGKILL)

    small_city.start()

    assert small_city.is_ready(times=2)
    assert small_city.beats() >= before


def test_killed_database_comes_back_under_the_same_address(small_city: SmallCity) -> None:
    small_city.start()
    assert small_city.is_ready()
    assert eventually(lambda: small_city.beats() > 0)
    killed, address = small_city.pid("postgres"), small_city.url()
    worker = small_city.pid("worker")

    os.kill(killed, signal.SIGKILL)

    assert eventually(lambda: small_city.pid("postgres") not in (0, killed))
    before = small_city.beats()
    assert eventually(lambda: small_city.beats() > before)
    assert small_city.url() == address
    assert small_city.pid("worker") == worker


def test_failed_preparation_is_reported_and_nothing_is_served(small_city: SmallCity) -> None:
    small_city.words = ("--fails",)

    popen = small_city.start()
    _, complaint = popen.communicate(timeout=60)

    assert popen.returncode == 1
    assert "prepare ended (exit code 3)" in complaint
    assert "[preparation-failed]" in complaint
    assert not small_city.answers()


def test_second_up_of_a_home_is_refused(small_city: SmallCity) -> None:
    popen = small_city.start()
    small_city.is_ready()

    done = subprocess.run(
        [sys.executable, "-m", "chengshu.project.cli", "up"],
        env=os.environ | {"CHENGSHU_HOME": str(small_city.home), "CHENGSHU_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert f"in use by `chengshu up` (process {popen.pid})" in done.stderr
    assert runs(popen.pid)


def test_two_installations_run_side_by_side(
    small_city: SmallCity, folder: Path, free_port: int
) -> None:
    neighbour = SmallCity(folder / "other", free_port - 1)
    small_city.start()
    neighbour.start()

    both_ready = small_city.is_ready() and neighbour.is_ready()
    addresses = {small_city.url(), neighbour.url()}
    neighbour.bury()

    assert both_ready
    assert len(addresses) == 2


def test_city_runs_as_an_ordinary_user(small_city: SmallCity) -> None:
    small_city.wrapper = _as_ordinary_user(small_city.home.parent)

    small_city.start()

    assert small_city.is_ready()
    assert eventually(lambda: small_city.beats() > 0)
    assert small_city.stop() == 0


def _as_ordinary_user(folder: Path) -> tuple[str, ...]:
    """How root becomes somebody else here: another account, else a user namespace."""
    if os.geteuid() != 0:
        return ()
    os.chmod(folder, 0o777)  # noqa: S103 - the other account makes its home here
    account = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    for wrapper in (account, namespace):
        probe = "import subprocess, sys; subprocess.check_call([sys.executable, '-V'])"
        done = subprocess.run(
            [*wrapper, sys.executable, "-c", probe], capture_output=True, check=False
        )
        if done.returncode == 0:
            return wrapper
    pytest.skip("root can become nobody else here: Python is not reachable for other accounts")
