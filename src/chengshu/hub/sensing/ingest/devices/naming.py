"""What the platform calls a value that a device calls something else."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from .book import Registered


@cache
def usual(protocol: str) -> Mapping[str, str]:
    """The datastream code for what devices of *protocol* say, from ``streams.csv``."""
    text = (files(__package__) / "streams.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["said"]: row["stream"] for row in rows if row["protocol"] == protocol}


def stream_of(device: Registered, terminal: str, *said: str) -> str:
    """The code of the datastream of *terminal* for a value that has the names *said*, best first.

    The device's own settings go before the terminal's datastreams of these names and both before
    the usual code; without any it is the last name.
    """
    own: Mapping[str, str] = device.settings["streams"]
    for name in said:
        if name in own:
            return own[name]
    for name in said:
        if device.has(terminal, name):
            return name
    return usual(device.protocol).get(said[-1], said[-1])
