"""The watch over limits."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import System
from chengshu.core.jobs.runner import Progress, job

from . import timeline
from .events import CaseOverdue
from .models import Case
from .states import OPEN, STAGE_OF, State

CLOCK = System("clock", frozenset())
BATCH = 500


@job("cases.find_overdue", _("Find overdue cases"), schedule="* * * * *")
def find_overdue(progress: Progress) -> dict[str, Any]:
    """Mark the cases whose stage has run out and tell the city once for each."""
    found = 0
    while marked := _mark_some():
        found += marked
        progress(found, found)
    return {"overdue": found}


@transaction.atomic
def _mark_some() -> int:
    now = timezone.now()
    late = list(
        Case.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("unit", "place", "type")
        .filter(state__in=OPEN, due_at__lt=now, overdue_at=None)
        .order_by("due_at")[:BATCH]
    )
    for case in late:
        assert case.due_at is not None
        stage = STAGE_OF[State(case.state)]
        case.overdue_at = now
        due_at = case.due_at.isoformat()
        facts = {"stage": stage.value, "due_at": due_at}
        timeline.write(case, "overdue", at=now, by=CLOCK, before=case.state, facts=facts)
        key = f"case-overdue:{case.code}:{stage.value}:{due_at}"
        timeline.tell(case, now, CaseOverdue, key=key, stage=stage.value, due_at=due_at)
    Case.objects.bulk_update(late, ["overdue_at"])
    return len(late)
