"""Rows become the JSON of SensorThings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import Malformed
from ..naming import (
    COUNT,
    ID,
    ID_NAMES,
    NAVIGATION_LINK,
    NEXT_LINK,
    SELF_LINK,
    EntityType,
    Forward,
    Kind,
    Property,
    Relation,
    target_of,
)
from ..query.options import Options
from ..times import instant_text, period_text
from .pages import Page, Row
from .reader import Reader
from .spans import add_spans

ALWAYS = frozenset({"result", "resultTime"})
"""The standard wants these keys even when they are null (OGC 18-088, table 12)."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Renderer:
    """*root* is the address of the service, absolute, without a slash at its end."""

    reader: Reader
    root: str

    def entities(self, entity: EntityType, rows: Sequence[Row], options: Options) -> list[Document]:
        """The documents of *rows* with what is expanded, a query for each relation expanded."""
        shown = _shown(entity, options)
        if any(prop.is_derived for prop in shown):
            add_spans(self.reader, entity, rows)
        documents = [self._plain(entity, row, shown, options) for row in rows]
        for name, inner in options.expand.items():
            relation = relation_named(entity, name)
            if relation.is_many:
                self._expand_many(entity, relation, rows, documents, inner)
            else:
                self._expand_one(relation, rows, documents, inner)
        return documents

    def collection(
        self, entity: EntityType, page: Page, options: Options, address: str
    ) -> Document:
        """One page of a set; *address* is that of the set."""
        found: Document = {}
        if page.count is not None:
            found[COUNT] = page.count
        if page.has_more and page.rows:
            found[NEXT_LINK] = next_link(address, options, page)
        found["value"] = self.entities(entity, page.rows, options)
        return found

    def self_link(self, entity: EntityType, row: Row) -> str:
        return f"{self.root}/{entity.set_name}({row['c_id']})"

    def _plain(
        self, entity: EntityType, row: Row, shown: list[Property], options: Options
    ) -> Document:
        select = options.select
        address = self.self_link(entity, row)
        found: Document = {}
        if select is None or not ID_NAMES.isdisjoint(select):
            found[ID] = row["c_id"]
        if select is None or SELF_LINK in select:
            found[SELF_LINK] = address
        for prop in shown:
            value = value_of(prop, row)
            if value is not None or prop.name in ALWAYS or select is not None:
                found[prop.name] = value
        for relation in entity.relations:
            is_shown = select is None or relation.name in select
            if is_shown and relation.name not in options.expand and _leads_on(relation, row):
                found[f"{relation.name}{NAVIGATION_LINK}"] = f"{address}/{relation.name}"
        return found

    def _expand_one(
        self,
        relation: Relation,
        rows: Sequence[Row],
        documents: list[Document],
        options: Options,
    ) -> None:
        assert isinstance(relation.way, Forward)
        entity, column = target_of(relation), relation.way.column
        others = self.reader.several(entity, {row[column] for row in rows} - {None})
        rendered = dict(
            zip(others, self.entities(entity, list(others.values()), options), strict=True)
        )
        for row, document in zip(rows, documents, strict=True):
            if row[column] in rendered:
                document[relation.name] = rendered[row[column]]

    def _expand_many(
        self,
        owner: EntityType,
        relation: Relation,
        rows: Sequence[Row],
        documents: list[Document],
        options: Options,
    ) -> None:
        entity = target_of(relation)
        pages = self.reader.fan(entity, relation, [row["c_id"] for row in rows], options)
        rendered = iter(
            self.entities(entity, [r for row in rows for r in pages[row["c_id"]].rows], options)
        )
        for row, document in zip(rows, documents, strict=True):
            page = pages[row["c_id"]]
            document[relation.name] = [next(rendered) for _row in page.rows]
            if page.count is not None:
                document[f"{relation.name}{COUNT}"] = page.count
            if page.has_more and page.rows:
                address = f"{self.self_link(owner, row)}/{relation.name}"
                document[f"{relation.name}{NEXT_LINK}"] = next_link(address, options, page)


def relation_named(entity: EntityType, name: str) -> Relation:
    """Raises Malformed."""
    try:
        return entity.by_relation[name]
    except KeyError:
        raise Malformed(f"A {entity.name} is not related to {name}", where={"name": name}) from None


def value_of(prop: Property, row: Row) -> Any:
    """The property in JSON."""
    value = row.get(prop.column)
    if value is None:
        return None
    if prop.kind == Kind.INSTANT:
        return instant_text(value)
    if prop.kind in (Kind.TIME, Kind.PERIOD):
        return period_text(value, row.get(f"{prop.column}_end"))
    return value


def next_link(address: str, options: Options, page: Page) -> str:
    """The same question from where *page* ends: in the order of ids by the last one shown, so
    that rows added or removed meanwhile shift nothing."""
    pairs = [(n, v) for n, v in options.sent if n not in ("$skip", "$skiptoken")]
    if options.orderby or not page.is_by_id:
        pairs.append(("$skip", str(options.skip + len(page.rows))))
    else:
        pairs.append(("$skiptoken", str(page.rows[-1]["c_id"])))
    return f"{address}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def _shown(entity: EntityType, options: Options) -> list[Property]:
    if options.select is None:
        return list(entity.properties)
    known = {SELF_LINK, *ID_NAMES, *entity.by_property, *entity.by_relation}
    for name in options.select:
        if name.split("/")[0] not in known:
            raise Malformed(f"A {entity.name} has no {name}", where={"property": name})
    return [prop for prop in entity.properties if prop.name in options.select]


def _leads_on(relation: Relation, row: Row) -> bool:
    """An observation belongs to a datastream or to a multi datastream: one link leads nowhere."""
    return not isinstance(relation.way, Forward) or row[relation.way.column] is not None
