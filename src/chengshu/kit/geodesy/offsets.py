"""The offset systems of Chinese web maps: GCJ-02 (AMap, Tencent) and BD-09 (Baidu).

There is no official text: the algorithm is the public one that all map clients agree on.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from math import atan2, cos, hypot, isfinite, pi, radians, sin, sqrt

from chengshu.kit.errors import Invalid

Point = tuple[float, float]

_AXIS = 6378245.0  # Krasovsky
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_ANGLE = pi * 3000 / 180
_BD_SHIFT = (0.0065, 0.006)
_ROUNDS = 10
_CLOSE_ENOUGH = 1e-12  # degrees


class BadPosition(Invalid):
    """Not a longitude and latitude."""

    code = "bad-position"


class Datum(StrEnum):
    """What a pair of degrees refers to; kept with every point that comes in."""

    CGCS2000 = "cgcs2000"
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def convert(lon: float, lat: float, source: Datum, target: Datum) -> Point:
    """One point from *source* to *target*; refuses what is no position on the Earth."""
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise BadPosition(
            "Longitude must be within 180 and latitude within 90 degrees.",
            where={"part": "position"},
        )
    return _STEPS[_family(source), _family(target)](lon, lat)


def convert_all(points: Iterable[Point], source: Datum, target: Datum) -> Iterator[Point]:
    """Many points, lazily; see :func:`convert`."""
    return (convert(lon, lat, source, target) for lon, lat in points)


def is_offset(lon: float, lat: float) -> bool:
    """Whether maps are offset here: a rectangle around China, larger than the country."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """Unchanged outside the rectangle of :func:`is_offset`."""
    return _offset(lon, lat) if is_offset(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    """Exact inverse by iteration, to 1e-9 degree."""
    return _undo(_offset, lon, lat) if is_offset(lon, lat) else (lon, lat)


def gcj02_to_wgs84_once(lon: float, lat: float) -> Point:
    """The widespread one-step inverse, up to 3 m off: only to repeat what others computed."""
    there = wgs84_to_gcj02(lon, lat)
    return 2 * lon - there[0], 2 * lat - there[1]


def gcj02_to_bd09(lon: float, lat: float) -> Point:
    """Unchanged outside the rectangle of :func:`is_offset`."""
    return _spiral(lon, lat) if is_offset(lon, lat) else (lon, lat)


def bd09_to_gcj02(lon: float, lat: float) -> Point:
    """Exact inverse by iteration, to 1e-9 degree."""
    return _undo(_spiral, lon, lat) if is_offset(lon, lat) else (lon, lat)


def bd09_to_gcj02_once(lon: float, lat: float) -> Point:
    """The widespread one-step inverse, some 0.1 m off: only to repeat what others computed."""
    if not is_offset(lon, lat):
        return lon, lat
    x, y = lon - _BD_SHIFT[0], lat - _BD_SHIFT[1]
    radius = hypot(x, y) - 2e-5 * sin(y * _BD_ANGLE)
    angle = atan2(y, x) - 3e-6 * cos(x * _BD_ANGLE)
    return radius * cos(angle), radius * sin(angle)


def wgs84_to_bd09(lon: float, lat: float) -> Point:
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: float, lat: float) -> Point:
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _same(lon: float, lat: float) -> Point:
    return lon, lat


def _family(datum: Datum) -> Datum:
    return Datum.WGS84 if datum is Datum.CGCS2000 else datum


_STEPS: dict[tuple[Datum, Datum], Callable[[float, float], Point]] = {
    (Datum.WGS84, Datum.WGS84): _same,
    (Datum.WGS84, Datum.GCJ02): wgs84_to_gcj02,
    (Datum.WGS84, Datum.BD09): wgs84_to_bd09,
    (Datum.GCJ02, Datum.WGS84): gcj02_to_wgs84,
    (Datum.GCJ02, Datum.GCJ02): _same,
    (Datum.GCJ02, Datum.BD09): gcj02_to_bd09,
    (Datum.BD09, Datum.WGS84): bd09_to_wgs84,
    (Datum.BD09, Datum.GCJ02): bd09_to_gcj02,
    (Datum.BD09, Datum.BD09): _same,
}


def _offset(lon: float, lat: float) -> Point:
    east, north = _metres_of_offset(lon - 105, lat - 35)
    phi = radians(lat)
    magic = 1 - _ECCENTRICITY_SQUARED * sin(phi) ** 2
    meridian_radius = _AXIS * (1 - _ECCENTRICITY_SQUARED) / (magic * sqrt(magic))
    parallel_radius = _AXIS / sqrt(magic) * cos(phi)
    return lon + east * 180 / (parallel_radius * pi), lat + north * 180 / (meridian_radius * pi)


def _metres_of_offset(x: float, y: float) -> tuple[float, float]:
    ripple = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    root = sqrt(abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += ripple * 2 / 3
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += ripple * 2 / 3
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    return east, north


def _spiral(lon: float, lat: float) -> Point:
    radius = hypot(lon, lat) + 2e-5 * sin(lat * _BD_ANGLE)
    angle = atan2(lat, lon) + 3e-6 * cos(lon * _BD_ANGLE)
    return radius * cos(angle) + _BD_SHIFT[0], radius * sin(angle) + _BD_SHIFT[1]


def _undo(shift: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    """The point that *shift* moves to *lon*, *lat*: shifts are smooth and small."""
    x, y = lon, lat
    for _ in range(_ROUNDS):
        there = shift(x, y)
        east, north = there[0] - lon, there[1] - lat
        x, y = x - east, y - north
        if max(abs(east), abs(north)) < _CLOSE_ENOUGH:
            break
    return x, y
