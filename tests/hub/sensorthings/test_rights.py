"""Who sees and changes what: the one row filter and actions under every address."""

import base64
from typing import Any

import pytest
from django.test import Client

from chengshu.core.access.models import Role, User
from chengshu.core.access.tokens import create_token
from chengshu.core.audit.models import AuditLine
from chengshu.core.lake.connection import Lake
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from tests.hub.sensing import factories
from tests.hub.sensing.storing import store
from tests.hub.sensorthings import bodies
from tests.hub.sensorthings.conftest import ROOT, Service
from tests.hub.sensorthings.test_core import PROPERTIES
from tests.hub.sensorthings.test_observations import AT


@pytest.fixture
def districts(city: None, lake: Lake) -> dict[str, Any]:
    """Two districts with a terminal each, and a client that may only see the first."""
    places = [factories.place(code, factories.place()) for code in ("9901", "9902")]
    streams = []
    for place in places:
        terminal = factories.terminal(f"T{place.code}", place=place, lon=113.5, lat=34.5)
        streams.append(factories.stream(terminal))
    store(lake, (streams[0], AT, 1.0), (streams[1], AT, 2.0))
    token = create_token("first", place=places[0])
    return {"service": Service(Client(), f"Bearer {token}"), "streams": streams, "places": places}


def test_every_set_shows_only_what_the_reader_may_see(districts: dict[str, Any]) -> None:
    service: Service = districts["service"]
    mine, other = districts["streams"]

    for name in set(PROPERTIES) - {"HistoricalLocations", "ObservedProperties"}:
        assert len(service.ids(name)) == 1, name
    assert service.ids("Datastreams") == [mine]
    assert [o["result"] for o in service.get("Observations")["value"]] == [1]
    assert service.get("Observations?$count=true")["@iot.count"] == 1
    assert service.status("GET", f"Datastreams({other})") == 404
    assert service.status("GET", f"Datastreams({other})/Observations") == 404
    hidden = other * 2**42 + int(AT.timestamp() * 1000)
    assert service.status("GET", f"Observations({hidden})") == 404
    prop = service.ids("ObservedProperties")[0]
    assert service.ids(f"ObservedProperties({prop})/Datastreams") == [mine]


def test_a_filter_does_not_tell_about_what_is_hidden(districts: dict[str, Any]) -> None:
    service: Service = districts["service"]
    prop = service.ids("ObservedProperties")[0]

    for condition in ("Datastreams/Observations/result%20eq%20", "Datastreams/Thing/name%20eq%20"):
        value = "2" if "result" in condition else "'终端T9902'"
        assert service.ids(f"ObservedProperties?$filter={condition}{value}") == []
    assert service.ids("ObservedProperties?$filter=Datastreams/Observations/result%20eq%201") == [
        prop
    ]


def test_what_is_hidden_cannot_be_written_to(districts: dict[str, Any]) -> None:
    service: Service = districts["service"]
    mine, other = districts["streams"]

    assert service.status("POST", f"Datastreams({other})/Observations", {"result": 1}) == 404
    linked = bodies.observation(1, Datastream=bodies.link(other))
    assert service.status("POST", "Observations", linked) == 400
    rows = {"components": ["result"], "dataArray": [[1]]}
    arrays = [{"Datastream": bodies.link(stream), **rows} for stream in (other, mine)]
    said = service.send("POST", "CreateObservations", arrays).json()
    assert [text.startswith("error") for text in said] == [True, False]


def test_what_is_made_belongs_to_the_area_of_its_maker(districts: dict[str, Any]) -> None:
    from chengshu.hub.sensing.models import Terminal

    number = districts["service"].post("Things", bodies.whole_thing())

    made = Terminal.objects.get(pk=number)
    assert made.place == districts["places"][0]
    assert made.owner == Organisation.objects.get(code="bureau")


def test_a_token_that_may_only_send_sends_and_sees_nothing(
    city: None, lake: Lake, sta: Service
) -> None:
    stream = factories.stream(factories.terminal("T1", lon=1.0, lat=2.0))
    sender = Service(Client(), f"Bearer {create_token('sender', 'ingest')}")
    rows = {"components": ["result"], "dataArray": [[1]]}

    assert sender.post(f"Datastreams({stream})/Observations", {"result": 1}) > 2**42
    linked = bodies.observation(2, Datastream=bodies.link(stream))
    assert sender.post("Observations", linked) > 2**42
    body = [{"Datastream": bodies.link(stream), **rows}]
    assert sender.status("POST", "CreateObservations", body) == 201
    assert sender.status("GET", "Things") == 403
    assert sender.status("POST", "Things", bodies.thing()) == 403
    inline = bodies.observation(3, FeatureOfInterest=bodies.feature())
    assert sender.status("POST", f"Datastreams({stream})/Observations", inline) == 403
    assert len(sta.ids("Observations")) == 3


def test_a_reader_reads_and_changes_nothing(city: None, lake: Lake) -> None:
    create_token("reader")
    user = User.objects.get(username="token:reader")
    user.grants.update(role=Role.objects.get(code="reader"))
    number = factories.terminal("T1").pk
    client = Client()
    client.force_login(user)

    assert client.get(f"{ROOT}/Things({number})").status_code == 200
    for method, path in (("post", "Things"), ("patch", f"Things({number})")):
        answer = getattr(client, method)(
            f"{ROOT}/{path}", bodies.thing(), content_type="application/json"
        )
        assert answer.status_code == 403
    refused = AuditLine.objects.filter(outcome=AuditLine.Outcome.REFUSED)
    assert set(refused.values_list("action", flat=True)) == {
        "sensorthings.create_entities",
        "sensorthings.change_entities",
    }


def test_the_password_of_http_basic_may_be_a_token(city: None, lake: Lake) -> None:
    def asked(pair: str) -> int:
        header = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return Client().get(f"{ROOT}/Things", headers={"Authorization": header}).status_code

    token = create_token("frost")

    assert asked(f"anyone:{token}") == 200
    assert asked("anyone:cs_wrong") == 401
    assert asked("anyone") == 401
    garbage = Client().get(f"{ROOT}/Things", headers={"Authorization": "Basic ???"})
    assert garbage.status_code == 401


def test_every_change_has_its_line_in_the_audit(sta: Service) -> None:
    number = sta.post("Things", bodies.thing())
    sta.status("PATCH", f"Things({number})", {"name": "other"})
    sta.status("DELETE", f"Things({number})")

    lines = AuditLine.objects.filter(action__startswith="sensorthings.").order_by("id")
    assert [line.action for line in lines] == [
        "sensorthings.create_entities",
        "sensorthings.change_entities",
        "sensorthings.remove_entities",
    ]


def test_a_city_without_places_is_told_so(db: None, lake: Lake) -> None:
    from chengshu.core.access.defaults import ensure_roles

    ensure_roles()
    service = Service(Client(), f"Bearer {create_token('sta')}")
    assert not Place.objects.exists()

    assert service.status("POST", "Things", bodies.thing()) == 409
