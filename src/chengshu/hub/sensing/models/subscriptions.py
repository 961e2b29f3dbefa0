"""Who is sent observations as they come, and how that went."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chengshu.core.access.models import User
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded


@recorded(
    exclude=[
        "salt",
        *("position", "leased_until", "retry_at", "failures", "failing_since"),
        *("delivered_at", "trouble"),
    ]
)
class Subscription(models.Model):
    """Observations as they become durable, posted to the webhook *url*.

    Sent is what *subscriber*, who set it up last, may see at the moment of delivery. *position*
    is how far it has come: see `subscriptions.reading.Position`. The secret that signs the bodies
    follows from *salt* and is kept nowhere.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DEAD = "dead", _("Given up")
        ENDED = "ended", pgettext_lazy("subscription", "Ended")

    code = models.CharField(_("code"), max_length=20, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    subscriber = models.ForeignKey(
        User, models.PROTECT, related_name="+", editable=False, verbose_name=_("subscriber")
    )
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    terminals = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("terminals"),
        default=list,
        blank=True,
        help_text=_("Codes, separated by commas; without any all are meant"),
    )
    properties = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("observed properties"),
        default=list,
        blank=True,
        help_text=_("Codes, separated by commas; without any all are meant"),
    )
    lowest = models.FloatField(_("values from"), null=True, blank=True)
    highest = models.FloatField(_("values up to"), null=True, blank=True)
    url = models.CharField(_("address of the webhook"), max_length=500)
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.ACTIVE, editable=False
    )
    salt = models.CharField(max_length=40, editable=False)
    position = models.CharField(max_length=80, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    retry_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, editable=False)
    trouble = models.CharField(_("trouble"), max_length=300, blank=True, editable=False)

    scope = Scope(place="", organisation="organisation", grade="")

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["-code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class WebhookAttempt(models.Model):
    """One attempt to hand over a batch; the last ones of a subscription are kept."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("time"))
    rows = models.PositiveIntegerField(_("observations"))
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    answer = models.CharField(_("said"), max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subscription", "-id"], name="sensing_attempts_newest")]

    def __str__(self) -> str:
        return f"{self.subscription_id}: {self.status}"
