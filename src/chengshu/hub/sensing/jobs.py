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
from .subscriptions import delivering

CALENDAR = System("calendar", frozenset({"sensing.expire_reuse", "sensing.forget_rejections"}))

loops.add(follow.NAME, Loop(follow.NAME, follow.run))
loops.add(delivering.NAME, Loop(delivering.NAME, delivering.run))


@job("sensing.expire_reuse", _("End reuse whose day has passed"), schedule="5 0 * * *")
def end_reuse(progress: Progress) -> dict[str, Any]:
    """The right to read ended with its day; this says so on the request."""
    return {"ended": expire_reuse(by=CALENDAR, today=timezone.localdate())}


@job("sensing.forget_rejections", _("Remove old rejected rows"), schedule="25 3 * * *")
def forget_rejected(progress: Progress) -> dict[str, Any]:
    """Rows that were rejected longer ago than the setting says go, settled or not."""
    before = timezone.now() - timedelta(days=settings.CHENGSHU.rejection_days)
    return {"removed": forget_rejections(by=CALENDAR, before=before)}
