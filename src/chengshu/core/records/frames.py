"""Many rows at once as columns, and no Python object for each."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.db import connections
from django.db.models import QuerySet

Types = Mapping[str, "pl.DataType | type[pl.DataType]"]


def read(rows: "QuerySet[Any]", columns: Types) -> pl.DataFrame:
    """*rows* with *columns*, named as ``values_list`` names them, in no order: by COPY, which
    takes a second for a million."""
    query, parameters = rows.order_by().values_list(*columns).query.sql_with_params()
    copy = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    with connections[rows.db].cursor() as cursor, cursor.copy(copy, parameters or None) as parts:
        content = b"".join(bytes(part) for part in parts)
    if not content:
        return pl.DataFrame(schema=columns)
    return pl.read_csv(content, has_header=False, schema=columns)
