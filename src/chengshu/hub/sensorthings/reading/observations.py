"""Observations of both stores as one set: each store filters, sorts and limits its own part."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import identity
from ..naming import OBSERVATION, Relation, Reverse
from ..query.compiling import Compiler, Standpoint
from ..query.fragments import TRUE, Sql, bound, glue
from ..query.options import Options
from ..query.trees import Node
from . import lake
from .pages import Page, Row, cut, merged, ordering, with_keys
from .statements import after_token, fetched, keys_of
from .statements import asked as asked_of

if TYPE_CHECKING:
    from .reader import Reader

LAKE_COLUMNS = 'o.datastream, o."at" AS at_time, o.value, o.quality'
IN_ORDER = (Sql("o.datastream"), Sql('o."at"'))
Parent = tuple[Relation, Row]


class Observations:
    """For one reader."""

    def __init__(self, reader: "Reader") -> None:
        self.reader = reader

    def page(self, options: Options, parent: Parent | None) -> Page:
        compiler, here = Compiler(self.reader), Standpoint(OBSERVATION, "s0")
        where = self.reader.condition(compiler, here, options, parent)
        keys = keys_of(compiler, here, options)
        asked = self._asked(options, _picking(parent))
        most = options.skip + options.page + 1
        beside = self._beside(where, keys, options, most)
        if beside:
            rows = merged(
                (beside, self._of_lake(asked, options, most)), [down for _key, down in keys]
            )
            rows = rows[options.skip : most]
        else:
            rows = self._of_lake(asked, options, options.page + 1, skip=options.skip)
        return cut(rows, options.page, self._count(where, asked) if options.count else None)

    def _asked(self, options: Options, where: Sql, owner: str = "") -> "lake.LakeQuery | None":
        """The question to the lake; None when no stream there is asked about."""
        query = lake.prepared(self.reader, options, where, fetched)
        if not len(query.streams.frame):
            return None
        return replace(query, joins=True) if owner == "l_FeatureOfInterest" else query

    def _beside(
        self, where: Sql, keys: Sequence[tuple[Sql, bool]], options: Options, most: int
    ) -> list[Row]:
        query = glue(
            "SELECT s0.*{} FROM ({}) s0 WHERE {} AND {} {} LIMIT {}",
            with_keys(keys),
            self.reader.rows("Observations"),
            where,
            after_token(options),
            ordering(keys, [Sql('s0."c_id"')]),
            bound(most),
        )
        return [self.reader.read_row(OBSERVATION, row) for row in fetched(query)]

    def _of_lake(
        self, asked: "lake.LakeQuery | None", options: Options, most: int, skip: int = 0
    ) -> list[Row]:
        if asked is None:
            return []
        window = asked.window(options, most + skip)
        for within in (window, TRUE) if window is not None else (TRUE,):
            query = glue(
                f"SELECT {LAKE_COLUMNS}{{}} {{}} AND {{}} AND {{}} {{}} LIMIT {most} OFFSET {skip}",
                with_keys(asked.keys),
                asked.source,
                lake.after(options.token),
                within,
                ordering(asked.keys, IN_ORDER),
            )
            rows = _rows(asked, query)
            if len(rows) == most:
                break
        return rows

    def _count(self, where: Sql, asked: "lake.LakeQuery | None") -> int:
        source = self.reader.rows("Observations")
        query = glue("SELECT count(*) AS n FROM ({}) s0 WHERE {}", source, where)
        beside = int(fetched(query)[0]["n"])
        if asked is None:
            return beside
        return beside + int(asked.answer(glue("SELECT count(*) {}", asked.source)).item())

    def fan(self, relation: Relation, parents: list[int], options: Options) -> dict[int, Page]:
        """A page for each of *parents*, in one query to each store."""
        assert isinstance(relation.way, Reverse)
        owner = relation.way.column
        among = glue(f's0."{owner}" = ANY({{}})', bound(parents, "BIGINT[]"))
        compiler, here = Compiler(self.reader), Standpoint(OBSERVATION, "s0")
        where = glue("{} AND {}", among, asked_of(compiler, here, options))
        keys = keys_of(compiler, here, options)
        most = options.skip + options.page + 1
        ranked = glue(
            f'SELECT * FROM (SELECT s0.*{{}}, row_number() OVER (PARTITION BY s0."{owner}" {{}}) '  # noqa: S608 - names of a declaration
            "AS rank FROM ({}) s0 WHERE {}) ranked WHERE rank <= {}",
            with_keys(keys),
            ordering(keys, [Sql('s0."c_id"')]),
            self.reader.rows("Observations"),
            where,
            bound(most),
        )
        beside = [self.reader.read_row(OBSERVATION, row) for row in fetched(ranked)]
        asked = self._asked(options, among, owner)
        rows = merged((beside, self._ranked_in_lake(asked, owner, most)), [d for _k, d in keys])
        counts = self._counts(owner, where, asked) if options.count else {}
        hands: dict[int, list[Row]] = {parent: [] for parent in parents}
        for row in rows:
            hands[row[owner]].append(row)
        return {
            parent: cut(
                hand[options.skip : most],
                options.page,
                counts.get(parent, 0) if options.count else None,
            )
            for parent, hand in hands.items()
        }

    def _ranked_in_lake(self, asked: "lake.LakeQuery | None", owner: str, most: int) -> list[Row]:
        if asked is None:
            return []
        query = glue(
            f"SELECT {LAKE_COLUMNS}{{}} {{}} QUALIFY row_number() OVER "
            f"(PARTITION BY {LAKE_OWNERS[owner]} {{}}) <= {most}",
            with_keys(asked.keys),
            asked.source,
            ordering(asked.keys, IN_ORDER),
        )
        return _rows(asked, query)

    def _counts(self, owner: str, where: Sql, asked: "lake.LakeQuery | None") -> dict[int, int]:
        query = glue(
            f'SELECT s0."{owner}" AS owner, count(*) AS n FROM ({{}}) s0 WHERE {{}} GROUP BY 1',  # noqa: S608 - names of a declaration
            self.reader.rows("Observations"),
            where,
        )
        counts = {row["owner"]: row["n"] for row in fetched(query)}
        if asked is not None:
            tally = glue(f"SELECT {LAKE_OWNERS[owner]}, count(*) {{}} GROUP BY 1", asked.source)
            for parent, n in asked.answer(tally).iter_rows():
                counts[parent] = counts.get(parent, 0) + n
        return counts

    def owners(self, relation: Relation, condition: Node) -> list[int]:
        """The ids of those *relation* belongs to that have an observation for which it holds."""
        assert isinstance(relation.way, Reverse)
        column = relation.way.column
        where = Compiler(self.reader).predicate(condition, Standpoint(OBSERVATION, "s0"))
        query = glue(
            f'SELECT DISTINCT s0."{column}" AS owner FROM ({{}}) s0 WHERE {{}}',  # noqa: S608 - names of a declaration
            self.reader.rows("Observations"),
            where,
        )
        found = {row["owner"] for row in fetched(query)} - {None}
        asked = self._asked(Options(filter=condition), TRUE, column)
        if asked is not None and column in LAKE_OWNERS:
            distinct = glue(f"SELECT DISTINCT {LAKE_OWNERS[column]} {{}}", asked.source)
            found |= set(asked.answer(distinct).to_series().to_list())
        return sorted(found)

    def several(self, numbers: list[int]) -> dict[int, Row]:
        """By id: rows beside first, as their ids may look like those of the lake."""
        found = self.reader.stored(OBSERVATION, numbers)
        for number in set(numbers) - set(found):
            place = identity.row_of(number)
            row = self._at(*place) if place is not None else None
            if row is not None:
                found[number] = row
        return found

    def _at(self, stream: int, at: identity.datetime) -> Row | None:
        asked = self._asked(Options(), glue('s0."c_id" = {}', bound(stream)))
        if asked is None:
            return None
        within = glue('o."at" >= {} AND o."at" < {}', bound(at), bound(at + identity.MILLISECOND))
        query = glue(
            f'SELECT {LAKE_COLUMNS} {{}} AND {{}} ORDER BY o."at" LIMIT 1', asked.source, within
        )
        return next(iter(_rows(asked, query)), None)


LAKE_OWNERS = {
    "l_Datastream": "o.datastream",
    "l_FeatureOfInterest": "streams.feature",
    "l_MultiDatastream": "CAST(NULL AS BIGINT)",
}


def _picking(parent: Parent | None) -> Sql:
    """Which streams the observations of *parent* can be of."""
    if parent is None:
        return TRUE
    relation, row = parent
    assert isinstance(relation.way, Reverse)
    return glue(f's0."{relation.way.column}" = {{}}', bound(row["c_id"], "BIGINT"))


def _rows(asked: "lake.LakeQuery", query: Sql) -> list[Row]:
    found = asked.answer(query)
    features = dict(asked.streams.frame.select("datastream", "feature").iter_rows())
    rows = []
    for record in found.iter_rows(named=True):
        row = lake.as_row(
            record["datastream"],
            record["at_time"],
            record["value"],
            record["quality"],
            features[record["datastream"]],
        )
        rows.append(row | {name: key for name, key in record.items() if name[0] == "k"})
    return rows
