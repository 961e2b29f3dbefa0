"""What terminals observe: properties and datastreams."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope, Sharing
from chengshu.core.words import Words

from .announcing import announced
from .ledger import Terminal


def _days_kept(title: Words) -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(
        title, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(36_600)]
    )


class ObservedProperty(models.Model):
    """What can be observed. *unit* is a UCUM code known to kit.units.

    Values outside *lowest* and *highest* are physically impossible and refused; those outside
    *normal_low* and *normal_high* are possible and not plausible. A constant value at or below
    *quiet_below* is normal (no rain, detection limit) and never called frozen. *largest_step* is
    how far two successive values may lie apart that are at most *step_seconds* apart in time. A
    property with *battery_low* is the charge of a battery, low below that.
    The *kept* fields say for how many days observations and their rollups are kept; empty is for
    ever.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("unit"), max_length=20)
    lowest = models.FloatField(_("lowest"), null=True, blank=True)
    highest = models.FloatField(_("highest"), null=True, blank=True)
    normal_low = models.FloatField(_("normal from"), null=True, blank=True)
    normal_high = models.FloatField(_("normal up to"), null=True, blank=True)
    quiet_below = models.FloatField(_("constant is normal up to"), null=True, blank=True)
    largest_step = models.FloatField(
        _("largest step"), null=True, blank=True, validators=[MinValueValidator(0.0)]
    )
    step_seconds = models.PositiveIntegerField(_("steps within seconds"), default=3600)
    battery_low = models.FloatField(_("battery is low below"), null=True, blank=True)
    observations_kept = _days_kept(_("days to keep observations"))
    minutes_kept = _days_kept(_("days to keep minutes"))
    hours_kept = _days_kept(_("days to keep hours"))
    days_kept = _days_kept(_("days to keep days"))

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("observed property")
        verbose_name_plural = _("observed properties")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Datastream(models.Model):
    """One observed property of one terminal; its id is the lake's stream number.

    *code* is what the terminal calls it in its messages: the code of the property, unless it
    observes one property several times. *interval_seconds* is how often it promises to report.
    """

    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="datastreams", verbose_name=_("terminal")
    )
    observed_property = models.ForeignKey(
        ObservedProperty, models.PROTECT, related_name="+", verbose_name=_("observed property")
    )
    code = models.CharField(_("code"), max_length=80)
    interval_seconds = models.PositiveIntegerField(_("interval in seconds"), default=300)

    scope = Scope(
        place="terminal__place",
        organisation="terminal__owner",
        grade="terminal__grade",
        sharing=Sharing("sensing.ReuseRequest", "terminal", link="terminal_id"),
    )

    class Meta:
        verbose_name = _("datastream")
        verbose_name_plural = _("datastreams")
        ordering = ["terminal", "code"]
        constraints = [
            models.UniqueConstraint(fields=["terminal", "code"], name="one_stream_per_code")
        ]
        triggers = [announced()]

    def __str__(self) -> str:
        return f"{self.terminal} · {self.code}"
