"""`Record`: the base of every ledger."""

import functools

import pghistory
import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope

recorded = functools.partial(
    pghistory.track,
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
)
"""Keep every version of a model's rows, written by triggers, with who and how beside it."""


class Grade(models.IntegerChoices):
    """Data grades of GB/T 43697-2024 in the city's four steps."""

    OPEN = 1, _("Open")
    INTERNAL = 2, _("Internal")
    SENSITIVE = 3, _("Sensitive")
    CORE = 4, _("Core")


class Record(models.Model):
    """A row of a ledger: what it is, where it is, whose it is and who may see it.

    *lon*, *lat* are CGCS2000 degrees; *outline* is WKB in the same system where the thing is not a
    point. A retired row keeps its history and its code.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    owner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.INTERNAL
    )
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    outline = models.BinaryField(null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)

    scope = Scope()

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
