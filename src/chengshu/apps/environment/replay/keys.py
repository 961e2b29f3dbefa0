"""The keys of one replay."""

from collections.abc import Iterator
from contextlib import contextmanager

from chengshu.core.access.policy import System

from ..actions.replays import Keys, lend_keys, return_keys

OPERATOR = System(
    "replay",
    frozenset(
        {
            "environment.prepare_replay",
            "environment.lend_keys",
            "environment.return_keys",
            "environment.register_stations",
            "sensing.define_properties",
            "sensing.register_terminals",
        }
    ),
)


@contextmanager
def borrowed_keys() -> Iterator[Keys]:
    """Keys for the time of one replay; those of a replay that was killed are withdrawn too."""
    return_keys(by=OPERATOR)
    keys = lend_keys(by=OPERATOR)
    try:
        yield keys
    finally:
        return_keys(by=OPERATOR)
