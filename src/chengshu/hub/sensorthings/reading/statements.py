"""Parts that the queries of both stores share."""

from django.db import connection

from ..query.compiling import Compiler, Standpoint, order_keys
from ..query.fragments import TRUE, Sql, bound, glue
from ..query.options import Options
from .pages import Row


def fetched(query: Sql) -> list[Row]:
    """The rows of a statement for PostgreSQL, by column."""
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def keys_of(compiler: Compiler, here: Standpoint, options: Options) -> list[tuple[Sql, bool]]:
    """The sort keys of $orderby and whether each descends."""
    return [
        (key, order.is_descending)
        for order in options.orderby
        for key in order_keys([compiler.value(order.node, here)], compiler.dialect.collate)
    ]


def after_token(options: Options) -> Sql:
    """Where a page in the order of ids goes on."""
    return TRUE if options.token is None else glue('s0."c_id" > {}', bound(options.token))


def asked(compiler: Compiler, here: Standpoint, options: Options) -> Sql:
    """What $filter asks of a row."""
    return compiler.predicate(options.filter, here) if options.filter else TRUE
