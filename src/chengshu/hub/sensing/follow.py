"""The follower: works every durable observation into states, rules and indicators, once."""

import logging
import threading
import time
from datetime import datetime

import polars as pl
import psycopg
from django.db import connection, transaction
from django.utils import timezone

from chengshu.core.lake import installation
from chengshu.core.lake.models import Follower

from .health.streams import fall_silent, work_in
from .lake import OBSERVATIONS
from .listeners import batch_listeners
from .models import Datastream

log = logging.getLogger(__name__)

NAME = "sensing"
STORED = "chengshu_observations"
"""PostgreSQL channel on which an ingest process says that it has committed."""
MOST_SNAPSHOTS = 32
SILENCE_SECONDS = 15.0

FACTS = {
    "datastream": ("id", pl.Int64),
    "property": ("observed_property__code", pl.String),
    "interval_seconds": ("interval_seconds", pl.Int64),
    "terminal": ("terminal_id", pl.Int64),
    "terminal_code": ("terminal__code", pl.String),
    "terminal_name": ("terminal__name", pl.String),
    "kind": ("terminal__kind", pl.String),
    "place": ("terminal__place_id", pl.Int64),
    "owner": ("terminal__owner_id", pl.Int64),
    "grade": ("terminal__grade", pl.Int64),
    "lon": ("terminal__lon", pl.Float64),
    "lat": ("terminal__lat", pl.Float64),
    "feed": ("terminal__feed_id", pl.Int64),
}


def follow_once() -> int:
    """Work in the next snapshots in one transaction; how many observations they held, -1 for
    nothing new. A killed process leaves no trace: the same snapshots come again."""
    head = installation.current().current_snapshot()
    with transaction.atomic():
        Follower.objects.get_or_create(name=NAME)
        follower = Follower.objects.select_for_update().get(name=NAME)
        if head <= follower.snapshot:
            return -1
        through = min(head, follower.snapshot + MOST_SNAPSHOTS)
        rows = installation.current().insertions(OBSERVATIONS, follower.snapshot, through)
        if len(rows):
            _work_in(rows, installation.current().taken(follower.snapshot, through))
        follower.snapshot = through
        follower.save(update_fields=["snapshot"])
    return len(rows)


def _work_in(rows: pl.DataFrame, taken: pl.DataFrame) -> None:
    """*taken* says when each snapshot was: the time of reception."""
    newest = rows.sort("snapshot").unique(["datastream", "at"], keep="last")
    received = newest.join(taken.rename({"at": "received_at"}), on="snapshot").drop("snapshot")
    batch = received.join(_facts(newest["datastream"].unique().to_list()), on="datastream")
    work_in(batch)
    for listener in batch_listeners:
        listener.hear(batch)


def _facts(streams: list[int]) -> pl.DataFrame:
    found = Datastream.objects.filter(id__in=streams).order_by()
    rows = found.values_list(*(lookup for lookup, _kind in FACTS.values()))
    schema = {name: kind for name, (_lookup, kind) in FACTS.items()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def look_for_silence(now: datetime) -> int:
    """Judge who should have spoken by *now*; how many terminals changed.

    Under the same lock as a batch, so that nothing it works in is judged by what was before.
    """
    with transaction.atomic():
        Follower.objects.get_or_create(name=NAME)
        Follower.objects.select_for_update().get(name=NAME)
        return fall_silent(now)


def run(stop: threading.Event) -> None:
    """Follow until *stop*, woken by every commit of observations."""
    installation.current().ensure([OBSERVATIONS])
    looked_at = 0.0
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as wake:
        wake.execute(f"LISTEN {STORED}")
        while not stop.is_set():
            while not stop.is_set() and follow_once() >= 0:
                pass
            if time.monotonic() - looked_at > SILENCE_SECONDS:
                looked_at = time.monotonic()
                look_for_silence(timezone.now())
            for _notice in wake.notifies(timeout=1, stop_after=1):
                pass


def announce_stored() -> None:
    """Wake the followers; called by an ingest process after a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [STORED])
