"""What one request changes in the lake, done at the end of its transaction."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from django.db import transaction

from chengshu.core.lake import installation
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.follow import announce_stored
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store.batches import SCHEMA
from chengshu.hub.sensing.store.current import current

Key = tuple[int, datetime]
ALL_OF = (
    'SELECT datastream, "at" FROM observations WHERE datastream IN (SELECT datastream FROM streams)'
)


@dataclass
class Work:
    """Rows to store and to remove. *is_shared*: several requests finish together."""

    is_shared: bool = False
    rows: dict[Key, float] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)
    streams_gone: dict[int, set[Key]] = field(default_factory=dict)

    def put(self, stream: int, at: datetime, value: float) -> None:
        self.rows[stream, at] = value
        self.gone.discard((stream, at))

    def drop(self, stream: int, at: datetime) -> None:
        self.rows.pop((stream, at), None)
        self.gone.add((stream, at))

    def drop_stream(self, stream: int, but: Collection[Key] = ()) -> None:
        """All observations of *stream* except those at the keys *but*."""
        self.streams_gone[stream] = set(but)

    def finish(self) -> None:
        """Hand everything over, unless others still add to it.

        Called last in a transaction of PostgreSQL: when the lake refuses, nothing of the rest
        stays. Added first and removed after, so that a moved observation is never nowhere.
        """
        if not self.is_shared:
            self.hand_over()

    def hand_over(self) -> None:
        if self.rows:
            records = [(stream, at, value, 0) for (stream, at), value in self.rows.items()]
            current().append(pl.DataFrame(records, schema=SCHEMA, orient="row"))
            transaction.on_commit(announce_stored)
        keys = self._keys_gone()
        if len(keys):
            nothing = pl.DataFrame(schema=SCHEMA)
            append(installation.current(), OBSERVATIONS, nothing, remove=keys)

    def _keys_gone(self) -> pl.DataFrame:
        schema = {name: SCHEMA[name] for name in ("datastream", "at")}
        keys = pl.DataFrame(sorted(self.gone), schema=schema, orient="row")
        if not self.streams_gone:
            return keys
        streams = pl.DataFrame(
            {"datastream": sorted(self.streams_gone)}, schema={"datastream": pl.Int64}
        )
        whole = installation.current().query(ALL_OF, frames={"streams": streams})
        kept = [key for several in self.streams_gone.values() for key in several]
        spared = pl.DataFrame(kept, schema=schema, orient="row")
        gone = whole.join(spared, on=["datastream", "at"], how="anti")
        return pl.concat([keys, gone]).unique()
