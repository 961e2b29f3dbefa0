"""The health of a terminal: the worst of its streams; of a silent one, whose fault it is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from chengshu.core.events.outbox import emit
from chengshu.hub.sensing.events import TerminalHealthChanged
from chengshu.hub.sensing.models import Datastream, HealthPeriod, Terminal, TerminalState

Health = Terminal.Health
MOMENT = pl.Datetime("us", "UTC")
WELL = (Health.ONLINE.value, Health.LATE.value)
MUTE = (Health.SILENT.value, Health.CUT_OFF.value)
QUIET = (*MUTE, Health.PARTIAL.value)
FEWEST_CHILDREN = 2
"""A gateway without streams of its own is silent when all of its children are: at least these."""

FACTS: dict[str, tuple[str, pl.DataType | type[pl.DataType]]] = {
    "terminal": ("terminal_id", pl.Int64),
    "property": ("observed_property__code", pl.String),
    "health": ("state__health", pl.String),
    "since": ("state__since", MOMENT),
    "heard_at": ("state__at", MOMENT),
    "started_at": ("terminal__feed__started_at", MOMENT),
}

Found = dict[int, dict[str, Any]]
"""Terminal to ``terminal``, ``health``, ``since``, ``properties`` (those that are ill) and
``heard_at``."""


def judge(terminals: Iterable[int]) -> int:
    """Set the health of *terminals*, of their gateways and of what hangs on those; tell of
    changes. How many changed."""
    changed, waiting = 0, set(terminals)
    while waiting:
        turned = _turn(_blamed(_conditions(waiting)))
        changed += len(turned)
        waiting = _concerned(turned)
    return changed


def judge_spoken(gateways: Collection[int]) -> int:
    """Judge the children that are cut off from those *gateways* that have just spoken."""
    cut_off = TerminalState.objects.filter(
        health=Health.CUT_OFF, terminal__gateway__in=gateways
    ).values_list("terminal", flat=True)
    return judge(list(cut_off))


def _concerned(turned: Collection[int]) -> set[int]:
    """Gateways without streams above those that *turned*, and the quiet children below them."""
    if not turned:
        return set()
    above = Terminal.objects.filter(children__in=turned, datastreams=None)
    below = TerminalState.objects.filter(terminal__gateway__in=turned, health__in=QUIET)
    return {
        *above.values_list("id", flat=True).distinct(),
        *below.values_list("terminal", flat=True),
    }


def _conditions(terminals: Collection[int]) -> Found:
    """By streams; of those without any by their children."""
    streams = pl.DataFrame(
        list(
            Datastream.objects.filter(terminal__in=terminals)
            .order_by("id")
            .values_list(*(lookup for lookup, _kind in FACTS.values()))
        ),
        schema={name: kind for name, (_lookup, kind) in FACTS.items()},
        orient="row",
    )
    found: Found = {}
    if len(streams):
        found = {row["terminal"]: row for row in _worst(streams).iter_rows(named=True)}
    bare = set(terminals) - found.keys()
    return found | (_by_children(bare) if bare else {})


def _worst(streams: pl.DataFrame) -> pl.DataFrame:
    known = streams.with_columns(
        pl.col("health").fill_null(Health.SILENT.value),
        since=pl.coalesce("since", "heard_at", "started_at"),
        rank=pl.col("health")
        .fill_null(Health.SILENT.value)
        .replace_strict({health.value: health.rank for health in Health}, return_dtype=pl.Int64),
    )
    silent = pl.col("health") == Health.SILENT
    partial = silent.any() & ~silent.all()
    others = pl.col("rank").filter(~silent).max()
    worst = (
        pl.when(partial & (others < Health.PARTIAL.rank))
        .then(pl.lit(Health.PARTIAL.rank))
        .when(silent.all())
        .then(pl.lit(Health.SILENT.rank))
        .otherwise(others)
    )
    names = {health.rank: health.value for health in Health}
    began = pl.when(worst == Health.PARTIAL.rank).then(silent).otherwise(pl.col("rank") == worst)
    return known.group_by("terminal", maintain_order=True).agg(
        health=worst.replace_strict(names, return_dtype=pl.String),
        since=pl.when(silent.all() | (worst == Health.ONLINE.rank))
        .then(pl.col("since").max())
        .otherwise(pl.col("since").filter(began).min()),
        properties=pl.col("property").filter(~pl.col("health").is_in(WELL)),
        heard_at=pl.col("heard_at").max(),
    )


def _by_children(gateways: Collection[int]) -> Found:
    children = TerminalState.objects.filter(
        terminal__gateway__in=gateways, terminal__state=Terminal.State.IN_SERVICE
    ).values_list("terminal__gateway", "health", "since")
    by_gateway: dict[int, list[tuple[str, datetime]]] = {}
    for gateway, health, since in children:
        if gateway is not None:
            by_gateway.setdefault(gateway, []).append((health, since))
    found: Found = {}
    for gateway, states in by_gateway.items():
        is_mute = len(states) >= FEWEST_CHILDREN and all(health in MUTE for health, _at in states)
        spoke = [since for health, since in states if health not in MUTE]
        found[gateway] = {
            "terminal": gateway,
            "health": (Health.SILENT if is_mute else Health.ONLINE).value,
            "since": max(spoke or [since for _health, since in states]),
            "properties": [],
        }
    return found


def _blamed(found: Found) -> Found:
    """Call those cut off that are quiet while their gateway is, or has not been heard since."""
    quiet = [row["terminal"] for row in found.values() if row["health"] in QUIET]
    behind = Terminal.objects.filter(id__in=quiet, gateway__state=Terminal.State.IN_SERVICE)
    gateways = {pk: above for pk, above in behind.values_list("id", "gateway") if above}
    if not gateways:
        return found
    above = set(gateways.values())
    states = dict(TerminalState.objects.filter(terminal__in=above).values_list("pk", "health"))
    states |= {number: row["health"] for number, row in found.items() if number in above}
    heard = _heard(above)
    for number, gateway in gateways.items():
        is_mute = states.get(gateway, "") in MUTE
        if _is_cut_off(found[number], heard.get(gateway), is_mute=is_mute):
            found[number]["health"] = Health.CUT_OFF.value
    return found


@dataclass(frozen=True)
class Heard:
    """When a gateway was heard last and when it was to be heard next."""

    at: datetime
    due_at: datetime


def _is_cut_off(row: dict[str, Any], gateway: Heard | None, *, is_mute: bool) -> bool:
    """One that is partly silent is cut off if nothing of it came later than its gateway."""
    is_quiet = is_mute or (gateway is not None and gateway.at <= row["since"])
    if row["health"] == Health.SILENT:
        return is_quiet
    return is_quiet and gateway is not None and row["heard_at"] <= gateway.due_at


def _heard(terminals: Collection[int]) -> dict[int, Heard]:
    """Those of *terminals* that have been heard through streams of their own."""
    rows = Datastream.objects.filter(terminal__in=terminals).values_list(
        "terminal", "state__at", "interval_seconds"
    )
    heard: dict[int, Heard] = {}
    for terminal, at, seconds in rows:
        if at is not None and (terminal not in heard or at > heard[terminal].at):
            heard[terminal] = Heard(at, at + timedelta(seconds=seconds))
    return heard


def _turn(found: Found) -> list[int]:
    """Write what has changed, with its past, and tell of it; the terminals that changed."""
    before = dict(TerminalState.objects.filter(pk__in=found).values_list("pk", "health"))
    changed = [row for number, row in found.items() if before.get(number) != row["health"]]
    if not changed:
        return []
    TerminalState.objects.bulk_create(
        [
            TerminalState(terminal_id=row["terminal"], health=row["health"], since=row["since"])
            for row in changed
        ],
        update_conflicts=True,
        unique_fields=["terminal"],
        update_fields=["health", "since"],
    )
    _remember(changed)
    rows = Terminal.objects.select_related("place", "owner").in_bulk(
        [row["terminal"] for row in changed]
    )
    for row in changed:
        _tell(rows[row["terminal"]], before.get(row["terminal"], Health.UNKNOWN.value), row)
    return [row["terminal"] for row in changed]


def _remember(changed: list[dict[str, Any]]) -> None:
    """End the present period of each and begin the next; none begins before the one it ends."""
    present = {
        period.terminal_id: period
        for period in HealthPeriod.objects.filter(
            terminal__in=[row["terminal"] for row in changed], until=None
        )
    }
    following = [_following(present.get(row["terminal"]), row) for row in changed]
    HealthPeriod.objects.bulk_update(present.values(), ["until"], batch_size=1000)
    HealthPeriod.objects.bulk_create(following)


def _following(present: HealthPeriod | None, row: dict[str, Any]) -> HealthPeriod:
    """The period after *present*, which ends now."""
    since = row["since"]
    carried = None
    if present is not None:
        since = max(since, present.since)
        present.until = since
        carried = present.trouble_since if present.health not in WELL else None
    is_own_trouble = row["health"] not in (*WELL, Health.CUT_OFF.value)
    return HealthPeriod(
        terminal_id=row["terminal"],
        health=row["health"],
        since=since,
        trouble_since=carried or (since if is_own_trouble else None),
    )


def _tell(terminal: Terminal, before: str, row: dict[str, Any]) -> None:
    emit(
        TerminalHealthChanged(
            terminal=terminal.pk,
            code=terminal.code,
            before=before,
            health=row["health"],
            since=row["since"].isoformat(),
            properties=row["properties"],
        ),
        on=terminal,
    )
