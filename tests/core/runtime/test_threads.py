"""Processes that serve share few connections to the database: each is given back after use."""

import asyncio

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from chengshu.core.runtime.threads import in_thread


def asked() -> BaseDatabaseWrapper:
    """Ask the database; the connection of the thread that did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    used: BaseDatabaseWrapper = connections["default"]
    assert used.connection is not None
    return used


@pytest.mark.django_db(transaction=True)
def test_a_thread_gives_its_connection_back() -> None:
    used = asyncio.run(in_thread(asked))

    assert used.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_thread_gives_its_connection_back_after_a_failure() -> None:
    used = []

    def failing() -> None:
        used.append(asked())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(failing))

    assert used[0].connection is None
