"""Terminals as Things, and where they have been."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.hub.sensing.models import Terminal

from .described import Location


class ThingDetails(models.Model):
    """What a Thing says beyond the ledger's terminal; null: the ledger's own words.

    *is_made_here*: the terminal came through SensorThings and may be removed through it.
    """

    terminal = models.OneToOneField(
        Terminal,
        models.CASCADE,
        primary_key=True,
        related_name="+",
        related_query_name="thing",
        verbose_name=_("terminal"),
    )
    name = models.TextField(null=True, blank=True)  # noqa: DJ001 - null is "as the ledger says"
    description = models.TextField(null=True, blank=True)  # noqa: DJ001 - the same
    properties = models.JSONField(null=True, blank=True)
    is_made_here = models.BooleanField(default=False)
    locations = models.ManyToManyField(Location, related_name="things")

    class Meta:
        verbose_name = _("thing")
        verbose_name_plural = _("things")

    def __str__(self) -> str:
        return self.name or str(self.terminal)


class HistoricalLocation(models.Model):
    """Where *terminal* was from *at* on."""

    terminal = models.ForeignKey(
        Terminal, models.CASCADE, related_name="+", verbose_name=_("terminal")
    )
    at = models.DateTimeField(_("time"))
    locations = models.ManyToManyField(Location, related_name="history")

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="terminal__grade")

    class Meta:
        verbose_name = _("historical location")
        verbose_name_plural = _("historical locations")

    def __str__(self) -> str:
        return f"{self.terminal} {self.at:%Y-%m-%d %H:%M}"
