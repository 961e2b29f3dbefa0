"""How reliable terminals are over a period: by maker, owner, kind or place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from os.path import commonprefix

import polars as pl
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chengshu.core.lake import installation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.models import (
    Datastream,
    HealthPeriod,
    Terminal,
    TerminalKind,
    TerminalState,
)
from chengshu.kit.errors import Invalid

from .terminals import MUTE, WELL

GROUPS = ("maker", "owner", "kind", "place")
LONGEST = timedelta(days=92)
MOMENT = pl.Datetime("us", "UTC")
ARRIVED = pl.Schema({"terminal": pl.Int64(), "promised": pl.Int64(), "received": pl.Int64()})
MEASURES = (
    "known",
    "spoken",
    "sound",
    "repairs",
    "repair_seconds",
    "in_trouble",
    "promised",
    "received",
)
RECEIVED = """
    SELECT o.datastream, count(*) AS received FROM observations AS o
    JOIN wanted USING (datastream)
    WHERE o."at" >= $start AND o."at" < $until GROUP BY ALL
"""


@dataclass(frozen=True)
class Rates:
    """Of the terminals in service of one group; shares are from 0 to 1, None without a base.

    *online_share* is the share of time in which they spoke, *sound_share* in which nothing was
    wrong with them. *arrival_share* is what was received of what the streams' intervals promise.
    *repairs* are troubles that ended in the period, lasting *repair_seconds* on average.
    """

    key: str
    title: str
    terminals: int
    in_trouble: int
    online_share: float | None
    sound_share: float | None
    received: int
    promised: int
    arrival_share: float | None
    repairs: int
    repair_seconds: float | None


def rates(
    terminals: "QuerySet[Terminal]", by: str, start: datetime, until: datetime
) -> list[Rates]:
    """Rates of the *terminals* in service from *start* until *until* by one of GROUPS, those with
    the least sound time first. Raises Invalid for another group or a period too long."""
    return grouped(measured(terminals, start, until), by)


def measured(terminals: "QuerySet[Terminal]", start: datetime, until: datetime) -> pl.DataFrame:
    """What rates are made of, for each of *terminals* in service. Raises Invalid."""
    if not start < until <= start + LONGEST:
        raise Invalid(
            f"A period begins before its end and has at most {LONGEST.days} days",
            where={"field": "start"},
        )
    members = _members(terminals)
    periods = _periods(members, start, until)
    return (
        members.join(_times(periods), on="terminal", how="left")
        .join(_repairs(members, start, until), on="terminal", how="left")
        .join(_troubled(members), on="terminal", how="left")
        .join(_arrivals(periods, start, until), on="terminal", how="left")
    )


def grouped(measures: pl.DataFrame, by: str) -> list[Rates]:
    """The rates of what was `measured` by one of GROUPS. Raises Invalid."""
    if by not in GROUPS:
        raise Invalid(f"Rates are by one of {', '.join(GROUPS)}", where={"field": "by"})
    whole = (
        measures.with_columns(_keys(measures, by))
        .group_by("key", "title")
        .agg(pl.len().alias("terminals"), pl.col(MEASURES).sum())
    )
    found = [_rates(row) for row in whole.iter_rows(named=True)]
    return sorted(found, key=lambda row: (row.sound_share is None, row.sound_share, row.key))


def _rates(row: dict[str, float]) -> Rates:
    return Rates(
        key=str(row["key"]),
        title=str(row["title"]),
        terminals=int(row["terminals"]),
        in_trouble=int(row["in_trouble"]),
        online_share=_share(row["spoken"], row["known"]),
        sound_share=_share(row["sound"], row["known"]),
        received=int(row["received"]),
        promised=int(row["promised"]),
        arrival_share=_share(row["received"], row["promised"]),
        repairs=int(row["repairs"]),
        repair_seconds=row["repair_seconds"] / row["repairs"] if row["repairs"] else None,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _members(terminals: "QuerySet[Terminal]") -> pl.DataFrame:
    """terminal and what it is grouped by."""
    rows = (
        terminals.filter(state=Terminal.State.IN_SERVICE)
        .order_by()
        .values_list("pk", "maker", "owner__code", "owner__name", "kind", "place__path")
    )
    names = ("maker", "owner", "owner_name", "kind", "path")
    schema = pl.Schema({"terminal": pl.Int64(), **{name: pl.String() for name in names}})
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _keys(measures: pl.DataFrame, by: str) -> list[pl.Expr | pl.Series]:
    """key and title of each terminal's group."""
    match by:
        case "maker":
            title = pl.col("maker").replace("", _("Maker not known"))
            return [pl.col("maker").alias("key"), title.alias("title")]
        case "owner":
            return [
                pl.col("owner").fill_null("").alias("key"),
                pl.col("owner_name").fill_null("—").alias("title"),
            ]
        case "kind":
            kinds = {kind.value: str(kind.label) for kind in TerminalKind}
            return [pl.col("kind").alias("key"), pl.col("kind").replace(kinds).alias("title")]
    codes = _places_below(measures["path"].to_list())
    names = dict(Place.objects.filter(code__in=set(codes)).values_list("code", "name"))
    return [
        pl.Series("key", codes, pl.String),
        pl.Series("title", [names.get(code, "—") for code in codes], pl.String),
    ]


