"""One PostgreSQL, home and lake per session; settings are read only after they exist."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import django
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from chengshu.core.runtime.postgres import EmbeddedPostgres
from tests.fresh import Fresh

# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile(
    "chengshu", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
hypothesis_settings.load_profile("chengshu")

LONGEST = ("browser", "slow", "")
BROWSER = "tests/e2e/"
KEPT = ("CHENGSHU_TEST_DATABASE_URL", "CHENGSHU_SHARED")


def _prepare_installation() -> None:
    """Point CHENGSHU_* at a fresh installation, whatever the developer's shell has set."""
    for name in [n for n in os.environ if n.startswith("CHENGSHU_") and n not in KEPT]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="chengshu-test-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o711)
    os.environ["CHENGSHU_HOME"] = str(home)
    os.environ["CHENGSHU_LAKE"] = str(home / "lake")
    os.environ["CHENGSHU_DATABASE_URL"] = _database(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"
    settings.INSTALLED_APPS.insert(-1, "tests.core.records.streetlights")
    django.setup()


def _database(home: Path) -> str:
    given = os.environ.get("CHENGSHU_TEST_DATABASE_URL")
    if given:
        return given
    server = EmbeddedPostgres(home / "postgres", durable=False)
    atexit.register(server.stop)
    return server.start()


_prepare_installation()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Workers of the test runner inherit our environment; with the settings named there, Django
    would be set up before this file gives them an installation of their own."""
    if session.config.getoption("numprocesses", None):
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: LONGEST.index(_mark(item)))


def _mark(item: pytest.Item) -> str:
    return next(mark for mark in LONGEST if not mark or item.get_closest_marker(mark))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of a file stay in one worker, those in a browser too: they share one city."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return BROWSER if file.startswith(BROWSER) else file

    config.option.loadscopereorder = False
    return ByFileAndBrowser(config, log)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The server ends with the session: its databases need no end of their own, which a session
    that is still open would refuse."""
    return "CHENGSHU_TEST_DATABASE_URL" not in os.environ


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """As Django's, with a quicker way back to it."""
    with django_db_blocker.unblock():
        fresh = Fresh()
    TransactionTestCase._fixture_teardown = lambda _self: fresh.put_back()


@pytest.fixture(autouse=True)
def _async_thread_keeps_no_connection():
    """Views called from an event loop share one thread for ever: a connection left there is dead
    after a test that cuts all of them, and the next test would trip over it."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def _places_are_looked_up_anew():
    """A rolled-back test leaves the same version of the places with other contents."""
    from chengshu.core.places import locate

    locate.forget()


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder of public data that tests compare with; absent outside development machines."""
    folder = Path(os.environ.get("CHENGSHU_SHARED") or pytestconfig.rootpath.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no public data in {folder}: set CHENGSHU_SHARED")
    return folder.resolve()
