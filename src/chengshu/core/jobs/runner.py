"""Declare jobs; start them by hand or by schedule; run them once each in the worker."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job as QueuedJob

from chengshu.core.words import Words
from chengshu.kit.errors import CityError, Transient
from chengshu.kit.registry import Registry

from .models import JobRun

log = logging.getLogger(__name__)


class Progress:
    """What a job reports while it runs; cheap to call, written at most once a second."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._written = timezone.now()

    def __call__(self, done: int, total: int) -> None:
        self._run.done, self._run.total = done, total
        if (now := timezone.now()).timestamp() - self._written.timestamp() >= 1 or done == total:
            self._run.save(update_fields=["done", "total"])
            self._written = now


@dataclass(frozen=True)
class Job:
    """*run* takes the progress and the job's JSON arguments; it returns a small JSON report.

    *schedule* is a cron line in the city's zone; a scheduled job takes no arguments.
    """

    name: str
    title: Words
    run: Callable[..., dict[str, Any] | None]
    schedule: str = ""


jobs: Registry[Job] = Registry("job", Job)


class RetryTransient(BaseRetryStrategy):
    """Only a Transient failure is worth another try, ever later, six times."""

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        if not isinstance(exception, Transient) or job.attempts >= 6:
            return None
        return RetryDecision(retry_in={"seconds": 5 * 2**job.attempts})


def job(
    name: str, title: Words, *, schedule: str = ""
) -> Callable[[Callable[..., dict[str, Any] | None]], Callable[..., dict[str, Any] | None]]:
    """Register a job."""

    def register(
        run: Callable[..., dict[str, Any] | None],
    ) -> Callable[..., dict[str, Any] | None]:
        jobs.add(name, Job(name, title, run, schedule))
        if schedule:
            tick = app.task(name=f"tick.{name}", queue="jobs", queueing_lock=f"tick.{name}")(
                lambda timestamp: perform(_begin(name, "schedule").id, {})
            )
            app.periodic(cron=schedule)(tick)
        return run

    return register


@app.task(name="jobs.perform", queue="jobs", retry=RetryTransient())
def perform(run: int, arguments: dict[str, Any]) -> None:
    """Run job run *run*; its end, good or bad, is written whatever happens."""
    row = JobRun.objects.get(pk=run)
    row.state, row.started_at = JobRun.State.RUNNING, timezone.now()
    row.save(update_fields=["state", "started_at"])
    try:
        row.result = jobs[row.job].run(Progress(row), **arguments) or {}
        row.state = JobRun.State.DONE
    except CityError as error:
        row.state, row.result = JobRun.State.FAILED, error.as_json()
        raise
    except Exception:
        row.state, row.result = JobRun.State.FAILED, {"error": {"code": "bug"}}
        log.exception("job %s failed", row.job)
        raise
    finally:
        row.ended_at = timezone.now()
        row.save()


def start(name: str, *, actor: str, arguments: dict[str, Any] | None = None) -> JobRun:
    """Queue a run of job *name* with the current transaction."""
    jobs[name]
    run = _begin(name, actor)
    transaction.on_commit(lambda: perform.defer(run=run.id, arguments=arguments or {}))
    return run


def _begin(name: str, actor: str) -> JobRun:
    return JobRun.objects.create(job=name, actor=actor)
