"""Place trees from files: CSV with WKT outlines, or GeoJSON; all faults are found at once."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import shapely
from django.db import transaction

from chengshu.kit.errors import CityError, Invalid
from chengshu.kit.geodesy.offsets import Datum

from . import locate, outlines, tree
from .models import Level, Place

DEPTH = {level.value: depth for depth, level in enumerate(Level)}
DEEPEST = len(DEPTH)
COLUMNS = ("code", "name", "level", "parent")
FAULTS_TOLD = 100


class BadPlaces(Invalid):
    """The file cannot be imported; ``where["faults"]`` names row, column and reason of each."""

    code = "bad-places"


@dataclass(frozen=True)
class PlaceRow:
    """One place of a file. *row* counts from 1 without the heading; *outline* as in the file."""

    row: int
    code: str
    name: str
    level: str
    parent: str
    outline: Any = None


@dataclass(frozen=True)
class Fault:
    row: int
    column: str
    reason: str


def read_csv(content: bytes) -> list[PlaceRow]:
    """Columns code, name, level, parent and optionally outline (WKT); UTF-8, BOM allowed."""
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        missing = set(COLUMNS) - set(table.fieldnames or ())
        if missing:
            raise _bad([Fault(0, column, "the column is missing") for column in sorted(missing)])
        rows = list(table)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad([Fault(0, "", f"not a CSV file in UTF-8: {error}")]) from None
    return _rows(rows, lambda row: row.get("outline") or None, shapely.from_wkt)


def read_geojson(content: bytes) -> list[PlaceRow]:
    """A FeatureCollection whose properties are code, name, level and parent."""
    try:
        features = orjson.loads(content)["features"]
        rows = [{**feature["properties"], "geometry": feature["geometry"]} for feature in features]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise _bad([Fault(0, "", f"not a GeoJSON FeatureCollection: {error!r}")]) from None
    return _rows(
        rows, lambda row: row["geometry"], lambda shape: shapely.from_geojson(orjson.dumps(shape))
    )


def import_places(rows: Iterable[PlaceRow], datum: Datum) -> int:
    """Store *rows*, whose coordinates are in *datum*; known codes are changed, others added.

    All or nothing; the number of places written. Raises BadPlaces.
    """
    wanted = sorted(rows, key=lambda row: DEPTH.get(row.level, 0))
    with transaction.atomic():
        tree.lock_trees()
        known = {place.code: place for place in Place.objects.defer("outline")}
        faults = list(_faults(wanted, known))
        if faults:
            raise _bad(faults)
        for row in wanted:
            _store(row, known, datum)
    locate.forget()
    return len(wanted)


def _rows(
    rows: Iterable[Mapping[str, Any]],
    outline_of: Callable[[Mapping[str, Any]], Any],
    parse: Callable[[Any], Any],
) -> list[PlaceRow]:
    found, faults = [], []
    for number, row in enumerate(rows, 1):
        texts = {column: str(row.get(column) or "").strip() for column in COLUMNS}
        place = PlaceRow(number, **texts)
        raw = outline_of(row)
        try:
            found.append(place if raw is None else replace(place, outline=parse(raw)))
        except shapely.errors.ShapelyError as error:
            faults.append(Fault(number, "outline", str(error)))
    if faults:
        raise _bad(faults)
    return found


def _faults(rows: list[PlaceRow], known: Mapping[str, Place]) -> Iterator[Fault]:
    levels = {code: place.level for code, place in known.items()} | {r.code: r.level for r in rows}
    seen: set[str] = set()
    for row in rows:
        for column, reason in _faults_of(row, levels, seen):
            yield Fault(row.row, column, reason)
        seen.add(row.code)


def _faults_of(
    row: PlaceRow, levels: Mapping[str, str], seen: set[str]
) -> Iterator[tuple[str, str]]:
    if not tree.CODE.fullmatch(row.code) or len(row.code) > 24:
        yield "code", "1 to 24 letters, digits, “_”, “.” or “-”"
    if row.code in seen:
        yield "code", "twice in the file"
    if not row.name or len(row.name) > 80:
        yield "name", "1 to 80 characters"
    if row.level not in DEPTH:
        yield "level", f"one of {', '.join(DEPTH)}"
    elif row.parent:
        yield from _parent_faults(row, levels)
    if row.outline is not None:
        yield from _outline_faults(row.outline)


def _parent_faults(row: PlaceRow, levels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    above = levels.get(row.parent)
    if above is None:
        yield "parent", "no place of this code"
    elif DEPTH.get(above, DEEPEST) >= DEPTH[row.level]:
        yield "parent", f"a {above} cannot hold a {row.level}"


def _outline_faults(outline: Any) -> Iterator[tuple[str, str]]:
    if outline.geom_type not in ("Polygon", "MultiPolygon"):
        yield "outline", f"a polygon or multipolygon, not {outline.geom_type}"
    elif not outlines.is_on_earth(outline):
        yield "outline", "longitude within 180 and latitude within 90 degrees"


def _store(row: PlaceRow, known: dict[str, Place], datum: Datum) -> None:
    parent = known[row.parent] if row.parent else None
    place = known.get(row.code) or Place(code=row.code)
    place.name, place.level = row.name, row.level
    if row.outline is not None:
        outlines.draw(place, row.outline, datum)
    if place.pk is None:
        place.parent = parent
        known[row.code] = tree.add(place)
        return
    place.save(
        update_fields=["name", "level", *(outlines.FIELDS if row.outline is not None else ())]
    )
    if place.parent_id != (parent.pk if parent else None):
        tree.move(place, parent)
        _reread_paths(known)


def _reread_paths(known: dict[str, Place]) -> None:
    for code, path in Place.objects.values_list("code", "path"):
        if code in known:
            known[code].path = path


def _bad(faults: list[Fault]) -> CityError:
    first = faults[0]
    return BadPlaces(
        f"{len(faults)} faults; row {first.row}, {first.column}: {first.reason}",
        where={"faults": [vars(fault) for fault in faults[:FAULTS_TOLD]], "count": len(faults)},
    )
