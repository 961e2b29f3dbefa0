"""Places, feeds and stations for replayed records, and the keys to send and read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access import tokens
from chengshu.core.access.models import User
from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations import tree as organisation_tree
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places import tree
from chengshu.core.places.models import Level, Place
from chengshu.hub.sensing.actions.registration import NewTerminal
from chengshu.hub.sensing.models import Clock, Feed, Terminal

from ..domain import POLLUTANTS
from ..models import AirStation
from .stations import NewStation, register_stations

ROOT = "replay"
HOURLY_SECONDS = 3600

Station = tuple[str, str]
"""City and name, as published."""


@dataclass(frozen=True)
class Keys:
    """Tokens that reach the replayed places only: one to send, one to read."""

    ingest: str
    api: str


@action("environment.prepare_replay", _("Prepare a replay"))
def prepare(stations: Sequence[Station], *, by: Actor) -> dict[Station, str]:
    """Make what is missing of places, owner, feeds and stations; the code of every station."""
    root = _root()
    owner = _owner(root)
    codes: dict[Station, str] = {}
    for city in sorted({city for city, _name in stations}):
        names = [name for place, name in stations if place == city]
        codes |= _city(city, names, root, owner, by)
    note(stations=len(codes))
    return codes


def _root() -> Place:
    found = Place.objects.filter(code=ROOT).first()
    return found or tree.add(
        Place(code=ROOT, name=str(_("Replayed records")), level=Level.PROVINCE)
    )


def _owner(root: Place) -> Organisation:
    found = Organisation.objects.filter(code=ROOT).first()
    return found or organisation_tree.add(
        Organisation(
            code=ROOT, name=str(_("Owner of replayed stations")), kind=Kind.INSTITUTION, place=root
        )
    )


def _city(
    city: str, names: list[str], root: Place, owner: Organisation, by: Actor
) -> dict[Station, str]:
    cities = Place.objects.filter(parent=root)
    place = cities.filter(name=city).first() or tree.add(
        Place(code=f"{ROOT}.{cities.count() + 1:02}", name=city, level=Level.CITY, parent=root)
    )
    feed, _is_new = Feed.objects.get_or_create(
        code=place.code, defaults={"name": city, "clock": Clock.RECORDS}
    )
    known = dict(AirStation.objects.filter(place=place).values_list("name", "code"))
    missing = [name for name in names if name not in known]
    made = (
        register_stations(
            [
                _station(f"{place.code}.{n:02}", name, place, owner)
                for n, name in enumerate(missing, len(known) + 1)
            ],
            by=by,
            feed=feed,
        )
        if missing
        else []
    )
    known |= {station.name: station.code for station in made}
    return {(city, name): known[name] for name in names}


def _station(code: str, name: str, place: Place, owner: Organisation) -> NewStation:
    return NewStation(
        NewTerminal(
            code=code,
            name=name,
            kind=Terminal.Kind.SENSOR,
            place=place,
            owner=owner,
            properties={pollutant.code: HOURLY_SECONDS for pollutant in POLLUTANTS},
        ),
        control=AirStation.Control.NATIONAL,
    )


@action("environment.lend_keys", _("Lend keys to a replay"))
def lend_keys(*, by: Actor) -> Keys:
    root = Place.objects.get(code=ROOT)
    run = f"{ROOT} {timezone.now():%Y-%m-%d %H:%M:%S}"
    return Keys(
        ingest=tokens.create_token(f"{run} ingest", "ingest", place=root),
        api=tokens.create_token(f"{run} api", "api", place=root),
    )


@action("environment.return_keys", _("Withdraw the keys of replays"))
def return_keys(*, by: Actor) -> None:
    withdrawn, _kinds = User.objects.filter(
        is_service=True, username__startswith=f"token:{ROOT} "
    ).delete()
    note(rows=withdrawn)
