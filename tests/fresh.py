"""The database as migrations leave it, put back after each test that commits.

Django empties a hundred tables and does all anew that follows migrations, which takes longer than
most of these tests. Rows of few tables are all there is to remove and to put back.
"""

from django.db import connection, transaction
from psycopg import sql


class Fresh:
    """The rows that are there when it is made."""

    def __init__(self) -> None:
        self._tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        self._rows: dict[str, bytes] = {}
        with connection.cursor() as cursor:
            for table in self._filled():
                with cursor.copy(_of(table, "COPY {} TO STDOUT")) as rows:
                    self._rows[table] = b"".join(rows)

    def put_back(self) -> None:
        """Without triggers: rows of a history cannot be deleted."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in self._filled():
                cursor.execute(_of(table, "DELETE FROM {}"))
            for table, content in self._rows.items():
                with cursor.copy(_of(table, "COPY {} FROM STDIN")) as rows:
                    rows.write(content)

    def _filled(self) -> list[str]:
        ask = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        each = [ask.format(table, sql.Identifier(table)) for table in self._tables]
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(each))
            return [name for (name,) in cursor.fetchall()]


def _of(table: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))
