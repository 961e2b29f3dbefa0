"""Observations that say more than a number at a time."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from chengshu.hub.sensing.models import Datastream

from .described import FeatureOfInterest
from .streams import MultiDatastream


class Observation(models.Model):
    """One observation that does not fit a row of the lake; see `identity` for its id.

    *at* is the phenomenon time, or its beginning when it lasts *until*. A finite number as
    *result* of a datastream stands in the lake as well, at the same time.
    """

    id = models.BigAutoField(primary_key=True)
    datastream = models.ForeignKey(
        Datastream,
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    multi = models.ForeignKey(
        MultiDatastream,
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    feature = models.ForeignKey(
        FeatureOfInterest, models.CASCADE, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True)
    result_at = models.DateTimeField(null=True, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    quality = models.JSONField(null=True, blank=True)
    parameters = models.JSONField(null=True, blank=True)
    changed_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)

    class Meta:
        verbose_name = _("observation with details")
        verbose_name_plural = _("observations with details")
        triggers = [
            pgtrigger.Trigger(
                name="change_is_dated",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="NEW.changed_at := clock_timestamp(); RETURN NEW;",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["datastream", "at"], name="one_observation_at_a_time"),
            models.UniqueConstraint(fields=["multi", "at"], name="one_array_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(datastream=None) ^ models.Q(multi=None),
                name="observation_of_one_stream",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.result} ({self.at:%Y-%m-%d %H:%M})"
