"""The place tree: province, city, district, street, community, grid cell."""

import pghistory
import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from .scope import Scope


class Level(models.TextChoices):
    """GB/T 2260 and GB/T 10114 levels, then the grid cell of GB/T 30428.1."""

    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    STREET = "street", _("Street")
    COMMUNITY = "community", _("Community")
    CELL = "cell", _("Grid cell")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
)
class Place(models.Model):
    """One node. *path* is ``/`` and the codes from the root down, each followed by ``/``.

    *outline* is a WKB (multi)polygon and *lon*, *lat* its label point, CGCS2000 degrees.
    """

    code = models.CharField(_("code"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    path = models.CharField(max_length=200, unique=True, editable=False)
    outline = models.BinaryField(null=True, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)

    scope = Scope(place="self", organisation="", grade="")

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="place_path_prefix")
        ]

    def __str__(self) -> str:
        return self.name
