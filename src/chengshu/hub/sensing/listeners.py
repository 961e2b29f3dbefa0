"""Who hears every batch of observations that has become durable."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from chengshu.kit.registry import Registry


@dataclass(frozen=True)
class BatchListener:
    """*hear* gets the batch with the facts of its streams, once, in the follower's transaction.

    Columns: datastream, at (UTC), value, quality, property, terminal (id), terminal_code,
    terminal_name, place (id), owner (id), grade, lon, lat, feed.
    """

    name: str
    hear: Callable[[pl.DataFrame], None]


batch_listeners: Registry[BatchListener] = Registry("batch listener", BatchListener)
