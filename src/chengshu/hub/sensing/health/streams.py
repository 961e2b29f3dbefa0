"""What the streams of a batch say: their states, moved on; and those that should have spoken.

Only the follower calls this, so states have one writer and a terminal that speaks again is online
in the very transaction that works its observation in.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from django.db import connection

from chengshu.analytics import stream_conditions
from chengshu.analytics.stream_conditions import LIMITS, STATES
from chengshu.hub.sensing.models import Clock, Feed, StreamState, Terminal

from .limits import limits
from .refusals import hear_refusals
from .terminals import judge, judge_spoken

COLUMNS = {"last_at": "at", "last_value": "value", "condition": "health"}
"""Where the table has another name than the state."""

KEEP = """
    INSERT INTO sensing_streamstate AS state ({names})
    SELECT {names} FROM unnest({arrays}) AS given ({names})
    ON CONFLICT (datastream_id) DO UPDATE SET {changes}
"""
KINDS = {
    pl.Int64(): "bigint[]",
    pl.Float64(): "float8[]",
    pl.String(): "text[]",
    pl.Datetime("us", "UTC"): "timestamptz[]",
}

OVERDUE = """
    WITH due AS (
        SELECT state.datastream_id, stream.terminal_id, state.at, state.health AS before,
            CASE WHEN state.health IN ('clock-wrong', 'out-of-range')
                THEN GREATEST(state.received_at, state.refused_at, state.at, (
                    SELECT max(count.not_kept_at) FROM sensing_rejection AS refused
                    JOIN sensing_rejectioncount AS count
                        ON count.sender = refused.sender AND count.code = refused.code
                    WHERE refused.at = state.refused_at
                        AND refused.terminal_id = stream.terminal_id
                )) ELSE state.at END AS heard_at,
            stream.interval_seconds * interval '1 second' AS beat,
            limits.late, limits.silent
        FROM sensing_streamstate AS state
        JOIN sensing_datastream AS stream ON stream.id = state.datastream_id
        JOIN sensing_terminal AS terminal ON terminal.id = stream.terminal_id
        JOIN unnest(%(properties)s::bigint[], %(kinds)s::text[], %(late)s::float8[],
            %(silent)s::float8[]) AS limits (property, kind, late, silent)
            ON limits.property = stream.observed_property_id AND limits.kind = terminal.kind
        WHERE state.health <> 'silent' AND terminal.state = 'in-service'
            AND terminal.feed_id = %(feed)s
    )
    UPDATE sensing_streamstate AS state
    SET health = CASE WHEN heard_at < %(now)s - silent * beat THEN 'silent' ELSE 'late' END,
        since = due.at
    FROM due
    WHERE state.datastream_id = due.datastream_id AND (
        heard_at < %(now)s - silent * beat
        OR %(is_live)s AND before = 'online' AND heard_at < %(now)s - late * beat)
    RETURNING due.terminal_id
"""
"""A device with a wrong clock, or refused, is silent when nothing at all comes from it. While rows
that its sender sends for the same reason are counted only, its own may be among them."""


def work_in(batch: pl.DataFrame) -> None:
    """Advance states and healths by *batch* (columns as batch listeners get them, plus
    ``interval_seconds``, ``kind`` and ``received_at``)."""
    known = limits()
    for feed, rows in _by_feed(batch):
        for step in _steps(feed, rows):
            turned = _advance(step, known)
            _move_clock(feed, step)
            silent = _overdue(feed, feed.latest_at, known) if _keeps_record_time(feed) else []
            judge({*turned, *silent})
            judge_spoken(step["terminal"].unique().to_list())


def fall_silent(now: datetime) -> int:
    """Judge the live feeds against *now*: who is late, silent, or refused again and again. How
    many terminals changed."""
    known = limits()
    concerned = set(hear_refusals(now, known))
    for feed in Feed.objects.filter(clock=Clock.WALL):
        concerned.update(_overdue(feed, now, known))
    return judge(concerned)


def _by_feed(batch: pl.DataFrame) -> Iterator[tuple[Feed, pl.DataFrame]]:
    feeds = Feed.objects.in_bulk(batch["feed"].unique().to_list())
    for (number,), rows in batch.group_by("feed", maintain_order=True):
        yield feeds[int(str(number))], rows


def _keeps_record_time(feed: Feed) -> bool:
    return feed.clock == Clock.RECORDS


def _steps(feed: Feed, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A live batch is one step; records step through time, so that how they were cut into
    batches makes no difference to what is found. Records say nothing of a device's clock."""
    if not _keeps_record_time(feed):
        yield rows
        return
    shortest = rows["interval_seconds"].min()
    assert isinstance(shortest, int)
    stride = timedelta(seconds=shortest)
    unheard = pl.lit(None, rows.schema["received_at"])
    slots = rows.with_columns(slot=pl.col("at").dt.truncate(stride), received_at=unheard)
    for _slot, step in slots.sort("slot").group_by("slot", maintain_order=True):
        yield step.drop("slot")


