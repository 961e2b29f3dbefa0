"""How far the rollups of observations have come, and what is no longer kept."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.lake.models import Follower

from .announcing import announced
from .streams import ObservedProperty


class RollupProgress(models.Model):
    """The rollups hold all hours before *until* with everything up to the follower's snapshot.

    Its row is locked by whoever writes rollups or removes observations.
    """

    follower = models.OneToOneField(Follower, models.CASCADE, primary_key=True, related_name="+")
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("rollup progress")
        verbose_name_plural = _("rollup progress")

    def __str__(self) -> str:
        return f"{self.follower}, {self.until:%Y-%m-%d %H:%M}"


class KeptSince(models.Model):
    """From when on each level of a property is there; what lies before was removed by retention.

    Times are starts of days of the city and only ever move on. Null: nothing was removed. Rollups
    before *observations* are final: there is nothing left to compute them from.
    """

    observed_property = models.OneToOneField(
        ObservedProperty, models.CASCADE, primary_key=True, related_name="kept_since"
    )
    observations = models.DateTimeField(_("observations"), null=True)
    minutes = models.DateTimeField(_("minutes"), null=True)
    hours = models.DateTimeField(_("hours"), null=True)
    days = models.DateTimeField(_("days"), null=True)

    class Meta:
        verbose_name = _("kept since")
        verbose_name_plural = _("kept since")
        triggers = [announced()]

    def __str__(self) -> str:
        return f"{self.observed_property}: {self.observations}"
