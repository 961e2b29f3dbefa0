"""Which parts of the demonstration city stand."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BuiltPart(models.Model):
    """A part that has been built; it is never built again."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    built_at = models.DateTimeField(_("built at"), auto_now_add=True)

    class Meta:
        verbose_name = _("part of the demonstration city")
        verbose_name_plural = _("parts of the demonstration city")

    def __str__(self) -> str:
        return self.name
