"""Readers of the lake that have to see every row once."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Follower(models.Model):
    """How far a reader has come: everything up to *snapshot* is worked in.

    Upkeep forgets no snapshot that a follower has still to read.
    """

    name = models.CharField(max_length=60, unique=True)
    snapshot = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")

    def __str__(self) -> str:
        return f"{self.name} at {self.snapshot}"
