"""What can go wrong in the lake, told apart by whether anything was committed."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from polars.exceptions import ComputeError

from chengshu.core.storage.faults import StorageAway
from chengshu.kit.errors import CityError, Full, Terminal, Transient

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_SPACE_WORDS = ("No space left on device", "Disk quota exceeded", "File too large")
CONFLICT_WORDS = ("Transaction conflict", "Exceeded the maximum retry count")
LOST_WORDS = (
    "Unable to connect to Postgres",
    "connection to server",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "the database system is",
    'Failed to execute query "ROLLBACK"',
    "SSL connection has been closed",
    "SSL SYSCALL error",
)


AWAY_WORDS = ("error for HTTP ", "HTTP Error:")


class CatalogueAway(Transient):
    """The lake's PostgreSQL does not answer."""

    code = "lake-unreachable"


class CommitConflict(Transient):
    """Another commit came first. Nothing of ours was written; begin again on the new snapshot."""

    code = "lake-conflict"


class CommitUnknown(Transient):
    """The connection broke during the commit: it may have happened or not.

    Look into the lake before sending the same rows again.
    """

    code = "lake-commit-unknown"


class HistoryGone(Terminal):
    """Snapshots that were asked for have been expired."""

    code, status = "lake-history-gone", 410


class Unusable(Terminal):
    """The lake cannot be opened as configured."""

    code = "lake-unusable"


def expected(error: duckdb.Error | OSError | ComputeError) -> CityError | None:
    """The expected failure behind *error*; None when it is a bug or a mistake in a query."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return Full("No space left for the lake")
    if any(words in text for words in NO_SPACE_WORDS):
        return Full("No space left for the lake")
    if isinstance(error, duckdb.HTTPException) or any(words in text for words in AWAY_WORDS):
        return StorageAway("The lake's object storage does not answer")
    if any(words in text for words in CONFLICT_WORDS):
        return CommitConflict("Another commit to the lake came first")
    if any(words in text for words in LOST_WORDS):
        return CatalogueAway("The lake's PostgreSQL does not answer")
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raise expected failures as CityError.

    The cause is cut off: DuckDB's text quotes the catalogue's URL with its password.
    """
    try:
        yield
    except (duckdb.Error, OSError, ComputeError) as error:  # the last: DuckDB's, mid-stream
        known = expected(error)
        if known is None:
            raise
        raise known from None
