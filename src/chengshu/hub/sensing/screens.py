"""What sensing shows on the cockpit."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.lake import installation
from chengshu.hub.screens.panel import Question, Vital, vitals

from .health.terminals import MUTE, WELL
from .models import StreamState, Terminal
from .queries import VIEW, as_points, health_counts, terminals_for


def _online(question: Question) -> Mapping[str, Any] | None:
    """Share of the terminals in service that speak, whatever they say; live only."""
    terminals = terminals_for(question.actor)
    if question.place:
        terminals = terminals.filter(place__path__startswith=question.place.path)
    counts = health_counts(terminals)
    heard = sum(counts.values()) - counts.get(Terminal.Health.UNKNOWN, 0)
    if not heard or not question.is_live:
        return None
    newest = StreamState.objects.filter(datastream__terminal__in=terminals)
    return {
        "value": round(100 * (heard - sum(counts.get(each, 0) for each in MUTE)) / heard, 1),
        "at": newest.order_by("-at").values_list("at", flat=True).first(),
        "href": "/sensing/health/",
    }


RECEIVED = """
    SELECT date_trunc('hour', "at") AS "at", count(*) AS value FROM observations
    WHERE "at" > $start AND "at" <= $until GROUP BY ALL ORDER BY ALL
"""


def _received(question: Question) -> Mapping[str, Any] | None:
    """Observations of the last 24 hours, by hour; the whole city's only, they are not counted
    per place."""
    if question.place is not None or not terminals_for(question.actor).exists():
        return None
    span = {"start": question.at - timedelta(hours=24), "until": question.at}
    hours = installation.current().query(RECEIVED, span)
    if hours.is_empty():
        return None
    return {
        "value": int(hours["value"].sum()),
        "at": question.at,
        "series": as_points(hours),
        "href": "/sensing/terminals/",
    }


def _silent(question: Question) -> Mapping[str, Any] | None:
    """Terminals of which something is wrong now."""
    terminals = terminals_for(question.actor)
    if question.place:
        terminals = terminals.filter(place__path__startswith=question.place.path)
    counts = health_counts(terminals)
    if not question.is_live or not counts:
        return None
    calm = {*WELL, Terminal.Health.UNKNOWN.value}
    return {
        "value": sum(number for health, number in counts.items() if health not in calm),
        "at": question.at,
        "href": "/sensing/health/",
    }


vitals.add(
    "sensing.received",
    Vital(
        "sensing.received",
        _("Observations, 24 hours"),
        "",
        VIEW,
        _received,
        order=50,
    ),
)
vitals.add(
    "sensing.silent",
    Vital("sensing.silent", _("Terminals in trouble"), "", VIEW, _silent, order=60),
)
vitals.add(
    "sensing.online",
    Vital("sensing.online", _("Terminals online"), "%", VIEW, _online, order=10),
)
