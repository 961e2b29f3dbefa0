"""Today's cases on the cockpit: from report to closing, and how many are in time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from chengshu.core.access.policy import visible_to
from chengshu.core.places.models import Place
from chengshu.hub.screens.panel import Filled, Panel, Question, Vital, panels, vitals

from .models import Case
from .queries import VIEW
from .states import OPEN, State

LISTENS = ("case.reported", "case.changed", "case.closed", "case.overdue")
HOUR, WITHIN = timedelta(hours=1), timedelta(days=30)
MOST_PLACES = 8


def _visible(question: Question) -> "QuerySet[Case]":
    rows = visible_to(Case.objects.filter(reported_at__lte=question.at), question.actor, VIEW)
    if question.place is not None:
        rows = rows.filter(place__path__startswith=question.place.path)
    return rows


def _stages(question: Question) -> Filled:
    rows, at = _visible(question), question.at
    begin = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    today = rows.aggregate(
        reported=Count("pk", filter=Q(reported_at__gte=begin)),
        filed=Count("pk", filter=_between("filed_at", begin, at)),
        dispatched=Count("pk", filter=_between("dispatched_at", begin, at)),
        handled=Count("pk", filter=_between("handled_at", begin, at)),
        closed=Count("pk", filter=_between("closed_at", begin, at)),
    )
    overdue = rows.filter(state__in=OPEN, due_at__lt=at).count() if question.is_live else None
    home = reverse("case-workbench")
    titles = {
        "reported": _("Reported"),
        "filed": _("Filed"),
        "dispatched": _("Dispatched"),
        "handled": _("Handled"),
        "closed": _("Closed"),
    }
    stages: list[dict[str, Any]] = [
        {"title": title, "value": today[key], "href": f"{home}?tab=all"}
        for key, title in titles.items()
    ]
    stages.append({"title": _("Overdue"), "value": overdue, "href": f"{home}?tab=overdue"})
    body = {"stages": stages, "rate": _in_time(rows, at), "columns": _by_hour(rows, begin, at)}
    return Filled(body, at=at)


def _between(field: str, begin: datetime, end: datetime) -> Q:
    return Q(**{f"{field}__gte": begin, f"{field}__lte": end})


def _in_time(rows: "QuerySet[Case]", at: datetime) -> dict[str, Any]:
    """Handled within the limit, of all handled in thirty days; none when none was."""
    handled = rows.filter(handled_at__gt=at - WITHIN, handled_at__lte=at).aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(handled_at__gt=F("handling_due_at")))
    )
    share = round(100 * (1 - handled["late"] / handled["all"]), 1) if handled["all"] else None
    return {"title": _("Handled in time, 30 days"), "value": share, "unit": "%"}


def _by_hour(rows: "QuerySet[Case]", begin: datetime, end: datetime) -> dict[str, Any]:
    """Reported cases of each hour as columns, closed ones as the line."""
    hours = [begin + HOUR * number for number in range(int((end - begin) / HOUR) + 1)]
    return {
        "times": hours,
        "counts": _counts(rows, "reported_at", hours, end),
        "line": _counts(rows, "closed_at", hours, end),
        "counts_title": _("Reported"),
        "line_title": _("Closed"),
    }


def _open(question: Question) -> "QuerySet[Case]":
    rows = _visible(question).exclude(state=State.VOID)
    return rows.filter(Q(closed_at=None) | Q(closed_at__gt=question.at))


def _open_now(question: Question) -> Mapping[str, Any]:
    """How many cases are open, and how many were at each of the last 24 hours."""
    hours = [question.at - HOUR * number for number in range(24, -1, -1)]
    rows = _visible(question).exclude(state=State.VOID)
    counted = rows.aggregate(
        **{
            f"hour_{number}": Count(
                "pk",
                filter=Q(reported_at__lte=hour) & (Q(closed_at=None) | Q(closed_at__gt=hour)),
            )
            for number, hour in enumerate(hours)
        }
    )
    series = [counted[f"hour_{number}"] for number in range(len(hours))]
    return {
        "value": series[-1],
        "at": question.at,
        "change": series[-1] - series[0],
        "change_basis": _("against the same hour yesterday"),
        "series": [[hour.isoformat(), value] for hour, value in zip(hours, series, strict=True)],
        "href": f"{reverse('case-workbench')}?tab=all",
    }


def _handled_in_time(question: Question) -> Mapping[str, Any] | None:
    rate = _in_time(_visible(question), question.at)
    if rate["value"] is None:
        return None
    return {"value": rate["value"], "at": question.at, "href": reverse("case-workbench")}


def _by_place(question: Question) -> Filled:
    """Open cases of the places one level down, the most first."""
    above = question.place or Place.objects.filter(parent=None).order_by("code").first()
    below = list(Place.objects.filter(parent=above)) if above else []
    counted = _open(question).aggregate(
        **{
            f"place_{place.pk}": Count("pk", filter=Q(place__path__startswith=place.path))
            for place in below
        }
    )
    items = [
        {
            "title": place.name,
            "value": counted[f"place_{place.pk}"],
            "unit": pgettext("unit", "cases"),
        }
        for place in below
    ]
    items.sort(key=lambda item: -item["value"])
    return Filled({"items": items[:MOST_PLACES]}, at=question.at)


def _counts(rows: "QuerySet[Case]", field: str, hours: list[datetime], end: datetime) -> list[int]:
    counted = dict(
        rows.filter(_between(field, hours[0], end))
        .annotate(hour=TruncHour(field))
        .order_by()
        .values_list("hour")
        .annotate(number=Count("pk"))
    )
    return [counted.get(hour, 0) for hour in hours]


panels.add(
    "cases.stages",
    Panel(
        name="cases.stages",
        title=gettext_lazy("Cases today"),
        slot="right",
        kind="stages",
        permission=VIEW,
        fill=_stages,
        order=20,
        listens=LISTENS,
        href="/cases/",
    ),
)
panels.add(
    "cases.places",
    Panel(
        name="cases.places",
        title=gettext_lazy("Open cases by place"),
        slot="right",
        kind="bars",
        permission=VIEW,
        fill=_by_place,
        order=30,
        listens=LISTENS,
        href="/cases/?tab=all",
    ),
)
vitals.add(
    "cases.open",
    Vital(
        "cases.open",
        gettext_lazy("Open cases"),
        pgettext_lazy("unit", "cases"),
        VIEW,
        _open_now,
        30,
    ),
)
vitals.add(
    "cases.in-time",
    Vital("cases.in-time", gettext_lazy("Handled in time"), "%", VIEW, _handled_in_time, 40),
)
