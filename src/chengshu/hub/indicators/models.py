"""Values of declared indicators, per terminal and per place."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.hub.sensing.models import Terminal


class IndicatorValue(models.Model):
    """One indicator's value for one period that starts at *at*.

    *terminal* is empty for the value of the whole place. *value* is empty where the standard says
    that the indicator is not available; *detail* says why and carries what belongs beside the
    number, such as the primary pollutant.
    """

    indicator = models.CharField(_("indicator"), max_length=60)
    place = models.ForeignKey(Place, models.CASCADE, related_name="+", verbose_name=_("place"))
    terminal = models.ForeignKey(
        Terminal, models.CASCADE, null=True, related_name="+", verbose_name=_("terminal")
    )
    at = models.DateTimeField(_("time"))
    value = models.FloatField(_("value"), null=True)
    detail = models.JSONField(_("detail"), default=dict)

    scope = Scope(place="place", organisation="terminal__owner", grade="")

    class Meta:
        verbose_name = _("indicator value")
        verbose_name_plural = _("indicator values")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "place", "terminal", "at"],
                nulls_distinct=False,
                name="one_value_per_period",
            )
        ]
        indexes = [models.Index(fields=["indicator", "at"], name="indicator_at")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.at:%Y-%m-%d %H:%M}: {self.value}"
