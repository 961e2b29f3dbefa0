"""The audit trail: append-only lines, each sealing the one before."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope


class AuditLine(models.Model):
    """One act or refusal. *seal* is SM3 over the line's content and the previous seal.

    *details* names what was touched by code and count; it never holds personal data.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("time"), db_index=True)
    actor = models.CharField(_("actor"), max_length=80, db_index=True)
    action = models.CharField(_("action"), max_length=80, db_index=True)
    target = models.CharField(_("target"), max_length=120)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    address = models.CharField(_("address"), max_length=45, blank=True)
    details = models.JSONField(_("details"), default=dict)
    seal = models.BinaryField(max_length=32)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("audit line")
        verbose_name_plural = _("audit lines")
        ordering = ["-id"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.action}"


class AuditHead(models.Model):
    """The end of the chain, written with each line, so that lines cut off its end are missed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    lines = models.BigIntegerField(_("lines"))
    seal = models.BinaryField(max_length=32)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("end of the audit trail")
        verbose_name_plural = _("ends of the audit trail")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_end_of_the_trail"),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.lines}"
