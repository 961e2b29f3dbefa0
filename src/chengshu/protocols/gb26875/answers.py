"""What the centre sends: confirmations, denials, orders and requests.

The time is a wall clock in the zone of the device; the caller has converted it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from .frames import Command, Frame
from .layouts import Layout
from .objects import DutyCheck, SetClock, ToDevice
from .stamps import Stamp
from .units import TYPES, Unit


def confirm(frame: Frame, at: datetime) -> Frame:
    """Received: same serial number, addresses swapped, nothing more."""
    return _answer(frame, Command.CONFIRM, at)


def deny(frame: Frame, at: datetime) -> Frame:
    """Received but not accepted."""
    return _answer(frame, Command.DENY, at)


@dataclass(frozen=True)
class Line:
    """The two ends of a connection as addresses, for what the centre sends on its own."""

    centre: int
    device: int

    def order(self, serial: int, at: datetime, code: int, *objects: Layout) -> Frame:
        """A message of application type *code*; its command is the one the type travels with."""
        return Frame(
            serial=serial,
            time=Stamp.at(at),
            source=self.centre,
            destination=self.device,
            command=TYPES[code].command,
            unit=Unit(code, objects),
        )

    def set_clock(self, serial: int, at: datetime) -> Frame:
        return self.order(serial, at, 90, SetClock(Stamp.at(at)))

    def duty_check(self, serial: int, at: datetime, minutes: int) -> Frame:
        """Ask for the guard; the device answers with a type 24 record within *minutes*."""
        return self.order(serial, at, 91, DutyCheck(minutes))

    def initialise(self, serial: int, at: datetime) -> Frame:
        return self.order(serial, at, 89, ToDevice(0))

    def read_state(self, serial: int, at: datetime) -> Frame:
        return self.order(serial, at, 81, ToDevice(0))

    def read_clock(self, serial: int, at: datetime) -> Frame:
        return self.order(serial, at, 88, ToDevice(0))


def _answer(frame: Frame, command: Command, at: datetime) -> Frame:
    return replace(
        frame,
        time=Stamp.at(at),
        source=frame.destination,
        destination=frame.source,
        command=command,
        unit=None,
    )
