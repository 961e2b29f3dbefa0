"""What the streams of a batch say of their terminals: online, frozen, partly or wholly silent.

Only the follower calls this, so states have one writer and a terminal that speaks again is online
in the very transaction that works its observation in.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import polars as pl
from django.db import connection

from chengshu.analytics import stream_health
from chengshu.core.events.outbox import emit

from .events import TerminalHealthChanged
from .models import Clock, Datastream, Feed, StreamState, Terminal, TerminalState

FROZEN_REPORTS = 12
SILENT_INTERVALS = 3
Health = Terminal.Health

STATE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "datastream": pl.Int64,
    "last_at": pl.Datetime("us", "UTC"),
    "last_value": pl.Float64,
    "same_since": pl.Datetime("us", "UTC"),
    "same_count": pl.Int64,
}

SILENCE = """
    UPDATE sensing_streamstate AS state SET health = 'silent'
    FROM sensing_datastream AS stream
    JOIN sensing_terminal AS terminal ON terminal.id = stream.terminal_id
    WHERE stream.id = state.datastream_id AND state.health <> 'silent'
      AND terminal.feed_id = %(feed)s AND terminal.state = 'in-service'
      AND state.at < %(now)s - stream.interval_seconds * %(intervals)s * interval '1 second'
    RETURNING stream.terminal_id
"""


def work_in(batch: pl.DataFrame) -> None:
    """Advance states and healths by *batch* (columns as batch listeners get them, plus
    ``interval_seconds`` and ``quiet_below``)."""
    for feed, rows in _by_feed(batch):
        for step in _steps(feed, rows):
            _advance(step)
            _move_clock(feed, step)
            silent = _fall_silent(feed, feed.latest_at) if _keeps_record_time(feed) else []
            judge({*step["terminal"].unique().to_list(), *silent})


def fall_silent(now: datetime) -> int:
    """Judge the live feeds against *now*; how many terminals changed."""
    return sum(judge(_fall_silent(feed, now)) for feed in Feed.objects.filter(clock=Clock.WALL))


def _by_feed(batch: pl.DataFrame) -> Iterator[tuple[Feed, pl.DataFrame]]:
    feeds = Feed.objects.in_bulk(batch["feed"].unique().to_list())
    for (number,), rows in batch.group_by("feed", maintain_order=True):
        yield feeds[int(str(number))], rows


def _keeps_record_time(feed: Feed) -> bool:
    return feed.clock == Clock.RECORDS


def _steps(feed: Feed, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A live batch is one step; records step through time, so that how they were cut into
    batches makes no difference to what is found."""
    if not _keeps_record_time(feed):
        yield rows
        return
    shortest = rows["interval_seconds"].min()
    assert isinstance(shortest, int)
    stride = timedelta(seconds=shortest)
    slots = rows.with_columns(slot=pl.col("at").dt.truncate(stride)).sort("slot")
    for _slot, step in slots.group_by("slot", maintain_order=True):
        yield step.drop("slot")


def _advance(rows: pl.DataFrame) -> None:
    for (interval, quiet), group in rows.group_by("interval_seconds", "quiet_below"):
        assert isinstance(interval, int)
        assert quiet is None or isinstance(quiet, float)
        frozen = _frozen_rule(interval, quiet)
        before = _states(group["datastream"].unique().to_list())
        after, _found = stream_health.advance(before, group, [frozen])
        held = stream_health.freezes(after, frozen)["datastream"].implode()
        _keep_states(
            after.join(
                group.sort("at").group_by("datastream").agg(pl.col("quality").last()),
                on="datastream",
            ).with_columns(
                health=pl.when(pl.col("datastream").is_in(held))
                .then(pl.lit(Health.FROZEN.value))
                .otherwise(pl.lit(Health.ONLINE.value))
            )
        )


def _frozen_rule(interval: int, quiet_below: float | None) -> stream_health.Frozen:
    steady = ((float("-inf"), quiet_below),) if quiet_below is not None else ()
    span = timedelta(seconds=interval * (FROZEN_REPORTS - 1))
    return stream_health.Frozen(repeats=FROZEN_REPORTS, span=span, steady=steady)


def _states(streams: Iterable[int]) -> pl.DataFrame:
    rows = StreamState.objects.filter(datastream__in=streams).values_list(
        "datastream_id", "at", "value", "same_since", "same_count"
    )
    return pl.DataFrame(list(rows), schema=STATE_SCHEMA, orient="row")


