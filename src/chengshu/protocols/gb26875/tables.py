"""The code tables of GB/T 26875.3-2011 and what their bits mean."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chengshu.kit.octets import bits_set

COMPONENT_BITS = (
    "normal",
    "fire",
    "fault",
    "shielded",
    "supervised",
    "started",
    "feedback",
    "delayed",
    "power fault",
)
SYSTEM_BITS = (
    *COMPONENT_BITS[:8],
    "main power fault",
    "standby power fault",
    "bus fault",
    "manual",
    "configuration changed",
    "reset",
)
DEVICE_BITS = (
    "normal",
    "fire",
    "fault",
    "main power fault",
    "standby power fault",
    "channel to the centre faulty",
    "line to the system faulty",
)
OPERATION_BITS = ("reset", "mute", "manual alarm", "alarm cleared", "self test", "confirm", "test")


@dataclass(frozen=True)
class Analogue:
    """A measured quantity; *counts* of the sent integer make one *unit*."""

    code: int
    name: str
    unit: str
    counts: int


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = (files(__package__) / "types.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _named(table: str) -> Iterator[tuple[int, str]]:
    yield from ((int(row["code"]), row["name"]) for row in _rows() if row["table"] == table)


SYSTEM_TYPES = dict(_named("system"))
COMPONENT_TYPES = dict(_named("component"))
ANALOGUES = {
    int(row["code"]): Analogue(int(row["code"]), row["name"], row["unit"], int(row["counts"]))
    for row in _rows()
    if row["table"] == "analogue"
}


def bit_names(word: int, names: tuple[str, ...]) -> list[str]:
    """What the bits of *word* that are 1 mean; bits beyond the table are left out."""
    return [names[number] for number in bits_set(word) if number < len(names)]
