"""What SensorThings says about datastreams and observed properties beyond the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.hub.sensing.models import Datastream, ObservedProperty, Terminal

from .described import FeatureOfInterest, Sensor

MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


class PropertyDetails(models.Model):
    """*definition* is a URI; null: derived from the ledger's code."""

    observed_property = models.OneToOneField(
        ObservedProperty,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        related_query_name="details",
        verbose_name=_("observed property"),
    )
    name = models.TextField(null=True, blank=True)  # noqa: DJ001 - null is "as the ledger says"
    definition = models.TextField(null=True, blank=True)  # noqa: DJ001 - the same
    description = models.TextField(null=True, blank=True)  # noqa: DJ001 - the same
    properties = models.JSONField(null=True, blank=True)
    is_made_here = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("description of an observed property")
        verbose_name_plural = _("descriptions of observed properties")

    def __str__(self) -> str:
        return self.name or str(self.observed_property)


class DatastreamDetails(models.Model):
    """*unit* is a unitOfMeasurement object as given; *feature* is what the stream is about.

    Null: the ledger's unit, the terminal's own sensor, the terminal's own place.
    """

    datastream = models.OneToOneField(
        Datastream,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        related_query_name="details",
        verbose_name=_("datastream"),
    )
    name = models.TextField(null=True, blank=True)  # noqa: DJ001 - null is "as the ledger says"
    description = models.TextField(null=True, blank=True)  # noqa: DJ001 - the same
    properties = models.JSONField(null=True, blank=True)
    unit = models.JSONField(null=True, blank=True)
    observation_type = models.CharField(max_length=200, default=MEASUREMENT)
    sensor = models.ForeignKey(Sensor, models.PROTECT, null=True, blank=True, related_name="+")
    feature = models.ForeignKey(
        FeatureOfInterest, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_made_here = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("description of a datastream")
        verbose_name_plural = _("descriptions of datastreams")

    def __str__(self) -> str:
        return self.name or str(self.datastream)


class MultiDatastream(models.Model):
    """A stream whose results are arrays: one element for each of its properties, in order."""

    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="+", verbose_name=_("terminal")
    )
    sensor = models.ForeignKey(Sensor, models.PROTECT, null=True, blank=True, related_name="+")
    feature = models.ForeignKey(
        FeatureOfInterest, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.TextField(_("name"))
    description = models.TextField(_("description"))
    properties = models.JSONField(_("properties"), null=True, blank=True)
    observation_type = models.CharField(max_length=200)
    data_types = models.JSONField()
    units = models.JSONField()

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="terminal__grade")

    class Meta:
        verbose_name = _("multi datastream")
        verbose_name_plural = _("multi datastreams")

    def __str__(self) -> str:
        return self.name


class MultiProperty(models.Model):
    """The property at *position* of the results of a multi datastream."""

    multi = models.ForeignKey(MultiDatastream, models.CASCADE, related_name="parts")
    observed_property = models.ForeignKey(ObservedProperty, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("property of a multi datastream")
        verbose_name_plural = _("properties of multi datastreams")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["multi", "position"], name="one_property_per_position")
        ]

    def __str__(self) -> str:
        return f"{self.multi} [{self.position}]"
