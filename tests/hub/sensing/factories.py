"""The smallest valid objects of the sensing ledger."""

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.models import Datastream, Feed, ObservedProperty, Terminal


def place(code: str = "99", parent: Place | None = None) -> Place:
    path = f"{parent.path if parent else '/'}{code}/"
    return Place.objects.get_or_create(
        code=code, defaults={"name": f"地方{code}", "level": "city", "parent": parent, "path": path}
    )[0]


def organisation(code: str = "bureau", at: Place | None = None) -> Organisation:
    return Organisation.objects.get_or_create(
        code=code,
        defaults={
            "name": f"单位{code}",
            "kind": "department",
            "path": f"/{code}/",
            "place": at or place(),
        },
    )[0]


def feed(code: str = "direct", clock: str = "wall") -> Feed:
    return Feed.objects.get_or_create(code=code, defaults={"name": code, "clock": clock})[0]


def observed_property(code: str = "temperature", **facts: object) -> ObservedProperty:
    return ObservedProperty.objects.get_or_create(
        code=code, defaults={"name": code, "unit": "Cel"} | facts
    )[0]


def terminal(code: str = "T1", properties: tuple[str, ...] = ("temperature",), **facts: object):
    """A terminal in service with one hourly datastream per property."""
    made = Terminal.objects.create(
        **{
            "code": code,
            "name": f"终端{code}",
            "kind": "sensor",
            "place": place(),
            "owner": organisation(),
            "feed": feed(),
            **facts,
        }
    )
    for name in properties:
        Datastream.objects.create(
            terminal=made,
            observed_property=observed_property(name),
            code=name,
            interval_seconds=3600,
        )
    return made


def stream(of: Terminal, name: str = "temperature") -> int:
    return of.datastreams.get(observed_property__code=name).pk
