"""Observations that are rows of the lake: filtered, sorted and limited there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import QUALITY

from .. import identity
from ..models import Observation
from ..naming import (
    DATASTREAM,
    ID_NAMES,
    OBSERVATION,
    EntityType,
    Forward,
    Kind,
    Property,
    Relation,
)
from ..query.compiling import Compiler, Sources, Standpoint
from ..query.dialects import DUCKDB
from ..query.fragments import NULL, TRUE, Sql, bound, glue, joined
from ..query.functions import FUNCTIONS, Type
from ..query.options import Options
from ..query.trees import Binary, Call, Node, Path, Unary, paths_of
from ..query.values import COMPARISONS, Value
from .pages import Row

OF_STREAM = frozenset({"Datastream", "MultiDatastream", "FeatureOfInterest"})
DENSER = 4
"""How much thinner than on the average rows may lie at the end of a stream that is looked at."""
FEW = 1000
"""Streams named one by one, so that the lake passes over the files of all others."""

STREAM = EntityType(
    "Stream",
    "Datastreams",
    (),
    tuple(
        Relation(name, relation.target, Forward(f"l_{name}"), "")
        for name, relation in OBSERVATION.by_relation.items()
    ),
)
"""A datastream as an observation sees it: what it is related to, each through its stream."""

ID = Sql(f'(o.datastream * {identity.STREAM} + epoch_ms(o."at"))')
RESULT_TEXT = Sql(
    "(CASE WHEN o.value = trunc(o.value) AND abs(o.value) < 1e15 "
    "THEN CAST(CAST(o.value AS BIGINT) AS TEXT) ELSE CAST(o.value AS TEXT) END)"
)
QUALITY_TEXT = Sql(
    "(CASE o.quality "
    + " ".join(f"WHEN {code} THEN '{name}'" for code, name in QUALITY.items() if code)
    + " END)"
)


@dataclass(frozen=True)
class Streams:
    """Which streams are asked about: ``datastream``, ``feature`` and the lifted expressions."""

    frame: pl.DataFrame

    @property
    def ids(self) -> list[int]:
        return self.frame["datastream"].to_list()

    @property
    def condition(self) -> Sql:
        ids = self.ids
        if len(ids) <= FEW:
            return Sql(f"o.datastream IN ({', '.join(map(str, ids))})")
        return glue(
            "o.datastream BETWEEN {} AND {} AND o.datastream IN (SELECT datastream FROM streams)",
            bound(min(ids)),
            bound(max(ids)),
        )


class LakeCompiler(Compiler):
    """Expressions over observations for DuckDB.

    What an expression says of the stream, of its thing or its feature is worked out per stream by
    PostgreSQL (*lifted*) and joined as a column.
    """

    def __init__(self, sources: Sources) -> None:
        super().__init__(sources, DUCKDB)
        self.postgres = Compiler(sources)
        self.lifted: list[Sql] = []

    def ready(self, node: Node) -> Node:
        """*node* with its greatest parts that speak of the stream alone lifted out."""
        if _is_of_stream(node):
            return self._lift(node)
        match node:
            case Call(name=name, arguments=arguments):
                return Call(name, tuple(self.ready(argument) for argument in arguments))
            case Unary(operator=operator, operand=operand):
                return Unary(operator, self.ready(operand))
            case Binary(operator=operator, left=left, right=right):
                return Binary(operator, self.ready(left), self.ready(right))
        return node

    def _lift(self, node: Node) -> Node:
        here = Standpoint(STREAM, "s0")
        if _is_condition(node):
            value = Value(Type.BOOL, self.postgres.predicate(node, here))
        else:
            value = self.postgres.value(node, here)
        return _Lifted(value.within(self._column))  # type: ignore[return-value]

    def _column(self, sql: Sql) -> Sql:
        self.lifted.append(sql)
        return Sql(f"streams.e{len(self.lifted) - 1}")

    def value(self, node: Node, at: Standpoint) -> Value:
        if isinstance(node, _Lifted):
            return node.value
        return super().value(node, at)

    def walk(self, here: Standpoint, rest: tuple[str | int, ...], leaf: Any) -> Value:
        if len(rest) == 1 and rest[0] in ID_NAMES:
            return Value(Type.NUMBER, ID)
        return super().walk(here, rest, leaf)

    def column(self, here: Standpoint, prop: Property, rest: tuple[str | int, ...]) -> Value:
        if prop.name == "phenomenonTime":
            return Value(Type.TIME, Sql('o."at"'))
        if prop.kind in (Kind.INSTANT, Kind.PERIOD):
            return Value(Type.TIME, Sql("CAST(NULL AS TIMESTAMPTZ)"))
        number, text = Sql("CAST(NULL AS DOUBLE)"), Sql("CAST(NULL AS TEXT)")
        if prop.name == "result" and not rest:
            number, text = Sql("o.value"), RESULT_TEXT
        if prop.name == "resultQuality" and not rest:
            text = QUALITY_TEXT
        variants = {Type.NUMBER: number, Type.TEXT: text, Type.BOOL: Sql("CAST(NULL AS BOOLEAN)")}
        return Value(Type.ANY, text, variants=variants)


@dataclass(frozen=True)
class _Lifted:
    value: Value


def _is_of_stream(node: Node) -> bool:
    if isinstance(node, _Lifted):
        return False
    heads = {path.steps[0] for path in paths_of(node)}
    return bool(heads) and heads <= OF_STREAM


def _is_condition(node: Node) -> bool:
    match node:
        case Binary(operator=word):
            return word in COMPARISONS or word in ("and", "or")
        case Unary(operator=word):
            return word == "not"
        case Call(name=name):
            return FUNCTIONS[name].gives == Type.BOOL
    return False


def conjuncts(node: Node | None) -> Iterator[Node]:
    """The parts of *node* that must all hold."""
    if isinstance(node, Binary) and node.operator == "and":
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    elif node is not None:
        yield node


@dataclass(frozen=True)
class LakeQuery:
    """A question to the lake: its *condition* and *keys* fit the columns of *streams*."""

    streams: Streams
    condition: Sql
    keys: list[tuple[Sql, bool]]
    beside: pl.DataFrame
    joins: bool

    @property
    def source(self) -> Sql:
        """``FROM …`` and ``WHERE …``."""
        join = " JOIN streams ON streams.datastream = o.datastream" if self.joins else ""
        parts = [self.streams.condition, self.condition]
        parts += [NOT_BESIDE] if len(self.beside) else []
        return glue(f"FROM observations o{join} WHERE {{}}", joined(" AND ", parts))

    def answer(self, query: Sql) -> pl.DataFrame:
        text, values = query.numbered()
        frames = {
            name: frame
            for name, frame in (("streams", self.streams.frame), ("beside", self.beside))
            if f" {name} " in text or f"{name})" in text
        }
        return installation.current().query(text, values, frames=frames)

    def window(self, options: Options, most: int) -> Sql | None:
        """Times within which the first *most* rows of a single stream should lie.

        Rows in the order of time and nothing else asked: most files and row groups can be passed
        over. None when there is no such window; the window may also prove too small.
        """
        descends = _order_of_time(options)
        if descends is None or len(self.streams.frame) != 1 or options.filter is not None:
            return None
        where = glue("{} AND {}", self.streams.condition, after(options.token))
        extent = 'SELECT min(o."at"), max(o."at"), count(*) FROM observations o WHERE {}'
        first, last, rows = self.answer(glue(extent, where)).row(0)
        if rows <= most:
            return None
        span = (last - first) / rows * most * DENSER
        if descends:
            return glue('o."at" >= {}', bound(last - span)) if last - first > span else None
        return glue('o."at" <= {}', bound(first + span)) if last - first > span else None


def _order_of_time(options: Options) -> bool | None:
    """Whether *options* sort by time and nothing else, and descending; None for other orders."""
    if not options.orderby:
        return False
    first = options.orderby[0]
    is_time = len(options.orderby) == 1 and first.node == Path(("phenomenonTime",))
    return first.is_descending if is_time else None


NOT_BESIDE = Sql(
    'NOT EXISTS (SELECT 1 FROM beside b WHERE b.datastream = o.datastream AND b."at" = o."at")'
)
KEY: dict[str, pl.DataType | type[pl.DataType]] = {
    "datastream": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
}


def beside(streams: Streams) -> pl.DataFrame:
    """The keys of *streams* whose observation has a row beside, which tells more."""
    rows = Observation.objects.filter(datastream__isnull=False)
    if len(streams.frame) <= FEW:
        rows = rows.filter(datastream__in=streams.ids)
    found = list(rows.values_list("datastream_id", "at"))
    return pl.DataFrame(found, schema=KEY, orient="row")


def after(token: int | None) -> Sql:
    """The rows whose id comes after *token*, said so that files can be passed over."""
    place = identity.row_of(token) if token is not None else None
    if place is None:
        return TRUE
    stream, at = place
    return glue(
        f'(o.datastream >= {stream} AND (o.datastream > {stream} OR o."at" >= {{}}))',
        bound(at + identity.MILLISECOND),
    )


def as_row(stream: int, at: datetime, value: float, quality: int, feature: int) -> Row:
    """A row of the lake as the entity's source would give it."""
    return EMPTY | {
        "c_id": identity.of_row(stream, at),
        "c_phenomenonTime": at,
        "c_result": number(value),
        "c_resultQuality": QUALITY.get(quality) if quality else None,
        "l_Datastream": stream,
        "l_FeatureOfInterest": feature,
    }


