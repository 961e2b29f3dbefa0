"""PostgreSQL notifications, on a connection of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql


@contextmanager
def listening(*channels: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection that listens on *channels*; it raises OperationalError when the server goes."""
    parameters = connection.get_connection_params()
    parameters = {
        name: value
        for name, value in parameters.items()
        if name not in ("cursor_factory", "context")
    }
    with psycopg.connect(**parameters, autocommit=True) as listener:
        for channel in channels:
            listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield listener


def wait(
    listener: "psycopg.Connection[tuple[object, ...]]", seconds: float
) -> list[psycopg.Notify]:
    """What has been notified, after at most *seconds* without anything."""
    return list(listener.notifies(timeout=seconds, stop_after=1))
