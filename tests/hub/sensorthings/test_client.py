"""frost_sta_client, a public client that knows nothing of us, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frost_sta_client as fsc
import pytest
import requests
from geojson import Point

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.tokens import create_token
from chengshu.core.lake.connection import Lake
from tests.hub.sensing.factories import organisation, place
from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ROOT


@pytest.fixture
def service(live_server: Any, lake: Lake) -> fsc.SensorThingsService:
    """The client, signed in the only way it knows: HTTP Basic, with the token as password."""
    ensure_roles()
    organisation("bureau", place("99"))
    handler = fsc.AuthHandler("anyone", create_token("frost"))
    return fsc.SensorThingsService(f"{live_server.url}{ROOT}", auth_handler=handler)


def _datastream() -> fsc.Datastream:
    sensor = fsc.Sensor(
        name="sensor", description="of the client", encoding_type="text/html", metadata="manual"
    )
    prop = fsc.ObservedProperty(
        name="temperature", definition="http://example.org/t", description="of the air"
    )
    unit = fsc.UnitOfMeasurement(name="degree", symbol="°C", definition="ucum:Cel")
    stream = fsc.Datastream(
        name="stream",
        description="of the client",
        observation_type=bodies.MEASUREMENT,
        unit_of_measurement=unit,
    )
    stream.sensor, stream.observed_property = sensor, prop
    return stream


def _thing() -> fsc.Thing:
    location = fsc.Location(
        name="here",
        description="a place",
        location=Point((113.5, 34.5)),
        encoding_type="application/geo+json",
    )
    thing = fsc.Thing(name="thing", description="of the client", properties={"a": 1})
    thing.locations = [location]
    thing.datastreams = [_datastream()]
    return thing


@pytest.mark.filterwarnings("ignore:furl.pathstr:DeprecationWarning")
def test_a_public_client_does_its_full_round(service: fsc.SensorThingsService) -> None:
    thing = _thing()
    service.create(thing)
    found = service.things().find(thing.id)
    assert (found.name, found.properties) == ("thing", {"a": 1})

    found.description = "updated"
    service.update(found)
    service.patch(found, [{"op": "replace", "path": "/properties/a", "value": 2}])
    again = service.things().find(thing.id)
    assert (again.description, again.properties) == ("updated", {"a": 2})

    listed = service.things().query().filter(f"id eq {thing.id}").expand("Datastreams").list()
    stream = service.datastreams().find(listed.get(0).datastreams.get(0).id)
    for day in range(1, 6):
        one = fsc.Observation(
            phenomenon_time=f"2015-03-0{day}T00:00:00Z", result=day, datastream=stream
        )
        service.create(one)
    values = fsc.model.ext.data_array_value.DataArrayValue()
    values.components = {values.Property.PHENOMENON_TIME, values.Property.RESULT}
    values.datastream = stream
    for day in range(6, 9):
        values.add_observation(
            fsc.Observation(phenomenon_time=f"2015-03-0{day}T00:00:00Z", result=day)
        )
    document = fsc.model.ext.data_array_document.DataArrayDocument()
    document.add_data_array_value(values)
    assert len(service.observations().create(document)) == 3

    pages = service.observations().query().top(3).count().orderby("phenomenonTime", "ASC").list()
    assert pages.count == 8
    assert [observation.result for observation in pages] == list(range(1, 9))
    newest = service.observations().query().filter("result gt 6").orderby("result", "DESC").list()
    assert [observation.result for observation in newest] == [8, 7]

    service.delete(newest.get(0))
    service.delete(again)
    assert service.observations().query().count().list().count == 0
    with pytest.raises(requests.HTTPError):
        service.things().find(thing.id)


@pytest.mark.filterwarnings("ignore:furl.pathstr:DeprecationWarning")
def test_twenty_at_once_make_one_feature_of_interest(service: fsc.SensorThingsService) -> None:
    service.create(_thing())
    stream = service.datastreams().query().list().get(0)

    def send(day: int) -> int:
        one = fsc.Observation(
            phenomenon_time=f"2015-03-{day:02}T00:00:00Z", result=day, datastream=stream
        )
        service.create(one)
        return one.id

    with ThreadPoolExecutor(20) as pool:
        numbers = set(pool.map(send, range(1, 21)))

    assert len(numbers) == 20
    assert service.features_of_interest().query().count().list().count == 1
    assert service.observations().query().count().list().count == 20
