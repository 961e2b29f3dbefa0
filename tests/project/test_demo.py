"""A second invented city, built from nothing: another seed, other names, another place."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import shapely
from django.db import connections
from django.test import Client
from django.utils import timezone
from tests.hub.sensing.factories import place
from tests.installation import eventually
from tests.serving import ingest_process

from chengshu.core.access.models import Grant, Role, SignInRules, User
from chengshu.core.access.passwords import check_new
from chengshu.core.access.tokens import authenticate
from chengshu.core.demo.blueprint import Blueprint
from chengshu.core.demo.building import build, founded_at, is_built
from chengshu.core.demo.names import Names
from chengshu.core.demo.part import demo_parts
from chengshu.core.demo.secrets import kept_in, with_token
from chengshu.core.lake import installation
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Level, Place
from chengshu.hub.cases.models import Case
from chengshu.hub.screens.models import CityProfile
from chengshu.hub.sensing.demo.devices import play
from chengshu.hub.sensing.follow import follow_once
from chengshu.hub.sensing.models import Rejection, StreamState, Terminal, TerminalState
from chengshu.hub.sensing.sending import Sender

PASSWORD = "Second-City-9"
NAMES = {
    **Names.read().words,
    "areas": {
        "city": {"heads": ["珂"], "tails": ["泮"], "endings": ["市"]},
        "district": {"heads": ["翎", "蔚"], "tails": ["杪", "蓂"], "endings": ["区"]},
        "street": {"heads": ["橡", "桦", "檀"], "tails": ["埗", "堍", "垭"], "endings": ["街道"]},
        "community": {
            "heads": ["霞", "虹", "露", "霜"],
            "tails": ["墩", "堰", "墟", "圃"],
            "endings": ["社区"],
        },
    },
}
SECOND = Blueprint(
    seed=7,
    code="990700",
    centre=(121.0, 22.0),
    radius=4_000,
    counts=(2, 4, 10, 60),
    names=Names(NAMES),
    terminals=0.12,
    days=2,
)


pytestmark = pytest.mark.slow


@pytest.fixture
def city(transactional_db: None) -> Iterator[list[str]]:
    lake = installation.current()
    lake.ensure()
    yield build(SECOND, PASSWORD)
    lake.close()


def test_a_city_is_built_from_nothing_and_works(city: list[str], client: Client) -> None:
    assert city == ["city", *(part.name for part in _in_order())]
    assert is_built()
    _places_are_sound()
    _people_have_every_role()
    _devices_have_spoken()
    _cases_are_open_and_closed()
    _the_leader_sees_the_city(client)
    _a_second_build_changes_nothing()


def _in_order() -> list:
    stages = ("ledgers", "history", "work")
    return sorted(demo_parts, key=lambda part: stages.index(part.stage))


def _places_are_sound() -> None:
    root = Place.objects.get(code="990700")
    levels = Counter(Place.objects.values_list("level", flat=True))
    cells = Place.objects.filter(level=Level.CELL)

    assert root.name == "珂泮市"
    assert (levels[Level.DISTRICT], levels[Level.STREET], levels[Level.COMMUNITY]) == (2, 4, 10)
    assert all(len(cell.code) == 15 and cell.path.startswith("/990700/") for cell in cells)
    assert shapely.from_wkb(bytes(root.outline)).contains(shapely.Point(root.lon, root.lat))


def _people_have_every_role() -> None:
    given = set(Grant.objects.values_list("role__code", flat=True))
    programs = {"ingest", "api"}

    assert given >= set(Role.objects.values_list("code", flat=True)) - programs
    assert all(user.check_password(PASSWORD) for user in User.objects.all()[:2])
    assert Organisation.objects.filter(kind="government").count() == 1 + 2 + 4


def _devices_have_spoken() -> None:
    healths = Counter(TerminalState.objects.values_list("health", flat=True))

    assert Terminal.objects.filter(attributes__simulated=True).count() > 20
    assert {"frozen", "silent", "partial", "jumping", "out-of-range", "low-battery"} <= set(healths)
    assert StreamState.objects.filter(at__gt=timezone.now() - timedelta(hours=1)).exists()


def _cases_are_open_and_closed() -> None:
    states = set(Case.objects.values_list("state", flat=True))

    assert "closed" in states
    assert states & {"reported", "filed", "dispatched", "accepted", "handled"}
    assert Case.objects.filter(origin__startswith="warning:").exists()


def _the_leader_sees_the_city(client: Client) -> None:
    client.force_login(User.objects.get(username="leader"))

    shown = client.get("/api/v1/screens/city").json()
    air = client.get("/api/v1/environment/aqi").json()

    assert shown["simulated"] is True
    assert shown["title"].startswith("珂泮市")
    assert air["place"]["name"] == "珂泮市"
    assert air["aqi"] > 0
    assert all(station["aqi"] for station in air["stations"])


def _a_second_build_changes_nothing() -> None:
    before = Place.objects.count(), User.objects.count(), Case.objects.count()

    assert build(SECOND, "another password") == []
    assert (Place.objects.count(), User.objects.count(), Case.objects.count()) == before
    assert CityProfile.objects.count() == 1


def test_devices_speak_through_the_public_interface(city: list[str], tmp_path: Path) -> None:
    root = Place.objects.get(code=SECOND.code)
    founded = founded_at()
    token = with_token(tmp_path, root).token
    stop = threading.Event()

    with ingest_process() as address, Sender(address, token, stop) as sender:
        live = threading.Thread(target=_played, args=(sender, founded, stop))
        live.start()
        late = StreamState.objects.filter(at__gt=founded)
        heard = eventually(lambda: follow_once() >= 0 and late.exists())
        stop.set()
        live.join()

    assert heard
    assert not late.filter(datastream__terminal__attributes__fault="silent").exists()
    refused = Rejection.objects.exclude(sender="demo-gateway")
    assert set(refused.values_list("code", flat=True)) <= {"far-future"}  # one clock is wrong


def _played(sender: Sender, founded: datetime, stop: threading.Event) -> None:
    try:
        play(sender, founded, SECOND.seed, stop)
    finally:
        connections.close_all()


def test_secrets_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    first = kept_in(tmp_path)

    again = kept_in(tmp_path)

    assert again == first
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_the_password_of_a_demonstration_meets_the_rules_of_a_city(tmp_path: Path) -> None:
    check_new(User(username="leader"), kept_in(tmp_path).password, SignInRules())


@pytest.mark.django_db
def test_a_token_that_was_withdrawn_is_replaced(tmp_path: Path) -> None:
    root = place(SECOND.code)
    first = with_token(tmp_path, root)
    User.objects.filter(is_service=True).delete()

    again = with_token(tmp_path, root)

    assert again.password == first.password
    assert authenticate(again.token)
