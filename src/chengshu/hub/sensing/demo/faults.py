"""What is wrong with the ill devices of the demonstration city, and since when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from chengshu.kit.registry import Registry

from .curves import DAY, HOUR, Seconds, Values

NEVER = np.iinfo(np.int64).max
Bend = Callable[[Values, Seconds], Values]


def _straight(values: Values, beats: Seconds) -> Values:
    return values


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Hours are counted back from the city's foundation; None has not happened.

    *only* names the property concerned, empty for all. *mute* is from when until when it says
    nothing (to 0 hours: for ever), *frozen* since when it repeats itself, *future* since when its
    clock is a day ahead. *slower* is how many of its intervals it takes, *bend* what its values
    become by the number of the beat.
    """

    only: str = ""
    mute: tuple[float, float] | None = None
    frozen: float | None = None
    future: float | None = None
    slower: float = 1.0
    bend: Bend = _straight

    def speaks(self, times: Seconds, since: datetime) -> NDArray[np.bool_]:
        if self.mute is None:
            return np.ones(len(times), bool)
        start, until = (_ago(since, hours) for hours in self.mute)
        is_over = times > until if self.mute[1] else np.zeros(len(times), bool)
        return (times <= start) | is_over

    def frozen_from(self, times: Seconds, since: datetime) -> Seconds:
        """For each of *times* the latest moment whose value can be heard."""
        latest = NEVER if self.frozen is None else _ago(since, self.frozen)
        return np.full(len(times), latest, np.int64)

    def ahead(self, times: Seconds, since: datetime) -> Seconds:
        """Seconds by which the device dates its reports too late."""
        if self.future is None:
            return np.zeros(len(times), np.int64)
        return np.where(times > _ago(since, self.future), DAY, 0).astype(np.int64)

    def bent(self, values: Values, beats: Seconds) -> Values:
        return self.bend(values, beats)


def _ago(since: datetime, hours: float) -> int:
    return int(since.timestamp() - hours * HOUR)


def _leaping(values: Values, beats: Seconds) -> Values:
    return np.asarray(values + 1.5 * (beats % 2))


def _overheated(values: Values, beats: Seconds) -> Values:
    return np.asarray(np.round(50 + 0.3 * values, 1))


def _drained(values: Values, beats: Seconds) -> Values:
    return np.asarray(np.round(0.15 * values))


faults: Registry[Fault] = Registry("demo fault", Fault)
faults.add("silent", Fault(mute=(30, 0)))
faults.add("mended", Fault(mute=(78, 44)))
faults.add("partial", Fault(only="voltage", mute=(26, 0)))
faults.add("frozen", Fault(frozen=20))
faults.add("clock-wrong", Fault(future=6))
faults.add("late", Fault(slower=2.2))
faults.add("jumping", Fault(only="water-level", bend=_leaping))
faults.add("out-of-range", Fault(only="temperature", bend=_overheated))
faults.add("low-battery", Fault(only="battery", bend=_drained))
