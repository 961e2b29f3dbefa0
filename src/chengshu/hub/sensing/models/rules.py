"""What the city decides about terminals: sectors and their limits, coding rules, spent codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded


class TerminalKind(models.TextChoices):
    VIDEO = "video", _("Video")
    SENSOR = "sensor", _("Sensor")
    LOCATOR = "locator", _("Locator")
    RFID = "rfid", _("RFID")
    CONTROLLER = "controller", _("Controller")


@recorded()
class Sector(models.Model):
    """A line of business whose *authority* reviews what is built in it.

    *search_metres* is how far around a wanted terminal existing ones are looked for.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    authority = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("sector authority")
    )
    search_metres = models.PositiveIntegerField(_("search radius in metres"), default=200)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@recorded()
class SectorLimit(models.Model):
    """At most *most* terminals of *kind* that a sector may have in *place*."""

    sector = models.ForeignKey(
        Sector, models.PROTECT, related_name="limits", verbose_name=_("sector")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=TerminalKind.choices)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    most = models.PositiveIntegerField(_("at most"))
    source = models.CharField(_("source"), max_length=200, blank=True)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("sector limit")
        verbose_name_plural = _("sector limits")
        ordering = ["sector", "place", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "kind", "place"], name="one_limit_of_a_sector_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sector} · {self.get_kind_display()} · {self.place}: {self.most}"


@recorded()
class CodingRule(models.Model):
    """How terminals of a kind are coded.

    *pattern* is a regular expression that the whole code matches, without look-around and
    back-references, so that it is checked in linear time. With a *check_digit* the last character
    of the code follows from the digits before it.
    """

    class CheckDigit(models.TextChoices):
        NONE = "none", _("None")
        MOD_11_10 = "mod-11-10", _("MOD 11,10 (GB/T 17710)")
        MOD_11_2 = "mod-11-2", _("MOD 11-2 (GB 11643)")

    kind = models.CharField(_("kind"), max_length=10, choices=TerminalKind.choices, unique=True)
    pattern = models.CharField(_("pattern"), max_length=200)
    meaning = models.CharField(_("meaning of the parts"), max_length=300)
    check_digit = models.CharField(
        _("check digit"), max_length=10, choices=CheckDigit.choices, default=CheckDigit.NONE
    )
    example = models.CharField(_("example"), max_length=40)
    source = models.CharField(_("source"), max_length=200)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("coding rule")
        verbose_name_plural = _("coding rules")
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.pattern}"


class SpentCode(models.Model):
    """A code that a terminal once had; the database writes it when the row goes or is recoded."""

    code = models.CharField(_("code"), max_length=40, primary_key=True)

    class Meta:
        verbose_name = _("spent code")
        verbose_name_plural = _("spent codes")

    def __str__(self) -> str:
        return self.code
