"""Everything a reader may see, by the queries of SensorThings."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import orjson

from chengshu.core.access.policy import Actor, require
from chengshu.hub.sensing.queries import VIEW

from ..naming import EntityType, Relation, Reverse, Through, entity_of
from ..query.compiling import JSON_KINDS, Compiler, Standpoint
from ..query.fragments import Sql, bound, glue
from ..query.options import Options
from ..query.trees import Node
from ..sources import PAIRS, ROWS
from .observations import Observations
from .pages import Page, Row, cut, ordering, with_keys
from .statements import after_token, asked, fetched, keys_of


class Reader:
    """Reads for one actor, who must be allowed to see terminals somewhere."""

    def __init__(self, actor: Actor) -> None:
        require(actor, VIEW)
        self.actor = actor
        self._sql: dict[str, Sql] = {}

    @cached_property
    def observations(self) -> Observations:
        return Observations(self)

    def rows(self, set_name: str) -> Sql:
        return self._source(set_name, ROWS)

    def pairs(self, link: str) -> Sql:
        return self._source(link, PAIRS)

    def _source(self, name: str, sources: dict[str, Any]) -> Sql:
        if name not in self._sql:
            rows = sources[name](self.actor)
            text, values = rows.query.sql_with_params()
            self._sql[name] = Sql(text, tuple(values))
        return self._sql[name]

    def owners(self, relation: Relation, condition: Node) -> list[int]:
        return self.observations.owners(relation, condition)

    def shapes(self, set_name: str, column: str) -> list[tuple[int, object]]:
        found = fetched(glue(f'SELECT c_id, "{column}" FROM ({{}}) s', self.rows(set_name)))  # noqa: S608 - names of a declaration
        return [(row["c_id"], row[column] and orjson.loads(row[column])) for row in found]

    def page(
        self,
        entity: EntityType,
        options: Options,
        parent: tuple[Relation, Row] | None = None,
    ) -> Page:
        """One page of *entity*'s set, or of what *parent* (relation and row) is related to."""
        if entity.set_name == "Observations":
            return self.observations.page(options, parent)
        compiler = Compiler(self)
        here = Standpoint(entity, "s0")
        where = self.condition(compiler, here, options, parent)
        keys = keys_of(compiler, here, options)
        source = self.rows(entity.set_name)
        last = [self._last(compiler, parent)] if not keys else []
        query = glue(
            "SELECT s0.*{} FROM ({}) s0 WHERE {} {} LIMIT {} OFFSET {}",
            with_keys(keys),
            source,
            glue("{} AND {}", where, after_token(options)),
            ordering(keys, [*last, Sql('s0."c_id"')]),
            bound(options.page + 1),
            bound(options.skip),
        )
        rows = [self.read_row(entity, row) for row in fetched(query)]
        page = cut(rows, options.page, self._count(source, where) if options.count else None)
        return replace(page, is_by_id=parent is None or not _is_ordered(parent[0]))

    def _last(self, compiler: Compiler, parent: tuple[Relation, Row] | None) -> Sql:
        """What orders rows that nobody has ordered: their place in the parent's list, if any."""
        if parent is not None and _is_ordered(parent[0]):
            way = parent[0].way
            assert isinstance(way, Through)
            pattern = (
                f'(SELECT min("{way.order}") FROM ({{}}) p '  # noqa: S608 - names of a declaration
                f'WHERE p."{way.mine}" = {{}} AND p."{way.other}" = s0."c_id")'
            )
            return glue(pattern, self.pairs(way.link), bound(parent[1]["c_id"]))
        return Sql('s0."c_id"')

    def condition(
        self,
        compiler: Compiler,
        here: Standpoint,
        options: Options,
        parent: tuple[Relation, Row] | None,
    ) -> Sql:
        """What $filter and the parent ask of a row."""
        wanted = asked(compiler, here, options)
        if parent is None:
            return wanted
        relation, row = parent
        return glue("{} AND {}", wanted, compiler.meeting(relation, bound(row["c_id"]), "", "s0"))

    def _count(self, source: Sql, where: Sql) -> int:
        query = glue("SELECT count(*) AS n FROM ({}) s0 WHERE {}", source, where)
        return int(fetched(query)[0]["n"])

    def fan(
        self, entity: EntityType, relation: Relation, parents: list[int], options: Options
    ) -> dict[int, Page]:
        """A page for each of *parents*, in one query."""
        if entity.set_name == "Observations":
            return self.observations.fan(relation, parents, options)
        compiler = Compiler(self)
        here = Standpoint(entity, "s0")
        keys = keys_of(compiler, here, options)
        source, owner, place = self._fanned(entity, relation)
        where = glue(
            "{} = ANY({}) AND {}",
            owner,
            bound(parents, "BIGINT[]"),
            asked(compiler, here, options),
        )
        query = glue(
            "SELECT * FROM (SELECT s0.*, {} AS owner, "
            "row_number() OVER (PARTITION BY {} {}) AS rank FROM {} WHERE {}) ranked "
            "WHERE rank > {} AND rank <= {} ORDER BY rank",
            owner,
            owner,
            ordering(keys, [*([place] if not keys else []), Sql('s0."c_id"')]),
            source,
            where,
            bound(options.skip),
            bound(options.skip + options.page + 1),
        )
        counts: dict[int, int] = {}
        if options.count:
            tally = glue(
                "SELECT {} AS owner, count(*) AS n FROM {} WHERE {} GROUP BY 1",
                owner,
                source,
                where,
            )
            counts = {row["owner"]: row["n"] for row in fetched(tally)}
        return dealt(
            ((row["owner"], self.read_row(entity, row)) for row in fetched(query)),
            parents,
            options,
            counts,
        )

    def _fanned(self, entity: EntityType, relation: Relation) -> tuple[Sql, Sql, Sql]:
        """The source, the column with the parent, and the order within a parent's list."""
        source = glue("({}) s0", self.rows(entity.set_name))
        if isinstance(relation.way, Reverse):
            return source, Sql(f's0."{relation.way.column}"'), Sql('s0."c_id"')
        assert isinstance(relation.way, Through)
        way = relation.way
        pairs = self.pairs(way.link)
        joint = glue(f'{{}} JOIN ({{}}) p ON p."{way.other}" = s0."c_id"', source, pairs)
        place = Sql(f'p."{way.order}"') if way.order else Sql('s0."c_id"')
        return joint, Sql(f'p."{way.mine}"'), place

    def one(self, entity: EntityType, number: int) -> Row | None:
        """The row with that id; None when absent or hidden."""
        return self.several(entity, [number]).get(number)

    def several(self, entity: EntityType, numbers: Iterable[int]) -> dict[int, Row]:
        wanted = sorted({number for number in numbers if abs(number) < 2**63})
        if not wanted:
            return {}
        if entity.set_name == "Observations":
            return self.observations.several(wanted)
        return self.stored(entity, wanted)

    def stored(self, entity: EntityType, numbers: list[int]) -> dict[int, Row]:
        """Rows of PostgreSQL by their ids."""
        source = self.rows(entity.set_name)
        query = glue(
            'SELECT s0.* FROM ({}) s0 WHERE s0."c_id" = ANY({})', source, bound(numbers, "BIGINT[]")
        )
        return {row["c_id"]: self.read_row(entity, row) for row in fetched(query)}

    def related(self, relation: Relation, parent: Row, number: int) -> Row | None:
        """The row with id *number* if *parent* is related to it."""
        entity = entity_of(relation.target)
        if entity.set_name == "Observations":
            row = self.one(entity, number)
            way = relation.way
            assert isinstance(way, Reverse)
            return row if row is not None and row[way.column] == parent["c_id"] else None
        compiler = Compiler(self)
        here = Standpoint(entity, "s0")
        where = self.condition(compiler, here, Options(), (relation, parent))
        query = glue(
            'SELECT s0.* FROM ({}) s0 WHERE {} AND s0."c_id" = {}',
            self.rows(entity.set_name),
            where,
            bound(number),
        )
        return next((self.read_row(entity, row) for row in fetched(query)), None)

    def read_row(self, entity: EntityType, row: Row) -> Row:
        """*row* with its JSON read."""
        for prop in entity.properties:
            if prop.kind in JSON_KINDS and isinstance(row.get(prop.column), str):
                row[prop.column] = orjson.loads(row[prop.column])
        return row


def _is_ordered(relation: Relation) -> bool:
    return isinstance(relation.way, Through) and bool(relation.way.order)


def dealt(
    rows: Iterable[tuple[int, Row]], parents: list[int], options: Options, counts: dict[int, int]
) -> dict[int, Page]:
    """*rows* dealt out to their parents, a page each."""
    hands: dict[int, list[Row]] = {parent: [] for parent in parents}
    for parent, row in rows:
        hands[parent].append(row)
    return {
        parent: cut(hand, options.page, counts.get(parent, 0) if options.count else None)
        for parent, hand in hands.items()
    }
