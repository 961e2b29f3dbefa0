"""Which cell, community, street … is this point in: outlines in memory, microseconds a point."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from django.db import connection
from numpy.typing import ArrayLike, NDArray

from .models import Level, Place
from .tree import sql_version

FRESH_SECONDS = 1.0
DEPTH = {level: depth for depth, level in enumerate(Level)}


@dataclass(frozen=True)
class Area:
    """A place with an outline. *path* names all places above it."""

    id: int
    code: str
    level: str
    path: str


class Locator:
    """The outlines of one version of the place tree."""

    def __init__(self, areas: Sequence[Area], outlines: Sequence[Any], version: int = 0) -> None:
        order = sorted(
            range(len(areas)), key=lambda i: (-DEPTH[Level(areas[i].level)], areas[i].code)
        )
        self.version = version
        self.areas = [areas[i] for i in order]
        self._outlines = np.array([outlines[i] for i in order], dtype=object)
        self._levels = np.array([area.level for area in self.areas], dtype=object)
        shapely.prepare(self._outlines)

    @cached_property
    def _index(self) -> shapely.STRtree:
        return shapely.STRtree(self._outlines)

    def at(self, lon: float, lat: float, level: Level | None = None) -> Area | None:
        """The deepest place at a point, or the one of *level*; on a border the lower code."""
        hits = self._index.query(shapely.Point(lon, lat), predicate="intersects")
        if level is not None:
            hits = hits[self._levels[hits] == level]
        return self.areas[int(hits.min())] if hits.size else None

    def positions(
        self, lons: ArrayLike, lats: ArrayLike, level: Level | None = None
    ) -> NDArray[np.intp]:
        """For many points at once: indices into `areas` as by `at`, -1 where there is no place."""
        points = shapely.points(np.asarray(lons, float), np.asarray(lats, float))
        which, hits = self._index.query(points, predicate="intersects")
        if level is not None:
            right = self._levels[hits] == level
            which, hits = which[right], hits[right]
        found = np.full(np.size(lons), len(self.areas), dtype=np.intp)
        np.minimum.at(found, which, hits)
        found[found == len(self.areas)] = -1
        return found

    def all(
        self, lons: ArrayLike, lats: ArrayLike, level: Level | None = None
    ) -> list[Area | None]:
        """As `positions`, as areas."""
        return [
            self.areas[i] if i >= 0 else None for i in self.positions(lons, lats, level).tolist()
        ]


def load() -> Locator:
    """Read all outlines."""
    version = _version()
    rows = list(
        Place.objects.exclude(outline=None).values_list("id", "code", "level", "path", "outline")
    )
    areas = [Area(*row[:4]) for row in rows]
    outlines = shapely.from_wkb([bytes(row[4] or b"") for row in rows])
    return Locator(areas, list(outlines), version)


def locator() -> Locator:
    """The outlines as they are, at most a second old."""
    with _kept.lock:
        now = time.monotonic()
        if _kept.locator is None or (
            now - _kept.checked_at >= FRESH_SECONDS and _version() != _kept.locator.version
        ):
            _kept.locator = load()
            _kept.checked_at = time.monotonic()
        elif now - _kept.checked_at >= FRESH_SECONDS:
            _kept.checked_at = now
        return _kept.locator


def forget() -> None:
    """Read the database again at the next call."""
    with _kept.lock:
        _kept.locator = None


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.locator: Locator | None = None
        self.checked_at = float("-inf")


_kept = _Kept()


def _version() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql_version(Place)}")
        return int(cursor.fetchone()[0])
