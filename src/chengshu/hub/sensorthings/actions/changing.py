"""Entities changed: merged (PATCH), replaced (PUT) or edited (JSON Patch)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.hub.sensing.models import Datastream

from ..errors import Malformed
from ..models import MultiDatastream, Observation
from ..naming import OBSERVATION, EntityType, entity_of
from ..reading.pages import Row
from . import streams, things
from .bodies import Body, items_of, link_of, values_of
from .context import Links, Making, Values
from .creating import check_link
from .observing import Observed, keep, keep_complex, opened
from .work import Work

CHANGE = "sensorthings.change_entities"
CHANGEABLE = {
    ("Things", "Locations"),
    ("Locations", "Things"),
    ("HistoricalLocations", "Locations"),
    ("MultiDatastreams", "ObservedProperties"),
}
CHANGERS: dict[str, Callable[[int, Values, Links, Making], None]] = {
    "Things": things.change_thing,
    "Locations": things.change_location,
    "HistoricalLocations": things.change_history,
    "Datastreams": streams.change_datastream,
    "MultiDatastreams": streams.change_multi,
    "Sensors": streams.change_sensor,
    "ObservedProperties": streams.change_property,
    "FeaturesOfInterest": things.change_feature,
}


@action(CHANGE, _("Change SensorThings entities"))
def change_entity(
    set_name: str, row: Row, body: Body, work: Work, *, is_whole: bool, by: Actor
) -> None:
    """Change the entity of *row* as *body* says. *is_whole*: what *body* leaves out is cleared.

    Raises Malformed for whole entities inside *body*: only links may change here.
    """
    entity = entity_of(set_name)
    making = Making(by, CHANGE, work)
    values = values_of(entity, body, is_whole=is_whole)
    _refuse_nulls(entity, values)
    links = _links(entity, body, making)
    if entity is OBSERVATION:
        _change_observation(row, values, links, making)
    else:
        CHANGERS[set_name](row["c_id"], values, links, making)
    note(set=set_name, id=row["c_id"])
    work.finish()


def _refuse_nulls(entity: EntityType, values: Values) -> None:
    for name, value in values.items():
        if value is None and entity.by_property[name].is_required and name != "result":
            raise Malformed(f"{name} of a {entity.name} cannot be null", where={"property": name})


def _links(entity: EntityType, body: Body, making: Making) -> Links:
    links: Links = {}
    for relation in entity.relations:
        items = items_of(relation, body)
        numbers = [number for item in items if (number := link_of(item)) is not None]
        if len(numbers) < len(items):
            raise Malformed(
                f"{relation.name} is changed by links, not by whole entities",
                where={"relation": relation.name},
            )
        if not items:
            continue
        if relation.is_many and (entity.set_name, relation.name) not in CHANGEABLE:
            raise Malformed(f"{relation.name} of a {entity.name} is changed at its other end")
        for number in numbers:
            check_link(relation, number, making)
        links[relation.name] = numbers
    return links


def _change_observation(row: Row, values: Values, links: Links, making: Making) -> None:
    """The id stays, so an observation that moves in time gets a row beside."""
    seen = _changed(row, values, links)
    stream = links.get("Datastream", [row["l_Datastream"]])[0]
    if stream is None:
        multi = MultiDatastream.objects.select_related("terminal").get(pk=row["l_MultiDatastream"])
        require(making.by, CHANGE, multi)
        keep_complex(multi, seen, making.by, row["c_id"])
        return
    datastream = Datastream.objects.select_related("terminal", "observed_property").get(pk=stream)
    require(making.by, CHANGE, datastream)
    is_where_it_was = (stream, seen.at) == (row["l_Datastream"], row["c_phenomenonTime"])
    is_of_lake = not Observation.objects.filter(pk=row["c_id"]).exists()
    if not is_where_it_was or seen.number is None:
        making.work.drop(row["l_Datastream"], row["c_phenomenonTime"])
    stays = is_of_lake and is_where_it_was and seen.is_plain
    keep(opened(datastream, making.by), seen, making.work, None if stays else row["c_id"])


def _changed(row: Row, values: Values, links: Links) -> Observed:
    before: dict[str, Any] = {
        "phenomenonTime": (row["c_phenomenonTime"], row["c_phenomenonTime_end"]),
        "result": row["c_result"],
        "resultTime": row["c_resultTime"],
        "resultQuality": row["c_resultQuality"],
        "validTime": (row["c_validTime"], row["c_validTime_end"]),
        "parameters": row["c_parameters"],
    }
    after = before | values
    at, until = after["phenomenonTime"] or before["phenomenonTime"]
    feature = links.get("FeatureOfInterest", [row["l_FeatureOfInterest"]])[0]
    return Observed(
        at=at,
        until=until,
        result=after["result"],
        result_at=after["resultTime"],
        validity=after["validTime"] or (None, None),
        quality=after["resultQuality"],
        parameters=after["parameters"],
        feature=feature,
    )
