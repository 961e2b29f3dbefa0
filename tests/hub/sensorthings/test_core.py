"""Sensing core: what ets-sta10 asserts at level 1, over HTTP."""

import json

import pytest

from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ADDRESS, ROOT, Service

PROPERTIES = {
    "Things": ("name", "description"),
    "Locations": ("name", "description", "encodingType", "location"),
    "HistoricalLocations": ("time",),
    "Datastreams": ("name", "description", "unitOfMeasurement", "observationType"),
    "Sensors": ("name", "description", "encodingType", "metadata"),
    "ObservedProperties": ("name", "description", "definition"),
    "Observations": ("phenomenonTime", "result", "resultTime"),
    "FeaturesOfInterest": ("name", "description", "encodingType", "feature"),
}
RELATIONS = {
    "Things": ("Locations", "HistoricalLocations", "Datastreams"),
    "Locations": ("Things", "HistoricalLocations"),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty", "Observations"),
    "Sensors": ("Datastreams",),
    "ObservedProperties": ("Datastreams",),
    "Observations": ("Datastream", "FeatureOfInterest"),
    "FeaturesOfInterest": ("Observations",),
}
SET_OF = {
    "Thing": "Things",
    "Sensor": "Sensors",
    "ObservedProperty": "ObservedProperties",
    "Datastream": "Datastreams",
    "FeatureOfInterest": "FeaturesOfInterest",
}
BEGINS_WITH_BRACE = {"location", "feature", "unitOfMeasurement"}


@pytest.fixture
def filled(sta: Service) -> Service:
    """The service with one of everything."""
    sta.post("Things", bodies.whole_thing())
    return sta


def test_the_root_lists_the_sets_at_their_addresses(sta: Service) -> None:
    document = sta.get("")

    urls = {entry["name"]: entry["url"] for entry in document["value"]}
    assert urls == {name: f"{ADDRESS}/{name}" for name in [*PROPERTIES, "MultiDatastreams"]}


def test_the_root_tells_what_the_server_conforms_to(sta: Service) -> None:
    conformance = sta.get("")["serverSettings"]["conformance"]

    assert all(
        uri.startswith("http://www.opengis.net/spec/iot_sensing/1.1/") for uri in conformance
    )


@pytest.mark.parametrize("name", PROPERTIES)
def test_entities_have_their_control_information(filled: Service, name: str) -> None:
    for entity in filled.get(name)["value"]:
        assert isinstance(entity["@iot.id"], int)
        assert entity["@iot.selfLink"] == f"{ADDRESS}/{name}({entity['@iot.id']})"
        for relation in RELATIONS[name]:
            link = entity[f"{relation}@iot.navigationLink"]
            assert link == f"{entity['@iot.selfLink']}/{relation}"


@pytest.mark.parametrize("name", PROPERTIES)
def test_entities_have_their_mandatory_properties(filled: Service, name: str) -> None:
    found = filled.get(name)["value"]

    assert found
    for entity in found:
        assert set(PROPERTIES[name]) <= entity.keys()
        assert filled.get(f"{name}({entity['@iot.id']})") == entity


@pytest.mark.parametrize("name", PROPERTIES)
def test_an_unknown_id_is_not_found(sta: Service, name: str) -> None:
    assert sta.status("GET", f"{name}({2**63 - 1})") == 404


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_is_an_object_of_one_key_and_its_value_is_plain_text(
    filled: Service, name: str
) -> None:
    number = filled.ids(name)[0]

    for prop in PROPERTIES[name]:
        assert list(filled.get(f"{name}({number})/{prop}")) == [prop]
        answer = filled.send("GET", f"{name}({number})/{prop}/$value")
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert (answer.content[:1] == b"{") == (prop in BEGINS_WITH_BRACE)


def test_a_property_that_is_null_has_no_content(filled: Service) -> None:
    without = [o for o in filled.get("Observations")["value"] if o["resultTime"] is None]

    answer = filled.send("GET", f"Observations({without[0]['@iot.id']})/resultTime")

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_property_that_no_entity_has_is_not_found(filled: Service) -> None:
    assert filled.status("GET", f"Things({filled.ids('Things')[0]})/colour") == 404


def test_parts_of_a_json_property_have_addresses(filled: Service) -> None:
    stream, thing = filled.ids("Datastreams")[0], filled.ids("Things")[0]

    assert filled.get(f"Datastreams({stream})/unitOfMeasurement/symbol") == {"symbol": "°C"}
    assert filled.get(f"Things({thing})/properties/colour") == {"colour": "blue"}
    assert filled.status("GET", f"Things({thing})/properties/size") == 404


def _walk(service: Service, path: str, entity: str, depth: int) -> int:
    """Follow every relation below *path*; how many addresses were asked."""
    asked = 0
    for relation in RELATIONS[entity] if depth else ():
        address = f"{path}/{relation}"
        found, links = service.get(address), service.get(f"{address}/$ref")
        if relation in SET_OF:
            assert isinstance(found["@iot.id"], int)
            assert list(links) == ["@iot.selfLink"]
            below = address
        else:
            assert found["value"]
            assert all(list(link) == ["@iot.selfLink"] for link in links["value"])
            below = f"{address}({found['value'][0]['@iot.id']})"
        asked += 2 + _walk(service, below, SET_OF.get(relation, relation), depth - 1)
    return asked


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_relation_leads_on_to_a_depth_of_four(filled: Service, name: str) -> None:
    first = filled.ids(name)[0]

    assert _walk(filled, f"{name}({first})", name, 3) > 0
    assert all(list(link) == ["@iot.selfLink"] for link in filled.get(f"{name}/$ref")["value"])


def test_an_entity_of_another_parent_is_not_found(filled: Service) -> None:
    other = filled.post("Things", bodies.thing(2))
    stream = filled.ids("Datastreams")[0]

    assert filled.status("GET", f"Things({other})/Datastreams({stream})") == 404


@pytest.mark.parametrize("path", ["Nothings", "Things(1", "Things(x)", "Things/Locations", "$all"])
def test_an_address_that_means_nothing_is_not_found(sta: Service, path: str) -> None:
    assert sta.status("GET", path) == 404


def test_who_is_not_signed_in_is_asked_for_a_token(city: None, client) -> None:
    answer = client.get(f"{ROOT}/Things")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert json.loads(answer.content)["error"]["code"] == "not-signed-in"
