"""Things, Locations and their history, made and changed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chengshu.hub.sensing.actions.registration import direct_feed
from chengshu.hub.sensing.models import Terminal

from .. import identity
from ..errors import Malformed, OfTheLedger
from ..models import FeatureOfInterest, HistoricalLocation, Location, ThingDetails
from ..times import now
from .context import Links, Making, Values
from .placing import home_of, point_of

LONGEST_NAME = 120


def make_thing(values: Values, links: Links, making: Making) -> int:
    places = list(Location.objects.filter(pk__in=links.get("Locations", [])).order_by("id"))
    point = next(filter(None, (point_of(place.location) for place in places)), None)
    place, owner = home_of(making.by, making.permission, point)
    terminal = Terminal.objects.create(
        code=f"STA-{secrets.token_hex(6)}",
        name=values["name"][:LONGEST_NAME],
        kind=Terminal.Kind.SENSOR,
        place=place,
        owner=owner,
        feed=direct_feed(),
    )
    making.require(terminal)
    said = {name: values.get(name) for name in ("description", "properties")}
    details = ThingDetails.objects.create(
        terminal=terminal, is_made_here=True, name=beyond(values["name"], LONGEST_NAME), **said
    )
    if places:
        move(details, places)
    return terminal.pk


def beyond(name: str, longest: int) -> str | None:
    """*name* if the ledger cannot hold it whole; what it can hold is said there alone."""
    return name if len(name) > longest else None


def change_thing(number: int, values: Values, links: Links, making: Making) -> None:
    terminal = Terminal.objects.get(pk=number)
    making.require(terminal)
    if "name" in values:
        terminal.name = values["name"][:LONGEST_NAME]
        terminal.save(update_fields=["name"])
        values = values | {"name": beyond(values["name"], LONGEST_NAME)}
    ThingDetails.objects.update_or_create(pk=number, defaults=values)
    if links.get("Locations"):
        stand(number, links["Locations"])


def stand(thing: int, locations: Sequence[int]) -> None:
    """Thing *thing* stands at *locations* from now on."""
    details, _is_new = ThingDetails.objects.get_or_create(pk=thing)
    move(details, list(Location.objects.filter(pk__in=own(locations)).order_by("id")))


def own(locations: Sequence[int]) -> Sequence[int]:
    """Raises OfTheLedger for a terminal's own place, at which nothing else can stand."""
    if any(number > identity.OF_LEDGER for number in locations):
        raise OfTheLedger("This place is a terminal's own longitude and latitude")
    return locations


def move(details: ThingDetails, places: Sequence[Location], at: datetime | None = None) -> None:
    """The thing stands at *places*, which its history and the ledger's map then show."""
    set_standing(details, places)
    history = HistoricalLocation.objects.create(terminal_id=details.pk, at=at or now())
    history.locations.set(places)


def set_standing(details: ThingDetails, places: Sequence[Location]) -> None:
    details.locations.set(places)
    point = next(filter(None, (point_of(place.location) for place in places)), None)
    if point is not None:
        terminal = Terminal.objects.get(pk=details.pk)
        terminal.lon, terminal.lat = point
        terminal.save(update_fields=["lon", "lat"])


def make_location(values: Values, links: Links, making: Making) -> int:
    place, owner = home_of(making.by, making.permission, point_of(values["location"]))
    location = Location.objects.create(place=place, owner=owner, **_described(values))
    making.require(location)
    for thing in links.get("Things", []):
        making.require(Terminal.objects.get(pk=thing))
        stand(thing, [location.pk])
    return location.pk


def _described(values: Values) -> dict[str, Any]:
    renamed = {"encodingType": "encoding"}
    return {renamed.get(name, name): value for name, value in values.items()}


def change_location(number: int, values: Values, links: Links, making: Making) -> None:
    """A feature made from the place stays what it was; the next observation gets a new one."""
    location = Location.objects.get(pk=own([number])[0])
    making.require(location)
    for name, value in _described(values).items():
        setattr(location, name, value)
    location.save()
    if "location" in values:
        FeatureOfInterest.objects.filter(location=location).update(location=None)
        for details in location.things.all():
            set_standing(details, list(details.locations.order_by("id")))
    for thing in links.get("Things", []):
        making.require(Terminal.objects.get(pk=thing))
        stand(thing, [number])


def make_history(values: Values, links: Links, making: Making) -> int:
    """The newest one moves the thing (OGC 18-088, 10.2.1)."""
    terminal = Terminal.objects.get(pk=links["Thing"][0])
    making.require(terminal)
    places = list(Location.objects.filter(pk__in=own(links["Locations"])).order_by("id"))
    before = HistoricalLocation.objects.filter(terminal=terminal)
    is_newest = not before.filter(at__gte=values["time"]).exists()
    history = HistoricalLocation.objects.create(terminal=terminal, at=values["time"])
    history.locations.set(places)
    if is_newest:
        details, _is_new = ThingDetails.objects.get_or_create(pk=terminal.pk)
        set_standing(details, places)
    return history.pk


def change_history(number: int, values: Values, links: Links, making: Making) -> None:
    history = HistoricalLocation.objects.get(pk=number)
    making.require(history)
    if values.get("time"):
        history.at = values["time"]
    if "Thing" in links:
        history.terminal = Terminal.objects.get(pk=links["Thing"][0])
        making.require(history.terminal)
    history.save()
    if links.get("Locations"):
        history.locations.set(own(links["Locations"]))


def make_feature(values: Values, links: Links, making: Making) -> int:
    place, owner = home_of(making.by, making.permission, point_of(values["feature"]))
    feature = FeatureOfInterest.objects.create(place=place, owner=owner, **_described(values))
    making.require(feature)
    return feature.pk


def change_feature(number: int, values: Values, links: Links, making: Making) -> None:
    if number > identity.OF_LEDGER:
        raise OfTheLedger("This feature is a terminal's own place")
    if links:
        raise Malformed("The observations of a feature are changed one by one")
    feature = FeatureOfInterest.objects.get(pk=number)
    making.require(feature)
    for name, value in _described(values).items():
        setattr(feature, name, value)
    feature.save()
