"""Observations in the data array form of OGC 18-088, clause 12."""

from typing import Any

from .errors import Malformed
from .naming import COUNT, ID, NAVIGATION_LINK, NEXT_LINK, OBSERVATION
from .paths import Target
from .query.options import Options
from .reading.pages import Row
from .reading.rendering import Renderer, next_link, value_of

COMPONENTS = ("id", "phenomenonTime", "result", "resultTime")


def read(renderer: Renderer, target: Target, options: Options, address: str) -> dict[str, Any]:
    """A page grouped by datastream; $select picks the components."""
    if options.expand:
        raise Malformed("A data array expands nothing", where={"option": "$expand"})
    components = _components(options)
    page = renderer.reader.page(OBSERVATION, options, target.parent)
    groups: dict[str, dict[str, Any]] = {}
    for row in page.rows:
        name, number = _owner(row)
        key = f"{name}{NAVIGATION_LINK}"
        link = f"{renderer.root}/{name}s({number})"
        group = groups.setdefault(link, {key: link, "components": components, "dataArray": []})
        group["dataArray"].append([_component(name, row) for name in components])
    for group in groups.values():
        group[f"dataArray{COUNT}"] = len(group["dataArray"])
    found: dict[str, Any] = {COUNT: page.count} if page.count is not None else {}
    if page.has_more and page.rows:
        found[NEXT_LINK] = next_link(address, options, page)
    return found | {"value": list(groups.values())}


def _owner(row: Row) -> tuple[str, int]:
    if row["l_Datastream"] is not None:
        return "Datastream", row["l_Datastream"]
    return "MultiDatastream", row["l_MultiDatastream"]


def _components(options: Options) -> list[str]:
    names = list(options.select or COMPONENTS)
    for name in names:
        if name not in OBSERVATION.by_property and name not in ("id", ID):
            raise Malformed(f"An Observation has no {name}", where={"property": name})
    return names


def _component(name: str, row: Row) -> Any:
    if name in ("id", ID):
        return row["c_id"]
    return value_of(OBSERVATION.by_property[name], row)
