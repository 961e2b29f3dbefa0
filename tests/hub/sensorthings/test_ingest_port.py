"""SensorThings on the ingest port."""

import asyncio
import base64
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.tokens import create_token
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensorthings.ingest import ROUTES
from tests.hub.sensing import factories
from tests.hub.sensorthings import bodies

PATH = "/sta/v1.1/CreateObservations"


class Port:
    """Posts to the routes as the ingest process serves them."""

    def post(self, body: Any, headers: dict[str, str]) -> httpx.Response:
        return asyncio.run(self._post(body, headers))

    async def _post(self, body: Any, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://ingest:8081") as client:
            return await client.post(PATH, json=body, headers=headers)


@pytest.fixture
def port(transactional_db: None, lake: Lake) -> Port:
    ensure_roles()
    return Port()


def test_data_arrays_are_taken_and_answered_with_addresses_of_this_port(port: Port) -> None:
    stream = factories.stream(factories.terminal("T1", lon=1.0, lat=2.0))
    token = create_token("sender", "ingest")
    body = [
        {
            "Datastream": bodies.link(stream),
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2015-03-01T00:00:00Z", 1], ["yesterday", 2]],
        }
    ]
    basic = base64.b64encode(f":{token}".encode()).decode()

    answer = port.post(body, {"Authorization": f"Bearer {token}"})
    again = port.post(body, {"Authorization": f"Basic {basic}"})

    assert (answer.status_code, again.status_code) == (201, 201), answer.text
    assert answer.json() == again.json()
    assert answer.json()[0].startswith("http://ingest:8081/sta/v1.1/Observations(")
    assert answer.json()[1].startswith("error")


def test_who_sends_no_token_is_asked_for_one(port: Port) -> None:
    for headers in ({}, {"Authorization": "Bearer cs_wrong"}, {"Authorization": "Digest x"}):
        answer = port.post([], headers)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]
