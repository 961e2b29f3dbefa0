"""Many new rows at once, several times faster than INSERT statements."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from psycopg import sql

M = TypeVar("M", bound=Model)


def insert(rows: Iterable[M]) -> list[M]:
    """Copy new *rows* of one model into its table, in the current transaction.

    They get their numbers from the table's sequence; the table's triggers fire as they do for an
    INSERT. Model signals and ``auto_now`` fields are not served.
    """
    new = list(rows)
    if not new:
        return new
    meta = new[0]._meta
    fields = meta.concrete_fields
    _number(new)
    columns: list[sql.Composable] = [sql.Identifier(str(field.column)) for field in fields]
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(columns)
    )
    connection = connections[DEFAULT_DB_ALIAS]
    writers = [(field.attname, field.get_db_prep_save) for field in fields]
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(command) as copy,
    ):
        for row in new:
            copy.write_row([write(getattr(row, name), connection) for name, write in writers])
            row._state.adding = False
            row._state.db = connection.alias
    return new


def _number(rows: Sequence[Any]) -> None:
    meta = rows[0]._meta
    if meta.auto_field is None:
        return
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{meta.db_table}"', meta.pk.column, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
