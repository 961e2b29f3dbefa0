"""Air-quality monitoring stations."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.records.models import Record, recorded
from chengshu.hub.sensing.models import Terminal


@recorded()
class AirStation(Record):
    """A station and the terminal that speaks for it."""

    class Control(models.TextChoices):
        """Who the station reports to."""

        NATIONAL = "national", _("National")
        PROVINCIAL = "provincial", _("Provincial")
        MUNICIPAL = "municipal", _("Municipal")
        STREET = "street", _("Street")

    class Zone(models.TextChoices):
        """Functional zones of GB 3095."""

        FIRST = "first", _("Class 1: nature reserves and parks")
        SECOND = "second", _("Class 2: living, work and countryside")

    terminal = models.OneToOneField(
        Terminal, models.PROTECT, related_name="+", verbose_name=_("terminal")
    )
    control = models.CharField(
        _("control level"), max_length=10, choices=Control.choices, default=Control.MUNICIPAL
    )
    zone = models.CharField(
        _("functional zone"), max_length=6, choices=Zone.choices, default=Zone.SECOND
    )

    class Meta(Record.Meta):
        verbose_name = _("air station")
        verbose_name_plural = _("air stations")
