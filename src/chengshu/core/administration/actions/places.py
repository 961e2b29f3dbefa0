"""The place tree."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions.action import action, note
from chengshu.core.places import files, tree
from chengshu.core.places.models import Place
from chengshu.core.records.writing import check
from chengshu.kit.geodesy.offsets import Datum

READERS = {"csv": files.read_csv, "geojson": files.read_geojson}


@action("places.create_place", _("Add place"), duty=Duty.SYSTEM)
def create_place(
    *, code: str, name: str, level: str, parent: Place | None = None, by: Actor
) -> Place:
    place = Place(code=code, name=name, level=level, parent=parent)
    place.path = tree.path_under(parent, code)
    check(place)
    require(by, "places.create_place", place)
    return tree.add(place)


@action("places.change_place", _("Change place"), duty=Duty.SYSTEM)
def change_place(place: Place, *, by: Actor, **values: Any) -> Place:
    """Set *name* or *level*, or put it with all below it under *parent* (None: at the top).

    Raises MovesBelowItself.
    """
    if "parent" in values:
        note(moved=tree.move(place, values.pop("parent")))
    for field, value in values.items():
        setattr(place, field, value)
    check(place)
    require(by, "places.change_place", place)
    return tree.change(place, list(values))


@action("places.remove_place", _("Remove place"), duty=Duty.SYSTEM)
def remove_place(place: Place, *, by: Actor) -> None:
    """Remove a place that nothing refers to. Raises StillUsed."""
    tree.remove(place)


@action("places.import_outlines", _("Import places with outlines"), duty=Duty.SYSTEM)
def import_places(content: bytes, form: str, datum: Datum, *, by: Actor) -> int:
    """Store the places of a CSV or GeoJSON file; their number. Raises BadPlaces."""
    rows = READERS[form](content)
    count = files.import_places(rows, datum)
    require(
        by, "places.import_outlines", list(Place.objects.filter(code__in=[r.code for r in rows]))
    )
    note(places=count, datum=datum.value)
    return count
