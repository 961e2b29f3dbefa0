"""The entities of the OGC test suite's sample folder, some of them from before names were due."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hub.sensorthings.conftest import Service
from tests.hub.sensorthings.test_core import PROPERTIES, RELATIONS

SETS = {
    "thing": "Things",
    "locations": "Locations",
    "sensors": "Sensors",
    "observedproperties": "ObservedProperties",
    "foi": "FeaturesOfInterest",
}


def samples(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """File, set and body of the samples that stand alone and are JSON."""
    for file in sorted(folder.glob("*.json")):
        name = SETS.get(file.stem.partition("_")[0])
        try:
            body = json.loads(file.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            continue
        if name and isinstance(body, dict):
            yield file.name, name, body


def is_whole(value: Any, name: str) -> bool:
    """Whether *value* and the entities inside have what SensorThings 1.1 wants, and no more."""
    inner = {"Locations": "Locations", "Datastreams": "Datastreams", "Sensor": "Sensors"}
    inner |= {"ObservedProperty": "ObservedProperties"}
    several = [
        (item, kind)
        for key, kind in inner.items()
        for item in (value.get(key) if isinstance(value.get(key), list) else [value.get(key)])
        if item
    ]
    known = {*PROPERTIES[name], *RELATIONS[name], "properties"}
    has_all = set(PROPERTIES[name]) <= value.keys() <= known
    return has_all and all(is_whole(*pair) for pair in several)


def test_samples_are_taken_when_they_are_whole_and_refused_when_not(
    sta: Service, shared: Path
) -> None:
    found = list(samples(shared / "data" / "sensorthings" / "ets_sta10_entities"))

    given = {file: sta.status("POST", name, body) for file, name, body in found}
    named = {
        file: sta.status("POST", name, {"name": file, "description": file} | body)
        for file, name, body in found
        if not is_whole(body, name) and is_whole({"name": file, "description": file} | body, name)
    }

    assert given == {file: 201 if is_whole(body, name) else 400 for file, name, body in found}
    assert set(named.values()) <= {201}
    assert len(found) > 20
