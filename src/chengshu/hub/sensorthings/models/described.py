"""What is described by a document in some encoding: where, with what, and what was observed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Grade


class Described(models.Model):
    """The properties that Location, Sensor and FeatureOfInterest share (OGC 18-088, 8.2)."""

    name = models.TextField(_("name"))
    description = models.TextField(_("description"))
    encoding = models.CharField(_("encoding"), max_length=200)
    properties = models.JSONField(_("properties"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Standing(models.Model):
    """Whose it is and who may see it."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    owner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.INTERNAL
    )

    scope = Scope()

    class Meta:
        abstract = True


class Location(Described, Standing):
    """Where things are or were; *location* is GeoJSON, CGCS2000 degrees, for that encoding."""

    location = models.JSONField(_("location"))

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")


class Sensor(Described):
    """The procedure by which a datastream is observed; public within the city, as a manual is."""

    metadata = models.JSONField(_("metadata"))

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("sensor description")
        verbose_name_plural = _("sensor descriptions")


class FeatureOfInterest(Described, Standing):
    """What observations are about; *location* is the one it was made from, if it was."""

    feature = models.JSONField(_("feature"))
    location = models.OneToOneField(
        Location, models.SET_NULL, null=True, blank=True, related_name="feature"
    )

    class Meta:
        verbose_name = _("feature of interest")
        verbose_name_plural = _("features of interest")
