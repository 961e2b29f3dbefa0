"""What every simulated device says between two times."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from django.conf import settings

from chengshu.hub.sensing.models import Datastream

from .curves import Seconds, Values, curves
from .faults import Fault, faults
from .fleets import SIMULATED

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
    fault: Fault
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
        Signal(stream, terminal, name, interval, _fault(attributes, name), since)
        for stream, terminal, name, interval, attributes in rows
        if name in curves
    ]


def _fault(attributes: dict[str, str], name: str) -> Fault:
    found = faults[attributes["fault"]] if attributes.get("fault") in faults else Fault()
    return found if found.only in ("", name) else Fault()


def said(wanted: Iterable[Signal], start: datetime, until: datetime, seed: int) -> pl.DataFrame:
    """Columns datastream, at, value: after *start* up to *until*."""
    offset = _offset(until)
    streams, moments, values = [], [], []
    for signal in wanted:
        times = _times(signal, start, until)
        streams.append(np.full(len(times), signal.datastream))
        moments.append(times + signal.fault.ahead(times, signal.since))
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
    heard = np.minimum(times, signal.fault.frozen_from(times, signal.since))
    device = f"{signal.terminal} {signal.property}"
    values = curves[signal.property].at(heard, device, seed, offset)
    return signal.fault.bent(values, times // signal.interval)


def _times(signal: Signal, start: datetime, until: datetime) -> Seconds:
    """The moments of the device's own beat, which begins at a second of its own."""
    beat = round(signal.interval * signal.fault.slower)
    phase = zlib.crc32(signal.terminal.encode()) % beat
    first = (int(start.timestamp()) - phase) // beat * beat + phase + beat
    times = np.arange(first, int(until.timestamp()) + 1, beat, dtype=np.int64)
    return times[signal.fault.speaks(times, signal.since)]


def _offset(at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(settings.TIME_ZONE)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def as_observations(rows: pl.DataFrame, wanted: Iterable[Signal]) -> list[dict[str, Any]]:
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
