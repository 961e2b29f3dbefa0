"""Which stream a terminal's property is: the whole ledger in memory, fresh on every change."""

import logging
import threading
import time

import polars as pl
import psycopg
from django.db import connection

from chengshu.hub.sensing.models import CHANNEL, Datastream, Terminal

log = logging.getLogger(__name__)

MOST_ASKED = 200

SCHEMA = {
    "terminal": pl.String,
    "property": pl.String,
    "datastream": pl.Int64,
    "place_path": pl.String,
    "organisation_path": pl.String,
    "grade": pl.Int16,
    "is_in_service": pl.Boolean,
    "lowest": pl.Float64,
    "highest": pl.Float64,
}
COLUMNS = (
    "terminal__code",
    "code",
    "id",
    "terminal__place__path",
    "terminal__owner__path",
    "terminal__grade",
    "terminal__state",
    "observed_property__lowest",
    "observed_property__highest",
)


class StreamIndex:
    """One row per datastream. PostgreSQL announces changes; a reader never waits for them."""

    def __init__(self) -> None:
        self._frame = pl.DataFrame(schema=SCHEMA)
        self._is_stale = threading.Event()
        self._is_stale.set()
        self._loading = threading.Lock()

    def frame(self) -> pl.DataFrame:
        """The index, loaded anew when something has changed since the last look."""
        if self._is_stale.is_set():
            self.reload()
        return self._frame

    def look_up(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The index fit for *rows* (terminal, property): loaded anew if the ledger knows one of
        them that the index does not, as when a terminal speaks in the moment it is registered."""
        known = self.frame()
        unknown = rows.select("terminal", "property").join(
            known, on=["terminal", "property"], how="anti"
        )
        codes = unknown["terminal"].unique().head(MOST_ASKED).to_list()
        names = unknown["property"].unique().head(MOST_ASKED).to_list()
        if (
            codes
            and Datastream.objects.filter(terminal__code__in=codes, code__in=names)
            .exclude(pk__in=known.filter(pl.col("terminal").is_in(codes))["datastream"].to_list())
            .exists()
        ):
            self._is_stale.set()
        return self.frame()

    def reload(self) -> None:
        with self._loading:
            if not self._is_stale.is_set():
                return
            self._is_stale.clear()
            try:
                self._frame = _load()
            except BaseException:
                self._is_stale.set()
                raise

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


def _load() -> pl.DataFrame:
    rows = Datastream.objects.order_by().values_list(*COLUMNS)
    frame = pl.DataFrame(list(rows.iterator(chunk_size=50_000)), schema=_raw(), orient="row")
    return frame.with_columns(
        is_in_service=pl.col("is_in_service") == Terminal.State.IN_SERVICE
    ).cast(SCHEMA)  # type: ignore[arg-type]


def _raw() -> dict[str, type[pl.DataType]]:
    return {**SCHEMA, "is_in_service": pl.String}
