"""The air on the cockpit: a gauge with its pollutants, and a vital with its day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chengshu.hub.screens.panel import Filled, Panel, Question, Vital, panels, vitals
from chengshu.kit.units import unit

from .domain import BY_CODE, POLLUTANTS
from .queries import (
    FRESH,
    HOUR,
    KEPT,
    VIEW,
    Index,
    moment_of,
    place_concentrations,
    place_day,
    place_index,
    seen_place,
)

ADDRESS = "/environment/stations/"
SCALE_END = 500
FINE, DAY = "pm2.5", timedelta(hours=24)
STEADY = 5
"""A change of the index smaller than this is neither good nor bad."""


def _air(question: Question) -> Filled:
    place = seen_place(question.actor, question.place)
    if place is None:
        return Filled(_dial(None), quality="unavailable")
    moment = moment_of(place, question.at, is_live=question.is_live)
    index = place_index(question.actor, place, moment)
    if index is None:
        note = _now("No air quality for %(hours)d hours.") % {"hours": KEPT // HOUR}
        return Filled(_dial(None), quality="unavailable", note=note)
    return Filled(
        _dial(index),
        at=index.at,
        quality="good" if index.is_fresh(moment) else "stale",
        note=index.reason or _note(index, moment, question),
    )


def _note(index: Index, moment: datetime, question: Question) -> str:
    if moment != question.at:
        return _now("Replayed records · %(edition)s") % {"edition": index.edition}
    return index.edition


def _dial(index: Index | None) -> dict[str, Any]:
    return {
        "value": index.value if index else None,
        "level": index.level if index else None,
        "level_title": index.level_title if index else "—",
        "primary": index.primary_title if index else None,
        "max": SCALE_END,
        "href": ADDRESS,
        "bars": [
            {
                "title": pollutant.title,
                "value": index.concentrations.get(pollutant.code) if index else None,
                "unit": unit(pollutant.unit).symbol,
                "index": index.sub_indices.get(pollutant.code) if index else None,
            }
            for pollutant in POLLUTANTS
        ],
    }


def _vital(question: Question) -> Mapping[str, Any] | None:
    place = seen_place(question.actor, question.place)
    if place is None:
        return None
    moment = moment_of(place, question.at, is_live=question.is_live)
    day = place_day(question.actor, place, moment)
    index = place_index(question.actor, place, moment)
    if not day or index is None:
        return None
    change = _change(day, index)
    return {
        "value": index.value,
        "at": index.at,
        "change": change,
        "change_basis": str(_("against the same hour yesterday")),
        "trend": None if change is None or abs(change) < STEADY else _trend(change),
        "stale": not index.is_fresh(moment),
        "series": [[at.isoformat(), value] for at, value in day],
        "href": ADDRESS,
    }


def _particles(question: Question) -> Filled:
    """Hourly PM2.5 of the place: the last 24 hours and the 24 before."""
    place = seen_place(question.actor, question.place)
    if place is None:
        return Filled({"series": [], "unit": ""}, quality="unavailable")
    moment = moment_of(place, question.at, is_live=question.is_live)
    today = place_concentrations(question.actor, place, FINE, moment - DAY, moment)
    yesterday = place_concentrations(question.actor, place, FINE, moment - 2 * DAY, moment - DAY)
    series = [
        {"title": _now("Last 24 hours"), "points": [[at.isoformat(), v] for at, v in today]},
        {
            "title": _now("The day before"),
            "points": [[(at + DAY).isoformat(), v] for at, v in yesterday],
        },
    ]
    body = {"series": series, "unit": unit(BY_CODE[FINE].unit).symbol}
    if not today:
        return Filled(body, quality="unavailable")
    at = today[-1][0]
    return Filled(body, at=at, quality="good" if moment - at < FRESH else "stale")


def _change(day: list[tuple[datetime, float]], index: Index) -> float | None:
    before = dict(day).get(index.at - DAY)
    return None if before is None or index.value is None else index.value - before


def _trend(change: float) -> str:
    return "bad" if change > 0 else "good"


panels.add(
    "environment.air",
    Panel(
        name="environment.air",
        title=_("Air quality"),
        slot="left",
        kind="gauge",
        permission=VIEW,
        fill=_air,
        order=30,
        refresh_seconds=60,
        href=ADDRESS,
    ),
)
panels.add(
    "environment.particles",
    Panel(
        name="environment.particles",
        title=_("PM2.5 by hour"),
        slot="left",
        kind="line",
        permission=VIEW,
        fill=_particles,
        order=40,
        refresh_seconds=300,
        href=ADDRESS,
    ),
)
vitals.add(
    "environment.aqi", Vital("environment.aqi", _("Air quality index"), "", VIEW, _vital, order=20)
)
