"""Where terminals are mounted, now and before."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope

from .ledger import Carrier, Terminal


class Mounting(models.Model):
    """*terminal* on slot *slot* of *carrier*, taking ports, until *until_on*; empty is still."""

    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="mountings", verbose_name=_("terminal")
    )
    carrier = models.ForeignKey(
        Carrier, models.PROTECT, related_name="mountings", verbose_name=_("carrier")
    )
    slot = models.PositiveSmallIntegerField(
        _("slot"), null=True, blank=True, help_text=_("empty takes the first free one")
    )
    power_ports = models.PositiveSmallIntegerField(_("power ports taken"), default=1)
    network_ports = models.PositiveSmallIntegerField(_("network ports taken"), default=1)
    from_on = models.DateField(_("from"), default=timezone.localdate)
    until_on = models.DateField(_("until"), null=True, blank=True, help_text=_("empty is today"))

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="terminal__grade")

    class Meta:
        verbose_name = _("mounting")
        verbose_name_plural = _("mountings")
        ordering = ["-from_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["terminal"], condition=Q(until_on=None), name="mounted_in_one_place"
            ),
            models.UniqueConstraint(
                fields=["carrier", "slot"], condition=Q(until_on=None), name="one_terminal_per_slot"
            ),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="mounting_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id} · {self.carrier_id}/{self.slot}"
