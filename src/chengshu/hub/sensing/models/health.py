"""How well streams and terminals are: the limits, the present states, the past."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded

from .ledger import Terminal
from .rules import TerminalKind
from .streams import Datastream, ObservedProperty

LONGEST = 12
MOST_STEPS = 30
"""How many of a stream's last steps are remembered."""
AT_LEAST_ONE = MinValueValidator(1)


@recorded()
class HealthRule(models.Model):
    """When streams of a property, of terminals of a kind, count as ill; empty holds for all.

    The one that names the property counts before the one that names the kind; where there is
    none, the defaults of the fields hold. Late and silent are counted in intervals of the stream.
    It jumps when more than *jump_times* of its last *jump_within* steps are too large. Its clock
    is wrong when *clock_reports* in a row come dated more than *ahead_seconds* after, or
    steadily more than *behind_seconds* (at least two intervals) before they are received.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=TerminalKind.choices, blank=True)
    observed_property = models.ForeignKey(
        ObservedProperty,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("observed property"),
    )
    late_intervals = models.FloatField(
        _("late after intervals"), default=1.5, validators=[MinValueValidator(1.0)]
    )
    silent_intervals = models.FloatField(
        _("silent after intervals"), default=3.0, validators=[MinValueValidator(1.0)]
    )
    frozen_reports = models.PositiveSmallIntegerField(
        _("frozen after equal values"), default=12, validators=[MinValueValidator(2)]
    )
    range_reports = models.PositiveSmallIntegerField(
        _("out of range after values"), default=3, validators=[AT_LEAST_ONE]
    )
    jump_times = models.PositiveSmallIntegerField(_("jumping after more steps than"), default=3)
    jump_within = models.PositiveSmallIntegerField(
        _("among the last steps"),
        default=12,
        validators=[AT_LEAST_ONE, MaxValueValidator(MOST_STEPS)],
    )
    clock_reports = models.PositiveSmallIntegerField(
        _("clock wrong after reports"), default=3, validators=[AT_LEAST_ONE]
    )
    ahead_seconds = models.PositiveIntegerField(_("clock ahead by seconds"), default=120)
    behind_seconds = models.PositiveIntegerField(_("clock behind by seconds"), default=3600)
    source = models.CharField(_("source"), max_length=200, blank=True)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("health rule")
        verbose_name_plural = _("health rules")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "observed_property"],
                nulls_distinct=False,
                name="one_health_rule_per_kind_and_property",
            )
        ]

    def __str__(self) -> str:
        parts = (self.get_kind_display() if self.kind else "", self.observed_property)
        return " · ".join(str(part) for part in parts if part) or str(_("Everything"))


class StreamState(models.Model):
    """What a stream last said and how it has been going; written by the lake's follower only.

    *same_since* and *same_count* span the run of equal values that ends with *value*;
    *outside_since* and *outside_count* that of values outside the normal range. *jumps* has a bit
    for each of the last steps, the newest lowest. *lag_seconds* is how much later than *at* it
    was *received_at*, *lag_count* how many receptions in a row were that far off. *refused_at* is
    when it was last refused for its time or range. *since* is when *health* began.
    """

    datastream = models.OneToOneField(
        Datastream, models.CASCADE, primary_key=True, related_name="state"
    )
    at = models.DateTimeField(db_index=True)
    value = models.FloatField()
    quality = models.PositiveSmallIntegerField()
    same_since = models.DateTimeField()
    same_count = models.PositiveIntegerField()
    outside_since = models.DateTimeField(null=True)
    outside_count = models.PositiveIntegerField(default=0)
    jumps = models.BigIntegerField(default=0)
    lag_seconds = models.FloatField(null=True)
    lag_count = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    health = models.CharField(
        max_length=LONGEST, choices=Terminal.Health.choices, default=Terminal.Health.ONLINE
    )
    since = models.DateTimeField(null=True)

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
        _("health"), max_length=LONGEST, choices=Terminal.Health.choices, db_index=True
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("terminal state")
        verbose_name_plural = _("terminal states")

    def __str__(self) -> str:
        return f"{self.terminal_id}: {self.health}"


class HealthPeriod(models.Model):
    """From when until when a terminal was in a health; written by the lake's follower only.

    *trouble_since* is when the trouble began that it is in, or that ended as it became well.
    """

    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="+")
    health = models.CharField(max_length=LONGEST, choices=Terminal.Health.choices)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    trouble_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("health period")
        verbose_name_plural = _("health periods")
        constraints = [
            models.UniqueConstraint(
                fields=["terminal"], condition=Q(until=None), name="one_present_health"
            )
        ]
        indexes = [models.Index(fields=["terminal", "since"], name="sensing_health_past")]

    def __str__(self) -> str:
        return f"{self.terminal_id}: {self.health} {self.since:%Y-%m-%d %H:%M}"
