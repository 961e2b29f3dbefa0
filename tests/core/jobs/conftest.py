from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry

from chengshu.core.jobs.runner import QUEUE, Job, jobs


@pytest.fixture
def lend_job() -> Iterator[Callable[..., None]]:
    """Register jobs for one test: ``lend_job(name, run)``."""
    with ExitStack() as lent:

        def lend(name: str, run: Callable[..., Any]) -> None:
            lent.enter_context(jobs.temporarily(name, Job(name, name, run)))

        yield lend


@pytest.fixture
def work_off() -> Callable[[], None]:
    """Run a worker, without schedules, until no job is left that may start now."""

    async def work() -> None:
        queue = app.with_connector(app.connector.get_worker_connector())
        queue.periodic_registry = PeriodicRegistry()
        async with queue.open_async():
            await queue.run_worker_async(
                queues=[QUEUE], wait=False, install_signal_handlers=False, listen_notify=False
            )

    return async_to_sync(work)


@pytest.fixture(autouse=True)
def _clean_queue(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue's tables are not ours, so the test database keeps them; threads keep nothing."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
