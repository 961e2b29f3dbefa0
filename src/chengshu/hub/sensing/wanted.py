"""Which observations are meant: by terminal, observed property and place."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.places.models import Place
from chengshu.kit.errors import NotFound

from .models import Datastream
from .queries import VIEW


@dataclass(frozen=True)
class Wanted:
    """Codes, and limits of the value; nothing said is no limit. *place* stands for all below it."""

    terminals: Sequence[str] = ()
    properties: Sequence[str] = ()
    place: str = ""
    lowest: float | None = None
    highest: float | None = None

    def takes(self, value: pl.Expr) -> pl.Expr:
        """Whether a *value* is within the limits."""
        above = pl.lit(True) if self.lowest is None else value >= self.lowest
        return above if self.highest is None else above & (value <= self.highest)

    def streams(self, actor: Actor, also: str = "") -> "QuerySet[Datastream]":
        """Those of them whose terminals *actor* may see, and reach with the permission *also*."""
        rows = visible_to(Datastream.objects.all(), actor, VIEW)
        if also:
            rows = visible_to(rows, actor, also)
        if self.terminals:
            rows = rows.filter(terminal__code__in=self.terminals)
        if self.properties:
            rows = rows.filter(observed_property__code__in=self.properties)
        if self.place:
            below = Place.objects.filter(path__startswith=self._path())
            rows = rows.filter(terminal__place__in=below)
        return rows

    def _path(self) -> str:
        path = Place.objects.filter(code=self.place).values_list("path", flat=True).first()
        if path is None:
            raise NotFound(_("There is no place of this code."), where={"place": self.place})
        return path

    def __str__(self) -> str:
        parts = {"terminal": self.terminals, "property": self.properties}
        words = [f"{name}={','.join(codes)}" for name, codes in parts.items() if codes]
        return " ".join([*words, *([f"place={self.place}"] if self.place else [])])
