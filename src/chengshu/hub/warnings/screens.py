"""Warnings on the cockpit: how many of each colour, the latest, and when they began."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import visible_to
from chengshu.hub.screens.panel import Filled, Panel, Question, Timeline, panels, timelines

from .models import CityWarning, Severity
from .queries import standing_at
from .wording import reading

VIEW = "warnings.view_citywarning"
LISTENS = ("warning.raised", "warning.escalated", "warning.cleared")
MOST = 12
LIST = "/warnings/warnings/"


def _visible(question: Question) -> "QuerySet[CityWarning]":
    rows = visible_to(CityWarning.objects.all(), question.actor, VIEW)
    if question.place is not None:
        rows = rows.filter(place__path__startswith=question.place.path)
    return rows


def _standing(question: Question) -> "QuerySet[CityWarning]":
    return _visible(question).filter(standing_at(None if question.is_live else question.at))


def _counts(question: Question) -> Filled:
    counted: dict[str, int] = dict(
        _standing(question)
        .order_by()
        .values_list("severity")
        .annotate(number=Count("pk"))
        .values_list("severity", "number")
    )
    items = [
        {
            "key": colour.value,
            "title": str(colour.label),
            "value": counted.get(colour.value, 0),
            "href": f"{LIST}?state=active&severity={colour.value}",
        }
        for colour in reversed(Severity)
    ]
    return Filled({"items": items}, at=question.at)


def _latest(question: Question) -> Filled:
    rows = list(_standing(question).select_related("place").order_by("-raised_at", "-pk")[:MOST])
    return Filled(
        {"items": [_item(warning) for warning in rows]}, at=rows[0].last_seen_at if rows else None
    )


def _item(warning: CityWarning) -> dict[str, Any]:
    parts = [warning.place.name, reading(warning)]
    return {
        "id": warning.code,
        "severity": warning.severity,
        "title": warning.title,
        "detail": " · ".join(part for part in parts if part),
        "at": warning.raised_at,
        "href": f"{LIST}{warning.code}/",
    }


def _moments(question: Question, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    rows = _visible(question).filter(raised_at__gte=start, raised_at__lt=end)
    return list(rows.values_list("raised_at", "severity"))


panels.add(
    "warnings.counts",
    Panel(
        name="warnings.counts",
        title=_("Active warnings"),
        slot="head",
        kind="counts",
        permission=VIEW,
        fill=_counts,
        listens=LISTENS,
        href=f"{LIST}?state=active",
    ),
)
panels.add(
    "warnings.latest",
    Panel(
        name="warnings.latest",
        title=_("Latest warnings"),
        slot="right",
        kind="feed",
        permission=VIEW,
        fill=_latest,
        order=10,
        listens=LISTENS,
        href=f"{LIST}?state=active",
    ),
)
timelines.add("warnings", Timeline("warnings", VIEW, _moments))
