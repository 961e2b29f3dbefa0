"""The spatial functions, by shapely: longitude and latitude as a plane, distances in degrees."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.errors import GEOSException

from ..errors import Malformed, NotOffered
from .fragments import bound, glue
from .functions import FUNCTIONS, Type
from .trees import Call, Geography, Literal, Path
from .values import Value

PREDICATES: dict[str, Callable[..., Any]] = {
    "geo.intersects": shapely.intersects,
    "st_intersects": shapely.intersects,
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_contains": shapely.contains,
    "st_relate": shapely.relate_pattern,
    "geo.distance": shapely.distance,
    "geo.length": shapely.length,
}
Shapes = Any


def shape_of_text(text: str) -> shapely.Geometry:
    """WKT or GeoJSON. Raises Malformed."""
    try:
        if text.lstrip().startswith("{"):
            return shapely.from_geojson(text)
        return shapely.from_wkt(text)
    except GEOSException as error:
        raise Malformed(f"The geography cannot be read: {error}") from None


def shape_of_json(value: object) -> shapely.Geometry | None:
    """GeoJSON as an object; a Feature is its geometry; None for anything else."""
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict):
        return None
    try:
        return shapely.from_geojson(orjson.dumps(value).decode())
    except (GEOSException, orjson.JSONEncodeError):
        return None


def column(values: Sequence[object]) -> Shapes:
    """The shapes of GeoJSON *values*, for all rows at once."""
    shapes = np.empty(len(values), dtype=object)
    shapes[:] = [shape_of_json(value) for value in values]
    return shapes


def answers(name: str, arguments: Sequence[Shapes], pattern: str | None) -> list[Any]:
    """The function for each row; None where a shape is missing."""
    missing = np.zeros(max(np.size(a) for a in arguments), dtype=bool)
    for shapes in arguments:
        missing |= shapely.is_missing(shapes)
    try:
        if pattern is not None:
            found = PREDICATES[name](*arguments, pattern)
        else:
            found = PREDICATES[name](*arguments)
    except (GEOSException, ValueError) as error:
        raise Malformed(f"{name} cannot be answered: {error}") from None
    several = np.broadcast_to(found, missing.shape).tolist()
    return [None if gone else value for value, gone in zip(several, missing, strict=True)]


def looked_up(call: Call, rows: Sequence[tuple[int, object]], alias: str) -> Value:
    """*call* answered for *rows* (id and GeoJSON), and looked up by the id of *alias*."""
    arguments: list[Shapes] = []
    pattern = None
    for node in call.arguments:
        match node:
            case Path():
                arguments.append(column([shape for _id, shape in rows]))
            case Geography(text=text):
                arguments.append(shape_of_text(text))
            case Literal(value=str() as text) if call.name == "st_relate":
                pattern = text
            case _:
                raise one_place_only()
    found = answers(call.name, arguments, pattern) if rows else []
    by_id = {str(number): value for (number, _shape), value in zip(rows, found, strict=True)}
    gives = FUNCTIONS[call.name].gives
    cast = "BOOLEAN" if gives == Type.BOOL else "FLOAT8"
    document = bound(orjson.dumps(by_id).decode(), "JSONB")
    lookup = f'CAST({{}} ->> CAST({alias}."c_id" AS TEXT) AS {cast})'
    return Value(gives, glue(lookup, document))


def one_place_only() -> NotOffered:
    return NotOffered("A spatial function compares one property with constants")
