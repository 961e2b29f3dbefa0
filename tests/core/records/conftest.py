"""A district's device officer and lamps in two districts."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from chengshu.core.access.actor import Person
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Level, Place
from chengshu.core.records.ledger import Ledger, ledgers
from tests.core.access.factories import make_grant, make_organisation, make_place, make_user

from .factories import make_lamp
from .streetlights.models import Lamp


@dataclass
class City:
    """The officer may do everything with lamps in *north*, and nothing in *south*."""

    officer: Person
    north: Place
    street: Place
    south: Place
    owner: Organisation

    def lamp(self, code: str, **fields: Any) -> Lamp:
        return make_lamp(**{"code": code, "place": self.street, "owner": self.owner} | fields)


@pytest.fixture
def city(db: None) -> City:
    whole = make_place("c", level=Level.CITY)
    north = make_place("north", parent=whole)
    street = make_place("street", parent=north, level=Level.STREET)
    officer = make_user("officer")
    make_grant(officer, "streetlights.*", place=north, grade=2)
    return City(
        officer=Person(officer, "127.0.0.1"),
        north=north,
        street=street,
        south=make_place("south", parent=whole),
        owner=make_organisation("lighting", place=north),
    )


@pytest.fixture
def lamps() -> Ledger:
    return ledgers["streetlights.lamps"]


@pytest.fixture
def browser(city: City, client: Client) -> Client:
    """The officer's session."""
    client.force_login(city.officer.user)
    return client
