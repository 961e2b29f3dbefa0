"""The right of one organisation to read what another one owns."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation


class Share(models.Model):
    """*organisation* may read the row that a subclass names, for *purpose*.

    It may from *granted_at* until the end of *until_on*, the city's day, unless *ended_at* is set.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("requesting organisation")
    )
    purpose = models.CharField(_("purpose"), max_length=200)
    until_on = models.DateField(_("until"))
    granted_at = models.DateTimeField(_("granted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        abstract = True


def in_force(today: date) -> Q:
    """Shares that open their row on *today*."""
    return Q(granted_at__isnull=False, ended_at=None, until_on__gte=today)
