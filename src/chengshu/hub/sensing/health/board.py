"""What the health board shows: how many are how, who is worst, and what is being done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, QuerySet, Value, When

from chengshu.core.access.policy import Actor
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.sensing.queries import health_counts
from chengshu.kit.registry import Registry

from .terminals import WELL

MOST_SHOWN = 50
Health = Terminal.Health


@dataclass(frozen=True)
class Remedy:
    """What is being done about a terminal: a case, on its page *href*."""

    title: str
    state: str
    href: str


@dataclass(frozen=True)
class Remedies:
    """Where remedies are found: *of* answers for codes of terminals, as far as the actor sees."""

    name: str
    of: Callable[[Collection[str], Actor], Mapping[str, Remedy]]


remedies: Registry[Remedies] = Registry("remedies", Remedies)


@dataclass(frozen=True)
class Count:
    health: str
    title: str
    number: int
    tone: str


@dataclass(frozen=True)
class Patient:
    """A terminal in trouble, for *lasting* seconds, and what is done about it."""

    terminal: Terminal
    health: str
    title: str
    since: datetime
    lasting: timedelta
    remedy: Remedy | None


def tone(health: str) -> str:
    """How bad a health is, for its colour: good, quiet, fair or bad."""
    if health == Health.UNKNOWN:
        return "quiet"
    if health in WELL:
        return "good"
    return "bad" if Health(health).rank >= Health.PARTIAL.rank else "fair"


def counts(terminals: "QuerySet[Terminal]") -> list[Count]:
    """Of terminals in service, worst first; healths of nobody are left out."""
    found = health_counts(terminals)
    return [
        Count(health.value, str(health.label), found[health.value], tone(health.value))
        for health in reversed(Health)
        if found.get(health.value)
    ]


def patients(
    terminals: "QuerySet[Terminal]", health: str, actor: Actor, now: datetime
) -> list[Patient]:
    """The worst of *terminals* in service, the longest ill first; of one *health* if given."""
    ill = terminals.filter(state=Terminal.State.IN_SERVICE).select_related(
        "current", "place", "owner", "gateway"
    )
    ill = ill.filter(current__health=health) if health else ill.exclude(current__health__in=WELL)
    rank = Case(
        *(When(current__health=each.value, then=Value(each.rank)) for each in Health),
        output_field=IntegerField(),
    )
    worst = list(
        ill.exclude(current=None).order_by(rank.desc(), "current__since", "code")[:MOST_SHOWN]
    )
    codes = [terminal.code for terminal in worst]
    known: dict[str, Remedy] = {}
    for source in remedies:
        known |= source.of(codes, actor)
    return [
        Patient(
            terminal,
            terminal.current.health,
            terminal.current.get_health_display(),
            terminal.current.since,
            now - terminal.current.since,
            known.get(terminal.code),
        )
        for terminal in worst
    ]