def _keep_states(states: pl.DataFrame) -> None:
    StreamState.objects.bulk_create(
        [
            StreamState(
                datastream_id=row["datastream"],
                at=row["last_at"],
                value=row["last_value"],
                quality=row["quality"],
                same_since=row["same_since"],
                same_count=row["same_count"],
                health=row["health"],
            )
            for row in states.iter_rows(named=True)
        ],
        update_conflicts=True,
        unique_fields=["datastream"],
        update_fields=["at", "value", "quality", "same_since", "same_count", "health"],
        batch_size=5000,
    )


def _move_clock(feed: Feed, step: pl.DataFrame) -> None:
    first, last = step["at"].min(), step["at"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    if feed.started_at is None or feed.latest_at is None or feed.latest_at < last:
        feed.started_at = feed.started_at or first
        feed.latest_at = max(feed.latest_at or last, last)
        feed.save(update_fields=["started_at", "latest_at"])


def _fall_silent(feed: Feed, now: datetime | None) -> list[int]:
    """Mark streams that are due as silent; the terminals concerned."""
    with connection.cursor() as cursor:
        cursor.execute(SILENCE, {"feed": feed.pk, "now": now, "intervals": SILENT_INTERVALS})
        terminals = [row[0] for row in cursor.fetchall()]
    return terminals + (_never_heard(feed) if _keeps_record_time(feed) else [])


def _never_heard(feed: Feed) -> list[int]:
    """Terminals of a feed of records that were silent from its start and are not yet called so."""
    assert feed.started_at
    assert feed.latest_at
    longest = (feed.latest_at - feed.started_at).total_seconds() / SILENT_INTERVALS
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


def judge(terminals: Iterable[int]) -> int:
    """Set each terminal's health to its worst condition and tell of changes; how many changed."""
    wanted = list(terminals)
    if not wanted:
        return 0
    before = TerminalState.objects.in_bulk(wanted)
    found = _conditions(wanted)
    changed = [
        (row, before.get(row["terminal"]))
        for row in found.iter_rows(named=True)
        if (known := before.get(row["terminal"])) is None or known.health != row["health"]
    ]
    TerminalState.objects.bulk_create(
        [
            TerminalState(terminal_id=row["terminal"], health=row["health"], since=row["since"])
            for row, _known in changed
        ],
        update_conflicts=True,
        unique_fields=["terminal"],
        update_fields=["health", "since"],
    )
    rows = Terminal.objects.select_related("place", "owner").in_bulk(
        [row["terminal"] for row, _known in changed]
    )
    for row, known in changed:
        _tell(rows[row["terminal"]], known.health if known else Health.UNKNOWN.value, row)
    return len(changed)


def _conditions(terminals: list[int]) -> pl.DataFrame:
    """terminal, health, since, properties (those in that condition)."""
    streams = pl.DataFrame(
        list(
            Datastream.objects.filter(terminal__in=terminals).values_list(
                "terminal_id",
                "observed_property__code",
                "state__health",
                "state__at",
                "state__same_since",
                "terminal__feed__started_at",
            )
        ),
        schema={
            "terminal": pl.Int64,
            "property": pl.String,
            "health": pl.String,
            "at": pl.Datetime("us", "UTC"),
            "same_since": pl.Datetime("us", "UTC"),
            "started_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    ).with_columns(pl.col("health").fill_null(Health.SILENT.value))
    silent, frozen = (pl.col("health") == name for name in (Health.SILENT, Health.FROZEN))
    since = {
        Health.SILENT: pl.coalesce(pl.col("at"), pl.col("started_at")).max(),
        Health.FROZEN: pl.col("same_since").filter(frozen).min(),
        Health.PARTIAL: pl.coalesce(pl.col("at"), pl.col("started_at")).filter(silent).min(),
        Health.ONLINE: pl.col("at").max(),
    }
    whole = streams.group_by("terminal", maintain_order=True).agg(
        health=pl.when(silent.all())
        .then(pl.lit(Health.SILENT.value))
        .when(frozen.any())
        .then(pl.lit(Health.FROZEN.value))
        .when(silent.any())
        .then(pl.lit(Health.PARTIAL.value))
        .otherwise(pl.lit(Health.ONLINE.value)),
        properties=pl.col("property").filter(silent | frozen),
        **{f"since_{name.value}": moment for name, moment in since.items()},
    )
    return whole.with_columns(
        since=pl.coalesce(
            pl.when(pl.col("health") == name.value).then(pl.col(f"since_{name.value}"))
            for name in since
        )
    )


def _tell(terminal: Terminal, before: str, row: dict[str, object]) -> None:
    since = row["since"]
    assert isinstance(since, datetime)
    properties = row["properties"]
    assert isinstance(properties, list)
    emit(
        TerminalHealthChanged(
            terminal=terminal.pk,
            code=terminal.code,
            before=before,
            health=str(row["health"]),
            since=since.isoformat(),
            properties=properties,
        ),
        on=terminal,
    )
