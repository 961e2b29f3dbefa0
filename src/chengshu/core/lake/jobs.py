"""Upkeep of the lake, beside running writers and readers."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.jobs.runner import Progress, job

from . import installation, upkeep
from .models import Follower
from .tables import lake_tables

KEEP = timedelta(days=7)
"""How far back a question about the past of the lake reaches."""
GRACE = timedelta(hours=1)


@job("lake.upkeep", _("Tidy the lake"), schedule="*/10 * * * *")
def tidy(progress: Progress) -> dict[str, Any]:
    """Merge small files, forget old snapshots, remove files that nobody needs."""
    lake = installation.current()
    lake.ensure()
    report: dict[str, Any] = {}
    for done, table in enumerate(lake_tables):
        progress(done, len(lake_tables) + 1)
        compacted = upkeep.compact(lake, table)
        report[table.name] = {"files_before": compacted.before, "files_after": compacted.after}
    followers = list(Follower.objects.values_list("snapshot", flat=True))
    report["snapshots_forgotten"] = upkeep.expire(lake, keep=KEEP, followers=followers)
    report["files_removed"] = upkeep.clean(lake, grace=GRACE)
    progress(len(lake_tables) + 1, len(lake_tables) + 1)
    return report
