"""Map projections: Gauss-Krüger of CGCS2000, and Web Mercator."""

from dataclasses import dataclass
from functools import cache
from math import (
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    degrees,
    exp,
    hypot,
    pi,
    radians,
    sin,
    sinh,
    sqrt,
    tan,
)

from chengshu.kit.errors import Invalid
from chengshu.kit.geodesy.ellipsoids import GRS80, Ellipsoid

WEB_MERCATOR_RADIUS = 6378137.0
WEB_MERCATOR_LIMIT = 85.0511287798066  # degrees of latitude at the edge of the square
FALSE_EASTING = 500_000.0
REACH = 20.0  # degrees from the central meridian up to which the series is good to a millimetre
_WIDEST = atanh(sin(radians(REACH))) * 1.01  # the same at the equator, with room for the series


class UnknownProjection(Invalid):
    """An EPSG code that is no Gauss-Krüger projection of CGCS2000."""

    code = "unknown-projection"


class OutsideProjection(Invalid):
    """A point too far away for the projection."""

    code = "outside-projection"


@dataclass(frozen=True)
class GaussKrueger:
    """Transverse Mercator with scale 1 on *central_meridian* (degrees east); metres.

    Series of Krüger (1912) to the sixth power of the third flattening, as given by Karney (2011).
    """

    central_meridian: float
    false_easting: float = FALSE_EASTING
    ellipsoid: Ellipsoid = GRS80

    def forward(self, lon: float, lat: float) -> tuple[float, float]:
        """Easting and northing."""
        away = (lon - self.central_meridian + 180) % 360 - 180
        if abs(away) > REACH or abs(lat) >= 90:
            raise OutsideProjection(
                f"The point lies more than {REACH:g} degrees from the meridian "
                f"{self.central_meridian:g} or at a pole."
            )
        conformal, across = self._conform(tan(radians(lat))), radians(away)
        xi0 = atan2(conformal, cos(across))
        eta0 = asinh(sin(across) / hypot(conformal, cos(across)))
        xi, eta = xi0, eta0
        for j, alpha in enumerate(self._series.forward, start=1):
            xi += alpha * sin(2 * j * xi0) * cosh(2 * j * eta0)
            eta += alpha * cos(2 * j * xi0) * sinh(2 * j * eta0)
        return self.false_easting + self._series.radius * eta, self._series.radius * xi

    def inverse(self, easting: float, northing: float) -> tuple[float, float]:
        """Longitude and latitude, degrees."""
        xi0 = northing / self._series.radius
        eta0 = (easting - self.false_easting) / self._series.radius
        if abs(eta0) > _WIDEST or abs(xi0) >= pi / 2:
            raise OutsideProjection(
                f"The point is not in the area of the meridian {self.central_meridian:g}."
            )
        xi, eta = xi0, eta0
        for j, beta in enumerate(self._series.inverse, start=1):
            xi -= beta * sin(2 * j * xi0) * cosh(2 * j * eta0)
            eta -= beta * cos(2 * j * xi0) * sinh(2 * j * eta0)
        conformal = sin(xi) / hypot(sinh(eta), cos(xi))
        lon = self.central_meridian + degrees(atan2(sinh(eta), cos(xi)))
        return lon, degrees(atan(self._tangent(conformal)))

    @property
    def _series(self) -> "_Series":
        return _series_of(self.ellipsoid)

    def _conform(self, tangent: float) -> float:
        """Tangent of the conformal latitude from that of the geographic one."""
        e = self._series.eccentricity
        sigma = sinh(e * atanh(e * tangent / sqrt(1 + tangent**2)))
        return tangent * sqrt(1 + sigma**2) - sigma * sqrt(1 + tangent**2)

    def _tangent(self, conformal: float) -> float:
        """Inverse of :meth:`_conform` by Newton's method (Karney 2011, eq. 19 to 21)."""
        squeeze = 1 - self._series.eccentricity**2
        tangent = conformal
        for _ in range(6):
            reached = self._conform(tangent)
            slope = (1 + squeeze * tangent**2) / (squeeze * sqrt(1 + tangent**2))
            step = (conformal - reached) / sqrt(1 + reached**2) * slope
            tangent += step
            if abs(step) < 1e-15 * max(1.0, abs(tangent)):
                break
        return tangent


