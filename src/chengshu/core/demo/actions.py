"""The ground, the organisations and the people of an invented city."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access import passwords
from chengshu.core.access.models import Grant, Role, SignInRules, User
from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations import tree as organisation_tree
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places import locate, outlines, tree
from chengshu.core.places.models import Level, Place
from chengshu.kit.geodesy.offsets import Datum

from . import ground
from .part import DemoCity

LEVELS = (Level.CITY, Level.DISTRICT, Level.STREET, Level.COMMUNITY, Level.CELL)
GOVERNMENT = "government"
UNIT_HANDLER, GRID_WORKER = "unit-handler", "grid-worker"


@action("demo.found_city", _("Found the demonstration city"))
def found_city(city: DemoCity, password: str, *, by: Actor) -> None:
    """Make the places, the organisations and one user for every role and unit.

    All users sign in with *password*, which may be weak for a real city but not for its rules.
    """
    places = _places(city)
    organisations = _organisations(city)
    users = _users(city, password)
    note(places=places, organisations=organisations, users=users)


def office_of(street: Place) -> str:
    """The code of a street's office."""
    return f"office-{street.code}"


def _places(city: DemoCity) -> int:
    """Level by level, as one by one the tree's lock would be asked for each."""
    plan = city.blueprint
    land = ground.invent(plan.centre, plan.radius, plan.counts, city.rng("ground"))
    tree.lock_trees()
    above: list[Place] = []
    total = 0
    for level, division in zip(LEVELS, land.levels, strict=True):
        parents = [above[number] if above else None for number in division.parents]
        above = Place.objects.bulk_create(_drawn(city, level, parents, division.outlines))
        total += len(above)
    locate.forget()
    return total


def _drawn(
    city: DemoCity, level: Level, parents: list[Place | None], shapes: list[Any]
) -> Iterator[Place]:
    codes = _codes(
        city.blueprint.code, level, [parent.code if parent else "" for parent in parents]
    )
    names = _names(city, level, codes, parents)
    for code, name, parent, shape in zip(codes, names, parents, shapes, strict=True):
        place = Place(code=code, name=name, level=level, parent=parent)
        place.path = tree.path_under(parent, code)
        outlines.draw(place, shape, Datum.CGCS2000)
        yield place


def _codes(root: str, level: Level, parents: list[str]) -> list[str]:
    """Codes as in GB/T 2260 (districts), GB/T 10114 and GB/T 30428.1 (three digits more each)."""
    if level == Level.CITY:
        return [root]
    if level == Level.DISTRICT:
        return [f"{root[:4]}{number:02}" for number in range(2, len(parents) + 2)]
    counts: Counter[str] = Counter()
    codes = []
    for parent in parents:
        counts[parent] += 1
        codes.append(f"{parent}{counts[parent]:03}")
    return codes


def _names(
    city: DemoCity, level: Level, codes: list[str], parents: list[Place | None]
) -> list[str]:
    names = city.blueprint.names
    if level == Level.CELL:
        cell = names.words["titles"]["cell"]
        return [
            cell.format(community=parent.name if parent else "", number=code[-3:])
            for code, parent in zip(codes, parents, strict=True)
        ]
    return names.areas(level.value, len(codes), city.rng(f"names of {level}"))


def _organisations(city: DemoCity) -> int:
    words = city.blueprint.names.words
    titles = words["titles"]
    town = city.root
    government = _organised(
        GOVERNMENT, f"{town.name}{titles['city_government']}", Kind.GOVERNMENT, town
    )
    for unit in words["departments"]:
        _organised(unit["code"], f"{town.name}{unit['name']}", unit["kind"], town, government)
    for unit in words["enterprises"]:
        _organised(unit["code"], f"{town.name[:-1]}{unit['name']}", Kind.ENTERPRISE, town)
    districts = {
        district.pk: _organised(
            f"{GOVERNMENT}-{district.code}",
            f"{district.name}{titles['district_government']}",
            Kind.GOVERNMENT,
            district,
            government,
        )
        for district in city.places(Level.DISTRICT)
    }
    for street in city.places(Level.STREET):
        above = districts[street.parent_id or 0]
        _organised(office_of(street), _office_name(street, titles), Kind.GOVERNMENT, street, above)
    return Organisation.objects.count()


def _office_name(street: Place, titles: dict[str, Any]) -> str:
    for ending, title in titles["office"].items():
        if street.name.endswith(ending):
            return f"{street.name.removesuffix(ending)}{title}"
    return street.name


def _organised(
    code: str, name: str, kind: str, place: Place, parent: Organisation | None = None
) -> Organisation:
    row = Organisation(code=code, name=name, kind=kind, place=place, parent=parent)
    return organisation_tree.add(row)


def _users(city: DemoCity, password: str) -> int:
    rules = SignInRules.objects.first() or SignInRules()
    rng, names = city.rng("people"), city.blueprint.names
    roles = Role.objects.in_bulk(field_name="code")
    secret = make_password(password)
    users, grants = [], []
    for username, role, organisation, bounds in _posts(city):
        user = User(
            username=username,
            name=names.person(rng),
            organisation=organisation,
            password=secret,
            password_changed_at=timezone.now(),
        )
        users.append(user)
        grants.append(Grant(user=user, role=roles[role], **bounds))
    for user in users:
        passwords.check_new(user, password, rules)
    User.objects.bulk_create(users)
    Grant.objects.bulk_create(grants)
    return len(users)


def _posts(city: DemoCity) -> Iterator[tuple[str, str, Organisation, dict[str, Any]]]:
    """User name, role, organisation and the bounds of the grant."""
    units = city.organisations
    for post in city.blueprint.names.words["users"]:
        yield post["username"], post["role"], units[post["organisation"]], {}
    for street in city.places(Level.STREET):
        office = units[office_of(street)]
        yield f"grid-{street.code}", GRID_WORKER, office, {"place": street}
    for unit in units.values():
        if unit.code != GOVERNMENT:
            yield f"unit-{unit.code}"[:60], UNIT_HANDLER, unit, {"organisation": unit}