def number(value: float) -> float | int:
    """Whole numbers without a decimal point, as they were most likely sent."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


EMPTY: Row = {
    **{prop.column: None for prop in OBSERVATION.properties},
    "c_phenomenonTime_end": None,
    "c_validTime_end": None,
    "l_MultiDatastream": None,
}


def asked_streams(
    compiler: LakeCompiler, where: Sql, conditions: list[Node]
) -> tuple[Sql, list[Node]]:
    """The part of *conditions* that picks streams, and the rest for the lake."""
    here = Standpoint(STREAM, "s0")
    picking = [node for node in conditions if _is_of_stream(node)]
    picked = [compiler.postgres.predicate(node, here) for node in picking]
    return joined(" AND ", [where, *picked]), [n for n in conditions if n not in picking]


def prepared(sources: Sources, options: Options, where: Sql, fetch: Any) -> LakeQuery:
    """The question that *options* put about the streams that *where* (on ``s0``) leaves."""
    compiler = LakeCompiler(sources)
    here = Standpoint(replace(OBSERVATION, relations=()), "o")
    picked, rest = asked_streams(compiler, where, list(conjuncts(options.filter)))
    conditions = [compiler.predicate(compiler.ready(node), here) for node in rest]
    keys: list[tuple[Sql, bool]] = []
    for order in options.orderby:
        value = compiler.value(compiler.ready(order.node), here)
        keys += [(key, order.is_descending) for key in key_parts(value)]
    columns = joined("", [glue(f", {{}} AS e{i}", sql) for i, sql in enumerate(compiler.lifted)])
    feature = ', s0."l_FeatureOfInterest" AS feature'
    question = glue(
        f'SELECT s0."c_id" AS datastream{feature}{{}} FROM ({{}}) s0 WHERE {{}}',  # noqa: S608 - names of a declaration
        columns,
        sources.rows(DATASTREAM.set_name),
        picked,
    )
    streams = Streams(as_frame(fetch(question), len(compiler.lifted)))
    condition = joined(" AND ", [TRUE, *conditions])
    return LakeQuery(streams, condition, keys, beside(streams), joins=bool(compiler.lifted))


def key_parts(value: Value) -> list[Sql]:
    if value.type == Type.ANY:
        return [value.variants[Type.NUMBER], value.variants[Type.TEXT]]
    return [value.sql if value.sql != NULL else Sql("CAST(NULL AS DOUBLE)")]


def as_frame(rows: list[Row], lifted: int) -> pl.DataFrame:
    names = ["datastream", "feature", *(f"e{i}" for i in range(lifted))]
    columns = {name: [row[name] for row in rows] for name in names}
    frame = pl.DataFrame(columns, strict=False)
    whole: dict[str, type[pl.DataType]] = {"datastream": pl.Int64, "feature": pl.Int64}
    empty = [n for n, kind in frame.schema.items() if kind == pl.Null and n not in whole]
    kinds: dict[str, type[pl.DataType]] = {**whole, **dict.fromkeys(empty, pl.Boolean)}
    return frame.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())
