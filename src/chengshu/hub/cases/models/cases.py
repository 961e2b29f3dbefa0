"""Cases, their steps and who reported them."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.models import User
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import Grade, recorded
from chengshu.hub.warnings.models import Severity

from ..states import OPEN, State
from .catalogue import CaseType, FilingCondition, Unit


@recorded()
class Case(models.Model):
    """One matter that somebody has to settle. It is seen by the place, and by *unit* while it is
    theirs.

    *due_at* ends the stage it is in, *soon_at* is when four fifths of that are used up;
    *handling_due_at* is the unit's limit, set at dispatch by *limit_value* and *limit_unit*.
    *overdue_at* is when the present stage was found overdue. *origin* is the key of what opened
    it, so that the same thing opens one case. *routing* says why *suggested_unit* is suggested.
    """

    class Source(models.TextChoices):
        WARNING = "warning", _("Warning")
        HOTLINE = "hotline", _("Hotline")
        GRID = "grid", _("Grid worker")
        PUBLIC = "public", _("Citizen")
        VIDEO = "video", _("Video")
        MANUAL = "manual", _("Duty desk")

    code = models.CharField(_("code"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), max_length=3000, blank=True)
    type = models.ForeignKey(
        CaseType, models.PROTECT, related_name="+", verbose_name=_("case type")
    )
    condition = models.ForeignKey(
        FilingCondition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("filing condition"),
    )
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    severity = models.CharField(_("colour"), max_length=6, choices=Severity.choices, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.REPORTED
    )
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    address = models.CharField(_("address"), max_length=200, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.INTERNAL
    )
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible unit"),
    )
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handler")
    )
    suggested_unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("suggested unit"),
    )
    routing = models.JSONField(_("routing"), default=dict, blank=True)
    reported_at = models.DateTimeField(_("reported at"))
    filed_at = models.DateTimeField(_("filed at"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    soon_at = models.DateTimeField(_("due soon at"), null=True, blank=True)
    handling_due_at = models.DateTimeField(_("handling due at"), null=True, blank=True)
    limit_value = models.FloatField(_("limit"), null=True, blank=True)
    limit_unit = models.CharField(_("unit"), max_length=16, choices=Unit.choices, blank=True)
    overdue_at = models.DateTimeField(_("overdue since"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    returns = models.PositiveSmallIntegerField(_("times returned"), default=0)
    reworks = models.PositiveSmallIntegerField(_("times reworked"), default=0)
    origin = models.CharField(max_length=120, null=True, blank=True, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("part of")
    )

    scope = Scope(organisation="unit")

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-code"]
        indexes = [
            models.Index(fields=["state", "-code"], name="case_state"),
            models.Index(fields=["place", "-code"], name="case_place"),
            models.Index(fields=["unit", "state", "-code"], name="case_unit"),
            models.Index(fields=["type", "-code"], name="case_type"),
            models.Index(fields=["due_at"], condition=Q(state__in=OPEN), name="case_due"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class CaseStep(models.Model):
    """One line of a case's timeline, never changed. *action* is a move, or what happened.

    *facts* are codes and numbers such as the unit and the limit; *text* is a person's words.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps", verbose_name=_("case"))
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("time"))
    action = models.CharField(_("action"), max_length=40)
    actor = models.CharField(_("actor"), max_length=80)
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit"),
    )
    before = models.CharField(_("state before"), max_length=10, choices=State.choices, blank=True)
    state = models.CharField(_("state after"), max_length=10, choices=State.choices)
    text = models.TextField(_("text"), max_length=2000, blank=True)
    facts = models.JSONField(_("facts"), default=dict)

    scope = Scope(place="case__place", organisation="case__unit", grade="case__grade")

    class Meta:
        verbose_name = _("case step")
        verbose_name_plural = _("case steps")
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="one_step_per_number")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} #{self.number} {self.action}"


class Reporter(models.Model):
    """Who reported a case: personal data, kept apart, without history and never logged."""

    case = models.OneToOneField(
        Case, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("case")
    )
    name = models.CharField(_("name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    wants_answer = models.BooleanField(_("wants an answer"), default=True)
    grade = models.PositiveSmallIntegerField(
        _("data grade"), choices=Grade.choices, default=Grade.SENSITIVE
    )

    scope = Scope(place="case__place", organisation="case__unit", grade="grade")

    class Meta:
        verbose_name = _("reporter")
        verbose_name_plural = _("reporters")

    def __str__(self) -> str:
        return str(self.case_id)