def _places_below(paths: list[str | None]) -> list[str]:
    """For each path the place right below the smallest one that holds them all."""
    split = [(path or "").strip("/").split("/") for path in paths]
    depth = len(commonprefix([tuple(codes) for codes in split])) if split else 0
    return [codes[min(depth, len(codes) - 1)] for codes in split]


def _periods(members: pl.DataFrame, start: datetime, until: datetime) -> pl.DataFrame:
    """terminal, health, seconds: clipped to the period asked for."""
    rows = (
        HealthPeriod.objects.filter(
            Q(until=None) | Q(until__gt=start),
            terminal__in=members["terminal"].to_list(),
            since__lt=until,
        )
        .order_by()
        .values_list("terminal", "health", "since", "until")
    )
    schema = pl.Schema(
        {"terminal": pl.Int64(), "health": pl.String(), "since": MOMENT, "until": MOMENT}
    )
    end = pl.lit(until, MOMENT)
    return pl.DataFrame(list(rows), schema=schema, orient="row").select(
        "terminal",
        "health",
        seconds=(
            pl.min_horizontal(pl.col("until").fill_null(end), end)
            - pl.max_horizontal("since", pl.lit(start, MOMENT))
        ).dt.total_seconds(),
    )


def _times(periods: pl.DataFrame) -> pl.DataFrame:
    health, seconds = pl.col("health"), pl.col("seconds")
    return periods.group_by("terminal").agg(
        known=seconds.sum(),
        spoken=seconds.filter(~health.is_in(MUTE)).sum(),
        sound=seconds.filter(health.is_in(WELL)).sum(),
    )


def _repairs(members: pl.DataFrame, start: datetime, until: datetime) -> pl.DataFrame:
    rows = (
        HealthPeriod.objects.filter(
            terminal__in=members["terminal"].to_list(),
            health__in=WELL,
            since__gte=start,
            since__lt=until,
        )
        .exclude(trouble_since=None)
        .values_list("terminal", "since", "trouble_since")
    )
    schema = pl.Schema({"terminal": pl.Int64(), "since": MOMENT, "trouble_since": MOMENT})
    return (
        pl.DataFrame(list(rows), schema=schema, orient="row")
        .group_by("terminal")
        .agg(
            repairs=pl.len().cast(pl.Int64),
            repair_seconds=(pl.col("since") - pl.col("trouble_since")).dt.total_seconds().sum(),
        )
    )


def _troubled(members: pl.DataFrame) -> pl.DataFrame:
    rows = (
        TerminalState.objects.filter(terminal__in=members["terminal"].to_list())
        .exclude(health__in=WELL)
        .values_list("terminal", flat=True)
    )
    return _column(rows).with_columns(in_trouble=pl.lit(1, pl.Int64))


def _column(terminals: Iterable[int]) -> pl.DataFrame:
    return pl.DataFrame({"terminal": list(terminals)}, schema={"terminal": pl.Int64})


def _arrivals(periods: pl.DataFrame, start: datetime, until: datetime) -> pl.DataFrame:
    """terminal, promised, received; more than promised makes up for no other stream."""
    known = periods.group_by("terminal").agg(pl.col("seconds").sum())
    rows = Datastream.objects.filter(
        terminal__in=known["terminal"].to_list(), interval_seconds__gt=0
    ).values_list("pk", "terminal", "interval_seconds")
    schema = {"datastream": pl.Int64, "terminal": pl.Int64, "interval": pl.Int64}
    streams = pl.DataFrame(list(rows), schema=schema, orient="row")
    if streams.is_empty():
        return pl.DataFrame(schema=ARRIVED)
    received = installation.current().query(
        RECEIVED,
        {"start": start, "until": until},
        frames={"wanted": streams.select("datastream")},
    )
    return (
        streams.join(known, on="terminal")
        .join(received, on="datastream", how="left")
        .with_columns(promised=pl.col("seconds") // pl.col("interval"))
        .group_by("terminal")
        .agg(
            pl.col("promised").sum(),
            received=pl.min_horizontal(pl.col("received").fill_null(0), "promised").sum(),
        )
    )
