"""Rows that were sent and not stored: what became of them, and how many there were."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Grade

from .ledger import Terminal


class Rejection(models.Model):
    """A row that was sent and not stored, kept as sent with the reason.

    *terminal* is whose it is, as far as that is known, and *grade* that terminal's, also when it
    changes; what nobody can be named for is sensitive, and seen by those without limits of place.
    *stated_…* are what the row says, as text, or what somebody has corrected it to; *code* and
    *message* are of the last attempt, *reason* is why it was dismissed.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be settled")
        REPLAYED = "replayed", _("Replayed")
        DISMISSED = "dismissed", pgettext_lazy("rejected row", "Dismissed")

    at = models.DateTimeField(_("received at"), auto_now_add=True, db_index=True)
    sender = models.CharField(_("sender"), max_length=80)
    entrance = models.CharField(_("entrance"), max_length=20)
    code = models.CharField(_("reason"), max_length=40, db_index=True)
    message = models.CharField(_("message"), max_length=300)
    row = models.JSONField(_("row"))
    terminal = models.ForeignKey(
        Terminal, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("terminal"),
    )  # fmt: skip
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.SENSITIVE
    )
    stated_terminal = models.CharField(_("code of the terminal"), max_length=80, blank=True)
    stated_property = models.CharField(_("datastream"), max_length=80, blank=True)
    stated_at = models.CharField(
        _("time"), max_length=80, blank=True, help_text="2026-11-21T08:00:00+08:00"
    )
    stated_value = models.CharField(_("value"), max_length=80, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_index=True
    )
    reason = models.CharField(_("why dismissed"), max_length=200, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=80, blank=True)

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="grade")

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


class RejectionCount(models.Model):
    """How many rows of a sender were *rejected* for a reason on a day, in the city's time zone.

    *not_kept* of them have no row of their own, as there had been enough, the last at
    *not_kept_at*. A sender speaks for terminals of many places, so a count belongs to none; like
    a row that nobody can be named for it is sensitive.
    """

    rejected_on = models.DateField(_("day"))
    sender = models.CharField(_("sender"), max_length=80)
    code = models.CharField(_("reason"), max_length=40)
    rejected = models.PositiveBigIntegerField(_("rows rejected"))
    not_kept = models.PositiveBigIntegerField(_("of these counted only"))
    not_kept_at = models.DateTimeField(_("last counted only at"), null=True, blank=True)
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.SENSITIVE
    )

    scope = Scope(place="", organisation="", grade="grade")

    class Meta:
        verbose_name = _("count of rejected rows")
        verbose_name_plural = _("rejected rows by day")
        ordering = ["-rejected_on", "sender", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "code", "rejected_on"], name="one_count_per_sender_reason_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.code} {self.rejected_on}"
