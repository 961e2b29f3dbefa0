"""Create, update, delete: what ets-sta10 asserts at level 2, and the classes of 1.1."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ADDRESS, Service
from tests.hub.sensorthings.test_core import PROPERTIES
from tests.limits import files_no_larger_than

SETS = tuple(PROPERTIES)


def counts(service: Service) -> dict[str, int]:
    return {name: service.get(f"{name}?$count=true&$top=0")["@iot.count"] for name in SETS}


def chain(service: Service) -> dict[str, int]:
    """One entity of each type, made one by one; their ids."""
    made = {
        "Locations": service.post("Locations", bodies.location()),
        "Sensors": service.post("Sensors", bodies.sensor()),
        "ObservedProperties": service.post("ObservedProperties", bodies.observed_property()),
        "FeaturesOfInterest": service.post("FeaturesOfInterest", bodies.feature()),
    }
    place = bodies.link(made["Locations"])
    made["Things"] = service.post("Things", bodies.thing(Locations=[place]))
    made["Datastreams"] = service.post("Datastreams", linked_stream(made))
    made["Observations"] = service.post(
        "Observations",
        bodies.observation(
            1,
            Datastream=bodies.link(made["Datastreams"]),
            FeatureOfInterest=bodies.link(made["FeaturesOfInterest"]),
        ),
    )
    made["HistoricalLocations"] = service.ids("HistoricalLocations")[0]
    return made


def linked_stream(made: dict[str, int], **more: Any) -> dict[str, Any]:
    links = {
        "Thing": bodies.link(made["Things"]),
        "Sensor": bodies.link(made["Sensors"]),
        "ObservedProperty": bodies.link(made["ObservedProperties"]),
    }
    return bodies.datastream(**links) | more


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def test_a_new_entity_has_an_address_at_which_it_is_found(sta: Service) -> None:
    for name, number in chain(sta).items():
        found = sta.get(f"{name}({number})")
        assert found["@iot.selfLink"] == f"{ADDRESS}/{name}({number})"


def test_a_posted_entity_says_what_was_posted(sta: Service) -> None:
    sent = bodies.thing(properties={"a": {"b": [1, 2.5, None, "x"]}})

    number = sta.post("Things", sent)

    found = sta.get(f"Things({number})")
    assert {name: found[name] for name in sent} == sent


def test_a_name_longer_than_the_ledgers_comes_back_whole(sta: Service) -> None:
    thing = sta.post("Things", bodies.thing() | {"name": "n" * 500})
    prop = sta.post("ObservedProperties", bodies.observed_property() | {"name": "n" * 500})

    assert sta.get(f"Things({thing})")["name"] == "n" * 500
    assert sta.get(f"ObservedProperties({prop})")["name"] == "n" * 500
    sta.status("PATCH", f"Things({thing})", {"name": "short"})
    assert sta.get(f"Things({thing})")["name"] == "short"


def test_what_is_made_through_sensorthings_is_in_the_ledger(sta: Service) -> None:
    from chengshu.hub.sensing.models import Datastream, Terminal

    made = chain(sta)

    terminal = Terminal.objects.get(pk=made["Things"])
    assert (terminal.name, terminal.lon, terminal.lat) == ("thing 1", -117.05, 51.05)
    assert terminal.state == Terminal.State.IN_SERVICE
    assert Datastream.objects.get(pk=made["Datastreams"]).code == "property-1"


def test_a_deep_insert_makes_everything_and_connects_it(sta: Service) -> None:
    number = sta.post("Things", bodies.whole_thing())

    found = sta.get(
        f"Things({number})?$expand=Locations,Datastreams/Sensor,Datastreams/ObservedProperty,"
        "Datastreams/Observations/FeatureOfInterest"
    )
    stream = found["Datastreams"][0]
    assert found["Locations"][0]["location"] == bodies.location()["location"]
    assert stream["Sensor"]["metadata"] == bodies.sensor()["metadata"]
    assert stream["ObservedProperty"]["definition"] == bodies.observed_property()["definition"]
    assert {o["result"] for o in stream["Observations"]} == {20.5, 21}
    features = {o["FeatureOfInterest"]["@iot.id"] for o in stream["Observations"]}
    assert len(features) == 1
    assert stream["phenomenonTime"] == "2015-03-01T00:00:00.000Z/2015-03-01T01:00:00.000Z"
    assert stream["resultTime"] == "2015-03-01T00:00:01.000Z/2015-03-01T00:00:01.000Z"
    assert stream["observedArea"] == bodies.location()["location"]


POISONED = {
    "datastream without sensor": (
        "Things",
        bodies.thing(
            Locations=[bodies.location()],
            Datastreams=[bodies.datastream(ObservedProperty=bodies.observed_property())],
        ),
    ),
    "datastream without property": (
        "Datastreams",
        bodies.datastream(
            Thing=bodies.thing(), Sensor=bodies.sensor(), Observations=[bodies.observation()]
        ),
    ),
    "datastream without thing": (
        "Datastreams",
        bodies.datastream(
            ObservedProperty=bodies.observed_property(),
            Sensor=bodies.sensor(),
            Observations=[bodies.observation()],
        ),
    ),
    "observation without a place": (
        "Datastreams",
        bodies.datastream(
            Thing=bodies.thing(),
            ObservedProperty=bodies.observed_property(),
            Sensor=bodies.sensor(),
            Observations=[bodies.observation()],
        ),
    ),
    "feature without encoding": (
        "Datastreams",
        bodies.datastream(
            Thing=bodies.thing(Locations=[bodies.location()]),
            ObservedProperty=bodies.observed_property(),
            Sensor=bodies.sensor(),
            Observations=[
                bodies.observation(1, FeatureOfInterest=without(bodies.feature(), "encodingType"))
            ],
        ),
    ),
    "link to nothing": ("Things", bodies.thing(Locations=[bodies.location(), bodies.link(99)])),
    "no observation of anything": ("Observations", bodies.observation()),
    "location that is no place": ("Locations", bodies.location() | {"location": "here"}),
    "unknown property": ("Things", bodies.thing(colour="blue")),
    "no name": ("Things", without(bodies.thing(), "name")),
    "number as name": ("Things", bodies.thing() | {"name": 5}),
    "time that is none": (
        "Things",
        bodies.thing(
            Datastreams=[
                bodies.datastream(
                    Sensor=bodies.sensor(),
                    ObservedProperty=bodies.observed_property(),
                    Observations=[bodies.observation(1, "yesterday")],
                )
            ]
        ),
    ),
    "list as body": ("Things", []),
    "text as link": ("Things", bodies.thing(Locations=[{"@iot.id": "five"}])),
}


def test_an_entity_with_something_wrong_inside_leaves_nothing(sta: Service) -> None:
    before = counts(sta)

    statuses = {name: sta.status("POST", path, body) for name, (path, body) in POISONED.items()}

    assert set(statuses.values()) == {400}, statuses
    assert counts(sta) == before


def test_nothing_stays_when_the_store_has_no_room(sta: Service) -> None:
    before = counts(sta)

    with files_no_larger_than(10):
        refused = sta.status("POST", "Things", bodies.whole_thing())

    assert refused == 507
    assert counts(sta) == before
    assert sta.post("Things", bodies.whole_thing())


def test_characters_that_no_table_can_keep_are_refused(sta: Service) -> None:
    assert sta.status("POST", "Things", bodies.thing() | {"name": "a\x00b"}) == 400


def test_a_body_that_is_not_json_is_refused(sta: Service) -> None:
    assert sta.status("POST", "Things", "{") == 400


def test_an_observation_gets_its_feature_from_the_place_of_the_thing_once(sta: Service) -> None:
    made = chain(sta)
    stream = sta.post("Datastreams", linked_stream(made))

    first = sta.post(f"Datastreams({stream})/Observations", bodies.observation(1))
    second = sta.post(
        f"Datastreams({stream})/Observations", bodies.observation(2, "2015-03-02T00:00:00Z")
    )

    features = [sta.get(f"Observations({n})/FeatureOfInterest") for n in (first, second)]
    assert features[0]["@iot.id"] == features[1]["@iot.id"]
    assert features[0]["feature"] == bodies.location()["location"]


def test_an_observation_without_a_time_is_of_now(sta: Service) -> None:
    stream = chain(sta)["Datastreams"]

    numbers = [sta.post(f"Datastreams({stream})/Observations", {"result": n}) for n in (1, 2)]

    found = [sta.get(f"Observations({number})") for number in numbers]
    assert [o["result"] for o in found] == [1, 2]
    assert all("T" in o["phenomenonTime"] and o["resultTime"] is None for o in found)


CHANGES: dict[str, dict[str, Any]] = {
    "Things": {"description": "new", "properties": {"b": 2}},
    "Locations": {"description": "new", "location": {"type": "Point", "coordinates": [1.0, 2.0]}},
    "HistoricalLocations": {"time": "2015-07-01T00:00:00.000Z"},
    "Datastreams": {"description": "new", "unitOfMeasurement": bodies.CELSIUS | {"name": "new"}},
    "Sensors": {"metadata": "new"},
    "ObservedProperties": {"description": "new"},
    "FeaturesOfInterest": {"feature": {"type": "Point", "coordinates": [1.0, 2.0]}},
    "Observations": {"phenomenonTime": "2015-07-01T00:40:00.000Z"},
}
DERIVED = {"phenomenonTime", "observedArea", "resultTime"}


def test_a_merge_changes_what_is_sent_and_nothing_else(sta: Service) -> None:
    for name, number in chain(sta).items():
        before = sta.get(f"{name}({number})")

        answer = sta.send("PATCH", f"{name}({number})", CHANGES[name])

        assert answer.status_code == 200
        after = sta.get(f"{name}({number})")
        assert without(after, *DERIVED - CHANGES[name].keys()) == without(
            before | CHANGES[name], *DERIVED - CHANGES[name].keys()
        )


INLINE = {
    "Things": ({"Locations": [bodies.location()]}, {"Datastreams": [bodies.datastream()]}),
    "Sensors": ({"Datastreams": [bodies.datastream()]},),
    "ObservedProperties": ({"Datastreams": [bodies.datastream()]},),
    "Datastreams": (
        {"ObservedProperty": bodies.observed_property()},
        {"Sensor": bodies.sensor()},
        {"Thing": bodies.thing()},
        {"Observations": [bodies.observation()]},
    ),
}


def test_a_merge_with_whole_entities_inside_is_refused(sta: Service) -> None:
    made = chain(sta)

    for name, several in INLINE.items():
        for body in several:
            assert sta.status("PATCH", f"{name}({made[name]})", body) == 400
    assert sta.status("PATCH", f"Things({made['Things']})", {"name": None}) == 400


def test_a_replacement_clears_what_it_leaves_out(sta: Service) -> None:
    number = sta.post("Things", bodies.thing(properties={"a": 1}))

    assert sta.status("PUT", f"Things({number})", bodies.thing(2)) == 200
    assert sta.status("PUT", f"Things({number})", {"name": "only"}) == 400

    found = sta.get(f"Things({number})")
    assert found["name"] == "thing 2"
    assert "properties" not in found


def test_a_json_patch_edits_a_document(sta: Service) -> None:
    number = sta.post("Things", bodies.thing(properties={"a": 1, "list": [1, 3]}))

    def patch(*operations: dict[str, Any]) -> int:
        return sta.status(
            "PATCH",
            f"Things({number})",
            list(operations),
            content_type="application/json-patch+json",
        )

    replaced = patch(
        {"op": "test", "path": "/name", "value": "thing 1"},
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "add", "path": "/properties/b", "value": {"c": 1}},
        {"op": "add", "path": "/properties/list/1", "value": 2},
        {"op": "move", "from": "/properties/a", "path": "/properties/d"},
        {"op": "copy", "from": "/properties/b", "path": "/properties/e"},
        {"op": "remove", "path": "/properties/b"},
    )
    assert replaced == 200
    assert patch({"op": "test", "path": "/name", "value": "other"}) == 409
    assert patch({"op": "remove", "path": "/nothing"}) == 400
    assert patch({"op": "remove", "path": "/name"}) == 400
    found = sta.get(f"Things({number})")
    assert found["name"] == "renamed"
    assert found["properties"] == {"list": [1, 2, 3], "d": 1, "e": {"c": 1}}


def test_a_thing_that_moves_has_one_place_and_a_history(sta: Service) -> None:
    made = chain(sta)
    thing, other = made["Things"], sta.post("Locations", bodies.location(2, 5, 6))

    sta.send("PATCH", f"Things({thing})", {"Locations": [bodies.link(other)]})
    assert sta.ids(f"Things({thing})/Locations") == [other]
    third = sta.post(f"Things({thing})/Locations", bodies.location(3, 7, 8))
    assert sta.ids(f"Things({thing})/Locations") == [third]

    history = sta.get(f"Things({thing})/HistoricalLocations?$expand=Locations&$orderby=time")
    assert [h["Locations"][0]["@iot.id"] for h in history["value"]] == [
        made["Locations"],
        other,
        third,
    ]


def test_a_historical_location_moves_the_thing_only_when_it_is_the_newest(sta: Service) -> None:
    made = chain(sta)
    old, new = (sta.post("Locations", bodies.location(n, n, n)) for n in (2, 3))

    def remember(time: str, place: int) -> None:
        links = {"Thing": bodies.link(made["Things"]), "Locations": [bodies.link(place)]}
        sta.post("HistoricalLocations", {"time": time, **links})

    remember("2001-01-01T00:00:00Z", old)
    assert sta.ids(f"Things({made['Things']})/Locations") == [made["Locations"]]
    remember("2099-01-01T00:00:00Z", new)
    assert sta.ids(f"Things({made['Things']})/Locations") == [new]
    assert len(sta.ids(f"Things({made['Things']})/HistoricalLocations")) == 3


CASCADES: dict[str, set[str]] = {
    "Things": {"Things", "Datastreams", "Observations", "HistoricalLocations"},
    "Locations": {"Locations", "HistoricalLocations"},
    "HistoricalLocations": {"HistoricalLocations"},
    "Datastreams": {"Datastreams", "Observations"},
    "Sensors": {"Sensors", "Datastreams", "Observations"},
    "ObservedProperties": {"ObservedProperties", "Datastreams", "Observations"},
    "Observations": {"Observations"},
    "FeaturesOfInterest": {"FeaturesOfInterest", "Observations"},
}


@pytest.mark.parametrize("name", CASCADES)
def test_a_deletion_takes_along_what_cannot_be_without_it(sta: Service, name: str) -> None:
    made = chain(sta)

    assert sta.status("DELETE", f"{name}({made[name]})") == 200

    assert sta.status("GET", f"{name}({made[name]})") == 404
    assert sta.status("DELETE", f"{name}({made[name]})") == 404
    assert {kind for kind, count in counts(sta).items() if not count} == CASCADES[name]


def test_an_unknown_entity_cannot_be_deleted_or_changed(sta: Service) -> None:
    for name in SETS:
        assert sta.status("DELETE", f"{name}({2**63 - 1})") == 404
        assert sta.status("PATCH", f"{name}({2**63 - 1})", {}) == 404


def test_methods_stand_where_they_make_sense(sta: Service) -> None:
    number = sta.post("Things", bodies.thing())

    assert sta.status("POST", f"Things({number})", bodies.thing()) == 405
    assert sta.status("DELETE", "Things") == 405
    assert sta.status("PATCH", f"Things({number})/name", {}) == 405
    assert sta.status("OPTIONS", "Things") == 405


def test_names_are_found_again_whatever_they_contain(sta: Service) -> None:
    name = 'It\'s 100 % \\ "né" 城枢; DROP TABLE--'
    number = sta.post("Things", bodies.thing() | {"name": name})

    condition = quote("name eq '" + name.replace("'", "''") + "'")

    assert sta.ids(f"Things?$filter={condition}") == [number]
