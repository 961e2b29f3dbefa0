"""SensorThings 1.1 as a declaration: names, kinds and relations; all else is derived from it.

A row of an entity, as `sources` give it, has a column ``c_<property>`` for each property and
``l_<relation>`` for the id at the other end of a to-one relation.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from chengshu.kit.errors import NotFound


class Kind(Enum):
    """What a property holds. ``TIME`` and ``PERIOD`` have a second column ``c_<property>_end``."""

    ID = "id"
    TEXT = "text"
    OBJECT = "object"
    ANY = "any"
    LIST = "list"
    GEOMETRY = "geometry"
    INSTANT = "instant"
    TIME = "time"
    PERIOD = "period"


@dataclass(frozen=True)
class Property:
    """*is_derived*: worked out by the server from the observations; never sent."""

    name: str
    kind: Kind
    is_required: bool = False
    is_derived: bool = False

    @property
    def column(self) -> str:
        return f"c_{self.name}"


@dataclass(frozen=True)
class Forward:
    """The row itself holds the other's id in *column*."""

    column: str


@dataclass(frozen=True)
class Reverse:
    """The others hold this row's id in *column*."""

    column: str


@dataclass(frozen=True)
class Through:
    """A source of pairs named *link*; *mine* and *other* are its columns, *order* sorts."""

    link: str
    mine: str
    other: str
    order: str = ""


@dataclass(frozen=True)
class Relation:
    name: str
    target: str
    way: Forward | Reverse | Through
    inverse: str
    is_required: bool = False

    @property
    def is_many(self) -> bool:
        return not isinstance(self.way, Forward)


@dataclass(frozen=True)
class EntityType:
    name: str
    set_name: str
    properties: tuple[Property, ...]
    relations: tuple[Relation, ...]

    @cached_property
    def by_property(self) -> dict[str, Property]:
        return {prop.name: prop for prop in self.properties}

    @cached_property
    def by_relation(self) -> dict[str, Relation]:
        return {relation.name: relation for relation in self.relations}


ID = "@iot.id"
SELF_LINK = "@iot.selfLink"
COUNT = "@iot.count"
NEXT_LINK = "@iot.nextLink"
NAVIGATION_LINK = "@iot.navigationLink"
VERSION = "v1.1"
ID_NAMES = frozenset({"id", ID})


def _described(*more: Property) -> tuple[Property, ...]:
    """Name and description first, properties last, as the standard's tables have them."""
    return (
        Property("name", Kind.TEXT, is_required=True),
        Property("description", Kind.TEXT, is_required=True),
        *more,
        Property("properties", Kind.OBJECT),
    )


OBSERVED = (
    Property("observedArea", Kind.GEOMETRY, is_derived=True),
    Property("phenomenonTime", Kind.PERIOD, is_derived=True),
    Property("resultTime", Kind.PERIOD, is_derived=True),
)

