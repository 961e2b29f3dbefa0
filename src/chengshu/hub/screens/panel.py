"""Panels of the cockpit: a kind the browser can draw and a function that fills it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chengshu.core.access.policy import Actor
from chengshu.core.places.models import Place
from chengshu.core.words import Words
from chengshu.kit.registry import Registry

Slot = Literal["head", "left", "right"]
Kind = Literal["counts", "vitals", "gauge", "stages", "feed", "bars", "line"]


@dataclass(frozen=True)
class Question:
    """Who asks, for which place subtree (None is all) and for which moment.

    *at* is the moment shown: *now* when live, a past one in replay.
    """

    actor: Actor
    place: Place | None
    at: datetime
    is_live: bool = True


@dataclass(frozen=True)
class Filled:
    """*body* in the form of the panel's kind; *at* is the time of its newest value."""

    body: Mapping[str, Any]
    at: datetime | None = None
    quality: Literal["good", "stale", "unavailable"] = "good"
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """*fill* sees only what its actor may; *listens* are event types that make it ask anew."""

    name: str
    title: Words
    slot: Slot
    kind: Kind
    permission: str
    fill: Callable[[Question], Filled]
    order: int = 100
    refresh_seconds: int = 60
    listens: tuple[str, ...] = field(default=())
    href: str = ""


@dataclass(frozen=True)
class Vital:
    """One number of the city's vitals. *read* returns the item, or None where it has no meaning.

    The item's keys: value, at, change, change_basis, stale, series [[ISO time, value]], href.
    """

    name: str
    title: Words
    unit: Words
    permission: str
    read: Callable[[Question], Mapping[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class Timeline:
    """What the timeline counts: moments with a severity between two times."""

    name: str
    permission: str
    moments: Callable[[Question, datetime, datetime], list[tuple[datetime, str]]]


panels: Registry[Panel] = Registry("panel", Panel)
vitals: Registry[Vital] = Registry("vital", Vital)
timelines: Registry[Timeline] = Registry("timeline", Timeline)
