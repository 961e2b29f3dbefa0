"""What was read of the ledger of streams, remembered as long as it would be read again.

A question about a whole city begins with its streams. They change a few times a day, and to read
a hundred thousand of them takes as long as to read their numbers of a day.
"""

import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connections
from django.db.models import QuerySet

from chengshu.core.organisations.models import Organisation
from chengshu.core.places import tree
from chengshu.core.places.models import Place
from chengshu.core.records import frames

from .models import LedgerChange

WATCHED = {
    "sensing_terminal",
    "sensing_datastream",
    "sensing_reuserequest",
    "places_place",
    "organisations_organisation",
}
"""Tables whose changes are seen here; what is read of others is not remembered."""
TABLES = re.compile(r'(?:FROM|JOIN) "(\w+)"')
MOST_BYTES = 200_000_000
LEAST_BYTES = 10_000
"""Reckoned for an answer with few rows or none: there may be many such questions."""
LONGEST_SECONDS = 3600
"""Far less than changes are kept for."""

LOOK = f"""
    SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned() IS NULL,
        {tree.sql_version(Place)}, {tree.sql_version(Organisation)},
        EXISTS (
            SELECT FROM sensing_ledgerchange
            WHERE xact >= pg_snapshot_xmin(seen.at)::text::bigint
                AND NOT pg_visible_in_snapshot(xact::text::xid8, seen.at)
        )
    FROM (SELECT coalesce(%s::pg_snapshot, pg_current_snapshot()) AS at) AS seen
"""  # noqa: S608 - names of tables
"""Now: the snapshot, whether this transaction has written nothing, the versions of the trees (see
`tree.lock_trees`), and whether there are changes that a snapshot before did not see."""


@dataclass(frozen=True)
class Remembered:
    """*frame* was read after *snapshot*, of trees of these versions."""

    frame: pl.DataFrame
    snapshot: str
    trees: tuple[int, int]
    until: float

    @property
    def bytes(self) -> int:
        return max(LEAST_BYTES, int(self.frame.estimated_size()))


class Memory:
    """The answers asked for last, of at most *most_bytes* together."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._known: OrderedDict[tuple[Any, ...], Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, rows: "QuerySet[Any]", columns: frames.Types) -> pl.DataFrame:
        """As `frames.read`, and the same as it would say now.

        What a transaction reads after it has written is not remembered: it may be undone.
        """
        question, parameters = rows.order_by().values_list(*columns).query.sql_with_params()
        if not set(TABLES.findall(question)) <= WATCHED:
            return frames.read(rows, columns)
        key = (rows.db, question, parameters)
        known = self._recalled(key)
        with connections[rows.db].cursor() as cursor:
            cursor.execute(LOOK, [known.snapshot if known else None])
            snapshot, has_written_nothing, places, organisations, is_changed = cursor.fetchone()
        trees = (places, organisations)
        if known and not is_changed and known.trees == trees and time.monotonic() < known.until:
            return known.frame
        frame = frames.read(rows, columns)
        if has_written_nothing:
            until = time.monotonic() + LONGEST_SECONDS
            self._remember(key, Remembered(frame, snapshot, trees, until))
        return frame

    def _recalled(self, key: tuple[Any, ...]) -> Remembered | None:
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def _remember(self, key: tuple[Any, ...], found: Remembered) -> None:
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while sum(each.bytes for each in self._known.values()) > self._most_bytes:
                self._known.popitem(last=False)


memory = Memory()


def forget_changes(before: datetime) -> int:
    """Remove changes that nobody asks for any more; how many there were. *before* lies so long
    ago that what was remembered then has run out and transactions of then have ended."""
    return LedgerChange.objects.filter(at__lt=before).delete()[0]
