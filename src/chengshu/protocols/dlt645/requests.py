"""What is sent to meters."""

from datetime import datetime

from .frames import ALL_METERS, ANY_METER, Frame
from .messages import (
    CLOCK,
    READ,
    READ_1997,
    READ_ADDRESS,
    READ_FOLLOWING,
    SWITCH,
    Clock,
    Plain,
    Request,
    Switch,
)


def read(address: str, di: str) -> Frame:
    """Ask for *di*: eight hexadecimal digits, or four for a meter of the 1997 edition."""
    return Frame(address, READ if len(di) == 8 else READ_1997, Request(di.lower()))


def read_following(address: str, di: str, number: int) -> Frame:
    """Ask for packet *number* of a reading that did not fit into its first answer."""
    return Frame(address, READ_FOLLOWING, Request(di.lower(), bytes((number,))))


def read_address() -> Frame:
    """Ask the only meter on a line for its address."""
    return Frame(ANY_METER, READ_ADDRESS, Plain())


def broadcast_time(at: datetime) -> Frame:
    """Set the clocks of all meters to the wall clock *at*; none answers."""
    return Frame(ALL_METERS, CLOCK, Clock(at.strftime("%y%m%d%H%M%S")))


def switch(address: str, order: Switch) -> Frame:
    return Frame(address, SWITCH, order)
