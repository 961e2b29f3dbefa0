"""The location body 0x0200: JT/T 808-2013 clause 8.18, 2019 clause 8.12."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from struct import Struct
from typing import Any

from chengshu.kit.octets import bit, bits_set
from chengshu.protocols.jt808.items import Item, extras, parse_items, written_items

BEIJING = timezone(timedelta(hours=8))
BASE_SIZE = 28
_BASE = Struct(">IIIIHHH6s")


class Alarm(IntEnum):
    """Bits of the alarm word. 15 to 17 are of 2019."""

    EMERGENCY = 0
    OVERSPEED = 1
    FATIGUE = 2
    DANGER_WARNING = 3
    GNSS_FAULT = 4
    ANTENNA_OPEN = 5
    ANTENNA_SHORT = 6
    MAIN_POWER_LOW = 7
    MAIN_POWER_LOST = 8
    DISPLAY_FAULT = 9
    TTS_FAULT = 10
    CAMERA_FAULT = 11
    IC_CARD_FAULT = 12
    OVERSPEED_WARNING = 13
    FATIGUE_WARNING = 14
    ILLEGAL_DRIVING = 15
    TYRE_PRESSURE = 16
    RIGHT_TURN_BLIND_ZONE = 17
    DAY_DRIVING_OVER_TIME = 18
    PARKING_OVER_TIME = 19
    IN_OUT_AREA = 20
    IN_OUT_ROUTE = 21
    ROUTE_TIME = 22
    OFF_ROUTE = 23
    VSS_FAULT = 24
    FUEL_ABNORMAL = 25
    STOLEN = 26
    ILLEGAL_IGNITION = 27
    ILLEGAL_MOVE = 28
    COLLISION = 29
    ROLL_OVER = 30
    ILLEGAL_DOOR_OPENING = 31


CLEARED_BY_REPLY = frozenset(
    (
        Alarm.EMERGENCY,
        Alarm.DANGER_WARNING,
        Alarm.IN_OUT_AREA,
        Alarm.IN_OUT_ROUTE,
        Alarm.ROUTE_TIME,
        Alarm.ILLEGAL_IGNITION,
        Alarm.ILLEGAL_MOVE,
        Alarm.ILLEGAL_DOOR_OPENING,
    )
)


class Status(IntEnum):
    """Bits of the status word; the load is the two bits 8 and 9. 6, 7 and 22 are of 2019."""

    ACC_ON = 0
    POSITIONED = 1
    SOUTH = 2
    WEST = 3
    OUT_OF_SERVICE = 4
    COORDINATES_ENCRYPTED = 5
    FORWARD_COLLISION = 6
    LANE_DEPARTURE = 7
    FUEL_CUT = 10
    CIRCUIT_CUT = 11
    DOORS_LOCKED = 12
    FRONT_DOOR_OPEN = 13
    MIDDLE_DOOR_OPEN = 14
    REAR_DOOR_OPEN = 15
    DRIVER_DOOR_OPEN = 16
    FIFTH_DOOR_OPEN = 17
    GPS_USED = 18
    BEIDOU_USED = 19
    GLONASS_USED = 20
    GALILEO_USED = 21
    MOVING = 22


@dataclass(frozen=True)
class Location:
    """Values as on the wire: coordinates in millionths of a degree, *altitude* in m, *speed* in
    0.1 km/h, *course* in degrees from north, *time_digits* ``YYMMDDhhmmss`` of Beijing time.

    *tail* is what follows the last whole item.
    """

    alarm: int
    status: int
    latitude_raw: int
    longitude_raw: int
    altitude: int
    speed: int
    course: int
    time_digits: str
    items: tuple[Item, ...] = ()
    tail: bytes = b""

    @property
    def is_positioned(self) -> bool:
        """Whether the coordinates are of now; else they are the last known ones."""
        return bit(self.status, Status.POSITIONED)

    @property
    def point(self) -> tuple[float, float]:
        """Longitude and latitude in degrees, west and south negative.

        The standard keeps the sign in the status; terminals that send two's complement instead
        are understood as well.
        """
        longitude, latitude = degrees(self.longitude_raw), degrees(self.latitude_raw)
        if longitude > 0 and bit(self.status, Status.WEST):
            longitude = -longitude
        if latitude > 0 and bit(self.status, Status.SOUTH):
            latitude = -latitude
        return longitude, latitude

    @property
    def signed_altitude(self) -> int:
        """Metres, with the top bit as the sign that it is in practice."""
        return self.altitude - (1 << 16 if self.altitude >> 15 else 0)

    @property
    def speed_kmh(self) -> float:
        return self.speed / 10

    @property
    def load(self) -> int:
        """0 empty, 1 half, 3 full."""
        return self.status >> 8 & 3

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        return tuple(Alarm(number) for number in bits_set(self.alarm))

    @property
    def time(self) -> datetime | None:
        """The moment in UTC; None when the digits are no time."""
        return moment(self.time_digits)


def degrees(raw: int) -> float:
    return (raw - (1 << 32) if raw >> 31 else raw) / 1_000_000


def moment(digits: str) -> datetime | None:
    """``YYMMDDhhmmss`` of Beijing time as aware UTC; None when it is no such time."""
    if len(digits) != 12 or not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        return None
    return local.astimezone(UTC)


def moment_digits(at: datetime) -> str:
    """``YYMMDDhhmmss`` of Beijing time."""
    return at.astimezone(BEIJING).strftime("%y%m%d%H%M%S")


def parse_location(octets: bytes) -> Location:
    """Raises ValueError when there are less than 28 bytes."""
    if len(octets) < BASE_SIZE:
        raise ValueError(f"{len(octets)} bytes are less than a location")
    alarm, status, latitude, longitude, altitude, speed, course, clock = _BASE.unpack_from(octets)
    items, tail = parse_items(octets, BASE_SIZE)
    return Location(
        alarm, status, latitude, longitude, altitude, speed, course, clock.hex(), items, tail
    )


def write_location(location: Location) -> bytes:
    base = _BASE.pack(
        location.alarm,
        location.status,
        location.latitude_raw,
        location.longitude_raw,
        location.altitude,
        location.speed,
        location.course,
        bytes.fromhex(location.time_digits),
    )
    return base + written_items(location.items) + location.tail


def location_json(location: Location) -> dict[str, Any]:
    """*time_beijing* shows the digits as sent, be they a time or not."""
    digits = location.time_digits
    date = f"20{digits[:2]}-{digits[2:4]}-{digits[4:6]}"
    fields: dict[str, Any] = {
        "alarm": location.alarm,
        "alarm_bits": list(bits_set(location.alarm)),
        "status": location.status,
        "acc_on": bit(location.status, Status.ACC_ON),
        "positioned": location.is_positioned,
        "south": bit(location.status, Status.SOUTH),
        "west": bit(location.status, Status.WEST),
        "latitude_raw": location.latitude_raw,
        "longitude_raw": location.longitude_raw,
        "latitude": degrees(location.latitude_raw),
        "longitude": degrees(location.longitude_raw),
        "altitude_m": location.altitude,
        "speed_kmh": location.speed_kmh,
        "course_deg": location.course,
        "time_beijing": f"{date}T{digits[6:8]}:{digits[8:10]}:{digits[10:]}",
    }
    if named := extras(location.items):
        fields["extras"] = named
    if location.items:
        fields["extra_items"] = [[f"{item.id:02X}", item.value.hex()] for item in location.items]
    if location.tail:
        fields["extra_trailing_malformed_hex"] = location.tail.hex()
    return fields


class LocationKind:
    """A location up to the end of the body, as a kind of `shapes`."""

    def read(self, octets: bytes, at: int) -> tuple[Location, int]:
        return parse_location(octets[at:]), len(octets)

    def write(self, value: Location) -> bytes:
        return write_location(value)

    def json(self, value: Location) -> dict[str, Any]:
        return location_json(value)


class BareLocationKind(LocationKind):
    """A location of 28 bytes without items, as 0x0801 has it."""

    def read(self, octets: bytes, at: int) -> tuple[Location, int]:
        return parse_location(octets[at : at + BASE_SIZE]), at + BASE_SIZE