@dataclass(frozen=True)
class _Series:
    """What the projection needs of an ellipsoid: rectifying radius and coefficients."""

    eccentricity: float
    radius: float
    forward: tuple[float, ...]
    inverse: tuple[float, ...]


@cache
def _series_of(ellipsoid: Ellipsoid) -> _Series:
    flattening = ellipsoid.flattening
    n = flattening / (2 - flattening)
    return _Series(
        sqrt(flattening * (2 - flattening)),
        ellipsoid.axis / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256),
        tuple(_polynomial(row, n, j) for j, row in enumerate(_FORWARD, start=1)),
        tuple(_polynomial(row, n, j) for j, row in enumerate(_INVERSE, start=1)),
    )


def _polynomial(coefficients: tuple[float, ...], n: float, power: int) -> float:
    return sum(c * n ** (power + i) for i, c in enumerate(coefficients))


# Karney (2011), "Transverse Mercator with an accuracy of a few nanometers", eq. 35 and 36;
# row j begins at the power j of n.
_FORWARD = (
    (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
    (13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
    (61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
    (49561 / 161280, -179 / 168, 6601661 / 7257600),
    (34729 / 80640, -3418889 / 1995840),
    (212378941 / 319334400,),
)
_INVERSE = (
    (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
    (1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
    (17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
    (4397 / 161280, -11 / 504, -830251 / 7257600),
    (4583 / 161280, -108847 / 3991680),
    (20648693 / 638668800,),
)


@dataclass(frozen=True)
class _Zones:
    """A run of EPSG codes: *first* is the zone *number*; its meridian follows from *width*."""

    first: int
    number: int
    count: int
    width: int
    is_prefixed: bool

    def projection(self, epsg: int) -> GaussKrueger:
        zone = self.number + epsg - self.first
        meridian = zone * self.width - (3 if self.width == 6 else 0)
        prefix = zone * 1_000_000 if self.is_prefixed else 0
        return GaussKrueger(float(meridian), FALSE_EASTING + prefix)


_CGCS2000 = (
    _Zones(first=4491, number=13, count=11, width=6, is_prefixed=True),
    _Zones(first=4502, number=13, count=11, width=6, is_prefixed=False),
    _Zones(first=4513, number=25, count=21, width=3, is_prefixed=True),
    _Zones(first=4534, number=25, count=21, width=3, is_prefixed=False),
)


def of_epsg(epsg: int) -> GaussKrueger:
    """A Gauss-Krüger projection of CGCS2000: EPSG 4491 to 4554, 3 or 6 degrees wide."""
    for zones in _CGCS2000:
        if zones.first <= epsg < zones.first + zones.count:
            return zones.projection(epsg)
    raise UnknownProjection(
        f"EPSG {epsg} is no Gauss-Krüger projection of CGCS2000; these have 4491 to 4554.",
        where={"epsg": epsg},
    )


def epsg_at(lon: float) -> int:
    """EPSG code of the 3-degree projection without zone number whose meridian is nearest."""
    zone = round(lon / 3)
    if not 25 <= zone <= 45:
        raise OutsideProjection("China's 3-degree projections reach from 73.5 to 136.5 degrees.")
    return 4534 + zone - 25


def to_web_mercator(lon: float, lat: float) -> tuple[float, float]:
    """Metres of EPSG:3857; refuses latitudes beyond the edge of the square map."""
    if abs(lat) > WEB_MERCATOR_LIMIT:
        raise OutsideProjection(f"Web Mercator ends at {WEB_MERCATOR_LIMIT:.4f} degrees.")
    return WEB_MERCATOR_RADIUS * radians(lon), WEB_MERCATOR_RADIUS * asinh(tan(radians(lat)))


def from_web_mercator(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude, degrees."""
    latitude = 2 * atan(exp(y / WEB_MERCATOR_RADIUS)) - pi / 2
    return degrees(x / WEB_MERCATOR_RADIUS), degrees(latitude)
