"""The health board: how the terminals that one may see are, and how reliable they have been."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from chengshu.core.organisations.models import Organisation
from chengshu.core.pages.asking import signed_in
from chengshu.core.places.models import Place
from chengshu.core.words import Words
from chengshu.hub.sensing.models import Terminal, TerminalKind

from .board import counts, patients
from .rates import Rates, grouped, measured
from .selection import Chosen, chosen_terminals

SPANS = {1: gettext_lazy("24 hours"), 7: gettext_lazy("7 days"), 30: gettext_lazy("30 days")}
USUAL_SPAN = 7
GROUPS: dict[str, Words] = {
    "place": gettext_lazy("By place"),
    "owner": gettext_lazy("By owner"),
    "maker": gettext_lazy("By maker"),
    "kind": gettext_lazy("By kind"),
}
MOST_GROUPS = 8


@dataclass(frozen=True)
class Line:
    """One group of a table of rates in words; *address* narrows the board to it."""

    rates: Rates
    address: str
    online: str
    sound: str
    arrival: str
    repair: str


@dataclass(frozen=True)
class Table:
    title: Words
    lines: list[Line]
    more: int


@dataclass(frozen=True)
class Chip:
    """A narrowing of the board; *address* is the board without it."""

    title: str
    value: str
    address: str


@require_GET
def health_board(request: HttpRequest) -> HttpResponse:
    """Counts, the worst terminals, and rates; every filter is in the address."""
    actor, now = signed_in(request), timezone.now()
    chosen = Chosen(**{name: request.GET.get(name, "") for name in asdict(Chosen())})
    terminals = chosen_terminals(chosen, actor)
    days = _days(request.GET.get("days", ""))
    health = request.GET.get("health", "")
    health = health if health in Terminal.Health.values else ""
    found = counts(terminals)
    context = {
        "counts": [(count, _address(chosen, days, count.health)) for count in found],
        "total": sum(count.number for count in found),
        "patients": [
            (patient, span(patient.lasting.total_seconds()))
            for patient in patients(terminals, health, actor, now)
        ],
        "health": Terminal.Health(health).label if health else "",
        "whole": _address(chosen, days),
        "tables": _tables(terminals, chosen, days, now),
        "chips": _chips(chosen, days),
        "spans": [(title, span, _address(chosen, span, health)) for span, title in SPANS.items()],
        "days": days,
    }
    return render(request, "sensing/health.html", context)


def _days(asked: str) -> int:
    return int(asked) if asked in map(str, SPANS) else USUAL_SPAN


def _address(chosen: Chosen, days: int, health: str = "") -> str:
    asked = {**asdict(chosen), "days": "" if days == USUAL_SPAN else days, "health": health}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"?{query}" if query else "?"


def _tables(
    terminals: "QuerySet[Terminal]", chosen: Chosen, days: int, now: datetime
) -> list[Table]:
    """A table for each grouping that still divides the terminals."""
    measures = measured(terminals, now - timedelta(days=days), now)
    found = ((name, title, grouped(measures, name)) for name, title in GROUPS.items())
    return [
        Table(
            title,
            [_line(row, replace(chosen, **{name: row.key}), days) for row in rows[:MOST_GROUPS]],
            max(0, len(rows) - MOST_GROUPS),
        )
        for name, title, rows in found
        if rows and (len(rows) > 1 or not getattr(chosen, name))
    ]


def _line(row: Rates, narrowed: Chosen, days: int) -> Line:
    return Line(
        rates=row,
        address=_address(narrowed, days) if row.key else "",
        online=_percent(row.online_share),
        sound=_percent(row.sound_share),
        arrival=_percent(row.arrival_share),
        repair="—" if row.repair_seconds is None else span(row.repair_seconds),
    )


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f}"


def span(seconds: float) -> str:
    """A length of time in its two largest units."""
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}


def _chips(chosen: Chosen, days: int) -> list[Chip]:
    titles = {"place": _("Place"), "owner": _("Owner"), "maker": _("Maker"), "kind": _("Kind")}
    return [
        Chip(titles[name], _name(name, value), _address(replace(chosen, **{name: ""}), days))
        for name, value in asdict(chosen).items()
        if value
    ]


def _name(filtered: str, value: str) -> str:
    match filtered:
        case "place":
            return str(Place.objects.only("name").get(code=value))
        case "owner":
            return str(Organisation.objects.get(code=value))
        case "kind":
            return str(TerminalKind(value).label)
    return value
