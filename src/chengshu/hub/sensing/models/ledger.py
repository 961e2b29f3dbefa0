"""The ledger of what senses: feeds, carriers, terminals."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope, Sharing
from chengshu.core.records.models import Record, recorded

from .announcing import announced
from .rules import Sector, TerminalKind


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


@recorded(exclude=["slots_taken", "power_taken", "network_taken"])
class Carrier(Record):
    """What terminals are mounted on: a pole, a mast, a manhole, a cabinet.

    What is *taken* follows from the mountings; it never exceeds what there is.
    """

    class Kind(models.TextChoices):
        POLE = "pole", _("Pole")
        MAST = "mast", _("Mast")
        MANHOLE = "manhole", _("Manhole")
        CORRIDOR = "corridor", _("Utility corridor")
        CABINET = "cabinet", _("Cabinet")
        BUILDING = "building", _("Building")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    slots = models.PositiveSmallIntegerField(_("slots"), default=4)
    power_ports = models.PositiveSmallIntegerField(_("power ports"), default=4)
    network_ports = models.PositiveSmallIntegerField(_("network ports"), default=4)
    slots_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    power_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    network_taken = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        constraints = [
            models.CheckConstraint(
                condition=Q(slots_taken__lte=F("slots")),
                name="carrier_slots_suffice",
                violation_error_message=_("More slots are taken than that."),
            ),
            models.CheckConstraint(
                condition=Q(power_taken__lte=F("power_ports")),
                name="carrier_power_suffices",
                violation_error_message=_("More power ports are taken than that."),
            ),
            models.CheckConstraint(
                condition=Q(network_taken__lte=F("network_ports")),
                name="carrier_network_suffices",
                violation_error_message=_("More network ports are taken than that."),
            ),
        ]

    @property
    def free_slots(self) -> int:
        return self.slots - self.slots_taken

    @property
    def free_power(self) -> int:
        return self.power_ports - self.power_taken

    @property
    def free_network(self) -> int:
        return self.network_ports - self.network_taken


def code_spent() -> pgtrigger.Trigger:
    """Keep the code of a terminal that is removed or recoded from ever being given again."""
    return pgtrigger.Trigger(
        name="spend_code",
        when=pgtrigger.After,
        operation=pgtrigger.Delete | pgtrigger.UpdateOf("code"),
        func="INSERT INTO sensing_spentcode (code) VALUES (OLD.code) ON CONFLICT DO NOTHING;"
        " RETURN NULL;",
    )


def grade_passed_on() -> pgtrigger.Trigger:
    """Give rejected rows of a terminal its new grade: what was said is as sensitive as it is."""
    return pgtrigger.Trigger(
        name="pass_grade_on",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("grade"),
        condition=pgtrigger.AnyChange("grade"),
        func="UPDATE sensing_rejection SET grade = NEW.grade WHERE terminal_id = NEW.id;"
        " RETURN NULL;",
    )


@recorded()
class Terminal(Record):
    """One sensing terminal, one code.

    *carrier* is where it is mounted now; mountings keep where it was. *gateway* is the terminal
    through which it speaks. *request* is the approved request to build that it was planned for.
    """

    Kind = TerminalKind

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        BUILT = "built", _("Built")
        IN_SERVICE = "in-service", _("In service")
        SUSPENDED = "suspended", _("Suspended")
        RETIRED = "retired", _("Retired")

    class Health(models.TextChoices):
        """Mildest first: a terminal is as the worst of its streams, silent when all of them are.

        One that is cut off is silent with its gateway.
        """

        UNKNOWN = "unknown", _("Not heard yet")
        ONLINE = "online", _("Online")
        LATE = "late", _("Late")
        LOW_BATTERY = "low-battery", _("Low battery")
        CLOCK_WRONG = "clock-wrong", _("Clock wrong")
        JUMPING = "jumping", _("Jumping")
        OUT_OF_RANGE = "out-of-range", _("Out of range")
        PARTIAL = "partial", _("Partly silent")
        FROZEN = "frozen", _("Frozen")
        CUT_OFF = "cut-off", _("Silent with its gateway")
        SILENT = "silent", _("Silent")

        @property
        def rank(self) -> int:
            """0 for the mildest."""
            return list(type(self)).index(self)

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    feed = models.ForeignKey(Feed, models.PROTECT, related_name="+", verbose_name=_("feed"))
    carrier = models.ForeignKey(
        Carrier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("carrier")
    )
    sector = models.ForeignKey(
        Sector, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sector")
    )
    gateway = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("gateway"),
    )
    request = models.ForeignKey(
        "sensing.BuildRequest",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="terminals",
        verbose_name=_("request to build"),
    )
    maker = models.CharField(_("maker"), max_length=80, blank=True)
    model = models.CharField(_("model"), max_length=80, blank=True)
    serial = models.CharField(_("serial number"), max_length=60, blank=True)
    purpose = models.CharField(_("purpose"), max_length=80, blank=True)
    built_on = models.DateField(_("built on"), null=True, blank=True)
    commissioned_on = models.DateField(_("in service since"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.IN_SERVICE
    )

    scope = Scope(sharing=Sharing("sensing.ReuseRequest", "terminal"))

    class Meta(Record.Meta):
        verbose_name = _("terminal")
        verbose_name_plural = _("terminals")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["lat", "lon"], name="sensing_terminal_position"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(gateway=F("id")),
                name="terminal_not_its_own_gateway",
                violation_error_message=_("A terminal is not its own gateway."),
            )
        ]
        triggers = [announced(), code_spent(), grade_passed_on()]
