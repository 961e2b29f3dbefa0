import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import connection

from chengshu.core.events.dispatch import dispatch_until
from chengshu.core.events.outbox import Event, Subscriber, emit, event_types, subscribers
from chengshu.core.jobs.loops import Loop, keep_running, loops
from chengshu.core.jobs.models import JobRun
from chengshu.core.jobs.runner import start
from chengshu.core.jobs.worker import work_off_queue

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = (0.01, 0.02)


@dataclass(frozen=True)
class LampFailed(Event):
    type: ClassVar[str] = "lamp.failed"
    permission: ClassVar[str] = "lamps.view_lamp"
    lamp: str


def eventually(is_true: Callable[[], bool], seconds: float = 20) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if is_true():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def running(loop: Loop):
    stop = threading.Event()
    thread = threading.Thread(target=keep_running, args=(loop, stop, QUICK))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def cut_all_connections() -> None:
    """What a restart of PostgreSQL does to everybody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_loop_that_fails_is_started_again_until_stopped():
    lives = []

    def fail(stop: threading.Event) -> None:
        lives.append(1)
        raise ArithmeticError

    with running(Loop("failing", fail)):
        assert eventually(lambda: len(lives) >= 3)


def test_pauses_grow_while_a_loop_fails():
    begun = []

    def fail(stop: threading.Event) -> None:
        begun.append(time.monotonic())
        raise ArithmeticError

    stop = threading.Event()
    thread = threading.Thread(
        target=keep_running, args=(Loop("failing", fail), stop, (0.0, 0.05, 0.2, 60.0))
    )
    thread.start()
    assert eventually(lambda: len(begun) == 3)
    stop.set()
    thread.join(5)

    assert 0.05 <= begun[1] - begun[0] < begun[2] - begun[1]


def test_outbox_is_delivered_as_soon_as_committed_also_after_the_database_was_away():
    heard = []
    listener = Subscriber("first", LampFailed, lambda happened: heard.append(happened.lamp))
    with (
        event_types.temporarily(LampFailed.type, LampFailed),
        subscribers.temporarily("first", listener),
        running(Loop("outbox", dispatch_until)),
    ):
        emit(LampFailed("a"))
        assert eventually(lambda: heard == ["a"])
        cut_all_connections()
        emit(LampFailed("b"))

        assert eventually(lambda: heard == ["a", "b"])


def test_queue_is_worked_off_also_after_the_database_was_away(lend_job):
    lend_job("test.mark", lambda progress: None)
    with running(Loop("jobs", work_off_queue)):
        start("test.mark", actor="li-na")
        assert eventually(lambda: done("test.mark") == 1)
        cut_all_connections()
        start("test.mark", actor="li-na")

        assert eventually(lambda: done("test.mark") == 2)


def done(name: str) -> int:
    return JobRun.objects.filter(job=name, state="done").count()


def test_platform_s_own_loops_are_registered():
    assert {"outbox", "revive"} <= {loop.name for loop in loops}


def test_worker_process_works_and_ends_on_sigterm():
    command = ["env", f"CHENGSHU_DATABASE_URL={_url_of_the_test_database()}", sys.executable]
    program = "from chengshu.project.worker import main; main()"
    worker = subprocess.Popen([*command, "-c", program], stderr=subprocess.PIPE)
    try:
        run = start("jobs.tidy", actor="li-na")

        def is_done() -> bool:
            run.refresh_from_db()
            return run.state == "done"

        assert eventually(is_done, 60)
        worker.send_signal(signal.SIGTERM)
        _, errors = worker.communicate(timeout=30)
    finally:
        worker.kill()
        worker.wait()

    assert worker.returncode == 0, errors.decode()[-2000:]


def _url_of_the_test_database() -> str:
    at = connection.settings_dict
    return f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
