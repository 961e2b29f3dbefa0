"""The current data of a meter (identifier 901F): water and gas, heat, and a maker's variant."""

from dataclasses import dataclass
from datetime import datetime

UNITS = {
    0x01: "J",
    0x02: "Wh",
    0x05: "kWh",
    0x08: "MWh",
    0x0A: "100 MWh",
    0x0B: "kJ",
    0x0E: "MJ",
    0x11: "GJ",
    0x13: "100 GJ",
    0x14: "W",
    0x17: "kW",
    0x1A: "MW",
    0x29: "L",
    0x2C: "m3",
    0x32: "L/h",
    0x35: "m3/h",
}
LITRES = 0x29
VALVES = {0: "open", 1: "closed", 3: "abnormal"}
FLOW_SIZE, HEAT_SIZE, VARIANT_SIZE = 19, 43, 26


@dataclass(frozen=True)
class Amount:
    """Eight digits and their unit."""

    octets: bytes

    @property
    def digits(self) -> str:
        return self.octets[3::-1].hex()

    @property
    def unit(self) -> str:
        return UNITS.get(self.octets[4], f"{self.octets[4]:02x}")

    @property
    def value(self) -> float | None:
        """With two decimals, as the standard says; None for litres, where makers differ."""
        if self.octets[4] == LITRES or not self.digits.isdecimal():
            return None
        return int(self.digits) / 100


@dataclass(frozen=True)
class Clock:
    """The clock of the meter; some makers send it with the century first."""

    octets: bytes

    @property
    def is_turned(self) -> bool:
        return _moment(self.octets[::-1]) is None and _moment(self.octets) is not None

    @property
    def moment(self) -> datetime | None:
        """The wall clock of the meter, which knows no zone; None where it is none."""
        return _moment(self.octets[::-1]) or _moment(self.octets)


@dataclass(frozen=True)
class Status:
    octets: bytes

    @property
    def valve(self) -> str | None:
        return VALVES.get(self.octets[0] & 3)

    @property
    def is_battery_low(self) -> bool:
        return bool(self.octets[0] & 4)


@dataclass(frozen=True)
class Consumption:
    """Water and gas."""

    cumulative: Amount
    settlement: Amount
    clock: Clock
    status: Status


@dataclass(frozen=True)
class Heat:
    """Heating and cooling; temperatures in ℃, working time in hours."""

    settlement: Amount
    cumulative: Amount
    power: Amount
    flow: Amount
    cumulative_flow: Amount
    supply: float | None
    returned: float | None
    hours: int | None
    clock: Clock
    status: Status


@dataclass(frozen=True)
class Variant:
    """Meters over LoRa with control code A1: each unit stands before its four bytes."""

    cumulative: bytes
    settlement: bytes
    flow: bytes
    clock: bytes
    tail: bytes


CurrentData = Consumption | Heat | Variant


def read_current(data: bytes) -> CurrentData | None:
    """None for a layout that the standard does not know."""
    if len(data) == FLOW_SIZE:
        return Consumption(
            Amount(data[:5]), Amount(data[5:10]), Clock(data[10:17]), Status(data[17:])
        )
    if len(data) == HEAT_SIZE:
        return _heat(data)
    return None


def read_variant(data: bytes) -> Variant | None:
    if len(data) != VARIANT_SIZE:
        return None
    return Variant(data[:5], data[5:10], data[10:15], data[15:22], data[22:])


def _heat(data: bytes) -> Heat:
    settlement, cumulative, power, flow, cumulative_flow = (
        Amount(data[at : at + 5]) for at in range(0, 25, 5)
    )
    supply, returned, hours = (_decimal(data[at : at + 3]) for at in (25, 28, 31))
    return Heat(
        settlement=settlement,
        cumulative=cumulative,
        power=power,
        flow=flow,
        cumulative_flow=cumulative_flow,
        supply=None if supply is None else supply / 100,
        returned=None if returned is None else returned / 100,
        hours=hours,
        clock=Clock(data[34:41]),
        status=Status(data[41:]),
    )


def _decimal(octets: bytes) -> int | None:
    digits = octets[::-1].hex()
    return int(digits) if digits.isdecimal() else None


def _moment(octets: bytes) -> datetime | None:
    """From century, year, month, day, hour, minute, second as decimals."""
    digits = octets.hex()
    if not digits.isdecimal():
        return None
    year, rest = int(digits[:4]), [int(digits[at : at + 2]) for at in range(4, 14, 2)]
    month, day, hour, minute, second = rest
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a meter knows no zone
    except ValueError:
        return None
