"""What an app adds to the demonstration city."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np
from django.db.models import QuerySet

from chengshu.core.access.models import User
from chengshu.core.access.permissions import permissions
from chengshu.core.access.policy import Actor, System
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Level, Place
from chengshu.kit.registry import Registry

from .blueprint import Blueprint

Stage = Literal["ledgers", "history", "work"]
STAGES: tuple[Stage, ...] = ("ledgers", "history", "work")


def _everything() -> Actor:
    return System("demo", frozenset(permission.code for permission in permissions))


@dataclass(frozen=True)
class DemoCity:
    """The city as far as it stands. *now* is where history ends; *by* may do everything."""

    blueprint: Blueprint
    now: datetime
    by: Actor = field(default_factory=_everything)

    def rng(self, purpose: str) -> np.random.Generator:
        """Chance of its own for each purpose, so that a new part changes no other."""
        return np.random.default_rng([self.blueprint.seed, zlib.crc32(purpose.encode())])

    def places(self, level: Level) -> list[Place]:
        """Places of *level*, in the order of their codes."""
        return self._places.get(level, [])

    @cached_property
    def root(self) -> Place:
        return Place.objects.get(code=self.blueprint.code)

    @cached_property
    def _places(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place in _below(self.root):
            found.setdefault(place.level, []).append(place)
        return found

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """By code."""
        return {row.code: row for row in Organisation.objects.all()}

    @cached_property
    def users(self) -> dict[str, User]:
        """People by user name."""
        return {row.username: row for row in User.objects.filter(is_service=False)}


def _below(root: Place) -> "QuerySet[Place]":
    rows = Place.objects.filter(path__startswith=root.path).select_related("parent")
    return rows.defer("outline", "parent__outline").order_by("code")


@dataclass(frozen=True)
class DemoPart:
    """One thing that *build* adds, once.

    ``ledgers`` come first, then ``history``, then ``work`` on what history shows; within a stage
    the parts of lower apps come first. ``history`` goes to the lake as well, so its build has to
    bear being repeated; the others are one transaction each.
    """

    name: str
    stage: Stage
    build: Callable[[DemoCity], None]


demo_parts: Registry[DemoPart] = Registry("demo part", DemoPart)


def register(part: DemoPart) -> DemoPart:
    """Add *part* under its name."""
    return demo_parts.add(part.name, part)
