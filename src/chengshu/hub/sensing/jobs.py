"""What sensing does in the worker: follow the lake, end what is over."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import System
from chengshu.core.jobs.loops import Loop, loops
from chengshu.core.jobs.runner import Progress, job

from . import follow
from .actions.rejections import forget_rejections
from .actions.reuse import expire_reuse
from .remembering import forget_changes
from .rollups import retention, rolling
from .subscriptions import delivering

CALENDAR = System("calendar", frozenset({"sensing.expire_reuse", "sensing.forget_rejections"}))

loops.add(follow.NAME, Loop(follow.NAME, follow.run))
loops.add(delivering.NAME, Loop(delivering.NAME, delivering.run))
loops.add(rolling.NAME, Loop(rolling.NAME, rolling.run))


@job("sensing.expire_reuse", _("End reuse whose day has passed"), schedule="5 0 * * *")
def end_reuse(progress: Progress) -> dict[str, Any]:
    """The right to read ended with its day; this says so on the request."""
    return {"ended": expire_reuse(by=CALENDAR, today=timezone.localdate())}


@job("sensing.forget_rejections", _("Remove old rejected rows"), schedule="25 3 * * *")
def forget_rejected(progress: Progress) -> dict[str, Any]:
    """Rows that were rejected longer ago than the setting says go, settled or not."""
    before = timezone.now() - timedelta(days=settings.CHENGSHU.rejection_days)
    return {"removed": forget_rejections(by=CALENDAR, before=before)}


@job("sensing.forget_changes", _("Remove old notes of ledger changes"), schedule="45 3 * * *")
def forget_ledger_changes(progress: Progress) -> dict[str, Any]:
    """What has been read of the ledger is remembered for an hour at most."""
    return {"removed": forget_changes(timezone.now() - timedelta(days=2))}


@job("sensing.rebuild_rollups", _("Compute all rollups of observations anew"))
def rebuild_rollups(progress: Progress) -> dict[str, Any]:
    """Until it is through, questions are answered from the observations themselves: right, but
    slower. Started again after a kill, it begins again."""
    now = timezone.now()
    with rolling.holding(now) as found:
        start = rolling.begin(found.follower, now).until
    hours, days = 0, (now - start).days + 1
    is_last = False
    while not is_last:
        step = rolling.step(now)
        hours, is_last = hours + step.hours, step.is_last
        progress(min((step.until - start).days, days), days)
    progress(days, days)
    return {"hours": hours, "since": start.isoformat()}


@job("sensing.retention", _("Remove observations that are no longer kept"), schedule="35 1 * * *")
def retain_observations(progress: Progress) -> dict[str, Any]:
    """As many days as each observed property says, day by day; killed, it goes on the next time."""
    return {"removed": retention.retain(timezone.now(), progress)}
