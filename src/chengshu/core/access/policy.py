"""The one row filter: what an actor may touch, as data, a query filter and a test of one row."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope, Sharing
from chengshu.kit.errors import NotAllowed

from .permissions import only_looks
from .sharing import in_force

M = TypeVar("M", bound=Model)

UNBOUND = "*"
"""The path of what has no place, or no organisation, by its nature: no reach is limited there."""

NO_GRADE = 32767
"""A row whose grade is unknown is above every grade."""


@dataclass(frozen=True)
class Reach:
    """One grant, resolved. An empty path reaches everything, also rows without place or owner."""

    permissions: frozenset[str]
    place_path: str = ""
    organisation_path: str = ""
    grade: int = 1

    def covers(self, place_path: str, organisation_path: str, grade: int) -> bool:
        return (
            (place_path == UNBOUND or place_path.startswith(self.place_path))
            and (
                organisation_path == UNBOUND or organisation_path.startswith(self.organisation_path)
            )
            and grade <= self.grade
        )


@dataclass(frozen=True)
class Policy:
    """Everything an actor may do: the union of its reaches."""

    reaches: tuple[Reach, ...] = ()

    def of(self, permission: str) -> list[Reach]:
        return [reach for reach in self.reaches if permission in reach.permissions]


class Actor(Protocol):
    """Whoever acts: a user, a job or a rule."""

    @property
    def name(self) -> str: ...

    @property
    def policy(self) -> Policy: ...


@dataclass(frozen=True)
class System:
    """The platform itself acting: a job, a rule or a command. It may do what its code does."""

    name: str
    permissions: frozenset[str]

    @property
    def policy(self) -> Policy:
        return Policy((Reach(self.permissions, grade=99),))


def _where(scope: Scope, reach: Reach) -> Q:
    found = Q()
    if reach.place_path:
        found &= _below(Place, scope.place, reach.place_path)
    if reach.organisation_path and scope.organisation:
        found &= _of(scope, reach.organisation_path)
    if scope.grade:
        found &= Q(**{f"{scope.grade}__lte": reach.grade})
    return found


def _of(scope: Scope, path: str) -> Q:
    """Rows of organisations below *path*, and rows that those may read for others."""
    found = Q()
    for link in (scope.organisation, *scope.parties):
        found |= _below(Organisation, link, path)
    if scope.sharing:
        shares = _shares(scope.sharing).filter(organisation__path__startswith=path)
        found |= Q(**{f"{scope.sharing.link}__in": shares.values(scope.sharing.of)})
    return found


def _shares(sharing: Sharing) -> "QuerySet[Any]":
    rows: QuerySet[Any] = apps.get_model(sharing.model)._default_manager.all()
    return rows.filter(in_force(timezone.localdate()))


def _below(tree: type[Model], link: str, path: str) -> Q:
    if not link:
        return Q()
    if link == "self":
        return Q(path__startswith=path)
    return Q(**{f"{link}__in": tree._default_manager.filter(path__startswith=path)})


def _follow(row: Any, lookup: str) -> Any:
    for part in lookup.split("__"):
        row = getattr(row, part, None)
        if row is None:
            return None
    return row


def _path(row: Model, link: str) -> Any:
    if not link:
        return UNBOUND
    return _follow(row, "path" if link == "self" else f"{link}__path") or ""


def _grade(row: Model, link: str) -> int:
    if not link:
        return 1
    found = _follow(row, link)
    return NO_GRADE if found is None else int(found)


def standing(row: Model) -> tuple[str, str, int]:
    """A row's place path, organisation path and grade, as its scope finds them."""
    scope = scope_of(type(row))
    return _path(row, scope.place), _path(row, scope.organisation), _grade(row, scope.grade)


def scope_of(model: type[Model]) -> Scope:
    """The scope that a model declares as ``scope``; a model without one has no row filter."""
    scope = getattr(model, "scope", None)
    if not isinstance(scope, Scope):
        raise TypeError(f"{model.__name__} declares no scope: its rows cannot be filtered")
    return scope


def visible_to(rows: "QuerySet[M]", actor: Actor, permission: str) -> "QuerySet[M]":
    """*rows* that *actor* may reach with *permission*: the filter under every path that reads."""
    reaches = actor.policy.of(permission)
    if not reaches:
        return rows.none()
    scope = _asked(rows.model, permission)
    found = Q()
    for reach in reaches:
        where = _where(scope, reach)
        if not where:
            return rows
        found |= where
    return rows.filter(found)


def may(actor: Actor, permission: str, on: Iterable[Model] | Model | None = None) -> bool:
    """Whether *actor* holds *permission* at all, and on each row of *on*."""
    reaches = actor.policy.of(permission)
    rows = (on,) if isinstance(on, Model) else on or ()
    return bool(reaches) and all(_covered(reaches, row, permission) for row in rows)


def _asked(model: type[Model], permission: str) -> Scope:
    """The scope of *model*; what is shared is open to permissions that only look."""
    scope = scope_of(model)
    return scope if only_looks(permission) else replace(scope, sharing=None)


def _covered(reaches: list[Reach], row: Model, permission: str) -> bool:
    scope = _asked(type(row), permission)
    place, own, grade = standing(row)

    def is_reached(path: str) -> bool:
        return any(reach.covers(place, path, grade) for reach in reaches)

    if is_reached(own) or any(is_reached(_path(row, link)) for link in scope.parties):
        return True
    return scope.sharing is not None and any(map(is_reached, _readers(row, scope.sharing)))


def _readers(row: Model, sharing: Sharing) -> Iterable[str]:
    """The paths of the organisations that *row* is shared with today."""
    shares = _shares(sharing).filter(**{sharing.of: _follow(row, sharing.link)})
    return shares.values_list("organisation__path", flat=True)


def may_for(actor: Actor, permission: str, organisation: Organisation, on: Model) -> bool:
    """Whether *actor* may do it to *on* in the name of *organisation*, one of those concerned."""
    place, _own, grade = standing(on)
    reaches = actor.policy.of(permission)
    return any(reach.covers(place, organisation.path, grade) for reach in reaches)


def require_for(actor: Actor, permission: str, organisation: Organisation, on: Model) -> None:
    """Raise NotAllowed unless `may_for`."""
    if not may_for(actor, permission, organisation, on):
        raise NotAllowed(
            f"{actor.name} may not {permission} for {organisation}",
            where={"permission": permission, "organisation": organisation.code},
        )


def require(actor: Actor, permission: str, on: Iterable[Model] | Model | None = None) -> None:
    """Raise NotAllowed unless `may`."""
    if not may(actor, permission, on):
        raise NotAllowed(
            f"{actor.name} may not {permission}" + (" here" if on is not None else ""),
            where={"permission": permission},
        )
