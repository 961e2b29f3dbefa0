"""What terminals say: latest values, series, counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db.models import Count, QuerySet

from chengshu.core.access.policy import Actor, visible_to
from chengshu.kit.errors import NotFound
from chengshu.kit.units import UnknownUnit, unit

from .models import Datastream, Terminal

VIEW = "sensing.view_terminal"


@dataclass(frozen=True)
class Latest:
    """The newest value of one stream; *is_late* when older than twice its interval."""

    code: str
    name: str
    unit: str
    value: float | None
    at: datetime | None
    health: Terminal.Health
    is_late: bool

    @property
    def health_title(self) -> str:
        return str(self.health.label)

    @property
    def unit_symbol(self) -> str:
        return unit_symbol(self.unit)


def unit_symbol(code: str) -> str:
    """The UCUM *code* for people; a unit that is not in the table stands as it is."""
    try:
        return unit(code).symbol
    except UnknownUnit:
        return code


def terminals_for(actor: Actor) -> "QuerySet[Terminal]":
    """The terminals *actor* may see."""
    return visible_to(Terminal.objects.all(), actor, VIEW)


def terminal_named(code: str, actor: Actor) -> Terminal:
    """Raises NotFound when absent or hidden."""
    found = terminals_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no terminal {code}", where={"terminal": code})
    return found


def latest(terminal: Terminal, now: datetime) -> list[Latest]:
    """The newest value of each of *terminal*'s streams."""
    streams = terminal.datastreams.select_related("observed_property", "state").order_by("id")
    return [_latest(stream, now) for stream in streams]


def _latest(stream: Datastream, now: datetime) -> Latest:
    state = getattr(stream, "state", None)
    age = (now - state.at).total_seconds() if state else None
    return Latest(
        code=stream.code,
        name=stream.observed_property.name,
        unit=stream.observed_property.unit,
        value=state.value if state else None,
        at=state.at if state else None,
        health=Terminal.Health(state.health) if state else Terminal.Health.UNKNOWN,
        is_late=age is not None and age > 2 * stream.interval_seconds,
    )


def health_counts(terminals: "QuerySet[Terminal]") -> dict[str, int]:
    """How many of *terminals* in service are in each health; never heard is ``unknown``."""
    in_service = terminals.filter(state=Terminal.State.IN_SERVICE)
    rows = in_service.order_by().values_list("current__health").annotate(Count("id"))
    return {health or Terminal.Health.UNKNOWN: count for health, count in rows}


def as_points(rows: pl.DataFrame) -> list[list[Any]]:
    """Pairs of ISO time and value, as charts take them."""
    return [[at.isoformat(), value] for at, value in rows.select("at", "value").iter_rows()]
