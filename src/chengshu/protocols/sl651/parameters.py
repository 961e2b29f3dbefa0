"""The parameters of SL 651-2014, appendix D; ``parameters.csv`` holds the table."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

BASIC = frozenset((0x40, 0x41, 0x49))
RUN = frozenset((0x42, 0x43, 0x47, 0x48))
FIRST_CHANNEL, LAST_CHANNEL = 0x04, 0x0B
IPV4, CHANNEL_BYTES = 2, 10
CHANNELS = ("off", "SMS", "IPv4", "BeiDou", "maritime satellite", "PSTN", "VHF")


@dataclass(frozen=True)
class Parameter:
    name: str
    unit: str


def parameter(function: int, identifier: str) -> Parameter | None:
    """What *identifier* stands for in a function that writes or reads parameters."""
    table = "basic" if function in BASIC else "run"
    return _table().get((table, identifier))


def channel(identifier: int, data: bytes) -> str | None:
    """Kind and address of a channel to the centre: ``IPv4 218.94.153.172:9708``.

    None for another parameter.
    """
    if not FIRST_CHANNEL <= identifier <= LAST_CHANNEL or not data or data[0] >= len(CHANNELS):
        return None
    kind, digits = CHANNELS[data[0]], data[1:].hex()
    if data[0] == IPV4 and len(data) == CHANNEL_BYTES and digits.isdecimal():
        address = ".".join(str(int(digits[at : at + 3])) for at in range(0, 12, 3))
        return f"{kind} {address}:{int(digits[12:])}"
    return f"{kind} {digits}".strip()


@cache
def _table() -> dict[tuple[str, str], Parameter]:
    text = (files(__package__) / "parameters.csv").read_text(encoding="utf-8")
    return {
        (row["table"], row["id"]): Parameter(row["name"], row["unit"])
        for row in csv.DictReader(text.splitlines())
    }
