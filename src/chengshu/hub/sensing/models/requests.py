"""Search before you build: requests to build terminals, and to reuse those of others."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.sharing import Share
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded

from .announcing import noted
from .ledger import Terminal
from .rules import Sector, TerminalKind


@recorded()
class BuildRequest(models.Model):
    """An organisation wants *number* terminals around a point; its sector's authority decides.

    *over_limit* says which limits of the sector it would break, by the count at its submission.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("In review")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    code = models.CharField(_("code"), max_length=20, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("requesting organisation")
    )
    sector = models.ForeignKey(Sector, models.PROTECT, related_name="+", verbose_name=_("sector"))
    kind = models.CharField(_("kind"), max_length=10, choices=TerminalKind.choices)
    properties = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("observed properties"),
        default=list,
        blank=True,
        help_text=_("codes, with commas between them"),
    )
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    lon = models.FloatField(
        _("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    lat = models.FloatField(
        _("latitude"), validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    radius_metres = models.PositiveIntegerField(
        _("search radius in metres"),
        null=True,
        blank=True,
        help_text=_("empty takes that of the sector"),
        validators=[MinValueValidator(1), MaxValueValidator(20_000)],
    )
    purpose = models.CharField(_("purpose"), max_length=200)
    number = models.PositiveSmallIntegerField(
        _("number of terminals"), default=1, validators=[MinValueValidator(1)]
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    over_limit = models.CharField(_("over the limit"), max_length=300, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=80, editable=False)
    requested_at = models.DateTimeField(_("requested at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    scope = Scope(
        place="place", organisation="organisation", grade="", parties=("sector__authority",)
    )

    class Meta:
        verbose_name = _("request to build")
        verbose_name_plural = _("requests to build")
        ordering = ["-code"]

    def __str__(self) -> str:
        return f"{self.code} {self.purpose}"


class Candidate(models.Model):
    """A terminal that might do instead of what *request* wants, *metres* away."""

    request = models.ForeignKey(BuildRequest, models.CASCADE, related_name="candidates")
    terminal = models.ForeignKey(Terminal, models.CASCADE, related_name="+")
    metres = models.FloatField(_("metres"))

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["metres", "id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "terminal"], name="a_candidate_once")
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id}: {self.metres:.0f} m"


@recorded()
class ReuseRequest(Share):
    """An organisation asks the owner of *terminal* to let it read what that one observes."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")

    code = models.CharField(_("code"), max_length=20, unique=True, editable=False)
    terminal = models.ForeignKey(
        Terminal, models.PROTECT, related_name="reuses", verbose_name=_("terminal")
    )
    request = models.ForeignKey(
        BuildRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reuses",
        verbose_name=_("request to build"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.REQUESTED
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=80, editable=False)
    requested_at = models.DateTimeField(_("requested at"))

    scope = Scope(
        place="terminal__place",
        organisation="organisation",
        grade="terminal__grade",
        parties=("terminal__owner",),
    )

    class Meta:
        verbose_name = _("request to reuse")
        verbose_name_plural = _("requests to reuse")
        ordering = ["-code"]
        indexes = [models.Index(fields=["terminal", "until_on"], name="sensing_reuse_in_force")]
        triggers = [noted()]

    def __str__(self) -> str:
        return f"{self.code} {self.terminal}"
