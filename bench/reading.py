"""How long questions to a large lake take.

``python bench/reading.py [--rows 100000000] [--streams 10000]`` fills a lake with a week of
observations of so many streams, merges its files as the upkeep does, rolls up its last day, and
asks by the ways the pages and the API have: the latest value of a terminal, a week of one stream,
the mean of all streams by hour over a day. A thousand million rows take about two gigabytes, and
fifteen minutes.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ingest
import numpy as np
import polars as pl

WEEK, DAY = timedelta(days=7), timedelta(days=1)
BLOCK = 4_000_000
"""Rows of a file before merging."""
TIMES = 30


def fill(rows: int, streams: int, end: datetime) -> None:
    """A random walk for every stream, all at the same times, in files by time."""
    from chengshu.core.lake import installation
    from chengshu.core.lake.writing import append
    from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES, OBSERVATIONS
    from chengshu.hub.sensing.models import Datastream

    lake = installation.current()
    lake.ensure([OBSERVATIONS, MINUTES, HOURS, DAYS])
    numbers = np.array(Datastream.objects.order_by("pk").values_list("pk", flat=True))
    steps = rows // streams
    times = int(end.timestamp()) - np.arange(steps, 0, -1) * (int(WEEK.total_seconds()) // steps)
    chance = np.random.default_rng(1)
    level = chance.normal(40, 15, streams)
    for start in range(0, steps, max(1, BLOCK // streams)):
        at = times[start : start + max(1, BLOCK // streams)]
        walk = level[:, None] + chance.normal(0, 1, (streams, len(at))).cumsum(axis=1)
        level = walk[:, -1]
        frame = pl.DataFrame(
            {
                "datastream": np.repeat(numbers, len(at)),
                "at": pl.Series(np.tile(at * 1_000_000, streams)).cast(pl.Datetime("us", "UTC")),
                "value": np.round(walk.ravel(), 1),
                "quality": np.zeros(streams * len(at), np.uint8),
            }
        )
        append(lake, OBSERVATIONS, frame)


def say_once_more(end: datetime) -> None:
    """One more observation of every stream, which the follower of the lake works in."""
    from chengshu.core.lake import installation
    from chengshu.core.lake.models import Follower
    from chengshu.core.lake.writing import append
    from chengshu.hub.sensing import follow
    from chengshu.hub.sensing.lake import OBSERVATIONS
    from chengshu.hub.sensing.models import Datastream

    lake = installation.current()
    Follower.objects.create(name=follow.NAME, snapshot=lake.current_snapshot())
    numbers = list(Datastream.objects.order_by("pk").values_list("pk", flat=True))
    frame = pl.DataFrame({"datastream": numbers}).with_columns(
        pl.lit(end).dt.cast_time_unit("us").alias("at"),
        value=pl.lit(40.0),
        quality=pl.lit(0, pl.UInt8),
    )
    append(lake, OBSERVATIONS, frame)
    assert follow.follow_once() == len(numbers)


def roll_up_the_last_day(end: datetime) -> float:
    """Rows a second."""
    from chengshu.core.lake import installation
    from chengshu.core.lake.models import Follower
    from chengshu.hub.sensing.models.rollups import RollupProgress
    from chengshu.hub.sensing.rollups import rolling

    snapshot = installation.current().current_snapshot()
    follower = Follower.objects.create(name=rolling.NAME, snapshot=snapshot)
    RollupProgress.objects.create(follower=follower, until=end - DAY)
    began = time.perf_counter()
    while not rolling.step(end + timedelta(hours=1)).is_last:
        pass
    return time.perf_counter() - began


def milliseconds(name: str, ask: Callable[[int], object]) -> None:
    """Ask with the numbers from 0 on, the first three times without looking at the clock."""
    taken = []
    for turn in range(TIMES + 3):
        began = time.perf_counter()
        ask(turn)
        taken.append((time.perf_counter() - began) * 1000)
    found = sorted(taken[3:])
    print(
        f"{name}: median {statistics.median(found):.1f} ms, "
        f"95th percentile {found[int(TIMES * 0.95)]:.1f} ms, worst {found[-1]:.1f} ms",
        flush=True,
    )


def measure(rows: int, streams: int) -> None:
    ingest.with_streams(streams)
    from chengshu.core.access.policy import System
    from chengshu.core.lake import installation, upkeep
    from chengshu.hub.sensing import aggregates, queries
    from chengshu.hub.sensing.lake import OBSERVATIONS
    from chengshu.hub.sensing.models import Terminal
    from chengshu.hub.sensing.rollups.buckets import Bucket
    from chengshu.hub.sensing.series import series

    end = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) - DAY
    began = time.perf_counter()
    fill(rows, streams, end)
    upkeep.compact(installation.current(), OBSERVATIONS)
    seconds = time.perf_counter() - began
    sizes = upkeep.file_sizes(installation.current(), OBSERVATIONS)
    print(
        f"{rows:,} rows of {streams:,} streams filled in and merged in {seconds:.0f} s: "
        f"{len(sizes)} files, {sum(sizes) / rows:.2f} bytes a row",
        flush=True,
    )
    say_once_more(end)
    took = roll_up_the_last_day(end)
    print(f"last day, {rows / 7 / took:,.0f} rows a second rolled up", flush=True)
    actor = System("bench", frozenset({queries.VIEW}))
    terminals = list(Terminal.objects.order_by("pk")[: streams // TIMES * TIMES : streams // TIMES])

    def of(turn: int) -> Terminal:
        return terminals[turn % len(terminals)]

    milliseconds("latest value of a terminal", lambda n: queries.latest(of(n), end))
    milliseconds(
        "a week of one stream, 1,000 points",
        lambda n: series(of(n), "pm2_5", end - WEEK, end, 1_000),
    )
    milliseconds(
        "mean of all streams by hour over a day",
        lambda n: aggregates.aggregate(
            actor,
            aggregates.Question(
                observed_property="pm2_5",
                bucket=Bucket.HOUR,
                by=aggregates.By.ALL,
                start=end - DAY,
                until=end,
            ),
        ),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000_000)
    arguments.add_argument("--streams", type=int, default=10_000)
    chosen = arguments.parse_args()
    from chengshu.core.runtime.postgres import EmbeddedPostgres

    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="chengshu-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedPostgres(folder / "postgres") as server:
            os.environ["CHENGSHU_HOME"] = str(folder)  # noqa: TID251 - settings are read from there
            os.environ["CHENGSHU_DATABASE_URL"] = server.url  # noqa: TID251
            measure(chosen.rows, chosen.streams)


if __name__ == "__main__":
    main()
