"""What terminals observe: properties, datastreams, and what each stream last said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope, Sharing

from .announcing import announced
from .ledger import Terminal


class ObservedProperty(models.Model):
    """What can be observed. *unit* is a UCUM code known to kit.units.

    Values outside *lowest* and *highest* are physically impossible and refused. A constant value
    at or below *quiet_below* is normal (no rain, detection limit) and never called frozen.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("unit"), max_length=20)
    lowest = models.FloatField(_("lowest"), null=True, blank=True)
    highest = models.FloatField(_("highest"), null=True, blank=True)
    quiet_below = models.FloatField(_("constant is normal up to"), null=True, blank=True)

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


class StreamState(models.Model):
    """What a stream last said and how long it has said so; written by the lake's follower only.

    *same_since* and *same_count* span the run of equal values that ends with *value*.
    """

    datastream = models.OneToOneField(
        Datastream, models.CASCADE, primary_key=True, related_name="state"
    )
    at = models.DateTimeField(db_index=True)
    value = models.FloatField()
    quality = models.PositiveSmallIntegerField()
    same_since = models.DateTimeField()
    same_count = models.PositiveIntegerField()
    health = models.CharField(
        max_length=8, choices=Terminal.Health.choices, default=Terminal.Health.ONLINE
    )

    class Meta:
        verbose_name = _("stream state")
        verbose_name_plural = _("stream states")

    def __str__(self) -> str:
        return f"{self.datastream_id}: {self.value} ({self.at:%Y-%m-%d %H:%M})"


class TerminalState(models.Model):
    """The health of a terminal: the worst of its streams, and since when."""

    terminal = models.OneToOneField(
        Terminal, models.CASCADE, primary_key=True, related_name="current"
    )
    health = models.CharField(
        _("health"), max_length=8, choices=Terminal.Health.choices, db_index=True
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("terminal state")
        verbose_name_plural = _("terminal states")

    def __str__(self) -> str:
        return f"{self.terminal_id}: {self.health}"
