"""How far, and in which direction."""

from collections.abc import Sequence
from itertools import pairwise
from math import asin, atan, atan2, cos, degrees, radians, sin, sqrt, tan
from typing import NamedTuple

from chengshu.kit.errors import Terminal
from chengshu.kit.geodesy.ellipsoids import GRS80, Ellipsoid

MEAN_RADIUS = 6371008.8  # metres
_ROUNDS = 200
_CLOSE_ENOUGH = 1e-12  # radians, 6 micrometres


class NearlyAntipodal(Terminal):
    """Two points so nearly opposite on the Earth that the iteration does not settle."""

    code = "nearly-antipodal"


class Geodesic(NamedTuple):
    """*azimuth* at the start: degrees clockwise from north, 0 up to 360."""

    metres: float
    azimuth: float


class _Arc(NamedTuple):
    """A great circle on the auxiliary sphere."""

    sine: float
    cosine: float
    angle: float
    cos_squared_tilt: float
    cos_twice_middle: float


def haversine(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres on the mean sphere; within 0.5 % of the truth and fast."""
    phi1, phi2 = radians(lat1), radians(lat2)
    across = sin(radians(lon2 - lon1) / 2) ** 2
    root = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * across
    return 2 * MEAN_RADIUS * asin(sqrt(min(1.0, root)))


def length(points: Sequence[tuple[float, float]]) -> float:
    """Metres along a line of longitude-latitude pairs, on the mean sphere."""
    return sum(haversine(*start, *end) for start, end in pairwise(points))


def geodesic(
    lon1: float, lat1: float, lon2: float, lat2: float, *, ellipsoid: Ellipsoid = GRS80
) -> Geodesic:
    """The shortest way on the ellipsoid, to a millimetre (Vincenty 1975).

    Raises :class:`NearlyAntipodal`; the azimuth of a point to itself is 0.
    """
    if (lon1, lat1) == (lon2, lat2):
        return Geodesic(0.0, 0.0)
    reduced1 = atan((1 - ellipsoid.flattening) * tan(radians(lat1)))
    reduced2 = atan((1 - ellipsoid.flattening) * tan(radians(lat2)))
    across, arc = _settle(reduced1, reduced2, radians(lon2 - lon1), ellipsoid.flattening)
    azimuth = atan2(
        cos(reduced2) * sin(across),
        cos(reduced1) * sin(reduced2) - sin(reduced1) * cos(reduced2) * cos(across),
    )
    return Geodesic(_metres(arc, ellipsoid), degrees(azimuth) % 360)


def _settle(reduced1: float, reduced2: float, lon: float, flattening: float) -> tuple[float, _Arc]:
    """Longitude on the auxiliary sphere that answers to *lon* on the ellipsoid, and the arc."""
    across = lon
    for _ in range(_ROUNDS):
        arc, tilt = _arc(reduced1, reduced2, across)
        squared = arc.cos_squared_tilt
        c = flattening / 16 * squared * (4 + flattening * (4 - 3 * squared))
        twice = arc.cos_twice_middle
        bend = arc.angle + c * arc.sine * (twice + c * arc.cosine * (2 * twice**2 - 1))
        before, across = across, lon + (1 - c) * flattening * tilt * bend
        if abs(across - before) < _CLOSE_ENOUGH:
            return across, arc
    raise NearlyAntipodal("The points lie almost opposite each other on the Earth.")


def _arc(reduced1: float, reduced2: float, across: float) -> tuple[_Arc, float]:
    """The arc between two reduced latitudes, and the sine of its tilt."""
    sin1, cos1, sin2, cos2 = sin(reduced1), cos(reduced1), sin(reduced2), cos(reduced2)
    sine = sqrt((cos2 * sin(across)) ** 2 + (cos1 * sin2 - sin1 * cos2 * cos(across)) ** 2)
    cosine = sin1 * sin2 + cos1 * cos2 * cos(across)
    tilt = cos1 * cos2 * sin(across) / sine if sine else 0.0
    squared = 1 - tilt**2
    twice = cosine - 2 * sin1 * sin2 / squared if squared else 0.0  # along the equator
    return _Arc(sine, cosine, atan2(sine, cosine), squared, twice), tilt


def _metres(arc: _Arc, ellipsoid: Ellipsoid) -> float:
    minor = ellipsoid.polar_axis
    u = arc.cos_squared_tilt * (ellipsoid.axis**2 - minor**2) / minor**2
    a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    twice = arc.cos_twice_middle
    inner = arc.cosine * (2 * twice**2 - 1)
    inner -= b / 6 * twice * (4 * arc.sine**2 - 3) * (4 * twice**2 - 3)
    return minor * a * (arc.angle - b * arc.sine * (twice + b / 4 * inner))
