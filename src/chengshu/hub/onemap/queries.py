"""What the map asks of the place tree."""

from django.db.models import Q

from chengshu.core.access.policy import Actor, may, visible_to
from chengshu.core.places.models import Place
from chengshu.core.records.ledger import ledgers
from chengshu.kit.errors import NotFound

from .layer import VIEW

MOST_FOUND = 20


def place_named(code: str, actor: Actor) -> Place | None:
    """The place with *code*, None for an empty one. Raises NotFound when hidden or absent."""
    if not code:
        return None
    place = visible_to(Place.objects.all(), actor, VIEW).filter(code=code).first()
    if place is None:
        raise NotFound(f"There is no place {code}", where={"place": code})
    return place


def found(text: str, actor: Actor) -> list[dict[str, object]]:
    """Places and ledger rows with a position whose name or code holds *text*."""
    named = Q(name__icontains=text) | Q(code__istartswith=text)
    places = visible_to(Place.objects.all(), actor, VIEW)
    hits: list[dict[str, object]] = [
        {
            "title": place.name,
            "kind": place.get_level_display(),
            "lon": place.lon,
            "lat": place.lat,
            "href": "",
            "place": place.code,
        }
        for place in places.filter(named).exclude(lon=None)[:MOST_FOUND]
    ]
    for ledger in ledgers:
        if ledger.layer is None or not may(actor, ledger.permission("view")):
            continue
        rows = visible_to(ledger.model._default_manager.all(), actor, ledger.permission("view"))
        hits += [
            {
                "title": str(row),
                "kind": str(ledger.title),
                "lon": getattr(row, "lon", None),
                "lat": getattr(row, "lat", None),
                "href": ledger.address_of(row),
            }
            for row in rows.filter(named).exclude(lon=None)[: MOST_FOUND - len(hits)]
        ]
    return hits[:MOST_FOUND]