def _advance(rows: pl.DataFrame, known: pl.DataFrame) -> list[int]:
    """Move states on; the terminals with a stream whose condition has changed or is new."""
    streams = (
        rows.select("datastream", "terminal", "property", "kind", "interval_seconds")
        .unique("datastream")
        .join(known, on=["property", "kind"], how="left")
    )
    before = _states(streams["datastream"].to_list())
    after = stream_conditions.advance(before, rows, streams.select("datastream", *LIMITS))
    said = rows.sort("at").group_by("datastream").agg(pl.col("quality", "received_at").last())
    _keep(after.join(said, on="datastream"))
    was = before.select("datastream", was="condition")
    turned = after.join(was, on="datastream", how="left").filter(
        pl.col("was").is_null() | (pl.col("was") != pl.col("condition"))
    )
    return streams.join(turned, on="datastream", how="semi")["terminal"].unique().to_list()


def _states(streams: Iterable[int]) -> pl.DataFrame:
    names = [COLUMNS.get(name, name) for name in STATES]
    rows = StreamState.objects.filter(datastream__in=streams).values_list(*names)
    return pl.DataFrame(list(rows), schema=dict(STATES), orient="row")


def _keep(states: pl.DataFrame) -> None:
    if states.is_empty():
        return
    kept = states.rename({**COLUMNS, "datastream": "datastream_id"}).with_columns(
        pl.col("quality").cast(pl.Int64)
    )
    names = ", ".join(kept.columns)
    arrays = ", ".join(f"%s::{KINDS[kind]}" for kind in kept.dtypes)
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in kept.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP.format(names=names, arrays=arrays, changes=changes),
            [column.to_list() for column in kept],
        )


def _move_clock(feed: Feed, step: pl.DataFrame) -> None:
    first, last = step["at"].min(), step["at"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    if feed.started_at is None or feed.latest_at is None or feed.latest_at < last:
        feed.started_at = feed.started_at or first
        feed.latest_at = max(feed.latest_at or last, last)
        feed.save(update_fields=["started_at", "latest_at"])


def _overdue(feed: Feed, now: datetime | None, known: pl.DataFrame) -> list[int]:
    """Mark streams that should have spoken; the terminals concerned. Records are never late."""
    facts: dict[str, Any] = {
        "feed": feed.pk,
        "now": now,
        "is_live": not _keeps_record_time(feed),
        "properties": known["property_id"].to_list(),
        "kinds": known["kind"].to_list(),
        "late": known["late_intervals"].to_list(),
        "silent": known["silent_intervals"].to_list(),
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, facts)
        terminals = [row[0] for row in cursor.fetchall()]
    return terminals + (_never_heard(feed, known) if _keeps_record_time(feed) else [])


def _never_heard(feed: Feed, known: pl.DataFrame) -> list[int]:
    """Terminals of a feed of records that were silent from its start and are not yet called so."""
    assert feed.started_at
    assert feed.latest_at
    intervals = known["silent_intervals"].max()
    assert isinstance(intervals, float)
    longest = (feed.latest_at - feed.started_at).total_seconds() / intervals
    return list(
        Terminal.objects.filter(
            feed=feed,
            state=Terminal.State.IN_SERVICE,
            current=None,
            datastreams__interval_seconds__lt=longest,
        )
        .distinct()
        .values_list("id", flat=True)
    )
