"""`Record`: the base of every ledger."""

import uuid
from collections.abc import Callable
from typing import TypeVar

import pghistory
import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope

M = TypeVar("M", bound=type[models.Model])


def recorded(*, exclude: list[str] | None = None) -> Callable[[M], M]:
    """Keep every version of a model's rows, written by triggers, with who and how beside it.

    Changes of *exclude* alone make no version.
    """
    track: Callable[[M], M] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=exclude,
        level=pgtrigger.Statement,
    )
    return track


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
    place = models.ForeignKey(
        Place, models.PROTECT, db_index=False, related_name="+", verbose_name=_("place")
    )
    owner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.INTERNAL
    )
    lon = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    lat = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    outline = models.BinaryField(null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)

    scope = Scope()

    class Meta:
        abstract = True
        ordering = ["code"]
        indexes = [
            # Answers filter, order, search and count of a list without reading the rows.
            models.Index(
                fields=["place", "owner", "code"],
                include=["id", "name", "grade", "valid_to"],
                name="%(app_label)s_%(class)s_list",
            ),
            models.Index(fields=["name"], name="%(app_label)s_%(class)s_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file on its way in: kept between the preview of an import and its confirmation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ledger = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return self.name
