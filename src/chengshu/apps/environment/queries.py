"""The air quality of places and stations at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.analytics.air import LEVELS
from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.places.models import Place
from chengshu.core.words import Words
from chengshu.hub.indicators.models import IndicatorValue
from chengshu.hub.sensing.models import Clock, Terminal
from chengshu.kit.errors import NotFound

from .domain import AQI, BY_CODE
from .models import AirStation

VIEW = "environment.view_airstation"
HOUR = timedelta(hours=1)
FRESH, KEPT = 2 * HOUR, 4 * HOUR
"""An hour's index is fresh for an hour after it has ended, and shown with its age until KEPT."""

LEVEL_KEYS = {level.number: level.key for level in LEVELS}
LEVEL_TITLES: dict[int, Words] = {
    1: _("Excellent"),
    2: _("Good"),
    3: _("Lightly polluted"),
    4: _("Moderately polluted"),
    5: _("Heavily polluted"),
    6: _("Severely polluted"),
}
REASONS: dict[str, Words] = {
    "no-concentration": _("No pollutant was measured"),
    "incomplete": _("Pollutants are missing and the others are not above 100 (HJ 633-2026, 5.3.1)"),
    "above-scale": _("A pollutant is above its scale and its substitute is missing"),
    "silent": _("The station sent nothing in this hour"),
}


@dataclass(frozen=True)
class Index:
    """The index of one hour, which begins *at*; *value* is None for *na_reason*."""

    at: datetime
    value: int | None
    level: int | None
    primary: tuple[str, ...]
    na_reason: str | None
    edition: str
    sub_indices: dict[str, int | None]
    concentrations: dict[str, float | None]

    @property
    def level_title(self) -> str:
        return str(LEVEL_TITLES[self.level]) if self.level else "—"

    @property
    def primary_title(self) -> str:
        return ", ".join(BY_CODE[code].title for code in self.primary)

    @property
    def reason(self) -> str:
        return str(REASONS[self.na_reason]) if self.na_reason else ""

    def is_fresh(self, moment: datetime) -> bool:
        return moment - self.at < FRESH


def index_of(row: IndicatorValue) -> Index:
    """A stored value with what belongs beside it."""
    detail = row.detail
    return Index(
        at=row.at,
        value=None if row.value is None else round(row.value),
        level=detail.get("level"),
        primary=tuple(detail.get("primary") or ()),
        na_reason=detail.get("na_reason"),
        edition=detail.get("edition", ""),
        sub_indices=detail.get("iaqi", {}),
        concentrations=detail.get("concentration", {}),
    )


def stations_for(actor: Actor, place: Place | None = None) -> "QuerySet[AirStation]":
    """The stations *actor* may see, all or below *place*."""
    found = visible_to(AirStation.objects.filter(valid_to=None), actor, VIEW)
    return found.filter(place__path__startswith=place.path) if place else found


def seen_place(actor: Actor, place: Place | None) -> Place | None:
    """*place*, else the uppermost place that *actor* may see."""
    seen = visible_to(Place.objects.all(), actor, VIEW)
    return seen.filter(pk=place.pk).first() if place else seen.order_by("path").first()


def moment_of(place: Place, at: datetime, *, is_live: bool) -> datetime:
    """*at*; where all stations replay old records and nothing else was asked, their latest."""
    if not is_live:
        return at
    below = Terminal.objects.filter(
        datastreams__observed_property__code__in=BY_CODE, place__path__startswith=place.path
    )
    if below.filter(feed__clock=Clock.WALL).exists():
        return at
    latest = below.aggregate(at=Max("feed__latest_at"))["at"]
    return latest if latest is not None else at


def place_index(
    actor: Actor, place: Place, moment: datetime, *, exactly: bool = False
) -> Index | None:
    """The latest index of *place* at *moment* that is not too old to be shown.

    *exactly* takes only the hour that *moment* is in.
    """
    values = _seen(actor).filter(_around(moment, exactly=exactly), place=place, terminal=None)
    return _first(values)


def place_day(actor: Actor, place: Place, moment: datetime) -> list[tuple[datetime, float]]:
    """The indices of the 25 hours up to *moment*, oldest first."""
    return _day(_seen(actor).filter(place=place, terminal=None), moment)


def place_concentrations(
    actor: Actor, place: Place, pollutant: str, start: datetime, end: datetime
) -> list[tuple[datetime, float]]:
    """The hourly means of *pollutant* over *place*, later than *start* and up to *end*."""
    rows = _seen(actor).filter(place=place, terminal=None, at__gt=start, at__lte=end)
    found = rows.order_by("at").values_list("at", f"detail__concentration__{pollutant}")
    return [(at, value) for at, value in found if value is not None]


def station_day(
    actor: Actor, station: AirStation, moment: datetime
) -> list[tuple[datetime, float]]:
    """The same of a station."""
    return _day(_seen(actor).filter(terminal=station.terminal_id), moment)


def station_index(actor: Actor, station: AirStation, moment: datetime) -> Index | None:
    return _first(_seen(actor).filter(_around(moment), terminal=station.terminal_id))


def station_named(code: str, actor: Actor) -> AirStation:
    """Raises NotFound when absent or hidden."""
    found = stations_for(actor).filter(code=code).select_related("terminal__feed").first()
    if found is None:
        raise NotFound(f"There is no air station {code}", where={"station": code})
    return found


def station_moment(station: AirStation) -> datetime:
    """Now, by the clock of the station's feed."""
    feed = station.terminal.feed
    if feed.clock == Clock.RECORDS and feed.latest_at:
        return feed.latest_at
    return timezone.now()


def station_indices(
    actor: Actor, stations: Iterable[AirStation], moment: datetime, *, exactly: bool = False
) -> dict[int, Index]:
    """The same of each station that has one, by terminal."""
    terminals = [station.terminal_id for station in stations]
    rows = _seen(actor).filter(_around(moment, exactly=exactly), terminal__in=terminals)
    return {row.terminal_id or 0: index_of(row) for row in rows.order_by("at")}


def _seen(actor: Actor) -> "QuerySet[IndicatorValue]":
    """The indices of places and stations in *actor*'s reach."""
    return visible_to(IndicatorValue.objects.filter(indicator=AQI), actor, VIEW)


def _around(moment: datetime, *, exactly: bool = False) -> Q:
    return Q(at__gt=moment - (HOUR if exactly else KEPT), at__lte=moment)


def _day(rows: "QuerySet[IndicatorValue]", moment: datetime) -> list[tuple[datetime, float]]:
    day = rows.filter(at__gt=moment - 25 * HOUR, at__lte=moment)
    known = day.exclude(value=None).order_by("at")
    return [(at, value) for at, value in known.values_list("at", "value") if value is not None]


def _first(rows: "QuerySet[IndicatorValue]") -> Index | None:
    newest = rows.order_by("-at").first()
    return index_of(newest) if newest else None


def as_json(index: Index | None) -> dict[str, Any]:
    """An index as the API gives it; a missing one says so."""
    if index is None:
        return {"aqi": None, "na_reason": "silent", "reason": str(REASONS["silent"])}
    return {
        "at": index.at,
        "aqi": index.value,
        "level": index.level,
        "level_title": index.level_title,
        "primary": list(index.primary),
        "edition": index.edition,
        "na_reason": index.na_reason,
        "reason": index.reason,
        "sub_indices": index.sub_indices,
        "concentrations": index.concentrations,
    }
