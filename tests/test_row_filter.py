"""For random cities, rows and grants every path gives exactly the rows that may be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import shapely
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengshu.core.access import policy
from chengshu.core.access.actor import Person
from chengshu.core.access.models import Duty, Grant
from chengshu.core.notify.frames import Frame
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places import tree
from chengshu.core.places.models import Level, Place
from chengshu.core.records.ledger import Ledger, ledgers
from chengshu.core.records.selection import Selection
from tests.core.access.factories import make_role, make_user

from .architecture import ROOT
from .row_filter_paths import LAYERS, PATHS, ROUTES, Looking, layer_names, rights_matter
from .row_filter_subjects import NEEDLE, SUBJECTS, WHOLE

pytestmark = pytest.mark.django_db
CODES = ("1", "11", "1.1", "111", "1_1", "2")  # prefixes and wildcards of one another
IN_MEMORY = ("queryset", "may", "covers", "stream")
LOOKS = [
    (name, duty)
    for name in SUBJECTS
    for duty in {ledgers[name].duty, *({Duty.WORK} & set(ledgers[name].also))}
]

above = st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=1, max_size=5)
which = st.integers(0, 4)
some = st.one_of(st.none(), which)


@dataclass(frozen=True)
class DrawnRow:
    place: int
    owner: int | None
    grade: int


@dataclass(frozen=True)
class DrawnGrant:
    place: int | None
    owner: int | None
    grade: int
    holds: bool


@dataclass(frozen=True)
class DrawnCity:
    """Trees as the index of what stands above each node, then rows and grants in them."""

    places: list[int | None]
    organisations: list[int | None]
    rows: list[DrawnRow]
    grants: list[DrawnGrant]


grades = st.integers(1, 4)
cities = st.builds(
    DrawnCity,
    above,
    above,
    st.lists(st.builds(DrawnRow, which, some, grades), min_size=1, max_size=5),
    st.lists(st.builds(DrawnGrant, some, some, grades, st.integers(0, 5).map(bool)), max_size=3),
)


class City:
    """A drawn city in the database, and what may be seen in it by plain reckoning."""

    def __init__(self, drawn: DrawnCity, ledger: Ledger, duty: Duty) -> None:
        self.places = self._trees(drawn.places, self._place)
        self.organisations = self._trees(drawn.organisations, self._organisation)
        for number, row in enumerate(drawn.rows, 1):
            SUBJECTS[ledger.name].make(
                number, self._at(self.places, row.place), self._owner(row.owner), row.grade
            )
        self.user = make_user(f"{NEEDLE}-asker")
        role = {
            (grade, holds): make_role(
                "*" if holds else "nothing.at_all", duty=duty, grade=grade, code=f"{grade}{holds}"
            )
            for grade in range(1, 5)
            for holds in (True, False)
        }
        self.grants = [
            Grant(
                user=self.user,
                role=role[grant.grade, grant.holds],
                place=None if grant.place is None else self._at(self.places, grant.place),
                organisation=self._owner(grant.owner),
                expires_at=None if grant.holds else timezone.now() - timedelta(days=1),
            )
            for grant in drawn.grants
        ]
        Grant.objects.bulk_create(self.grants, ignore_conflicts=True)
        self.look = Looking(Person(self.user), Client(), ledger, duty)
        self.look.client.force_login(self.user)

    def _trees(self, drawn: list[int | None], make: Any) -> list[Any]:
        made: list[Any] = []
        for code, index in zip(CODES, drawn, strict=False):
            made.append(make(code, made[index % len(made)] if made and index is not None else None))
        return made

    def _place(self, code: str, parent: Place | None) -> Place:
        outline = shapely.to_wkb(shapely.box(113, 34, 114, 35))
        return tree.add(
            Place(code=code, name=f"{NEEDLE} {code}", level=Level.CELL, parent=parent)
            if code == "2"
            else Place(
                code=code,
                name=f"{NEEDLE} {code}",
                level=Level.DISTRICT,
                parent=parent,
                outline=outline,
                lon=113.5,
                lat=34.5,
            )
        )

    def _organisation(self, code: str, parent: Organisation | None) -> Organisation:
        return tree.add(
            Organisation(
                code=code,
                name=f"{NEEDLE} {code}",
                kind=Kind.DEPARTMENT,
                parent=parent,
                place=self._at(self.places, int(code[-1])),
            )
        )

    @staticmethod
    def _at(trees: list[Any], index: int) -> Any:
        return trees[index % len(trees)]

    def _owner(self, index: int | None) -> Organisation | None:
        return None if index is None else self._at(self.organisations, index)

    def permitted(self) -> set[str]:
        """By walking parents upwards, without paths, scopes or SQL."""
        facts = SUBJECTS[self.look.ledger.name].facts
        return self.look.keys(lambda row: any(self._opens(g, *facts(row)) for g in self.grants))

    @staticmethod
    def _opens(grant: Grant, place: Any, organisation: Any, grade: int) -> bool:
        return (
            grant.role.permissions == ["*"]
            and grade <= grant.role.grade
            and _stands_below(place, grant.place)
            and _stands_below(organisation, grant.organisation)
        )


def _stands_below(node: Any, top: Any) -> bool:
    if top is None or node is WHOLE:
        return True
    while node is not None:
        if node.pk == top.pk:
            return True
        node = node.parent
    return False


@contextmanager
def built(drawn: DrawnCity, ledger: Ledger, duty: Duty) -> Iterator[City]:
    """The city, for the length of one example."""
    with transaction.atomic():
        yield City(drawn, ledger, duty)
        transaction.set_rollback(True)


def check(drawn: DrawnCity, name: str, duty: Duty, paths: list[str]) -> None:
    ledger = ledgers[name]
    with built(drawn, ledger, duty) as city:
        permitted = city.permitted()
        for path in paths:
            seen = PATHS[path].seen(city.look)
            wanted = len(permitted) if isinstance(seen, int) else permitted
            assert seen == wanted, f"{path} of {name}"


@pytest.mark.parametrize(("name", "duty"), LOOKS)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=cities)
def test_filters_agree_with_plain_reckoning(name, duty, drawn):
    check(drawn, name, duty, list(IN_MEMORY))


@pytest.mark.parametrize(("name", "duty"), LOOKS)
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=cities)
def test_every_path_gives_exactly_the_permitted_rows(name, duty, drawn):
    ledger = ledgers[name]
    paths = [
        path
        for path, way in PATHS.items()
        if path not in IN_MEMORY and way.applies(ledger) and way.duty in (None, duty)
    ]

    check(drawn, name, duty, paths)


NEIGHBOURS = DrawnCity(
    places=[None, None],
    organisations=[None],
    rows=[DrawnRow(place=1, owner=0, grade=4)],
    grants=[DrawnGrant(place=0, owner=None, grade=4, holds=True)],
)
"""A row in place 11 and somebody who may see place 1."""
SECRET = DrawnCity(
    places=[None],
    organisations=[None],
    rows=[DrawnRow(place=0, owner=0, grade=4)],
    grants=[DrawnGrant(place=None, owner=None, grade=3, holds=True)],
)
"""A row of grade 4 and somebody who may see grade 3 everywhere."""


def _without_grade(where):
    return lambda scope, reach: where(replace(scope, grade=""), reach)


def _without_slash(below):
    return lambda tree, link, path: below(tree, link, path.rstrip("/"))


def _of_everybody(rows):
    return lambda selection, actor, permission="": selection.ledger.model.objects.all()


@pytest.mark.parametrize(
    ("owner", "name", "plant", "drawn", "path"),
    [
        (policy, "_where", _without_grade, SECRET, "queryset"),
        (policy, "_where", _without_grade, SECRET, "record page"),
        (policy, "_below", _without_slash, NEIGHBOURS, "queryset"),
        (policy, "_below", _without_slash, NEIGHBOURS, "map layer sensing.terminals"),
        (Selection, "rows", _of_everybody, SECRET, "list page"),
        (Selection, "rows", _of_everybody, SECRET, "count"),
        (Selection, "rows", _of_everybody, NEIGHBOURS, "api list"),
        (Selection, "rows", _of_everybody, NEIGHBOURS, "export"),
        (Frame, "is_for", lambda _: lambda frame, policy: True, SECRET, "stream"),
    ],
)
def test_planted_leak_is_found(monkeypatch, owner, name, plant, drawn, path):
    check(drawn, "sensing.terminals", Duty.WORK, [path])
    monkeypatch.setattr(owner, name, plant(getattr(owner, name)))

    with pytest.raises(AssertionError, match=path):
        check(drawn, "sensing.terminals", Duty.WORK, [path])


def test_every_ledger_whose_rows_have_rights_is_a_subject():
    assert {ledger.name for ledger in ledgers if rights_matter(ledger)} == set(SUBJECTS)


def test_every_layer_of_the_map_is_a_path():
    assert layer_names() == set(LAYERS)


def test_every_further_route_of_the_api_names_its_proof():
    generic = {ledger.name.replace(".", "/") for ledger in ledgers}
    routes = {
        route
        for route in api_routes()
        if not any(route == name or route.startswith(f"{name}/<key>") for name in generic)
    }

    assert routes == set(ROUTES)


def api_routes() -> set[str]:
    found = set()
    for pattern in get_resolver().url_patterns:
        within = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
        for one in within:
            whole = f"{pattern.pattern}{one.pattern}" if one is not pattern else str(one.pattern)
            if whole.startswith("api/v1/"):
                found.add(whole.removeprefix("api/v1/"))
    return found


@pytest.mark.parametrize("proof", sorted(set(ROUTES.values()) - {"no rows"}))
def test_proof_exists(proof):
    file, _, name = proof.partition("::")

    assert proof in PATHS or f"def {name}(" in (ROOT / file).read_text()
