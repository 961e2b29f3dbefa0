"""Filtering: what ets-sta10 asserts at level 3, and every operator and function."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import Service

SQUARE = "POLYGON ((-118 50, -116 50, -116 52, -118 52, -118 50))"


@pytest.fixture
def graph(sta: Service) -> Service:
    """Two things that have changed places, four datastreams, twelve observations."""
    places = [
        sta.post("Locations", bodies.location(n, (-117.05, -100.05)[n - 1], 52.05 - n))
        for n in (1, 2)
    ]
    things = [
        sta.post("Things", bodies.thing(n, Locations=[bodies.link(places[n - 1])])) for n in (1, 2)
    ]
    sensors = [sta.post("Sensors", bodies.sensor(n)) for n in (1, 2, 3, 4)]
    properties = [sta.post("ObservedProperties", bodies.observed_property(n)) for n in (1, 2, 3)]
    streams = [
        sta.post(
            f"Things({things[n // 2]})/Datastreams",
            bodies.datastream(
                n + 1,
                Sensor=bodies.link(sensors[n]),
                ObservedProperty=bodies.link(properties[min(n, 2)]),
                properties={"height": n},
            ),
        )
        for n in range(4)
    ]
    for thing, place in zip(things, reversed(places), strict=True):
        sta.status("PATCH", f"Things({thing})", {"Locations": [bodies.link(place)]})
    rows = [
        {
            "Datastream": bodies.link(stream),
            "components": ["phenomenonTime", "result"],
            "dataArray": [[f"2015-03-{3 * n + i:02}T00:00:00.000Z", 3 * n + i] for i in (1, 2, 3)],
        }
        for n, stream in enumerate(streams)
    ]
    assert sta.status("POST", "CreateObservations", rows) == 201
    return sta


def results(service: Service, condition: str) -> list[Any]:
    path = f"Observations?$orderby=result&$select=result&$filter={quote(condition)}"
    return [row["result"] for row in service.get(path)["value"]]


def names(service: Service, path: str, condition: str) -> list[str]:
    found = service.get(f"{path}?$orderby=name&$filter={quote(condition)}")
    return [entity["name"] for entity in found["value"]]


CONDITIONS: dict[str, Callable[[int], bool]] = {
    "result eq 3": lambda r: r == 3,
    "result ne 3": lambda r: r != 3,
    "result gt 10": lambda r: r > 10,
    "result ge 10": lambda r: r >= 10,
    "result lt 3": lambda r: r < 3,
    "result le 3": lambda r: r <= 3,
    "result gt '3'": lambda r: str(r) > "3",
    "result eq '12'": lambda r: r == 12,
    "not (result gt 3)": lambda r: r <= 3,
    "not startswith(Datastream/name, 'x') and result lt 2": lambda r: r < 2,
    "result eq 2 and result eq 1 or result eq 1": lambda r: r == 1,
    "result eq 1 or result eq 1 and result eq 2": lambda r: r == 1,
    "1 add result mul 2 sub -1 eq 4": lambda r: r == 1,
    "result add 1 eq 4": lambda r: r == 3,
    "result sub 1 gt 10": lambda r: r > 11,
    "result mod 5 eq 0": lambda r: r % 5 == 0,
    "result div 4 eq 2.5": lambda r: r == 10,
    "14 div (result add 1) mod 3 mul 3 eq 3": lambda r: abs(14 / (r + 1) % 3 * 3 - 3) < 1e-9,
    "result div 0 gt 1": lambda r: False,
    "result gt 2 eq true and result lt 5": lambda r: 2 < r < 5,
    "phenomenonTime lt 2015-03-02T00:00:00.000Z": lambda r: r < 2,
    "phenomenonTime le 2015-03-02T08:00:00.000+08:00": lambda r: r <= 2,
    "phenomenonTime eq 2015-03-02T00:00:00Z": lambda r: r == 2,
    "phenomenonTime gt 2015-03-11": lambda r: r > 11,
    "resultTime ne 2015-03-02T00:00:00.000Z": lambda r: False,
    "resultTime eq null": lambda r: True,
    "day(phenomenonTime) eq 5": lambda r: r == 5,
    "month(phenomenonTime) eq 3 and year(phenomenonTime) eq 2015": lambda r: True,
    "hour(phenomenonTime) add minute(phenomenonTime) add second(phenomenonTime) gt 0": (
        lambda r: False
    ),
    "fractionalseconds(phenomenonTime) eq 0": lambda r: True,
    "totaloffsetminutes(phenomenonTime) eq 0": lambda r: True,
    "date(phenomenonTime) eq 2015-03-04": lambda r: r == 4,
    "time(phenomenonTime) eq 00:00": lambda r: True,
    "phenomenonTime lt now()": lambda r: True,
    "phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()": lambda r: True,
    "round(result div 4) eq 1": lambda r: 2 <= r < 6,
    "floor(result div 4) eq 1": lambda r: 4 <= r < 8,
    "ceiling(result div 4) eq 1": lambda r: r <= 4,
    "Datastream/name eq 'datastream 2'": lambda r: 4 <= r <= 6,
    "Datastream/properties/height gt 1": lambda r: r > 6,
    "Datastream/unitOfMeasurement/symbol eq '°C' and result eq 7": lambda r: r == 7,
    "Datastream/Thing/name eq 'thing 2' and result lt 8": lambda r: r == 7,
    "result gt Datastream/properties/height mul 3 add 2": lambda r: r % 3 == 0,
    "Datastream/Thing/Locations/name eq 'location 1'": lambda r: r > 6,
    "FeatureOfInterest/name eq 'Generated using location details: location 1'": lambda r: r > 6,
    f"st_within(FeatureOfInterest/feature, geography'{SQUARE}')": lambda r: r > 6,
}


def test_filters_of_observations_keep_exactly_the_right_ones(graph: Service) -> None:
    found = {condition: results(graph, condition) for condition in CONDITIONS}

    assert found == {
        condition: [r for r in range(1, 13) if holds(r)] for condition, holds in CONDITIONS.items()
    }


TEXTS = {
    "substringof('thing', name)": 2,
    "endswith(name, '2')": 1,
    "startswith(name, 'thing')": 2,
    "startswith(name, 'hing')": 0,
    "length(name) eq 7": 2,
    "indexof(name, 'ing') eq 2": 2,
    "substring(name, 6) eq '2'": 1,
    "substring(name, 1, 3) eq 'hin'": 2,
    "tolower(toupper(name)) eq 'thing 1'": 1,
    "trim(concat(' ', name)) eq 'thing 1'": 1,
    "name eq 'it''s'": 0,
    "id gt 0 and @iot.id gt 0": 2,
    "id eq 0": 0,
    "properties/colour eq null": 2,
    "properties ne null": 0,
    "Datastreams/name eq 'datastream 3'": 1,
    "Datastreams/Observations/result eq 12": 1,
    "Datastreams/Observations/FeatureOfInterest/id gt 0": 2,
    "Datastreams/Observations/result eq 13": 0,
    "not (Datastreams/name eq 'datastream 3')": 1,
    "Locations/name eq 'location 1' and Datastreams/Sensor/name eq 'sensor 4'": 1,
    "HistoricalLocations/Locations/name eq 'location 1'": 2,
}
PLACES = {
    f"st_within(location, geography'{SQUARE}')": ["location 1"],
    f"st_intersects(location, geography'{SQUARE}')": ["location 1"],
    f"geo.intersects(location, geography'{SQUARE}')": ["location 1"],
    f"st_disjoint(location, geography'{SQUARE}')": ["location 2"],
    f"st_contains(geography'{SQUARE}', location)": ["location 1"],
    "st_equals(location, geography'POINT (-117.05 51.05)')": ["location 1"],
    "st_touches(location, geography'LINESTRING (-117.05 51.05, 0 0)')": ["location 1"],
    f"st_crosses(location, geography'{SQUARE}')": [],
    f"st_overlaps(location, geography'{SQUARE}')": [],
    f"st_relate(location, geography'{SQUARE}', 'T********')": ["location 1"],
    "geo.distance(location, geography'POINT (-117.05 50.05)') lt 1.5": ["location 1"],
    "geo.length(location) eq 0": ["location 1", "location 2"],
}


def test_filters_of_things_and_places_keep_exactly_the_right_ones(graph: Service) -> None:
    things = {condition: len(names(graph, "Things", condition)) for condition in TEXTS}
    places = {condition: names(graph, "Locations", condition) for condition in PLACES}

    assert things == TEXTS
    assert places == PLACES


def test_the_options_apply_in_the_order_of_the_standard(graph: Service) -> None:
    found = graph.get(
        "Observations?$count=true&$top=1&$skip=2&$orderby=phenomenonTime%20asc"
        "&$filter=result%20gt%20'3'"
    )

    assert found["@iot.count"] == 6
    assert [row["result"] for row in found["value"]] == [6]


def test_top_and_skip_and_next_links_walk_through_everything_once(graph: Service) -> None:
    for top in (1, 5, 12, 13):
        found = graph.get(f"Observations?$top={top}")
        assert len(found["value"]) == min(top, 12)
        assert ("@iot.nextLink" in found) == (top < 12)
    for skip in (1, 4, 12):
        found = graph.get(f"Observations?$skip={skip}")
        assert (len(found["value"]), "@iot.nextLink" in found) == (12 - skip, False)
    for start in ("Observations?$top=5", "Observations?$top=5&$orderby=result%20desc"):
        seen, page = [], graph.get(start)
        while "@iot.nextLink" in page:
            seen += page["value"]
            page = graph.get(page["@iot.nextLink"])
        seen += page["value"]
        assert len({row["@iot.id"] for row in seen}) == len(seen) == 12


def test_select_leaves_out_everything_else(graph: Service) -> None:
    thing = graph.get("Things?$select=name,description")["value"][0]
    stream = graph.get("Datastreams?$select=name,Thing")["value"][0]
    places = graph.get(f"Things({graph.ids('Things')[0]})/Locations?$select=location")["value"]

    assert list(thing) == ["name", "description"]
    assert list(stream) == ["name", "Thing@iot.navigationLink"]
    assert [list(place) for place in places] == [["location"]]


def test_expand_puts_related_entities_in_place(graph: Service) -> None:
    thing = graph.get(
        "Things?$orderby=name&$expand=Datastreams($orderby=name%20desc;$top=1;$count=true;"
        "$select=name;$expand=Observations($orderby=phenomenonTime%20desc;$top=1;$select=result)),"
        "Locations/HistoricalLocations"
    )["value"][0]

    assert thing["Datastreams"][0]["name"] == "datastream 2"
    assert [o["result"] for o in thing["Datastreams"][0]["Observations"]] == [6]
    assert thing["Datastreams@iot.count"] == 2
    assert thing["Locations"][0]["name"] == "location 2"
    assert len(thing["Locations"][0]["HistoricalLocations"]) == 2
    assert "MultiDatastreams@iot.navigationLink" in thing
    rest = graph.get(thing["Datastreams@iot.nextLink"])
    assert len(rest["value"]) == 1


def test_expand_of_one_entity_and_over_two_levels(graph: Service) -> None:
    number = graph.ids("Observations")[0]

    found = graph.get(f"Observations({number})?$expand=Datastream/Thing,FeatureOfInterest")

    assert found["Datastream"]["Thing"]["name"] == "thing 1"
    assert found["FeatureOfInterest"]["feature"]["type"] == "Point"


def test_order_is_by_code_point_and_null_comes_first(graph: Service) -> None:
    graph.post("Things", bodies.thing(0) | {"name": "Über"})
    graph.post("Things", bodies.thing(0) | {"name": "Zebra"})

    def ordered(option: str) -> list[str]:
        return [e["name"] for e in graph.get(f"Things?$orderby={option}")["value"]]

    assert ordered("name") == ["Zebra", "thing 1", "thing 2", "Über"]
    assert ordered("name%20DESC") == ["Über", "thing 2", "thing 1", "Zebra"]
    assert ordered("length(name),name%20desc")[:2] == ["Über", "Zebra"]
    streams = [
        e["result"]
        for e in graph.get("Observations?$orderby=Datastream/name%20desc,result")["value"]
    ]
    assert streams == [10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3]


def test_count_covers_the_filter_and_related_sets(graph: Service) -> None:
    thing = graph.ids("Things")[0]

    assert graph.get("Observations?$count=true&$filter=result%20gt%2010&$top=0")["@iot.count"] == 2
    assert graph.get(f"Things({thing})/Datastreams?$count=true")["@iot.count"] == 2
    assert "@iot.count" not in graph.get("Things?$count=false")


REFUSED = {
    "$filter=foo(": 400,
    "$filter=foo(name)": 400,
    "$filter=colour eq 'blue'": 400,
    "$filter=name": 400,
    "$filter=name eq 'x": 400,
    "$filter=(name eq 'x'": 400,
    "$filter=substring(name) eq 'x'": 400,
    "$filter=name add 1 eq 2": 400,
    "$filter=Datastreams/resultTime gt 2015-03-02T00:00:00Z": 501,
    "$filter=name in ('x')": 501,
    "$filter=during(name, name)": 501,
    "$orderby=Datastreams/name": 400,
    "$orderby=": 400,
    "$select=colour": 400,
    "$select=": 400,
    "$expand=Colours": 400,
    "$expand=Datastreams($top=1": 400,
    "$top=-1": 400,
    "$top=1&$top=2": 400,
    "$skip=x": 400,
    "$count=maybe": 400,
    "$foo=1": 501,
    "$resultFormat=CSV": 501,
    "$filter=" + "(" * 200 + "1 eq 1" + ")" * 200: 400,
    "$top=0": 200,
    "$top=999999": 200,
    "unknown=1": 200,
}


def test_options_that_cannot_be_followed_are_refused(sta: Service) -> None:
    found = {query: sta.status("GET", f"Things?{quote(query, '=&$')}") for query in REFUSED}

    assert found == REFUSED
