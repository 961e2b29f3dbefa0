"""Warnings of the city, the settings of its rules, and what the rules remember of each stream."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Grade, recorded
from chengshu.hub.sensing.models import Datastream

from .rule import SEVERITIES, BadRuleSetting, rules


class Severity(models.TextChoices):
    """The national four colours, mildest first."""

    BLUE = "blue", _("Blue")
    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")

    @property
    def rank(self) -> int:
        """1 for blue to 4 for red."""
        return SEVERITIES.index(self.value) + 1


@recorded(exclude=["count", "last_seen_at", "value"])
class CityWarning(models.Model):
    """Something is wrong somewhere, once, however often it is reported.

    *subject_type* and *subject_code* name what it is about (``terminal`` and its code). *raised_at*
    and *last_seen_at* are times of the first and latest report in record time, *count* all
    reports, *repeats* how often it came back after it had cleared. *value* is the worst reported,
    in *unit*; *threshold* the step it passed.
    """

    class Kind(models.TextChoices):
        THRESHOLD = "threshold", _("Threshold passed")
        TERMINAL_HEALTH = "terminal-health", _("Terminal health")
        REPORT = "report", _("Reported by a system")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        CLEARED = "cleared", _("Cleared")
        DISMISSED = "dismissed", _("Dismissed")

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    rule = models.CharField(_("rule"), max_length=80)
    subject_type = models.CharField(_("subject type"), max_length=24)
    subject_code = models.CharField(_("subject code"), max_length=60)
    subject_name = models.CharField(_("subject"), max_length=120)
    title = models.CharField(_("title"), max_length=200)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    severity = models.CharField(_("colour"), max_length=6, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ACTIVE)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    owner = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.INTERNAL
    )
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    value = models.FloatField(_("value"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    threshold = models.FloatField(_("threshold"), null=True, blank=True)
    case_type = models.CharField(_("opens a case of type"), max_length=60, blank=True)
    raised_at = models.DateTimeField(_("raised at"))
    last_seen_at = models.DateTimeField(_("last seen at"))
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    count = models.PositiveIntegerField(_("reports"), default=1)
    repeats = models.PositiveIntegerField(_("came back"), default=0)
    closing_reason = models.CharField(_("reason of closing"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))

    scope = Scope()

    class Meta:
        verbose_name = _("warning")
        verbose_name_plural = _("warnings")
        ordering = ["-code"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_type", "subject_code"],
                condition=Q(state="active"),
                name="one_active_warning_per_subject",
            )
        ]
        indexes = [
            models.Index(fields=["state", "-code"], name="warning_state"),
            models.Index(fields=["place", "-code"], name="warning_place"),
            models.Index(fields=["rule", "subject_type", "subject_code"], name="warning_subject"),
        ]

    def __str__(self) -> str:
        return self.title


@recorded()
class RuleSetting(models.Model):
    """A city's numbers for a declared rule, from a day on, with the document that says so."""

    rule = models.CharField(_("rule"), max_length=80)
    parameters = models.JSONField(_("parameters"), default=dict)
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=200)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("rule setting")
        verbose_name_plural = _("rule settings")
        ordering = ["rule", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "valid_from"], name="one_setting_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.rule} ({self.valid_from})"

    def clean(self) -> None:
        if self.rule not in rules:
            raise ValidationError({"rule": _("There is no rule of this name.")})
        try:
            rules[self.rule].adjusted(self.parameters)
        except BadRuleSetting as error:
            raise ValidationError({"parameters": error.message}) from None


class RuleState(models.Model):
    """What a threshold rule remembers of a stream that is not calm; written by batches only.

    *level* counts the steps reached; *since* and *counts* are the runs beyond each step.
    *quiet_since* is when the condition ended, kept until the quiet time is over.
    """

    rule = models.CharField(max_length=80)
    datastream = models.ForeignKey(Datastream, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    since = ArrayField(models.DateTimeField(null=True), default=list)
    counts = ArrayField(models.IntegerField(), default=list)
    warning = models.ForeignKey(CityWarning, models.SET_NULL, null=True, related_name="+")
    quiet_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("rule state")
        verbose_name_plural = _("rule states")
        constraints = [
            models.UniqueConstraint(fields=["rule", "datastream"], name="one_state_per_stream")
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.datastream_id}"


class DailySerial(models.Model):
    """The last number taken of a series on a day."""

    series = models.CharField(max_length=20)
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("daily serial")
        verbose_name_plural = _("daily serials")
        constraints = [models.UniqueConstraint(fields=["series", "day"], name="one_serial_per_day")]

    def __str__(self) -> str:
        return f"{self.series} {self.day}: {self.last}"
