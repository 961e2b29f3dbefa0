"""What kinds of cases there are, who is responsible and how long each stage may take."""

from fnmatch import fnmatchcase

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded
from chengshu.kit.calendar import working
from chengshu.kit.calendar.hours import BadCalendar
from chengshu.kit.calendar.limits import LimitUnit

from ..states import Stage

CITY_WIDE = Scope(place="", organisation="", grade="")


class Unit(models.TextChoices):
    """The units of GB/T 30428 limits: clock time for the urgent, calendar time for the rest."""

    CLOCK_MINUTES = LimitUnit.CLOCK_MINUTES.value, _("minutes")
    CLOCK_HOURS = LimitUnit.CLOCK_HOURS.value, _("urgent working hours")
    WORKING_HOURS = LimitUnit.WORKING_HOURS.value, _("working hours")
    WORKING_DAYS = LimitUnit.WORKING_DAYS.value, _("working days")
    CALENDAR_DAYS = LimitUnit.CALENDAR_DAYS.value, _("urgent working days")


@recorded()
class WorkCalendar(models.Model):
    """Working hours, holidays and make-up days, in the form that `kit.calendar` reads.

    Limits are counted in the calendar called ``city``.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    arrangement = models.JSONField(_("arrangement"))

    scope = CITY_WIDE

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            working.load(self.arrangement)
        except (BadCalendar, TypeError, AttributeError) as error:
            raise ValidationError({"arrangement": str(error)}) from None


@recorded()
class CaseType(models.Model):
    """A subclass of components or events (GB/T 30428.2, CJ/T 214) or a local one.

    A case goes to *unit* when it is set and no routing rule says otherwise, else to the owner or
    the territory as *responsibility* says. *is_automatic* cases from machines are filed and
    dispatched without a person; *needs_check* ones are closed only after a check on site.
    """

    class Kind(models.TextChoices):
        COMPONENT = "component", _("Component")
        EVENT = "event", _("Event")

    class Responsibility(models.TextChoices):
        TERRITORY_FIRST = "territory-first", _("Territory first, then owner")
        OWNER_FIRST = "owner-first", _("Owner first, then territory")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    group = models.CharField(_("class"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices, default=Kind.EVENT)
    standard = models.CharField(_("standard"), max_length=60, blank=True)
    responsibility = models.CharField(
        _("responsibility"),
        max_length=15,
        choices=Responsibility.choices,
        default=Responsibility.TERRITORY_FIRST,
    )
    unit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible unit"),
    )
    is_urgent = models.BooleanField(_("urgent"), default=False)
    is_automatic = models.BooleanField(_("dispatched automatically"), default=False)
    needs_check = models.BooleanField(_("checked before closing"), default=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    scope = CITY_WIDE

    class Meta:
        verbose_name = _("case type")
        verbose_name_plural = _("case types")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@recorded()
class FilingCondition(models.Model):
    """When a case of a type is filed, how long handling may take, and when it is closed."""

    type = models.ForeignKey(
        CaseType, models.CASCADE, related_name="conditions", verbose_name=_("case type")
    )
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    text = models.CharField(_("filing condition"), max_length=300, blank=True)
    value = models.FloatField(_("limit"), validators=[MinValueValidator(0.1)])
    unit = models.CharField(_("unit"), max_length=16, choices=Unit.choices)
    closing = models.CharField(_("closing condition"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    scope = CITY_WIDE

    class Meta:
        verbose_name = _("filing condition")
        verbose_name_plural = _("filing conditions")
        ordering = ["type", "number"]
        constraints = [
            models.UniqueConstraint(fields=["type", "number"], name="one_condition_per_number")
        ]

    def __str__(self) -> str:
        return self.text or str(self.type)


@recorded()
class StageLimit(models.Model):
    """How long a stage may take, for one type or, without one, for all the others.

    The limit of handling comes from the filing condition; one here is for types without any.
    """

    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    type = models.ForeignKey(
        CaseType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("case type"),
    )
    value = models.FloatField(_("limit"), validators=[MinValueValidator(0.1)])
    unit = models.CharField(_("unit"), max_length=16, choices=Unit.choices)
    source = models.CharField(_("source"), max_length=200, blank=True)

    scope = CITY_WIDE

    class Meta:
        verbose_name = _("stage limit")
        verbose_name_plural = _("stage limits")
        ordering = ["stage", "is_urgent", "type"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "is_urgent", "type"],
                nulls_distinct=False,
                name="one_limit_per_stage",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.value:g} {self.get_unit_display()}"


@recorded()
class RoutingRule(models.Model):
    """Cases whose type matches *types* within *place* go to *unit*.

    *types* is a pattern of type codes such as ``cjt214.01*``. The highest *priority* wins, then
    the deepest place.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    types = models.CharField(_("case types"), max_length=60, default="*")
    place = models.ForeignKey(
        Place,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("place"),
    )
    unit = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("responsible unit")
    )
    priority = models.SmallIntegerField(_("priority"), default=0)
    basis = models.CharField(_("basis"), max_length=200, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    scope = CITY_WIDE

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def matches(self, type_code: str) -> bool:
        return fnmatchcase(type_code, self.types)
