"""The functions of OGC 18-088, tables 24 and 25: what each takes and how it is told in SQL.

The SQL is understood by PostgreSQL and DuckDB alike, unless `dialects` has its own.
"""

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """What an expression is. ``ANY`` is a JSON value whose type shows row by row."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    TIME = "time"
    ANY = "any"
    GEO = "geo"
    NULL = "null"


@dataclass(frozen=True)
class Function:
    """*pattern* has ``{0}``, ``{1}`` … for the arguments of the types *takes*."""

    takes: tuple[Type, ...]
    gives: Type
    pattern: str = ""
    optional: int = 0

    @property
    def counts(self) -> range:
        return range(len(self.takes) - self.optional, len(self.takes) + 1)


T, N, B, M, G = Type.TEXT, Type.NUMBER, Type.BOOL, Type.TIME, Type.GEO


def _part(name: str) -> Function:
    return Function((M,), N, f"CAST(extract({name} FROM {{0}} AT TIME ZONE 'UTC') AS BIGINT)")


MICROSECONDS = "CAST(extract(microseconds FROM {0} AT TIME ZONE 'UTC') AS BIGINT)"

FUNCTIONS: dict[str, Function] = {
    "substringof": Function((T, T), B, "(strpos({1}, {0}) > 0)"),
    "endswith": Function((T, T), B, "(right({0}, CAST(length({1}) AS INTEGER)) = {1})"),
    "startswith": Function((T, T), B, "starts_with({0}, {1})"),
    "length": Function((T,), N, "length({0})"),
    "indexof": Function((T, T), N, "(strpos({0}, {1}) - 1)"),
    "substring": Function((T, N, N), T, "substr({0}, CAST({1} AS INTEGER) + 1)", optional=1),
    "tolower": Function((T,), T, "lower({0})"),
    "toupper": Function((T,), T, "upper({0})"),
    "trim": Function((T,), T, "trim({0})"),
    "concat": Function((T, T), T, "({0} || {1})"),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": Function((M,), N, f"floor({MICROSECONDS} / 1000000)"),
    "fractionalseconds": Function((M,), N, f"(mod({MICROSECONDS}, 1000000) / 1e6)"),
    "date": Function((M,), T),
    "time": Function((M,), T),
    "totaloffsetminutes": Function((M,), N, "(CASE WHEN {0} IS NOT NULL THEN 0 END)"),
    "now": Function((), M),
    "mindatetime": Function((), M),
    "maxdatetime": Function((), M),
    "round": Function(
        (N,), N, "(CASE WHEN {0} < 0 THEN ceil({0} - 0.5) ELSE floor({0} + 0.5) END)"
    ),
    "floor": Function((N,), N, "floor({0})"),
    "ceiling": Function((N,), N, "ceil({0})"),
    "geo.distance": Function((G, G), N),
    "geo.length": Function((G,), N),
    "geo.intersects": Function((G, G), B),
    "st_equals": Function((G, G), B),
    "st_disjoint": Function((G, G), B),
    "st_touches": Function((G, G), B),
    "st_within": Function((G, G), B),
    "st_overlaps": Function((G, G), B),
    "st_crosses": Function((G, G), B),
    "st_intersects": Function((G, G), B),
    "st_contains": Function((G, G), B),
    "st_relate": Function((G, G, T), B),
}
SUBSTRING_OF_LENGTH = "substr({0}, CAST({1} AS INTEGER) + 1, CAST({2} AS INTEGER))"
