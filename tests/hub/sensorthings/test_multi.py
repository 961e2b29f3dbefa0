"""MultiDatastreams: one result for several properties (OGC 18-088, clause 13)."""

from typing import Any

import pytest

from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ADDRESS, Service

PROPERTIES = (
    "name",
    "description",
    "observationType",
    "multiObservationDataTypes",
    "unitOfMeasurements",
)


@pytest.fixture
def links(sta: Service) -> dict[str, Any]:
    """What a multi datastream of two properties needs; the second property is the older one."""
    older, newer = (sta.post("ObservedProperties", bodies.observed_property(n)) for n in (1, 2))
    return {
        "Thing": bodies.link(sta.post("Things", bodies.thing(Locations=[bodies.location()]))),
        "Sensor": bodies.link(sta.post("Sensors", bodies.sensor())),
        "ObservedProperties": [bodies.link(newer), bodies.link(older)],
    }


def test_a_multi_datastream_is_read_and_followed(sta: Service, links: dict[str, Any]) -> None:
    number = sta.post("MultiDatastreams", bodies.multi(**links))
    path = f"MultiDatastreams({number})"
    first = sta.post(f"{path}/Observations", bodies.observation([1.5, 200]))

    found = sta.get(path)
    assert found["@iot.selfLink"] == f"{ADDRESS}/{path}"
    assert {name: found[name] for name in PROPERTIES} == {
        name: bodies.multi()[name] for name in PROPERTIES
    }
    assert sta.ids(f"{path}/ObservedProperties") == [
        link["@iot.id"] for link in links["ObservedProperties"]
    ]
    expanded = sta.get(f"{path}?$expand=ObservedProperties,Thing,Sensor,Observations")
    assert [p["name"] for p in expanded["ObservedProperties"]] == ["property 2", "property 1"]
    assert expanded["Observations"][0]["result"] == [1.5, 200]
    observation = sta.get(f"Observations({first})?$expand=MultiDatastream,FeatureOfInterest")
    assert observation["MultiDatastream"]["name"] == "wind"
    assert observation["FeatureOfInterest"]["feature"] == bodies.location()["location"]
    assert "Datastream@iot.navigationLink" not in observation
    for owner in ("Thing", "Sensor"):
        assert sta.ids(f"{path}/{owner}/MultiDatastreams") == [number]
    prop = links["ObservedProperties"][0]["@iot.id"]
    assert sta.ids(f"ObservedProperties({prop})/MultiDatastreams") == [number]


def test_one_element_of_a_result_can_be_filtered_and_sorted(
    sta: Service, links: dict[str, Any]
) -> None:
    number = sta.post("MultiDatastreams", bodies.multi(**links))
    path = f"MultiDatastreams({number})/Observations"
    for day, result in enumerate(([1, 30], [2, 20], [3, 10]), 1):
        sta.post(path, bodies.observation(result, f"2015-03-0{day}T00:00:00Z"))

    windy = sta.get(f"{path}?$filter=result[0]%20gt%201&$orderby=result[1]")["value"]

    assert [o["result"] for o in windy] == [[3, 10], [2, 20]]
    array = sta.get("Observations?$resultFormat=dataArray&$select=result")["value"][0]
    assert array["MultiDatastream@iot.navigationLink"] == f"{ADDRESS}/MultiDatastreams({number})"
    assert array["dataArray"][0] == [[1, 30]]


def test_sizes_that_do_not_agree_are_refused(sta: Service, links: dict[str, Any]) -> None:
    wrong = [
        bodies.multi(3, **links),
        bodies.multi(**links) | {"unitOfMeasurements": [bodies.CELSIUS]},
        bodies.multi(**links) | {"observationType": bodies.MEASUREMENT},
        bodies.multi(**links) | {"ObservedProperties": []},
        {key: value for key, value in bodies.multi(**links).items() if key != "Sensor"},
    ]
    number = sta.post("MultiDatastreams", bodies.multi(**links))

    assert [sta.status("POST", "MultiDatastreams", body) for body in wrong] == [400] * len(wrong)
    for result in (1, [1], [1, 2, 3], "text"):
        body = bodies.observation(result)
        assert sta.status("POST", f"MultiDatastreams({number})/Observations", body) == 400
    narrower = {"unitOfMeasurements": []}
    assert sta.status("PATCH", f"MultiDatastreams({number})", narrower) == 400


def test_rows_of_a_data_array_may_be_lists(sta: Service, links: dict[str, Any]) -> None:
    number = sta.post("MultiDatastreams", bodies.multi(**links))
    group = {
        "MultiDatastream": bodies.link(number),
        "components": ["phenomenonTime", "result"],
        "dataArray": [["2015-03-01T00:00:00Z", [1, 2]], ["2015-03-02T00:00:00Z", [1]]],
    }

    said = sta.send("POST", "CreateObservations", [group]).json()

    assert sta.get(said[0])["result"] == [1, 2]
    assert said[1].startswith("error")


@pytest.mark.parametrize("owner", ["Things", "Sensors", "ObservedProperties", "MultiDatastreams"])
def test_a_multi_datastream_goes_with_what_it_needs(
    sta: Service, links: dict[str, Any], owner: str
) -> None:
    number = sta.post("MultiDatastreams", bodies.multi(**links))
    sta.post(f"MultiDatastreams({number})/Observations", bodies.observation([1, 2]))
    other = number if owner == "MultiDatastreams" else sta.ids(owner)[0]

    assert sta.status("DELETE", f"{owner}({other})") == 200

    assert (sta.ids("MultiDatastreams"), sta.ids("Observations")) == ([], [])


def test_a_multi_datastream_and_its_observations_change(
    sta: Service, links: dict[str, Any]
) -> None:
    number = sta.post("MultiDatastreams", bodies.multi(**links))
    first = sta.post(f"MultiDatastreams({number})/Observations", bodies.observation([1, 2]))

    assert sta.status("PATCH", f"MultiDatastreams({number})", {"name": "breeze"}) == 200
    assert sta.status("PATCH", f"Observations({first})", {"result": [3, 4]}) == 200

    assert sta.get(f"MultiDatastreams({number})")["name"] == "breeze"
    assert sta.get(f"Observations({first})")["result"] == [3, 4]
