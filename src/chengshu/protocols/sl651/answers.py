"""What the centre sends. *at* is a wall clock in the zone of the stations; callers convert it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from .bodies import Body
from .frames import End, Frame, Packet
from .parts import FixedQuantity, Group, Part, Period, Step, Switches, Wanted

FUNCTIONS = {
    0x2F: "link keep-alive",
    0x30: "test report",
    0x31: "uniform-interval report",
    0x32: "timed report",
    0x33: "additional report",
    0x34: "hourly report",
    0x35: "manual report",
    0x36: "picture",
    0x37: "real-time data",
    0x38: "period data",
    0x39: "manual data",
    0x3A: "named elements",
    0x40: "writing of the basic configuration",
    0x41: "reading of the basic configuration",
    0x42: "writing of run parameters",
    0x43: "reading of run parameters",
    0x44: "pump motor data",
    0x45: "software version",
    0x46: "status and alarms",
    0x47: "clearing of the memory",
    0x48: "factory reset",
    0x49: "change of the password",
    0x4A: "setting of the clock",
    0x4B: "IC card state",
    0x4C: "pump switch",
    0x4D: "valve switch",
    0x4E: "gate switch",
    0x4F: "fixed-quantity control",
    0x50: "event counters",
    0x51: "clock",
}


class Mode(IntEnum):
    """Working modes: who sends, and what is confirmed."""

    SEND = 1
    CONFIRM = 2
    PACKETS = 3
    ASK = 4


def confirm(
    report: Frame, serial: int, at: datetime, mode: Mode = Mode.CONFIRM, *, stay: bool = False
) -> Frame | None:
    """The answer to a report with *serial*, whose time sets the clock of the station.

    *stay* keeps the station on line for ten more minutes. In mode M3 *report* is the last packet
    of a complete message and the answer repeats its total as index. Nothing is answered in modes
    M1 and M4, nor to a keep-alive.
    """
    if mode in (Mode.SEND, Mode.ASK) or report.function == 0x2F:
        return None
    total = report.packet.total if report.packet else 0
    packet = Packet(total, total) if total and mode == Mode.PACKETS else None
    end = End.ESC if stay else End.EOT
    return _down(report, serial, at, end, packet)


def repeat(report: Frame, serial: int, index: int, at: datetime) -> Frame:
    """Ask again for packet *index* of a message of several packets."""
    if report.packet is None:
        raise ValueError("only a packet of several can be asked for again")
    return _down(report, serial, at, End.NAK, Packet(report.packet.total, index))


@dataclass(frozen=True)
class Link:
    """Whom the centre talks to, for what it asks on its own (mode M4, serial number 0)."""

    station: str
    centre: int
    password: int

    def ask(self, function: int, at: datetime, *parts: Part) -> Frame:
        return Frame(
            is_up=False,
            centre=self.centre,
            station=self.station,
            password=self.password,
            function=function,
            end=int(End.ENQ),
            text=Body(0, _clock(at), parts).octets,
        )

    def ask_period(self, at: datetime, period: Period, step: Step, wanted: Wanted) -> Frame:
        return self.ask(0x38, at, period, step, wanted)

    def write(self, function: int, at: datetime, *parameters: Group) -> Frame:
        """Functions 40 (basic configuration), 42 (run parameters) and 49 (password)."""
        return self.ask(function, at, *parameters)

    def clear_memory(self, at: datetime) -> Frame:
        return self.ask(0x47, at, Group(b"\x97", 0, b""))

    def factory_reset(self, at: datetime) -> Frame:
        return self.ask(0x48, at, Group(b"\x98", 0, b""))

    def set_clock(self, at: datetime) -> Frame:
        """A clock that is off by more than five minutes takes the order only when repeated."""
        return self.ask(0x4A, at)

    def switch(self, function: int, at: datetime, switches: Switches) -> Frame:
        """Functions 4C (pumps), 4D (valves) and 4E (gates)."""
        return self.ask(function, at, switches)

    def fixed_quantity(self, at: datetime, *, on: bool) -> Frame:
        return self.ask(0x4F, at, FixedQuantity(0xFF if on else 0))


def _down(report: Frame, serial: int, at: datetime, end: End, packet: Packet | None) -> Frame:
    head = f"{serial:04X}{_clock(at)}"
    return Frame(
        is_up=False,
        centre=report.centre,
        station=report.station,
        password=report.password,
        function=report.function,
        end=int(end),
        text=head.encode() if report.is_ascii else bytes.fromhex(head),
        packet=packet,
        is_ascii=report.is_ascii,
    )


def _clock(at: datetime) -> str:
    return at.strftime("%y%m%d%H%M%S")
