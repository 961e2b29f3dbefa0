"""Where PostgreSQL and DuckDB differ."""

from dataclasses import dataclass, field

from .fragments import Sql, bound, glue
from .functions import Type
from .values import Value


@dataclass(frozen=True)
class Dialect:
    """*collate* makes a text compare by code point; *functions* differ from the common ones."""

    collate: str
    functions: dict[str, str] = field(default_factory=dict)


POSTGRES = Dialect(
    collate='({} COLLATE "C")',
    functions={
        "date": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        "time": "to_char({0} AT TIME ZONE 'UTC', 'HH24:MI:SS.US')",
    },
)
DUCKDB = Dialect(
    collate="{}",
    functions={
        "date": "CAST(CAST({0} AT TIME ZONE 'UTC' AS DATE) AS TEXT)",
        "time": "strftime({0} AT TIME ZONE 'UTC', '%H:%M:%S.%f')",
    },
)


def json_value(column: Sql, rest: tuple[str | int, ...]) -> Value:
    """A part of a ``jsonb`` column of PostgreSQL, as whatever it turns out to be."""
    path = [str(step) for step in rest]
    sql = glue("({} #> {})", column, bound(path, "TEXT[]")) if path else column
    number = "(CASE WHEN jsonb_typeof({0}) = 'number' THEN CAST({0} #>> '{{}}' AS FLOAT8) END)"
    truth = "(CASE WHEN jsonb_typeof({0}) = 'boolean' THEN CAST({0} #>> '{{}}' AS BOOLEAN) END)"
    return Value(
        Type.ANY,
        sql,
        variants={
            Type.NUMBER: _twice(number, sql),
            Type.BOOL: _twice(truth, sql),
            Type.TEXT: glue("({} #>> '{{}}')", sql),
        },
    )


def _twice(pattern: str, sql: Sql) -> Sql:
    return Sql(pattern.format(sql.text), sql.values * 2)
