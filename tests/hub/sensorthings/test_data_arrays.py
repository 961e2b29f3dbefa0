"""Data arrays read and written (OGC 18-088, clause 12)."""

from dataclasses import replace
from typing import Any

import pytest

from chengshu.hub.sensing.models import Rejection, RejectionCount
from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ADDRESS, Service


@pytest.fixture
def streams(sta: Service) -> list[int]:
    """Two datastreams of one thing with a place."""
    sta.post("Things", bodies.thing(Locations=[bodies.location()]))
    links = {
        "Thing": bodies.link(sta.ids("Things")[0]),
        "Sensor": bodies.link(sta.post("Sensors", bodies.sensor())),
        "ObservedProperty": bodies.link(sta.post("ObservedProperties", bodies.observed_property())),
    }
    return [sta.post("Datastreams", bodies.datastream(n, **links)) for n in (1, 2)]


def group(stream: int, *rows: list[Any], components: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Datastream": bodies.link(stream),
        "components": list(components or ("phenomenonTime", "result")),
        "dataArray@iot.count": len(rows),
        "dataArray": list(rows),
    }


def day(number: int) -> str:
    return f"2015-03-{number:02}T00:00:00.000Z"


def test_each_row_is_answered_in_its_order(sta: Service, streams: list[int]) -> None:
    feature = sta.post("FeaturesOfInterest", bodies.feature())
    named = ("phenomenonTime", "result", "resultTime", "FeatureOfInterest/id")
    body = [
        group(streams[0], [day(1), 1], ["yesterday", 2], [day(3), "text"], [day(4)]),
        group(streams[1], [day(1), 5, day(2), feature], [day(2), 6, None, 99], components=named),
        group(2**40, [day(1), 1]),
        group(streams[0], ["2099-01-01T00:00:00Z", 1], [day(5), 7]),
    ]

    answer = sta.send("POST", "CreateObservations", body)

    assert answer.status_code == 201
    said = answer.json()
    stored = [i for i, text in enumerate(said) if text.startswith(f"{ADDRESS}/Observations(")]
    refused = [i for i, text in enumerate(said) if text.startswith("error")]
    assert (stored, refused) == ([0, 2, 4, 8], [1, 3, 5, 6, 7])
    results = [sta.get(said[i])["result"] for i in stored]
    assert results == [1, "text", 5, 7]
    fifth = sta.get(f"{said[4]}?$expand=FeatureOfInterest")
    assert (fifth["resultTime"], fifth["FeatureOfInterest"]["@iot.id"]) == (day(2), feature)
    assert Rejection.objects.filter(entrance="sensorthings").count() == len(refused)
    assert len(said) == len(stored) + len(refused)


def test_of_many_refused_rows_some_are_kept_and_all_are_answered_and_counted(
    sta: Service, streams: list[int], settings: Any
) -> None:
    settings.CHENGSHU = replace(settings.CHENGSHU, rejections_kept=2)
    body = [group(streams[0], *([f"2099-01-01T00:00:0{n}Z", n] for n in range(5)))]

    said = sta.send("POST", "CreateObservations", body).json()

    assert [text.startswith("error far-future") for text in said] == [True] * 5
    assert Rejection.objects.count() == 2
    [count] = RejectionCount.objects.all()
    assert (count.code, count.rejected, count.not_kept) == ("far-future", 5, 3)


def test_ten_thousand_rows_are_stored_once_however_often_sent(
    sta: Service, streams: list[int]
) -> None:
    rows = [
        [f"2015-03-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z", n] for n in range(10_000)
    ]
    body = [group(streams[0], *rows)]

    first = sta.send("POST", "CreateObservations", body).json()
    second = sta.send("POST", "CreateObservations", body).json()

    assert first == second
    assert len(set(first)) == 10_000
    path = f"Datastreams({streams[0]})/Observations?$count=true&$top=1&$orderby=result%20desc"
    found = sta.get(path)
    assert (found["@iot.count"], found["value"][0]["result"]) == (10_000, 9_999)


def test_observations_are_read_as_arrays_of_each_stream(sta: Service, streams: list[int]) -> None:
    sta.send("POST", "CreateObservations", [group(s, [day(1), s], [day(2), 0]) for s in streams])

    found = sta.get("Observations?$resultFormat=dataArray&$count=true&$select=id,result")

    assert found["@iot.count"] == 4
    links = [group["Datastream@iot.navigationLink"] for group in found["value"]]
    assert links == [f"{ADDRESS}/Datastreams({stream})" for stream in streams]
    for stream, entry in zip(streams, found["value"], strict=True):
        assert entry["components"] == ["id", "result"]
        assert entry["dataArray@iot.count"] == 2
        assert [row[1] for row in entry["dataArray"]] == [stream, 0]
    one = sta.get(f"Datastreams({streams[0]})/Observations?$resultFormat=dataArray&$top=1")
    assert one["value"][0]["components"] == ["id", "phenomenonTime", "result", "resultTime"]
    assert len(sta.get(one["@iot.nextLink"])["value"][0]["dataArray"]) == 1


def test_rows_of_a_thing_that_stands_nowhere_are_refused(sta: Service) -> None:
    stream = sta.post(
        "Datastreams",
        bodies.datastream(
            Thing=bodies.thing(),
            Sensor=bodies.sensor(),
            ObservedProperty=bodies.observed_property(),
        ),
    )

    said = sta.send("POST", "CreateObservations", [group(stream, [day(1), 1])]).json()

    assert said[0].startswith("error")
    assert sta.ids("Observations") == []


def test_a_data_array_expands_nothing(sta: Service) -> None:
    path = "Observations?$resultFormat=dataArray"

    assert sta.status("GET", f"{path}&$expand=Datastream") == 400
    assert sta.status("GET", f"{path}&$select=colour") == 400
    assert sta.status("GET", "Things?$resultFormat=dataArray") == 501


@pytest.mark.parametrize(
    "body", [{}, [1], [{"components": ["result"], "dataArray": [[1]]}], [{"Datastream": {}}]]
)
def test_a_body_that_is_no_data_array_is_refused(sta: Service, body: Any) -> None:
    assert sta.status("POST", "CreateObservations", body) == 400
