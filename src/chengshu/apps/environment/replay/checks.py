"""What became of the replayed records: the platform's own answers beside the published ones."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import polars as pl

from chengshu.core.events.models import OutboxEvent
from chengshu.core.lake import installation
from chengshu.core.lake.models import Follower
from chengshu.hub.cases.models import Case
from chengshu.hub.sensing import follow
from chengshu.hub.sensing.models import TerminalState
from chengshu.hub.warnings.models import CityWarning
from chengshu.kit.errors import Terminal, Transient

from ..actions.replays import ROOT, Station

log = logging.getLogger(__name__)

STANDSTILL_SECONDS = 120
STEP_SECONDS = 0.2
PATIENCE_SECONDS = 30
SHOWN = 10


class NobodyFollows(Transient):
    """The worker does not work in what was stored."""

    code = "nobody-follows"


class NoAnswer(Terminal):
    """The web interface refuses to say what the air is like."""

    code = "no-answer"


@dataclass
class Compared:
    """Records by whether our index equals the published one; some have none."""

    equal: int = 0
    different: int = 0
    not_comparable: int = 0
    examples: list[str] = field(default_factory=list)


def wait_until_worked_in() -> None:
    """Until every stored observation is worked in and every event told. Raises NobodyFollows."""
    last, since = -1, time.monotonic()
    while (left := _left()) > 0:
        if left != last:
            last, since = left, time.monotonic()
        elif time.monotonic() - since > STANDSTILL_SECONDS:
            raise NobodyFollows("Nobody works in what was stored: is the worker running?")
        time.sleep(STEP_SECONDS)


def _left() -> int:
    """Snapshots to work in and events to tell."""
    follower = Follower.objects.filter(name=follow.NAME).first()
    behind = installation.current().current_snapshot() - (follower.snapshot if follower else 0)
    return behind + OutboxEvent.objects.filter(delivered_at=None).count()


def compare(
    records: pl.DataFrame, codes: Mapping[Station, str], address: str, token: str
) -> Compared:
    """Ask the API at *address* for every hour of *records* and compare index and primary."""
    result = Compared()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=address, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        for (at,), rows in records.sort("at").group_by("at", maintain_order=True):
            assert isinstance(at, datetime)
            ours = _asked(client, at)
            for row in rows.iter_rows(named=True):
                _judge(row, ours[codes[row["city"], row["station"]]], result)
    return result


def _judge(row: dict[str, Any], ours: dict[str, Any], result: Compared) -> None:
    if row["published_aqi"] is None:
        result.not_comparable += 1
        return
    theirs = row["published_aqi"], sorted(row["published_primary"] or ())
    if (ours["aqi"], sorted(ours.get("primary") or ())) == theirs:
        result.equal += 1
        return
    result.different += 1
    if len(result.examples) < SHOWN:
        result.examples.append(
            f"{row['city']} {row['station']} {row['at']:%Y-%m-%d %H:%M}Z: published {theirs},"
            f" ours {ours['aqi']} {ours.get('primary')} {ours.get('reason', '')}"
        )


def _asked(client: httpx.Client, at: datetime) -> dict[str, dict[str, Any]]:
    """The stations of the hour by code; asked again while the interface is away."""
    while True:
        try:
            answer = client.get(
                "/api/v1/environment/aqi", params={"place": ROOT, "at": at.isoformat()}
            )
        except httpx.TransportError as error:
            log.warning("the API does not answer: %r", error)
            time.sleep(1)
            continue
        if answer.status_code >= 500:
            log.warning("the API answers %s", answer.status_code)
            time.sleep(1)
            continue
        if answer.is_error:
            raise NoAnswer(f"The API refuses: {answer.text[:200]}")
        return {station["code"]: station for station in answer.json()["stations"]}


def healths() -> dict[str, int]:
    """Replayed stations by their present health."""
    states = TerminalState.objects.filter(terminal__place__path__startswith=f"/{ROOT}/")
    return dict(sorted(Counter(states.values_list("health", flat=True)).items()))


def raised() -> dict[str, int]:
    """Warnings of replayed places by rule."""
    warnings = CityWarning.objects.filter(place__path__startswith=f"/{ROOT}/")
    return dict(sorted(Counter(warnings.values_list("rule", flat=True)).items()))


def opened() -> int:
    """Cases of replayed places."""
    return Case.objects.filter(place__path__startswith=f"/{ROOT}/").count()
