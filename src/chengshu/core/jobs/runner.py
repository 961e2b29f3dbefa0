"""Declare jobs; start them by hand or by schedule; run them once each in the worker."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as QueuedJob

from chengshu.core.words import Words
from chengshu.kit.errors import CityError, Transient
from chengshu.kit.registry import Registry

from .models import JobRun

log = logging.getLogger(__name__)

QUEUE = "jobs"
MOST_ATTEMPTS = 6
FIRST_RETRY_SECONDS = 5
WRITE_SECONDS = 1.0

Run = Callable[..., dict[str, Any] | None]


class Progress:
    """What a job reports while it runs; cheap to call, written at most once a second."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._written_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        self._run.done, self._run.total = done, total
        now = time.monotonic()
        if now - self._written_at >= WRITE_SECONDS or done == total:
            self._run.save(update_fields=["done", "total"])
            self._written_at = now


@dataclass(frozen=True)
class Job:
    """*run* takes the progress and the job's JSON arguments; it returns a small JSON report.

    A run that is killed starts again from its beginning, so *run* may meet its own traces.
    *schedule* is a cron line in the city's zone; a scheduled job takes no arguments and is left
    out while its last run has not ended.
    """

    name: str
    title: Words
    run: Run
    schedule: str = ""


jobs: Registry[Job] = Registry("job", Job)


class RetryTransient(BaseRetryStrategy):
    """Only a Transient failure is worth another try, ever later."""

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        if not is_worth_another_try(exception, job.attempts):
            return None
        return RetryDecision(retry_in={"seconds": FIRST_RETRY_SECONDS * 2**job.attempts})


def is_worth_another_try(exception: BaseException, attempts: int) -> bool:
    return isinstance(exception, Transient) and attempts < MOST_ATTEMPTS


def job(name: str, title: Words, *, schedule: str = "") -> Callable[[Run], Run]:
    """Register a job."""

    def register(run: Run) -> Run:
        jobs.add(name, Job(name, title, run, schedule))
        if schedule:

            def tick(timestamp: int) -> None:
                start_scheduled(name)

            app.periodic(cron=schedule)(app.task(name=f"tick.{name}", queue=QUEUE)(tick))
        return run

    return register


@app.task(name="jobs.perform", queue=QUEUE, retry=RetryTransient(), pass_context=True)
def perform(context: JobContext, run: int, arguments: dict[str, Any]) -> None:
    """Run job run *run*; its end, good or bad, is written whatever happens."""
    row = JobRun.objects.get(pk=run)
    row.state, row.started_at = JobRun.State.RUNNING, timezone.now()
    row.save(update_fields=["state", "started_at"])
    try:
        row.result = jobs[row.job].run(Progress(row), **arguments) or {}
        row.state = JobRun.State.DONE
    except CityError as error:
        again = is_worth_another_try(error, context.job.attempts)
        row.state = JobRun.State.WAITING if again else JobRun.State.FAILED
        row.result = error.as_json()
        raise
    except Exception:
        row.state, row.result = JobRun.State.FAILED, {"error": {"code": "bug"}}
        log.exception("job %s failed", row.job)
        raise
    finally:
        row.ended_at = None if row.state == JobRun.State.WAITING else timezone.now()
        row.save()


def start(name: str, *, actor: str, arguments: dict[str, Any] | None = None) -> JobRun:
    """Queue a run of job *name* with the current transaction."""
    jobs[name]
    run = _begin(name, actor)
    transaction.on_commit(lambda: _defer(run, arguments or {}))
    return run


def start_scheduled(name: str) -> JobRun | None:
    """Queue a run of job *name*, unless its last scheduled one still waits to begin.

    One run at a time: the queue holds the next back until the last has ended.
    """
    lock = f"scheduled.{name}"
    try:
        with transaction.atomic():
            run = _begin(name, "schedule")
            perform.configure(lock=lock, queueing_lock=lock).defer(run=run.pk, arguments={})
    except AlreadyEnqueued:
        log.warning("job %s still waits; this run is left out", name)
        return None
    return run


def _begin(name: str, actor: str) -> JobRun:
    return JobRun.objects.create(job=name, actor=actor)


def _defer(run: JobRun, arguments: dict[str, Any]) -> None:
    perform.defer(run=run.pk, arguments=arguments)