THING = EntityType(
    "Thing",
    "Things",
    _described(),
    (
        Relation("Locations", "Locations", Through("standing", "of_thing", "of_place"), "Things"),
        Relation("HistoricalLocations", "HistoricalLocations", Reverse("l_Thing"), "Thing"),
        Relation("Datastreams", "Datastreams", Reverse("l_Thing"), "Thing"),
        Relation("MultiDatastreams", "MultiDatastreams", Reverse("l_Thing"), "Thing"),
    ),
)
LOCATION = EntityType(
    "Location",
    "Locations",
    _described(
        Property("encodingType", Kind.TEXT, is_required=True),
        Property("location", Kind.GEOMETRY, is_required=True),
    ),
    (
        Relation("Things", "Things", Through("standing", "of_place", "of_thing"), "Locations"),
        Relation(
            "HistoricalLocations",
            "HistoricalLocations",
            Through("history", "of_place", "of_history"),
            "Locations",
        ),
    ),
)
HISTORICAL_LOCATION = EntityType(
    "HistoricalLocation",
    "HistoricalLocations",
    (Property("time", Kind.INSTANT, is_required=True),),
    (
        Relation("Thing", "Things", Forward("l_Thing"), "HistoricalLocations", is_required=True),
        Relation(
            "Locations",
            "Locations",
            Through("history", "of_history", "of_place"),
            "HistoricalLocations",
            is_required=True,
        ),
    ),
)
DATASTREAM = EntityType(
    "Datastream",
    "Datastreams",
    _described(
        Property("unitOfMeasurement", Kind.OBJECT, is_required=True),
        Property("observationType", Kind.TEXT, is_required=True),
        *OBSERVED,
    ),
    (
        Relation("Thing", "Things", Forward("l_Thing"), "Datastreams", is_required=True),
        Relation("Sensor", "Sensors", Forward("l_Sensor"), "Datastreams", is_required=True),
        Relation(
            "ObservedProperty",
            "ObservedProperties",
            Forward("l_ObservedProperty"),
            "Datastreams",
            is_required=True,
        ),
        Relation("Observations", "Observations", Reverse("l_Datastream"), "Datastream"),
    ),
)
MULTI_DATASTREAM = EntityType(
    "MultiDatastream",
    "MultiDatastreams",
    _described(
        Property("observationType", Kind.TEXT, is_required=True),
        Property("multiObservationDataTypes", Kind.LIST, is_required=True),
        Property("unitOfMeasurements", Kind.LIST, is_required=True),
        *OBSERVED,
    ),
    (
        Relation("Thing", "Things", Forward("l_Thing"), "MultiDatastreams", is_required=True),
        Relation("Sensor", "Sensors", Forward("l_Sensor"), "MultiDatastreams", is_required=True),
        Relation(
            "ObservedProperties",
            "ObservedProperties",
            Through("parts", "stream", "property", "position"),
            "MultiDatastreams",
            is_required=True,
        ),
        Relation("Observations", "Observations", Reverse("l_MultiDatastream"), "MultiDatastream"),
    ),
)
SENSOR = EntityType(
    "Sensor",
    "Sensors",
    _described(
        Property("encodingType", Kind.TEXT, is_required=True),
        Property("metadata", Kind.ANY, is_required=True),
    ),
    (
        Relation("Datastreams", "Datastreams", Reverse("l_Sensor"), "Sensor"),
        Relation("MultiDatastreams", "MultiDatastreams", Reverse("l_Sensor"), "Sensor"),
    ),
)
OBSERVED_PROPERTY = EntityType(
    "ObservedProperty",
    "ObservedProperties",
    _described(Property("definition", Kind.TEXT, is_required=True)),
    (
        Relation("Datastreams", "Datastreams", Reverse("l_ObservedProperty"), "ObservedProperty"),
        Relation(
            "MultiDatastreams",
            "MultiDatastreams",
            Through("parts", "property", "stream"),
            "ObservedProperties",
        ),
    ),
)
OBSERVATION = EntityType(
    "Observation",
    "Observations",
    (
        Property("phenomenonTime", Kind.TIME),
        Property("result", Kind.ANY, is_required=True),
        Property("resultTime", Kind.INSTANT),
        Property("resultQuality", Kind.ANY),
        Property("validTime", Kind.PERIOD),
        Property("parameters", Kind.OBJECT),
    ),
    (
        Relation("Datastream", "Datastreams", Forward("l_Datastream"), "Observations"),
        Relation(
            "MultiDatastream", "MultiDatastreams", Forward("l_MultiDatastream"), "Observations"
        ),
        Relation(
            "FeatureOfInterest",
            "FeaturesOfInterest",
            Forward("l_FeatureOfInterest"),
            "Observations",
        ),
    ),
)
FEATURE_OF_INTEREST = EntityType(
    "FeatureOfInterest",
    "FeaturesOfInterest",
    _described(
        Property("encodingType", Kind.TEXT, is_required=True),
        Property("feature", Kind.GEOMETRY, is_required=True),
    ),
    (
        Relation(
            "Observations", "Observations", Reverse("l_FeatureOfInterest"), "FeatureOfInterest"
        ),
    ),
)

ENTITIES: dict[str, EntityType] = {
    entity.set_name: entity
    for entity in (
        THING,
        LOCATION,
        HISTORICAL_LOCATION,
        DATASTREAM,
        MULTI_DATASTREAM,
        SENSOR,
        OBSERVED_PROPERTY,
        OBSERVATION,
        FEATURE_OF_INTEREST,
    )
}


def entity_of(set_name: str) -> EntityType:
    """Raises NotFound for a name that is no entity set."""
    try:
        return ENTITIES[set_name]
    except KeyError:
        raise NotFound(f"There is no entity set {set_name}", where={"set": set_name}) from None


def target_of(relation: Relation) -> EntityType:
    return ENTITIES[relation.target]
