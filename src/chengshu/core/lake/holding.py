"""Who copies the lake's files holds them: meanwhile nobody removes one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from .faults import CatalogueAway
from .session import Place

SHARE = "SELECT pg_advisory_lock_shared(hashtextextended({}, 0))"
TRY = "SELECT pg_try_advisory_lock(hashtextextended({}, 0))"


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Keep every file that the lake at *place* has now; ends with the connection at the latest."""
    with _asked(place, SHARE):
        yield


@contextmanager
def unheld(place: Place) -> Iterator[bool]:
    """Whether nobody holds the files; then nobody can begin to until this ends."""
    with _asked(place, TRY) as free:
        yield free


@contextmanager
def _asked(place: Place, lock: str) -> Iterator[bool]:
    name = sql.Literal(f"chengshu lake files {place.schema}")
    try:
        connection = psycopg.connect(place.url, autocommit=True)
    except psycopg.OperationalError:
        raise CatalogueAway("The lake's PostgreSQL does not answer") from None
    with connection:
        row = connection.execute(sql.SQL(lock).format(name)).fetchone()
        assert row is not None
        yield row[0] is not False
