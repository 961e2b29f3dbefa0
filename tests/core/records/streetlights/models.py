from django.db import models

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Record, recorded


class Circuit(models.Model):
    """A ledger of the plainest kind: no place, no owner, no history."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@recorded()
class Lamp(Record):
    class State(models.TextChoices):
        WORKING = "working", "Working"
        FAILED = "failed", "Failed"

    kind = models.CharField("kind", max_length=10, choices=[("led", "LED"), ("sodium", "Sodium")])
    state = models.CharField("state", max_length=10, choices=State.choices, default=State.WORKING)
    watts = models.PositiveSmallIntegerField("watts", null=True, blank=True)
    lit_at = models.DateTimeField("lit at", null=True, blank=True)
    is_smart = models.BooleanField("smart", default=False)
    circuit = models.ForeignKey(
        Circuit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="circuit"
    )

    class Meta(Record.Meta):
        verbose_name = "lamp"
        verbose_name_plural = "lamps"
