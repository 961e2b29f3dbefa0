"""The shapes that are taken for the Earth."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ellipsoid:
    """*axis*: half the diameter of the equator, metres."""

    axis: float
    inverse_flattening: float

    @property
    def flattening(self) -> float:
        return 1 / self.inverse_flattening

    @property
    def polar_axis(self) -> float:
        return self.axis * (1 - self.flattening)


GRS80 = Ellipsoid(6378137.0, 298.257222101)  # CGCS2000
WGS84 = Ellipsoid(6378137.0, 298.257223563)
