"""Departments, enterprises and their tree."""

import pghistory
import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope


class Kind(models.TextChoices):
    GOVERNMENT = "government", _("Government")
    DEPARTMENT = "department", _("Department")
    INSTITUTION = "institution", _("Public institution")
    ENTERPRISE = "enterprise", _("Enterprise")
    TEAM = "team", _("Team")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
)
class Organisation(models.Model):
    """One organisation. *path* is ``/`` and the codes from the root down, each followed by ``/``.

    *credit_code* is the unified social credit code (GB 32100-2015) where it has one.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    credit_code = models.CharField(_("credit code"), max_length=18, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    path = models.CharField(max_length=250, unique=True, editable=False)
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", verbose_name=_("place served")
    )

    scope = Scope(organisation="self", grade="")

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["code"]
        indexes = [
            models.Index(
                fields=["path"], opclasses=["text_pattern_ops"], name="organisation_path_prefix"
            )
        ]

    def __str__(self) -> str:
        return self.name
