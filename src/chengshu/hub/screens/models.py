"""What the city calls itself on its screen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope


class CityProfile(models.Model):
    """One row. *is_simulated* marks an invented city on every page that shows it."""

    title = models.CharField(_("title"), max_length=60)
    subtitle = models.CharField(_("subtitle"), max_length=120, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("city profile")
        verbose_name_plural = _("city profiles")

    def __str__(self) -> str:
        return self.title
