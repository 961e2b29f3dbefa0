"""How simulated observations go: one function of time per property, so that history and live
devices say the same and nothing has to be remembered.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chengshu.kit.registry import Registry

DAY, HOUR = 86_400, 3_600
DRIFT_SECONDS = 20 * HOUR
WANDER_SECONDS = 3 * HOUR

Seconds = NDArray[np.int64]
Values = NDArray[np.float64]
Shape = Callable[[Values], Values]


def steady(hours: Values) -> Values:
    """The same all day."""
    return np.zeros_like(hours)


def warm_afternoon(hours: Values) -> Values:
    """Highest at three, lowest before sunrise."""
    return np.asarray(np.cos((hours - 15) / 24 * 2 * np.pi))


def rush_hours(hours: Values) -> Values:
    """Two peaks, and quiet nights."""
    peaks = np.exp(-(((hours - 8) / 2.2) ** 2)) + np.exp(-(((hours - 18.5) / 2.6) ** 2))
    return np.asarray(1.6 * peaks - 0.6)


def after_dark(hours: Values) -> Values:
    """0 from seven at night to six, -1 by day: what is switched on."""
    return np.where((hours >= 19) | (hours < 6), 0.0, -1.0)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """*base* is the usual value in the property's unit; *day*, *drift*, *wander* and *jitter* are
    shares of it: by the hour (*shape*), by the city's weather over days, by the device over hours
    and by each reading. *spread* is how much devices differ.

    An episode comes with chance *episodes* per device and day, rises by *height* and fades over
    *episode_hours*.
    """

    base: float
    shape: Shape = steady
    day: float = 0.0
    drift: float = 0.0
    wander: float = 0.0
    jitter: float = 0.0
    spread: float = 0.0
    weather: str = ""
    episodes: float = 0.0
    height: float = 0.0
    episode_hours: float = 1.5
    lowest: float = 0.0
    highest: float = np.inf
    decimals: int = 1

    def at(self, times: Seconds, device: str, seed: int, offset: int) -> Values:
        """Values of *device* at *times* (UTC seconds) in a city *offset* seconds east of UTC."""
        own, city = _key(seed, device), _key(seed, f"weather {self.weather}")
        hours = (times + offset) % DAY / HOUR
        share = (
            1
            + self.spread * (2 * _chance(own, np.zeros(1, np.int64))[0] - 1)
            + self.day * self.shape(hours)
            + self.drift * _smooth(city, times, DRIFT_SECONDS)
            + self.wander * _smooth(own, times, WANDER_SECONDS)
            + self.jitter * (2 * _chance(own + 1, times) - 1)
        )
        found = self.base * share + self._episodes(own, times + offset)
        return np.round(np.clip(found, self.lowest, self.highest), self.decimals)

    def _episodes(self, own: int, local: Seconds) -> Values:
        if not self.episodes:
            return np.zeros(len(local))
        total = np.zeros(len(local))
        for day in (local // DAY, local // DAY - 1):
            comes = _chance(own + 2, day) < self.episodes
            top = day * DAY + (6 + 16 * _chance(own + 3, day)) * HOUR
            far = (local - top) / (self.episode_hours * HOUR)
            total += comes * np.exp(-(far**2)) * (0.5 + _chance(own + 4, day))
        return self.height * total


curves: Registry[Curve] = Registry("demo curve", Curve)
"""By code of the observed property."""


def _key(seed: int, name: str) -> int:
    return (seed * 0x9E3779B1 + zlib.crc32(name.encode())) % 2**48 * 8


def _chance(key: int, numbers: Seconds) -> Values:
    """Numbers from 0 to 1 that look random and are always the same (splitmix64)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed ^ (mixed >> np.uint64(31))) / 2.0**64


def _smooth(key: int, times: Seconds, period: int) -> Values:
    """Between -1 and 1, wandering over *period*."""
    step, into = times // period, times % period / period
    ease = into * into * (3 - 2 * into)
    return 2 * (_chance(key, step) * (1 - ease) + _chance(key, step + 1) * ease) - 1
