"""The ledger of sensing terminals, their datastreams and what each stream last said."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Record, recorded

CHANNEL = "chengshu_streams"


def _announce() -> pgtrigger.Trigger:
    """Tell every ingest process, on commit, that its index of streams is out of date."""
    return pgtrigger.Trigger(
        name="announce",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL;",
    )


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
        triggers = [_announce()]


class Datastream(models.Model):
    """One observed property of one terminal; its id is the lake's stream number.

    *interval_seconds* is how often the terminal promises to report.
    """

    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="datastreams", verbose_name=_("terminal")
    )
    observed_property = models.ForeignKey(
        ObservedProperty, models.PROTECT, related_name="+", verbose_name=_("observed property")
    )
    interval_seconds = models.PositiveIntegerField(_("interval in seconds"), default=300)

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="terminal__grade")

    class Meta:
        verbose_name = _("datastream")
        verbose_name_plural = _("datastreams")
        ordering = ["terminal", "observed_property"]
        constraints = [
            models.UniqueConstraint(
                fields=["terminal", "observed_property"], name="one_stream_per_property"
            )
        ]
        triggers = [_announce()]

    def __str__(self) -> str:
        return f"{self.terminal} · {self.observed_property}"


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


class Rejection(models.Model):
    """A row that was sent and not stored, kept as sent with the reason."""

    at = models.DateTimeField(_("received at"), auto_now_add=True, db_index=True)
    sender = models.CharField(_("sender"), max_length=80)
    entrance = models.CharField(_("entrance"), max_length=20)
    code = models.CharField(_("reason"), max_length=40, db_index=True)
    message = models.CharField(_("message"), max_length=300)
    row = models.JSONField(_("row"))

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"
