"""Runs of jobs, so that long work shows progress and can be left and found again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope


class JobRun(models.Model):
    """One run. *done* of *total* steps; *result* is a sentence or a small JSON report."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    job = models.CharField(_("job"), max_length=80, db_index=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    actor = models.CharField(_("actor"), max_length=80)
    done = models.PositiveBigIntegerField(_("steps done"), default=0)
    total = models.PositiveBigIntegerField(_("steps in all"), default=0)
    result = models.JSONField(_("result"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.job} {self.id}"
