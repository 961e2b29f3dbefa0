"""The smallest valid lamps and circuits."""

from itertools import count
from typing import Any

from chengshu.core.places.models import Place
from tests.core.access.factories import make_organisation, make_place

from .streetlights.models import Circuit, Lamp

_numbers = count(1)


def make_circuit(**fields: Any) -> Circuit:
    number = next(_numbers)
    return Circuit.objects.create(**{"code": f"C{number}", "name": f"Circuit {number}"} | fields)


def make_lamp(place: Place | None = None, **fields: Any) -> Lamp:
    number = next(_numbers)
    place = place or make_place()
    smallest: dict[str, Any] = {
        "code": f"L{number:05}",
        "name": f"Lamp {number}",
        "kind": "led",
        "lon": 114.1,
        "lat": 34.2,
    }
    owner = fields.pop("owner", None) or make_organisation(place=place)
    return Lamp.objects.create(**smallest | {"place": place, "owner": owner} | fields)
