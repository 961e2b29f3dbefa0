"""Terminal parameters (0x8103, 0x0104): JT/T 808-2013 table 12 and 2019 table 10."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_CHARSET = "gb18030"


@dataclass(frozen=True)
class Parameter:
    """*size* is the number of bytes of a number, 0 for text."""

    id: int
    name: str
    size: int
    unit: str = ""


_LISTED = (
    Parameter(0x0001, "heartbeat interval", 4, "s"),
    Parameter(0x0002, "TCP answer time-out", 4, "s"),
    Parameter(0x0003, "TCP retransmissions", 4),
    Parameter(0x0010, "APN", 0),
    Parameter(0x0011, "dial-up user", 0),
    Parameter(0x0012, "dial-up password", 0),
    Parameter(0x0013, "server", 0),
    Parameter(0x0018, "TCP port", 4),
    Parameter(0x0020, "location strategy", 4),
    Parameter(0x0021, "location plan", 4),
    Parameter(0x0022, "interval without driver", 4, "s"),
    Parameter(0x0027, "interval asleep", 4, "s"),
    Parameter(0x0028, "interval in emergency", 4, "s"),
    Parameter(0x0029, "default interval", 4, "s"),
    Parameter(0x002C, "default distance", 4, "m"),
    Parameter(0x002D, "distance without driver", 4, "m"),
    Parameter(0x002E, "distance asleep", 4, "m"),
    Parameter(0x002F, "distance in emergency", 4, "m"),
    Parameter(0x0030, "corner angle", 4, "deg"),
    Parameter(0x0031, "fence radius", 2, "m"),
    Parameter(0x0050, "alarm mask", 4),
    Parameter(0x0055, "greatest speed", 4, "km/h"),
    Parameter(0x0056, "overspeed duration", 4, "s"),
    Parameter(0x0057, "continuous driving limit", 4, "s"),
    Parameter(0x0058, "day driving limit", 4, "s"),
    Parameter(0x0059, "shortest rest", 4, "s"),
    Parameter(0x005A, "longest parking", 4, "s"),
    Parameter(0x0070, "picture quality", 4),
    Parameter(0x0071, "brightness", 4),
    Parameter(0x0072, "contrast", 4),
    Parameter(0x0073, "saturation", 4),
    Parameter(0x0074, "chroma", 4),
    Parameter(0x0080, "odometer", 4, "0.1 km"),
    Parameter(0x0081, "province", 2),
    Parameter(0x0082, "city", 2),
    Parameter(0x0083, "plate", 0),
    Parameter(0x0084, "plate colour", 1),
    Parameter(0x0090, "GNSS modes", 1),
)

PARAMETERS: Mapping[int, Parameter] = MappingProxyType({item.id: item for item in _LISTED})


def parameter_value(number: int, octets: bytes) -> int | str | None:
    """What the value means; None for ids unknown here and for values of another size."""
    parameter = PARAMETERS.get(number)
    if parameter is None:
        return None
    if parameter.size:
        return int.from_bytes(octets, "big") if len(octets) == parameter.size else None
    try:
        return octets.strip(b"\0").decode(_CHARSET)
    except UnicodeDecodeError:
        return None


def parameter_octets(number: int, value: int | str) -> bytes:
    """The bytes of *value* for 0x8103.

    Raises KeyError for an id unknown here, ValueError for a value of the wrong type or size.
    """
    size = PARAMETERS[number].size
    if isinstance(value, str) and not size:
        return value.encode(_CHARSET)
    if isinstance(value, int) and size and 0 <= value < 1 << 8 * size:
        return value.to_bytes(size, "big")
    raise ValueError(f"{value!r} is no value of parameter 0x{number:04X}")
