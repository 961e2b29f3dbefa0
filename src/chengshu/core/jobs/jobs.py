"""The platform's own loops and jobs."""

import threading
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

from chengshu.core.access.attempts import forget_old_attempts
from chengshu.core.events.dispatch import dispatch_until
from chengshu.core.events.models import OutboxEvent

from .loops import Loop, loops
from .models import JobRun
from .runner import Progress, job

KEPT_DAYS = 30
LOOK_SECONDS = 15.0

loops.add("outbox", Loop("outbox", dispatch_until))


def revive_until(stop: threading.Event) -> None:
    """Queue the runs of dead workers again, until *stop*."""
    while not stop.wait(LOOK_SECONDS):
        revive()


loops.add("revive", Loop("revive", revive_until))


@async_to_sync
async def revive() -> int:
    """Queue again what a worker was doing when it died; the number of runs."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for queued in stalled:
        try:
            await app.job_manager.retry_job(queued, retry_at=timezone.now())
        except UniqueViolation:  # the schedule has queued the next run already
            await _give_up(queued)
    return len(stalled)


async def _give_up(queued: Job) -> None:
    row = await ProcrastinateJob.objects.aget(pk=queued.id or 0)
    await app.job_manager.finish_job(queued, Status.FAILED, delete_job=True)
    await JobRun.objects.filter(pk=row.args["run"]).aupdate(
        state=JobRun.State.FAILED,
        ended_at=timezone.now(),
        result={"error": {"code": "worker-died"}},
    )


@job("jobs.tidy", _("Remove old queue entries, events and sessions"), schedule="17 3 * * *")
def tidy(progress: Progress) -> dict[str, Any]:
    """Runs, the audit trail and history stay; what only served their delivery goes."""
    now = timezone.now()
    before = now - timedelta(days=KEPT_DAYS)
    async_to_sync(app.job_manager.delete_old_jobs)(
        KEPT_DAYS * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )
    events, _by_model = OutboxEvent.objects.filter(delivered_at__lt=before).delete()
    sessions, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    return {"attempts": forget_old_attempts(before), "events": events, "sessions": sessions}
