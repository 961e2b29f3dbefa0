"""Expressions over entities become SQL for PostgreSQL; every source carries the row filter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Protocol

from django.utils import timezone

from ..errors import Malformed, NotOffered
from ..naming import ID_NAMES, EntityType, Forward, Kind, Property, Relation, Through, target_of
from . import geometry
from .dialects import POSTGRES, Dialect, json_value
from .fragments import Sql, bound, glue, placed
from .functions import FUNCTIONS, SUBSTRING_OF_LENGTH, Type
from .trees import Binary, Call, Clock, Geography, Literal, Node, Path, Unary, paths_of
from .values import COMPARISONS, Value, compared, of_literal, of_time

ARITHMETIC = {
    "add": "(CAST({0} AS FLOAT8) + {1})",
    "sub": "(CAST({0} AS FLOAT8) - {1})",
    "mul": "(CAST({0} AS FLOAT8) * {1})",
    "div": "(CAST({0} AS FLOAT8) / nullif({1}, 0))",
    "mod": "(CAST({0} AS FLOAT8) - {1} * trunc(CAST({0} AS FLOAT8) / nullif({1}, 0)))",
}
EARLIEST, LATEST = "0001-01-02T00:00:00Z", "9999-12-30T00:00:00Z"
OBSERVATIONS = "Observations"


class Sources(Protocol):
    """Where rows come from, for one reader."""

    def rows(self, set_name: str) -> Sql: ...
    def pairs(self, link: str) -> Sql: ...
    def owners(self, relation: Relation, condition: Node) -> list[int]: ...
    def shapes(self, set_name: str, column: str) -> list[tuple[int, object]]: ...


@dataclass(frozen=True)
class Standpoint:
    """The row an expression speaks about, and the related rows that have a name already."""

    entity: EntityType
    alias: str
    named: dict[tuple[str | int, ...], "Standpoint"] = field(default_factory=dict)

    def nearest(self, path: Path) -> tuple["Standpoint", tuple[str | int, ...]]:
        """The named row furthest along *path*, and the rest of the path."""
        for length in range(len(path.steps), 0, -1):
            found = self.named.get(path.steps[:length])
            if found is not None:
                return found, path.steps[length:]
        return self, path.steps


Leaf = Callable[[Standpoint, Property, tuple[str | int, ...]], Value]


class Compiler:
    """Turns trees into SQL; one for each statement, so that its aliases are its own."""

    def __init__(self, sources: Sources, dialect: Dialect = POSTGRES) -> None:
        self.sources = sources
        self.dialect = dialect
        self._numbers = count(1)

    def alias(self) -> str:
        return f"s{next(self._numbers)}"

    def predicate(self, node: Node, at: Standpoint) -> Sql:
        """A condition. A path through a to-many relation holds if any of the related rows does."""
        match node:
            case Binary(operator="and" | "or" as word, left=left, right=right):
                sides = self.predicate(left, at), self.predicate(right, at)
                return glue(f"({{}} {word.upper()} {{}})", *sides)
            case Unary(operator="not", operand=operand):
                return glue("(NOT {})", self.predicate(operand, at))
        for path in paths_of(node):
            hop = self._hop_to_many(path, at)
            if hop is not None:
                return self._exists(node, path, *hop, at=at)
        return self.value(node, at).as_type(Type.BOOL)

    def value(self, node: Node, at: Standpoint) -> Value:
        match node:
            case Literal() | Clock():
                return of_literal(node)
            case Geography():
                raise Malformed("A geography stands outside a spatial function")
            case Path():
                return self.path(node, at, self.column)
            case Call():
                return self._call(node, at)
            case Unary(operator="-", operand=operand):
                number = self.value(operand, at).as_type(Type.NUMBER)
                return Value(Type.NUMBER, glue("(- {})", number))
            case Binary() if node.operator not in ("and", "or"):
                return self._operation(node, at)
        return Value(Type.BOOL, self.predicate(node, at))

    def _operation(self, node: Binary, at: Standpoint) -> Value:
        left, right = self.value(node.left, at), self.value(node.right, at)
        if node.operator in COMPARISONS:
            return Value(Type.BOOL, compared(node.operator, left, right, self.dialect.collate))
        numbers = [side.as_type(Type.NUMBER) for side in (left, right)]
        return Value(Type.NUMBER, placed(ARITHMETIC[node.operator], numbers))

    def path(self, path: Path, at: Standpoint, leaf: Leaf) -> Value:
        """What stands at the end of *path*, as *leaf* tells it."""
        here, rest = at.nearest(path)
        return self.walk(here, rest, leaf)

    def walk(self, here: Standpoint, rest: tuple[str | int, ...], leaf: Leaf) -> Value:
        if not rest:
            raise Malformed(f"A path ends at a {here.entity.name}: name one of its properties")
        head, *tail = rest
        if head in ID_NAMES and not tail:
            return Value(Type.NUMBER, Sql(f'{here.alias}."c_id"'))
        relation = here.entity.by_relation.get(str(head))
        if relation is not None:
            return self._follow(here, relation, tuple(tail), leaf)
        prop = here.entity.by_property.get(str(head))
        if prop is None:
            raise Malformed(f"A {here.entity.name} has no {head}", where={"property": str(head)})
        if prop.is_derived:
            raise NotOffered(f"{head} is worked out from observations: no filter, no order by it")
        return leaf(here, prop, tuple(tail))

    def _follow(
        self, here: Standpoint, relation: Relation, tail: tuple[str | int, ...], leaf: Leaf
    ) -> Value:
        if not isinstance(relation.way, Forward):
            raise Malformed(f"{relation.name} has many entities: it only fits a condition")
        link = Sql(f'{here.alias}."{relation.way.column}"')
        if len(tail) == 1 and tail[0] in ID_NAMES:
            return Value(Type.NUMBER, link)
        there = Standpoint(target_of(relation), self.alias())
        source = self.sources.rows(relation.target)

        def inside(sql: Sql) -> Sql:
            pattern = f'(SELECT {{}} FROM ({{}}) {there.alias} WHERE {there.alias}."c_id" = {{}})'  # noqa: S608 - names of a declaration
            return glue(pattern, sql, source, link)

        return self.walk(there, tail, leaf).within(inside)

    def column(self, here: Standpoint, prop: Property, rest: tuple[str | int, ...]) -> Value:
        column = Sql(f'{here.alias}."{prop.column}"')
        if prop.kind in JSON_KINDS:
            return json_value(column, rest)
        if rest:
            raise Malformed(f"{prop.name} has no parts", where={"property": prop.name})
        if prop.kind == Kind.TEXT:
            return Value(Type.TEXT, column)
        has_end = prop.kind in (Kind.TIME, Kind.PERIOD)
        end = Sql(f'{here.alias}."{prop.column}_end"') if has_end else None
        return Value(Type.TIME, column, end)

    def _call(self, call: Call, at: Standpoint) -> Value:
        function = FUNCTIONS[call.name]
        if Type.GEO in function.takes:
            return self._spatial(call, at)
        if call.name in MOMENTS:
            return Value(Type.TIME, MOMENTS[call.name]())
        arguments = [
            self.value(node, at).as_type(kind)
            for node, kind in zip(call.arguments, function.takes, strict=False)
        ]
        pattern = self.dialect.functions.get(call.name, function.pattern)
        if call.name == "substring" and len(arguments) == 3:
            pattern = SUBSTRING_OF_LENGTH
        return Value(function.gives, placed(pattern, arguments))

    def _spatial(self, call: Call, at: Standpoint) -> Value:
        paths = [node for node in call.arguments if isinstance(node, Path)]
        if len(paths) != 1:
            raise geometry.one_place_only()
        return self.path(paths[0], at, partial(self._spatial_leaf, call))

    def _spatial_leaf(
        self, call: Call, here: Standpoint, prop: Property, rest: tuple[str | int, ...]
    ) -> Value:
        """The answer for each row, worked out beforehand and looked up by its id."""
        if prop.kind != Kind.GEOMETRY or rest:
            raise Malformed(f"{prop.name} is no place", where={"property": prop.name})
        rows = self.sources.shapes(here.entity.set_name, prop.column)
        return geometry.looked_up(call, rows, here.alias)

    def _hop_to_many(
        self, path: Path, at: Standpoint
    ) -> tuple[Standpoint, Relation, tuple[str | int, ...]] | None:
        """The next relation of *path* to be named, if a to-many relation lies ahead."""
        here, rest = at.nearest(path)
        first: Relation | None = None
        entity = here.entity
        for step in rest:
            relation = entity.by_relation.get(str(step))
            if relation is None:
                return None
            first = first or relation
            if relation.is_many:
                return here, first, path.steps[: len(path.steps) - len(rest) + 1]
            entity = target_of(relation)
        return None

    def _exists(
        self,
        node: Node,
        path: Path,
        here: Standpoint,
        relation: Relation,
        prefix: tuple[str | int, ...],
        *,
        at: Standpoint,
    ) -> Sql:
        if relation.target == OBSERVATIONS:
            owners = self.sources.owners(relation, _below(node, prefix))
            return glue(f'({here.alias}."c_id" = ANY({{}}))', bound(owners, "BIGINT[]"))
        there = Standpoint(target_of(relation), self.alias())
        inner = self.predicate(node, replace(at, named=at.named | {prefix: there}))
        return glue(
            f"EXISTS (SELECT 1 FROM ({{}}) {there.alias} WHERE {{}} AND {{}})",  # noqa: S608 - names of a declaration
            self.sources.rows(relation.target),
            self.meeting(relation, Sql(f'{here.alias}."c_id"'), here.alias, there.alias),
            inner,
        )

    def meeting(self, relation: Relation, mine: Sql, my_alias: str, their_alias: str) -> Sql:
        """The condition under which a row *their_alias* is related to the one with id *mine*."""
        match relation.way:
            case Forward(column=column):
                return Sql(f'{their_alias}."c_id" = {my_alias}."{column}"')
            case Through(link=link, mine=near, other=far):
                pairs = self.sources.pairs(link)
                name = self.alias()
                pattern = f'SELECT "{far}" FROM ({{}}) {name} WHERE "{near}" = {{}}'  # noqa: S608 - names of a declaration
                related = glue(pattern, pairs, mine)
                return glue(f'{their_alias}."c_id" IN ({{}})', related)
            case way:
                return glue(f'{their_alias}."{way.column}" = {{}}', mine)


JSON_KINDS = frozenset({Kind.OBJECT, Kind.ANY, Kind.LIST, Kind.GEOMETRY})
MOMENTS: dict[str, Callable[[], Sql]] = {
    "now": lambda: of_time(timezone.now()),
    "mindatetime": lambda: bound(EARLIEST, "TIMESTAMPTZ"),
    "maxdatetime": lambda: bound(LATEST, "TIMESTAMPTZ"),
}


def _below(node: Node, prefix: tuple[str | int, ...]) -> Node:
    """*node* seen from the end of *prefix*, through which all its paths go."""
    match node:
        case Path(steps=steps):
            if steps[: len(prefix)] != prefix:
                raise NotOffered("A comparison of an observation with something else")
            return Path(steps[len(prefix) :])
        case Call(name=name, arguments=arguments):
            return Call(name, tuple(_below(argument, prefix) for argument in arguments))
        case Unary(operator=operator, operand=operand):
            return Unary(operator, _below(operand, prefix))
        case Binary(operator=operator, left=left, right=right):
            return Binary(operator, _below(left, prefix), _below(right, prefix))
    return node


def order_keys(values: Iterable[Value], collate: str) -> list[Sql]:
    """What rows are sorted by: an ANY by its number first, then by its text."""
    keys: list[Sql] = []
    for value in values:
        if value.type == Type.ANY:
            number, text = value.variants[Type.NUMBER], value.variants[Type.TEXT]
            keys += [number, glue(collate, text)]
        elif value.type == Type.TEXT:
            keys.append(glue(collate, value.sql))
        else:
            keys.append(value.sql)
    return keys
