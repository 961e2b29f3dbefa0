"""The ledger of what senses: feeds, carriers, terminals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Record, recorded

from .announcing import announced


class Clock(models.TextChoices):
    """What *now* means when silence is judged."""

    WALL = "wall", _("The time of day")
    RECORDS = "records", _("The latest record of the feed")


class Feed(models.Model):
    """Where observations come from: a gateway, a bureau's platform, a file of records.

    *clock* is ``records`` for history that is fed in later: a station is then silent when the
    feed goes on without it.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    clock = models.CharField(_("clock"), max_length=8, choices=Clock.choices, default=Clock.WALL)
    started_at = models.DateTimeField(_("first record"), null=True, blank=True, editable=False)
    latest_at = models.DateTimeField(_("latest record"), null=True, blank=True, editable=False)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@recorded()
class Carrier(Record):
    """What terminals are mounted on: a pole, a mast, a manhole, a cabinet."""

    class Kind(models.TextChoices):
        POLE = "pole", _("Pole")
        MAST = "mast", _("Mast")
        MANHOLE = "manhole", _("Manhole")
        CORRIDOR = "corridor", _("Utility corridor")
        CABINET = "cabinet", _("Cabinet")
        BUILDING = "building", _("Building")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    slots = models.PositiveSmallIntegerField(_("slots"), default=4)

    class Meta(Record.Meta):
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")


@recorded()
class Terminal(Record):
    """One sensing terminal, one code."""

    class Kind(models.TextChoices):
        VIDEO = "video", _("Video")
        SENSOR = "sensor", _("Sensor")
        LOCATOR = "locator", _("Locator")
        RFID = "rfid", _("RFID")
        CONTROLLER = "controller", _("Controller")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        BUILT = "built", _("Built")
        IN_SERVICE = "in-service", _("In service")
        SUSPENDED = "suspended", _("Suspended")
        RETIRED = "retired", _("Retired")

    class Health(models.TextChoices):
        """Mildest first: a terminal is as its worst condition."""

        UNKNOWN = "unknown", _("Not heard yet")
        ONLINE = "online", _("Online")
        PARTIAL = "partial", _("Partly silent")
        FROZEN = "frozen", _("Frozen")
        SILENT = "silent", _("Silent")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    feed = models.ForeignKey(Feed, models.PROTECT, related_name="+", verbose_name=_("feed"))
    carrier = models.ForeignKey(
        Carrier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("carrier")
    )
    maker = models.CharField(_("maker"), max_length=80, blank=True)
    purpose = models.CharField(_("purpose"), max_length=80, blank=True)
    built_on = models.DateField(_("built on"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.IN_SERVICE
    )

    class Meta(Record.Meta):
        verbose_name = _("terminal")
        verbose_name_plural = _("terminals")
        triggers = [announced()]
