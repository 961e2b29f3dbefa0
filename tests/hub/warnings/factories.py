"""A rule, batches for it and causes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import polars as pl

from chengshu.core.access.policy import System
from chengshu.core.events.models import OutboxEvent
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.warnings.batches import RULE_ENGINE, apply_batch
from chengshu.hub.warnings.lifecycle import Cause
from chengshu.hub.warnings.models import CityWarning
from chengshu.hub.warnings.rule import Step, ThresholdRule, rules
from tests.hub.sensing.factories import organisation, place, stream

START = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TODAY = date(2026, 5, 1)
DESK = System(
    "desk",
    frozenset(f"warnings.{verb}_warning" for verb in ("raise", "clear", "dismiss", "escalate")),
)


def heat(**changes) -> ThresholdRule:
    given = {
        "name": "test.heat",
        "title": "Heat",
        "observed_property": "temperature",
        "unit": "Cel",
        "steps": (Step(35, "yellow"), Step(40, "red")),
        "clear_at": 33,
        "quiet_seconds": 7200,
    }
    return ThresholdRule(**given | changes)


@contextmanager
def in_force(*given: ThresholdRule) -> Iterator[None]:
    """Let *given* be registered for a while."""
    if not given:
        yield
        return
    with rules.temporarily(given[0].name, given[0]), in_force(*given[1:]):
        yield


def batch(*readings: tuple[Terminal, int, float], quality: int = 0) -> pl.DataFrame:
    """One reading of temperature per (terminal, hour, value), as the follower gives it."""
    return pl.DataFrame(
        [
            {
                "datastream": stream(terminal),
                "at": START + hour * HOUR,
                "value": float(value),
                "quality": quality,
                "property": "temperature",
                "terminal": terminal.pk,
                "terminal_code": terminal.code,
                "terminal_name": terminal.name,
                "place": terminal.place_id,
                "owner": terminal.owner_id,
                "grade": terminal.grade,
                "lon": terminal.lon,
                "lat": terminal.lat,
                "feed": terminal.feed_id,
            }
            for terminal, hour, value in readings
        ],
        schema_overrides={"lon": pl.Float64, "lat": pl.Float64, "at": pl.Datetime("us", "UTC")},
    )


def hear(*readings: tuple[Terminal, int, float], quality: int = 0) -> None:
    apply_batch(batch(*readings, quality=quality), on=TODAY, by=RULE_ENGINE)


def cause(**changes) -> Cause:
    given = {
        "kind": CityWarning.Kind.REPORT,
        "rule": "test.report",
        "subject_type": "place",
        "subject_code": "99",
        "subject_name": "地方99",
        "title": "地方99: 积水",
        "severity": "blue",
        "place": place(),
        "owner": organisation(),
        "at": START,
    }
    return Cause(**given | changes)


def told() -> list[tuple[str, str]]:
    """(event, colour) of everything warnings have told, in order."""
    events = OutboxEvent.objects.filter(type__startswith="warning.").order_by("id")
    return [(event.type.removeprefix("warning."), event.body["severity"]) for event in events]
