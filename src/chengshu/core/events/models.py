"""The transactional outbox: what happened, and who has been told."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TransactionNumber(models.Func):
    function = "pg_current_xact_id"
    template = "%(function)s()::text::bigint"
    arity = 0
    output_field = models.BigIntegerField()


class OutboxEvent(models.Model):
    """An event written in the transaction that made it true.

    *place_path*, *organisation_path* and *grade* carry its row rights to every stream.
    *transaction* is PostgreSQL's number of the transaction that wrote it: ids are handed out
    before, and in another order than, transactions commit.
    """

    type = models.CharField(_("type"), max_length=60)
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    at = models.DateTimeField(_("time"), db_index=True)
    body = models.JSONField(_("body"))
    place_path = models.CharField(max_length=200, blank=True)
    organisation_path = models.CharField(max_length=250, blank=True)
    grade = models.PositiveSmallIntegerField(default=1)
    transaction = models.BigIntegerField(db_default=TransactionNumber(), editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [
            models.Index("id", condition=Q(delivered_at=None), name="outbox_waiting"),
            models.Index("transaction", name="outbox_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Delivery(models.Model):
    """Proof that *subscriber* has handled *event*, written in the subscriber's transaction."""

    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=120)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivered_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"
