"""Numbers over time of one observed property, by place, terminal or stream.

A mean is the sum of all observations of a group divided by how many there are: a stream that
reports more often counts more, and nothing is weighted by area. Only observations of good quality
count, as in the indicators.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from chengshu.core.access.policy import Actor, require
from chengshu.core.places.models import Place
from chengshu.hub.onemap.queries import place_named
from chengshu.kit.errors import Invalid, NotFound, TooLarge

from .models import Datastream, ObservedProperty
from .queries import VIEW, terminals_for
from .remembering import memory
from .rollups.buckets import Bucket
from .rollups.reading import cells

MOST_BUCKETS = 2_000
MOST_CELLS = 100_000
FIRST_YEAR, LAST_YEAR = 1970, 2200


class Function(StrEnum):
    """What is said of each bucket. ``last`` is of single streams only."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    LAST = "last"


class By(StrEnum):
    """``place``: the places below the one asked for, each with all that is below it."""

    PLACE = "place"
    TERMINAL = "terminal"
    STREAM = "stream"
    ALL = "all"


class AggregateTooLarge(TooLarge):
    """More buckets, or groups times buckets, than an answer holds."""

    code = "aggregate-too-large"


@dataclass(frozen=True, kw_only=True)
class Question:
    """*start* and *until* are widened to whole buckets."""

    observed_property: str
    place: str = ""
    bucket: Bucket = Bucket.HOUR
    function: Function = Function.MEAN
    by: By = By.PLACE
    start: datetime
    until: datetime

    @property
    def span(self) -> tuple[datetime, datetime]:
        return self.bucket.floor(self.start), self.bucket.ceiling(self.until)


@dataclass(frozen=True)
class Group:
    """*code* and *name* of a place or terminal; of a stream its terminal's code and its own."""

    code: str
    name: str


@dataclass(frozen=True)
class Answer:
    """*points* (grp: place in *groups*; at, value, count), in order of group and time.

    A bucket without observations has no point, a group may have none at all.
    """

    observed_property: ObservedProperty
    span: tuple[datetime, datetime]
    groups: list[Group]
    points: pl.DataFrame


VALUES = {
    Function.MEAN: pl.col("sum") / pl.col("count"),
    Function.MIN: pl.col("lowest"),
    Function.MAX: pl.col("highest"),
    Function.SUM: pl.col("sum"),
    Function.COUNT: pl.col("count"),
    Function.LAST: pl.col("last"),
}


def _columns(function: Function) -> list[str]:
    """Of each bucket, what *function* is worked out from, and how many observations there are."""
    return ["count", *(set(VALUES[function].meta.root_names()) - {"count"})]


def aggregate(actor: Actor, question: Question) -> Answer:
    """Answer *question* of the terminals *actor* may see. Raises NotFound for an unknown property
    or place, Invalid, AggregateTooLarge, NoLongerKept."""
    require(actor, VIEW)
    _check(question)
    found = ObservedProperty.objects.filter(code=question.observed_property).first()
    if found is None:
        raise NotFound(
            f"There is no observed property {question.observed_property}",
            where={"property": question.observed_property},
        )
    groups, streams = _grouped(_streams(actor, found, question))
    start, until = question.span
    _limit((until - start) // question.bucket.width, len(groups))
    points = pl.DataFrame(schema={"grp": pl.Int64, "at": pl.Datetime, "value": pl.Float64})
    if len(streams):
        needed = _columns(question.function)
        points = cells(streams, found.pk, question.bucket, question.span, needed)
        points = points.select("grp", "at", value=VALUES[question.function], count="count")
    return Answer(found, question.span, groups, points)


def _check(question: Question) -> None:
    if question.start >= question.until:
        raise Invalid("The start is not before the end", where={"field": "start"})
    if question.start.year < FIRST_YEAR or question.until.year > LAST_YEAR:
        raise Invalid(f"Only {FIRST_YEAR} to {LAST_YEAR}", where={"field": "start"})
    if question.function == Function.LAST and question.by != By.STREAM:
        raise Invalid("The last value is one stream's: ask by=stream", where={"field": "function"})


def _limit(wide: int, groups: int) -> None:
    if wide > MOST_BUCKETS or wide * groups > MOST_CELLS:
        raise AggregateTooLarge(
            f"At most {MOST_BUCKETS} buckets, and {MOST_CELLS} over all groups: take wider "
            "buckets, less time or a smaller place",
            where={"buckets": wide, "groups": groups},
        )


READ = {
    By.ALL: (),
    By.PLACE: ("terminal__place__path",),
    By.TERMINAL: ("terminal__code", "terminal__name"),
    By.STREAM: ("terminal__code", "terminal__name", "code"),
}
"""What is asked of each stream, besides its number."""


def _streams(actor: Actor, observed: ObservedProperty, question: Question) -> pl.DataFrame:
    """datastream, key and name of the group, of the streams *actor* may see. There may be a
    million: no Python object for each."""
    terminals = terminals_for(actor)
    place = place_named(question.place, actor)
    if place is not None:
        terminals = terminals.filter(place__path__startswith=place.path)
    rows = Datastream.objects.filter(observed_property=observed, terminal__in=terminals)
    found = memory.read(rows, {"pk": pl.Int64} | dict.fromkeys(READ[question.by], pl.String))
    if question.by == By.PLACE:
        path = found["terminal__place__path"].fill_null("")
        below = {each: _child(each, question.place) for each in path.unique()}
        key = path.replace_strict(below, return_dtype=pl.String)
        names = dict(Place.objects.filter(code__in=below.values()).values_list("code", "name"))
        name = key.replace_strict(names, default="", return_dtype=pl.String)
        return pl.DataFrame({"datastream": found["pk"], "key": key, "name": name})
    if question.by == By.ALL:
        return found.select(datastream="pk", key=pl.lit(""), name=pl.lit(""))
    code = pl.col("terminal__code")
    named = pl.format("{}/{}", code, "code") if question.by == By.STREAM else code
    return found.select(datastream="pk", key=named, name="terminal__name")


def _grouped(found: pl.DataFrame) -> tuple[list[Group], pl.DataFrame]:
    """The groups in order, and datastream, grp of each stream."""
    gathered = found.group_by("key").agg(pl.first("name"), pl.col("datastream")).sort("key")
    grp = pl.int_range(pl.len(), dtype=pl.Int64)
    streams = gathered.select("datastream", grp=grp).explode("datastream")
    return [Group(key, name or "") for key, name in gathered.select("key", "name").rows()], streams


def _child(path: str, above: str) -> str:
    """The code in *path* that follows the place *above*: that itself for what stands in it, and
    the first of all without it."""
    codes = path.strip("/").split("/")
    below = codes.index(above) + 1 if above else 0
    return codes[min(below, len(codes) - 1)]
