"""The worker process: the job queue, the outbox and every registered loop, until told to stop."""

import asyncio
import logging
import signal
import threading
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from .loops import Loop, keep_running, loops
from .runner import QUEUE

log = logging.getLogger(__name__)

JOBS_AT_ONCE = 2
GRACE_SECONDS = 15.0
STEP_SECONDS = 0.3


def work(stop: threading.Event) -> None:
    """Run everything until *stop*; returns when all have ended or the grace is over."""
    threads = [
        threading.Thread(target=keep_running, args=(loop, stop), name=loop.name, daemon=True)
        for loop in (Loop("jobs", work_off_queue), *loops)
    ]
    for thread in threads:
        thread.start()
    log.info("working: %s", ", ".join(thread.name for thread in threads))
    while not stop.wait(STEP_SECONDS):
        pass
    for thread in threads:
        thread.join(GRACE_SECONDS)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; for the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def work_off_queue(stop: threading.Event) -> None:
    asyncio.run(_work_off_queue(stop))


async def _work_off_queue(stop: threading.Event) -> None:
    """Runs of killed workers are queued again first, and whenever a worker has died."""
    await sync_to_async(connections.close_all)()  # the schedule defers in that thread
    queue = app.with_connector(DjangoConnector().get_worker_connector())
    async with queue.open_async():
        working = asyncio.create_task(
            queue.run_worker_async(
                queues=[QUEUE],
                concurrency=JOBS_AT_ONCE,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                delete_jobs="successful",
            )
        )
        try:
            while not (stop.is_set() or working.done()):
                await asyncio.wait({working}, timeout=STEP_SECONDS)
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
