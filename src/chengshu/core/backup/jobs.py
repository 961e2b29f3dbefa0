"""The nightly backup, where the installation names a folder for it."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengshu.core.jobs.runner import Progress, job
from chengshu.kit.errors import Invalid

from .taking import back_up

NIGHTLY = "30 1 * * *"


@job("backup.take", _("Back up"), schedule=NIGHTLY if settings.CHENGSHU.backup else "")
def take(progress: Progress) -> dict[str, Any]:
    """Back up to where the settings say and forget the oldest there."""
    config = settings.CHENGSHU
    if not config.backup:
        raise Invalid("No place for backups is set", where={"setting": "CHENGSHU_BACKUP"})
    return asdict(back_up(config.backup, keep=config.backup_keep, progress=progress, by="schedule"))
