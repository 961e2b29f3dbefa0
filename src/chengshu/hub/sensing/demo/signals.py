"""What every simulated device says between two times."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from django.conf import settings

from chengshu.hub.sensing.models import Datastream

from .curves import Seconds, Values, curves
from .fleets import SIMULATED

FROZEN_FOR = timedelta(hours=20)
SILENT_FOR = timedelta(hours=30)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "datastream": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}


@dataclass(frozen=True)
class Signal:
    """One datastream of a simulated terminal in a city founded at *since*, with its *fault*."""

    datastream: int
    terminal: str
    property: str
    interval: int
    fault: str
    since: datetime


def signals(since: datetime) -> list[Signal]:
    """All datastreams of simulated terminals in a city that was founded at *since*."""
    rows = (
        Datastream.objects.filter(terminal__attributes__has_key=SIMULATED)
        .order_by("id")
        .values_list(
            "id",
            "terminal__code",
            "observed_property__code",
            "interval_seconds",
            "terminal__attributes",
        )
    )
    return [
        Signal(stream, terminal, name, interval, attributes.get("fault", ""), since)
        for stream, terminal, name, interval, attributes in rows
        if name in curves
    ]


def said(wanted: Iterable[Signal], start: datetime, until: datetime, seed: int) -> pl.DataFrame:
    """Columns datastream, at, value: after *start* up to *until*."""
    offset = _offset(until)
    streams, moments, values = [], [], []
    for signal in wanted:
        times = _times(signal, start, until)
        streams.append(np.full(len(times), signal.datastream))
        moments.append(times)
        values.append(_values(signal, times, seed, offset))
    if not streams:
        return pl.DataFrame(schema=SCHEMA)
    at = pl.Series(np.concatenate(moments) * 1_000_000)
    return pl.DataFrame(
        {
            "datastream": np.concatenate(streams),
            "at": at.cast(pl.Datetime("us", "UTC")),
            "value": np.concatenate(values),
        },
        schema=SCHEMA,
    )


def _values(signal: Signal, times: Seconds, seed: int, offset: int) -> Values:
    heard = times
    if signal.fault == "frozen":
        heard = np.minimum(times, int((signal.since - FROZEN_FOR).timestamp()))
    device = f"{signal.terminal} {signal.property}"
    return curves[signal.property].at(heard, device, seed, offset)


def _times(signal: Signal, start: datetime, until: datetime) -> Seconds:
    """The moments of the device's own beat, which begins at a second of its own."""
    if signal.fault == "silent":
        until = min(until, signal.since - SILENT_FOR)
    beat = signal.interval
    phase = zlib.crc32(signal.terminal.encode()) % beat
    first = (int(start.timestamp()) - phase) // beat * beat + phase + beat
    return np.arange(first, int(until.timestamp()) + 1, beat, dtype=np.int64)


def _offset(at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(settings.TIME_ZONE)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def as_observations(rows: pl.DataFrame, wanted: Iterable[Signal]) -> list[dict[str, object]]:
    """*rows* of *wanted* in the form of the public ingest interface, oldest first."""
    names = pl.DataFrame(
        [(signal.datastream, signal.terminal, signal.property) for signal in wanted],
        schema={"datastream": pl.Int64, "terminal": pl.String, "property": pl.String},
        orient="row",
    )
    spoken = rows.join(names, on="datastream").sort("at")
    observations: dict[tuple[str, datetime], dict[str, float]] = {}
    for terminal, at, name, value in spoken.select("terminal", "at", "property", "value").rows():
        observations.setdefault((terminal, at), {})[name] = value
    return [
        {"terminal": terminal, "at": at.isoformat(), "values": values}
        for (terminal, at), values in observations.items()
    ]
