"""Which stream a terminal's property is: the whole ledger in memory, fresh on every change."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import psycopg
from django.db import connection
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from chengshu.core.access.policy import Reach
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.records import frames
from chengshu.hub.sensing.models import CHANNEL, Datastream, Terminal

from .keys import MISSING, GrowingTable, Keys, KeyTable, Numbers

log = logging.getLogger(__name__)

NO_TERMINAL, NO_PROPERTY = MISSING, -2
NOWHERE = 0
MOST_ASKED = 200
MOST_SPELLINGS = 4_000_000

COLUMNS = {
    "terminal__code": pl.String,
    "code": pl.String,
    "id": pl.Int64,
    "terminal__place_id": pl.Int64,
    "terminal__owner_id": pl.Int64,
    "terminal__grade": pl.Int16,
    "terminal__state": pl.String,
    "observed_property__lowest": pl.Float64,
    "observed_property__highest": pl.Float64,
    "observed_property__kept_since__observations": pl.String,
}


class Streams:
    """The datastreams of one moment, each at a position; facts are arrays by position."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """*rows* have the COLUMNS."""
        column = dict(zip(COLUMNS, rows.get_columns(), strict=True))
        self.datastream = column["id"].to_numpy()
        self.is_in_service = (column["terminal__state"] == Terminal.State.IN_SERVICE).to_numpy()
        self.lowest = column["observed_property__lowest"].fill_null(-np.inf).to_numpy()
        self.highest = column["observed_property__highest"].fill_null(np.inf).to_numpy()
        kept = column["observed_property__kept_since__observations"]
        since = kept.str.to_datetime("%Y-%m-%d %H:%M:%S%#z", time_unit="us", time_zone="UTC")
        self.kept_since = since.to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
        self._grade = column["terminal__grade"].to_numpy()
        self._place = column["terminal__place_id"].fill_null(NOWHERE).to_numpy()
        self._owner = column["terminal__owner_id"].fill_null(NOWHERE).to_numpy()
        terminals = column["terminal__code"]
        everything = np.arange(len(rows), dtype=np.int32)
        self._named = KeyTable(Keys.of(terminals, column["code"]), everything)
        self._terminals = _of_terminals(terminals.unique())
        self._by_number = np.argsort(self.datastream)
        self._spelled = GrowingTable()
        self._spelling = threading.Lock()
        self._allowed: dict[tuple[Reach, ...], NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self.datastream)

    def named(self, terminals: pl.Series, codes: pl.Series) -> Numbers:
        """The position of each terminal's stream; NO_TERMINAL or NO_PROPERTY."""
        found = self._named.find(Keys.of(terminals, codes))
        missing = np.flatnonzero(found < 0)
        if missing.size:
            known = self._terminals.find(_keys_of_terminals(terminals.gather(missing))) >= 0
            found[missing[known]] = NO_PROPERTY
        return found

    def numbered(self, datastreams: NDArray[np.int64]) -> Numbers:
        """The position of each datastream's number; NO_TERMINAL where there is none."""
        if not len(self):
            return np.full(len(datastreams), NO_TERMINAL, np.int32)
        at = np.searchsorted(self.datastream, datastreams, sorter=self._by_number)
        positions = self._by_number[np.minimum(at, len(self) - 1)]
        return np.where(self.datastream[positions] == datastreams, positions, NO_TERMINAL).astype(
            np.int32
        )

    def spelled(self, keys: Keys) -> Numbers:
        """The positions that ``learn`` was told for *keys*, another spelling of names."""
        return self._spelled.find(keys)

    def learn(self, keys: Keys, positions: Numbers) -> None:
        """Remember that *keys* spell the streams at *positions*, for the next body."""
        with self._spelling:
            if len(self._spelled) + len(keys) > MOST_SPELLINGS:
                self._spelled = GrowingTable()
            _distinct, at = np.unique(keys.first, return_index=True)
            fresh = keys[at]
            unknown = self._spelled.find(fresh) < 0
            self._spelled = self._spelled.with_more(fresh[unknown], positions[at][unknown])

    def allowed(self, reaches: Sequence[Reach]) -> NDArray[np.bool_]:
        """By position, whether a stream lies in one of *reaches*."""
        asked = tuple(reaches)
        known = self._allowed.get(asked)
        if known is None:
            known = self._allowed[asked] = self._lies_in(asked)
        return known

    def _lies_in(self, reaches: tuple[Reach, ...]) -> NDArray[np.bool_]:
        allowed = np.zeros(len(self), bool)
        for reach in reaches:
            allowed |= (
                _below(Place, reach.place_path, self._place)
                & _below(Organisation, reach.organisation_path, self._owner)
                & (self._grade <= reach.grade)
            )
        return allowed


def _below(
    tree: type[Place] | type[Organisation], path: str, numbers: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of *numbers* are rows of *tree* at or below *path*; all when it is empty."""
    if not path:
        return np.ones(len(numbers), bool)
    found = tree._default_manager.filter(path__startswith=path).values_list("id", flat=True)
    return np.isin(numbers, np.fromiter(found, np.int64))


class StreamIndex:
    """The streams as they are. PostgreSQL announces changes; a reader never waits for them."""

    def __init__(self) -> None:
        self._streams: Streams | None = None
        self._is_stale = threading.Event()
        self._is_stale.set()
        self._loading = threading.Lock()

    def streams(self) -> Streams:
        """The streams, read anew when something has changed since the last look."""
        if self._is_stale.is_set() or self._streams is None:
            return self._reload()
        return self._streams

    def after(self, unknown: Sequence[Mapping[str, object]]) -> Streams:
        """The streams after a look at the ledger for some that were named and *unknown*, as when
        a terminal speaks in the moment it is registered: read anew only if they are there now.

        Each of *unknown* has ``terminal`` and ``property``, or ``datastream``.
        """
        wanted = Q(pk__in=[])
        for name in unknown[:MOST_ASKED]:
            if "datastream" in name:
                wanted |= Q(pk=name["datastream"])
            else:
                wanted |= Q(terminal__code=name["terminal"], code=name["property"])
        if Datastream.objects.filter(wanted).exists():
            self._is_stale.set()
        return self.streams()

    def _reload(self) -> Streams:
        with self._loading:
            if self._streams is None or self._is_stale.is_set():
                self._is_stale.clear()
                try:
                    self._streams = Streams(load(Datastream.objects.all()))
                except BaseException:
                    self._is_stale.set()
                    raise
            return self._streams

    def listen(self, stop: threading.Event) -> None:
        """Mark the index stale whenever the ledger changes, until *stop* is set.

        After a lost connection the index is stale by assumption.
        """
        while not stop.is_set():
            try:
                with psycopg.connect(
                    **connection.get_connection_params(), autocommit=True
                ) as listener:
                    listener.execute(f"LISTEN {CHANNEL}")
                    self._is_stale.set()
                    while not stop.is_set():
                        for _ in listener.notifies(timeout=1, stop_after=1):
                            self._is_stale.set()
            except psycopg.OperationalError as error:
                log.warning("stream index lost its connection: %s", error)
                time.sleep(1)


def load(streams: "QuerySet[Datastream]") -> pl.DataFrame:
    """*streams* for an index."""
    return frames.read(streams, COLUMNS)


def _keys_of_terminals(codes: pl.Series) -> Keys:
    return Keys.of(codes, codes)


def _of_terminals(codes: pl.Series) -> KeyTable:
    return KeyTable(_keys_of_terminals(codes), np.zeros(len(codes), np.int32))
