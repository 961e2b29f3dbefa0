"""Search before you build: what is there already, and what the sector may still have."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from django.db.models import Count, F, Sum

from chengshu.core.places.models import Place
from chengshu.kit.geodesy.distances import geodesic

from .models import BuildRequest, Sector, SectorLimit, Terminal

MOST_CANDIDATES = 100
METRES_PER_DEGREE = 110_000.0
"""A little less than the shortest degree of latitude, so that a box holds its circle."""
NARROWEST = 0.01


@dataclass(frozen=True)
class Found:
    terminal: Terminal
    metres: float


@dataclass(frozen=True)
class Breach:
    """A *limit* that *there* terminals and *promised* ones would pass with *wanted* more."""

    limit: SectorLimit
    there: int
    promised: int
    wanted: int


def nearby(
    kind: str, properties: Iterable[str], lon: float, lat: float, metres: float
) -> list[Found]:
    """Terminals of *kind* that observe any of *properties* within *metres*, the nearest first.

    Whoever may see them: rights are judged where the answer is shown. Without properties the kind
    alone counts.
    """
    rows = Terminal.objects.filter(kind=kind, **_box(lon, lat, metres))
    rows = rows.exclude(state=Terminal.State.RETIRED)
    if wanted := list(properties):
        rows = rows.filter(datastreams__observed_property__code__in=wanted).distinct()
    measured = (
        Found(row, geodesic(lon, lat, row.lon or 0.0, row.lat or 0.0).metres)
        for row in rows.defer("outline")
    )
    found = sorted((f for f in measured if f.metres <= metres), key=lambda f: f.metres)
    return found[:MOST_CANDIDATES]


def _box(lon: float, lat: float, metres: float) -> dict[str, Any]:
    """A box around the circle; without sides where it would touch a pole or the 180th meridian."""
    high = metres / METRES_PER_DEGREE
    box: dict[str, Any] = {"lat__range": (lat - high, lat + high)}
    narrow = cos(radians(min(90.0, abs(lat) + high)))
    wide = high / narrow if narrow > NARROWEST else 360.0
    if lon - wide >= -180 and lon + wide <= 180:
        box["lon__range"] = (lon - wide, lon + wide)
    return box


def breaches(
    sector: Sector, kind: str, place: Place, number: int, *, besides: BuildRequest | None = None
) -> list[Breach]:
    """The limits of *sector* that *number* more terminals of *kind* in *place* would pass."""
    limits = SectorLimit.objects.filter(sector=sector, kind=kind).select_related("place")
    above = [limit for limit in limits if place.path.startswith(limit.place.path)]
    judged = (Breach(limit, _there(limit), _promised(limit, besides), number) for limit in above)
    return [b for b in judged if b.there + b.promised + b.wanted > b.limit.most]


def _there(limit: SectorLimit) -> int:
    rows = Terminal.objects.filter(
        sector=limit.sector_id, kind=limit.kind, place__path__startswith=limit.place.path
    )
    return rows.exclude(state=Terminal.State.RETIRED).count()


def _promised(limit: SectorLimit, besides: BuildRequest | None) -> int:
    """What approved requests may still register."""
    open_ones = BuildRequest.objects.filter(
        sector=limit.sector_id,
        kind=limit.kind,
        place__path__startswith=limit.place.path,
        state=BuildRequest.State.APPROVED,
    )
    if besides is not None and besides.pk:
        open_ones = open_ones.exclude(pk=besides.pk)
    left = open_ones.annotate(left=F("number") - Count("terminals"))
    return left.aggregate(total=Sum("left"))["total"] or 0
