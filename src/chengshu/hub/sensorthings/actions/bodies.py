"""What a client sends for an entity, checked against the declaration."""

from collections.abc import Callable
from typing import Any

from ..errors import Malformed
from ..naming import ID, ID_NAMES, EntityType, Kind, Property, Relation
from ..query.geometry import shape_of_json
from ..times import instant, period

Body = dict[str, Any]
UNIT_PARTS = frozenset({"name", "symbol", "definition"})
GEOJSON = frozenset({"application/geo+json", "application/vnd.geo+json"})


def values_of(entity: EntityType, body: Body, *, is_whole: bool) -> dict[str, Any]:
    """The properties in *body* by name, times read. *is_whole*: what is absent becomes null.

    Raises Malformed for what is unknown, of the wrong kind, or required and missing.
    """
    _refuse_unknown(entity, body)
    found: dict[str, Any] = {}
    for prop in entity.properties:
        if prop.is_derived or (prop.name not in body and not is_whole):
            continue
        value = body.get(prop.name)
        if value is None and prop.is_required and not (prop.kind == Kind.ANY and prop.name in body):
            raise Malformed(
                f"A {entity.name} needs {prop.name}",
                where={"entity": entity.name, "property": prop.name},
            )
        found[prop.name] = value if value is None else _checked(prop, value)
    if not (found.get("unitOfMeasurement") or {}).keys() <= UNIT_PARTS:
        raise Malformed("A unit has a name, a symbol and a definition")
    _check_geometry(found)
    return found


def _refuse_unknown(entity: EntityType, body: Body) -> None:
    for name in body:
        plain = name.partition("@")[0]
        if not plain or plain in ID_NAMES:
            continue
        if plain not in entity.by_property and plain not in entity.by_relation:
            raise Malformed(f"A {entity.name} has no {name}", where={"property": name})


def _checked(prop: Property, value: Any) -> Any:
    check = CHECKS.get(prop.kind)
    if check is None:
        return value
    if isinstance(check, type):
        if not isinstance(value, check):
            raise Malformed(
                f"{prop.name} is not a {prop.kind.value}", where={"property": prop.name}
            )
        return value
    return check(value)


CHECKS: dict[Kind, type | Callable[[Any], Any]] = {
    Kind.TEXT: str,
    Kind.OBJECT: dict,
    Kind.LIST: list,
    Kind.INSTANT: instant,
    Kind.TIME: period,
    Kind.PERIOD: period,
}


def _check_geometry(values: dict[str, Any]) -> None:
    """GeoJSON is what it says; other encodings are kept as they come."""
    if values.get("encodingType") not in GEOJSON:
        return
    for name in ("location", "feature"):
        if name in values and shape_of_json(values[name]) is None:
            raise Malformed(f"{name} is not GeoJSON", where={"property": name})


def items_of(relation: Relation, body: Body) -> list[Body]:
    """What *body* says about *relation*: links and whole entities."""
    sent = body.get(relation.name)
    if sent is None:
        return []
    items = sent if relation.is_many else [sent]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        shape = "a list of objects" if relation.is_many else "an object"
        raise Malformed(f"{relation.name} is not {shape}", where={"property": relation.name})
    return items


def link_of(item: Body) -> int | None:
    """The id when *item* is a link to an entity that exists. Raises Malformed."""
    number = item.get(ID, item.get("id"))
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise Malformed(f"{number!r} is not an id", where={"id": str(number)})
    return number
