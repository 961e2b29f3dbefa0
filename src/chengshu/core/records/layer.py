"""The rows of a ledger as GeoJSON for the one map."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from chengshu.core.access.policy import Actor, scope_of
from chengshu.core.places.models import Place

from .entries import Entry
from .ledger import Ledger
from .selection import Selection

MOST = 5000
Box = tuple[float, float, float, float]
"""West, south, east, north in CGCS2000 degrees."""


def features(
    ledger: Ledger,
    actor: Actor,
    bbox: Box | None = None,
    at: datetime | None = None,
    place: Place | None = None,
) -> dict[str, Any]:
    """A FeatureCollection of what *actor* may see in *bbox* and below *place*, of rows in force
    at *at* or now.

    ``truncated`` says that there are more than MOST. Raises NotAllowed.
    """
    rows = _in_force(Selection(ledger, retired="all" if at else "").rows(actor), ledger, at)
    rows = rows.filter(lon__isnull=False, lat__isnull=False)
    link = scope_of(ledger.model).place
    if place is not None and link:
        rows = rows.filter(**{f"{link}__path__startswith": place.path})
    if bbox is not None:
        west, south, east, north = bbox
        rows = rows.filter(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
    found = list(rows.order_by("pk")[: MOST + 1])
    return {
        "type": "FeatureCollection",
        "features": [_feature(ledger, row) for row in found[:MOST]],
        "truncated": len(found) > MOST,
    }


def _in_force(rows: Any, ledger: Ledger, at: datetime | None) -> Any:
    if at is None or not ledger.can_expire:
        return rows
    day = timezone.localdate(at)
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return rows.filter(begun, Q(valid_to=None) | Q(valid_to__gt=day))


def _feature(ledger: Ledger, row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": ledger.key_of(row), "name": str(row)}
    if ledger.layer is not None and ledger.layer.color_by:
        entry = Entry(ledger.field(ledger.layer.color_by))
        shown |= {entry.name: entry.as_json(row), "label": entry.shown(row)}
    return {
        "type": "Feature",
        "id": row.pk,
        "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": shown | {"address": ledger.address_of(row)},
    }
