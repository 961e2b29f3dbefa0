"""How fast observations become durable: the store alone, without protocols in front of it.

``python bench/lake_append.py [--seconds 8] [--shared ../shared]`` starts a PostgreSQL and a lake in
a temporary folder, with every sync a production installation has, and prints one table.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.runtime.postgres import EmbeddedPostgres
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import ObservationStore
from chengshu.hub.sensing.store.waiting import Pace

ROWS = 100_000
SENDERS = 4
MICROSECONDS = 1_000_000
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
WEATHER = ("TEMP", "PRES", "DEWP", "RAIN", "WSPM")


def bodies(first: int, streams: int) -> Iterator[pl.DataFrame]:
    """Endless batches of ROWS later and later rows, spread evenly over *streams*."""
    numbers = np.random.default_rng(first)
    stream = np.tile(np.arange(first, first + streams), ROWS // streams)
    second = np.repeat(np.arange(ROWS // streams), streams)
    start = 1_767_225_600
    while True:
        yield pl.DataFrame(
            {
                "datastream": stream,
                "at": pl.Series((start + second) * MICROSECONDS).cast(pl.Datetime("us", "UTC")),
                "value": np.round(numbers.normal(20, 5, ROWS), 1),
                "quality": pl.Series(np.zeros(ROWS), dtype=pl.UInt8),
            }
        )
        start += ROWS // streams


def rows_per_second(
    store: ObservationStore, streams: int, seconds: float, first: int
) -> tuple[float, float]:
    """SENDERS hand in one batch after the other, each for streams of its own.

    Per second of the clock, and per second of processor time of this process, PostgreSQL's
    not counted: the second tells something on a busy machine too.
    """
    started_at, worked = time.monotonic(), time.process_time()
    stop_at = started_at + seconds

    def send(sender: int) -> int:
        stored = 0
        for body in bodies(first + sender * streams, streams):
            if time.monotonic() > stop_at:
                break
            stored += store.append(body).stored
        return stored

    with ThreadPoolExecutor(SENDERS) as senders:
        total = sum(senders.map(send, range(SENDERS)))
    return total / (time.monotonic() - started_at), total / (time.process_time() - worked)


def latencies(store: ObservationStore, rows: int, times: int, first: int) -> list[float]:
    """Seconds from hand-in to answer, one at a time, after a pause each."""
    found = []
    for body in (next(bodies(first + n * rows, ROWS)) for n in range(times)):
        time.sleep(Pace().window_seconds * 1.5)
        started_at = time.monotonic()
        store.append(body.head(rows))
        found.append(time.monotonic() - started_at)
    return found


def air_quality(shared: Path) -> pl.DataFrame:
    """The hours of three Beijing stations, a stream per station and quantity."""
    parts = []
    for number, path in enumerate(
        sorted((shared / "data" / "airquality" / "prsa").glob("*.csv.gz"))
    ):
        table = pl.read_csv(path, null_values="NA", infer_schema_length=None).with_columns(
            at=pl.datetime("year", "month", "day", "hour", time_zone="UTC", time_unit="us")
        )
        parts += [
            table.select(
                pl.lit(number * 100 + place, pl.Int64).alias("datastream"),
                "at",
                pl.col(name).cast(pl.Float64).alias("value"),
                pl.lit(0, pl.UInt8).alias("quality"),
            ).drop_nulls()
            for place, name in enumerate(POLLUTANTS + WEATHER)
        ]
    return pl.concat(parts).sort("at")


def bytes_per_observation(lake: Lake, store: ObservationStore, rows: pl.DataFrame) -> list[float]:
    """As appended, in batches in order of time, and after merging."""
    sizes = []
    for start in range(0, len(rows), ROWS):
        store.append(rows.slice(start, ROWS))
    sizes.append(sum(upkeep.file_sizes(lake, OBSERVATIONS)) / len(rows))
    upkeep.compact(lake, OBSERVATIONS)
    sizes.append(sum(upkeep.file_sizes(lake, OBSERVATIONS)) / len(rows))
    return sizes


def with_lake(measure: Callable[[Lake, ObservationStore], None]) -> None:
    """Run *measure* on an empty lake with a durable catalogue."""
    with tempfile.TemporaryDirectory(prefix="chengshu-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedPostgres(folder / "postgres") as server:
            lake = Lake.open(server.url, folder / "lake")
            lake.ensure([OBSERVATIONS])
            store = ObservationStore(lake, pace=Pace())
            measure(lake, store)
            store.close()
            lake.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=8)
    shared = os.environ.get("CHENGSHU_SHARED", "../shared")  # noqa: TID251 - not an installation
    arguments.add_argument("--shared", type=Path, default=Path(shared))
    chosen = arguments.parse_args()

    def speed(_lake: Lake, store: ObservationStore) -> None:
        for number, streams in enumerate((1_000, 100_000)):
            clock, processor = rows_per_second(
                store, streams, chosen.seconds, 10_000_000 * (number + 1)
            )
            print(
                f"{SENDERS} senders x {streams:>7,} streams: {clock / 1e6:.2f} M rows/s durable, "
                f"{processor / 1e6:.2f} M per processor second"
            )
        for rows in (1, ROWS):
            found = sorted(latencies(store, rows, 30, 100_000_000 * (1 + (rows > 1))))
            print(
                f"{rows:>7,} rows, one at a time: median {statistics.median(found) * 1000:.0f} ms, "
                f"worst of 30 {found[-1] * 1000:.0f} ms"
            )

    def size(lake: Lake, store: ObservationStore) -> None:
        rows = air_quality(chosen.shared)
        appended, merged = bytes_per_observation(lake, store, rows)
        print(
            f"{len(rows):,} real observations: {appended:.2f} bytes each as appended, "
            f"{merged:.2f} merged"
        )

    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with_lake(speed)
    if chosen.shared.is_dir():
        with_lake(size)


if __name__ == "__main__":
    main()
