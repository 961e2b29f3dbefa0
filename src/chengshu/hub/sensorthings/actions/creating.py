"""Entities made, with everything that hangs on them in the same body."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.models import Datastream

from .. import identity
from ..errors import Malformed
from ..models import FeatureOfInterest, MultiDatastream
from ..naming import ID, OBSERVATION, EntityType, Forward, Relation, entity_of, target_of
from . import streams, things
from .bodies import Body, items_of, link_of, values_of
from .context import Links, Making, Values
from .observing import keep, keep_complex, observed, opened, stream_of
from .work import Work

CREATE = "sensorthings.create_entities"
DEEPEST = 20
Parent = tuple[str, int]
"""The relation back to the entity in whose collection the new one is made, and that one's id."""

MAKERS: dict[str, Callable[[Values, Links, Making], int]] = {
    "Things": things.make_thing,
    "Locations": things.make_location,
    "HistoricalLocations": things.make_history,
    "Datastreams": streams.make_datastream,
    "MultiDatastreams": streams.make_multi,
    "Sensors": streams.make_sensor,
    "ObservedProperties": streams.make_property,
    "FeaturesOfInterest": things.make_feature,
}
FIRST = {
    ("Things", "Locations"),
    ("Locations", "Things"),
    ("HistoricalLocations", "Locations"),
    ("MultiDatastreams", "ObservedProperties"),
}
"""Lists that the entity itself is made from; the others are made after it."""


@action(CREATE, _("Create SensorThings entities"))
def create_entities(
    set_name: str, body: Body, parent: Parent | None, work: Work, *, by: Actor
) -> int:
    """One entity of *set_name* and all that is inside *body*; its id. All or nothing."""
    number = create(entity_of(set_name), body, parent, Making(by, CREATE, work))
    note(set=set_name, id=number)
    work.finish()
    return number


def needs_action(entity: EntityType, body: Body) -> bool:
    """Whether *body* makes more than observations."""
    if entity is not OBSERVATION:
        return True
    items = [item for relation in entity.relations for item in items_of(relation, body)]
    return any(link_of(item) is None for item in items)


def create(
    entity: EntityType, body: Body, parent: Parent | None, making: Making, depth: int = 0
) -> int:
    """Raises Malformed, NotAllowed and others; what was made until then is rolled back."""
    if depth > DEEPEST:
        raise Malformed(f"The body is nested deeper than {DEEPEST}")
    if not isinstance(body, dict):
        raise Malformed(f"A {entity.name} is a JSON object")
    values = values_of(entity, body, is_whole=True)
    links = _links(entity, body, parent, making, depth)
    if entity is OBSERVATION:
        return _observe(values, links, making)
    number = MAKERS[entity.set_name](values, links, making)
    _create_lists(entity, body, number, making, depth)
    return number


def _links(
    entity: EntityType, body: Body, parent: Parent | None, making: Making, depth: int
) -> Links:
    """What must be there before the entity; inline ones are made now."""
    links: Links = {}
    for relation in entity.relations:
        if relation.is_many and (entity.set_name, relation.name) not in FIRST:
            continue
        items = items_of(relation, body)
        found = [_linked(relation, item, making, depth) for item in items]
        if parent is not None and parent[0] == relation.name:
            found = [parent[1]]
        if found:
            links[relation.name] = found
        elif relation.is_required:
            raise Malformed(
                f"A {entity.name} needs its {relation.name}",
                where={"entity": entity.name, "relation": relation.name},
            )
    return links


def _linked(relation: Relation, item: Body, making: Making, depth: int) -> int:
    number = link_of(item)
    if number is None:
        return create(target_of(relation), item, None, making, depth + 1)
    check_link(relation, number, making)
    return number


def check_link(relation: Relation, number: int, making: Making) -> None:
    """Raises Malformed when there is no such entity, or none that the actor may see."""
    checked = SENDERS_MAY_NAME.get(relation.target)
    if checked is not None:
        is_there = checked(number, making.by)
    else:
        is_there = making.reader.one(target_of(relation), number) is not None
    if not is_there:
        raise Malformed(
            f"There is no {relation.name} {number}",
            where={"relation": relation.name, "id": number},
        )


def _may_name_feature(number: int, by: Actor) -> bool:
    own = visible_to(FeatureOfInterest.objects.all(), by, INGEST)
    return number > identity.OF_LEDGER or own.filter(pk=number).exists()


SENDERS_MAY_NAME: dict[str, Callable[[int, Actor], bool]] = {
    "Datastreams": lambda number, by: (
        visible_to(Datastream.objects.all(), by, INGEST).filter(pk=number).exists()
    ),
    "MultiDatastreams": lambda number, by: (
        visible_to(MultiDatastream.objects.all(), by, INGEST).filter(pk=number).exists()
    ),
    "FeaturesOfInterest": _may_name_feature,
}
"""What a token that may only send observations may speak of."""


def _create_lists(entity: EntityType, body: Body, number: int, making: Making, depth: int) -> None:
    for relation in entity.relations:
        if isinstance(relation.way, Forward) or (entity.set_name, relation.name) in FIRST:
            continue
        for item in items_of(relation, body):
            if link_of(item) is not None:
                raise Malformed(
                    f"{relation.name} of a new {entity.name} cannot be those of another",
                    where={"relation": relation.name},
                )
            create(target_of(relation), item, (relation.inverse, number), making, depth + 1)


def _observe(values: Values, links: Links, making: Making) -> int:
    feature = links.get("FeatureOfInterest", [None])[0]
    seen = observed(values, feature)
    if "Datastream" in links and "MultiDatastream" not in links:
        stream = opened(stream_of({ID: links["Datastream"][0]}, making.by), making.by)
        return keep(stream, seen, making.work)
    if "MultiDatastream" in links and "Datastream" not in links:
        multis = MultiDatastream.objects.select_related("terminal")
        return keep_complex(multis.get(pk=links["MultiDatastream"][0]), seen, making.by)
    raise Malformed("An Observation needs its Datastream or its MultiDatastream")
