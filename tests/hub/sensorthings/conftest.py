"""A client of the service with the rights of a program of the city."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.tokens import create_token
from chengshu.core.lake.connection import Lake
from tests.hub.sensing.factories import organisation, place

ROOT = "/sta/v1.1"
ADDRESS = f"http://testserver{ROOT}"


@dataclass
class Service:
    """Speaks HTTP to the service; knows nothing of its insides."""

    client: Client
    authorization: str

    def send(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Any:
        address = path if path.startswith(ROOT) else f"{ROOT}/{path}".rstrip("/")
        address = address.removeprefix("http://testserver")
        raw = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return self.client.generic(
            method,
            address,
            raw,
            content_type=content_type,
            headers={"Authorization": self.authorization},
        )

    def get(self, path: str) -> Any:
        """The JSON at *path*, which must be there."""
        answer = self.send("GET", path.removeprefix(f"{ADDRESS}/"))
        assert answer.status_code == 200, (path, answer.status_code, answer.content)
        return answer.json()

    def ids(self, path: str) -> list[int]:
        return [entity["@iot.id"] for entity in self.get(path)["value"]]

    def status(self, method: str, path: str, body: Any = None, **more: Any) -> int:
        return self.send(method, path, body, **more).status_code

    def post(self, path: str, body: Any) -> int:
        """Create an entity; its id, as a client reads it out of the Location header."""
        answer = self.send("POST", path, body)
        assert answer.status_code == 201, (path, answer.status_code, answer.content)
        return int(answer.headers["Location"].rpartition("(")[2].rstrip(")"))


@pytest.fixture
def city(db: None) -> None:
    """The least that a city needs to have things."""
    ensure_roles()
    organisation("bureau", place("99"))


@pytest.fixture
def sta(city: None, lake: Lake) -> Service:
    return Service(Client(), f"Bearer {create_token('sta')}")
