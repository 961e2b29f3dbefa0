"""What is sent to meters. Answers repeat the sequence number and the order of the identifier."""

from .frames import ANY_METER, ANY_TYPE, Exchange, Frame

READ, READ_ADDRESS, WRITE = 0x01, 0x03, 0x04
CURRENT = "901f"
OPEN, CLOSE = b"\x55", b"\x99"


def read(
    address: str, sequence: int, *, meter_type: int = ANY_TYPE, identifier: str = CURRENT
) -> Frame:
    """Ask for *identifier*, sent in the order given: 901f as most meters want, 1f90 as written."""
    return Frame(meter_type, address, READ, Exchange(identifier, sequence))


def read_address(sequence: int) -> Frame:
    """Ask the only meter on a line for its address."""
    return Frame(ANY_TYPE, ANY_METER, READ_ADDRESS, Exchange("810a", sequence))


def turn_valve(address: str, sequence: int, meter_type: int, *, to_open: bool) -> Frame:
    order = Exchange("a017", sequence, OPEN if to_open else CLOSE)
    return Frame(meter_type, address, WRITE, order)
