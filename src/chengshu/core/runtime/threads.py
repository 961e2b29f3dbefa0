"""Work for other threads that asks the database.

A connection belongs to its thread. A thread that ends with one from the pool takes it along for
ever; after as many as the pool has, every request waits in vain.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import close_old_connections
from starlette.concurrency import run_in_threadpool  # noqa: TID251 - here is what it lacks

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def borrowing() -> Iterator[None]:
    """At the end this thread's database connection goes back; also a decorator."""
    try:
        yield
    finally:
        close_old_connections()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """*work* in a thread of the event loop's pool, with a database connection of its own."""
    return await run_in_threadpool(borrowing()(work), *args, **kwargs)
