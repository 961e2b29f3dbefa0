"""Data identifiers of DL/T 645-2007, appendix A, and of the 1997 edition.

``identifiers.csv`` holds the families; TT stands for a tariff, NN for a settlement (00 is now),
PP for a phase and QQ for the total or a phase. FF in their place asks for all of them.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

ALL = "ff"
TARIFFS = ("total", "sharp", "peak", "flat", "valley")
PHASES = ("phase A", "phase B", "phase C")
DEMAND_TIME = 5
MOST_SETTLEMENTS = 12


@dataclass(frozen=True)
class Quantity:
    """What an identifier asks for; *octets* is the size of one value, *parts* names a block's."""

    name: str
    octets: int
    decimals: int
    unit: str
    is_signed: bool
    kind: str
    parts: tuple[str, ...] = ()


def quantity(di: str) -> Quantity | None:
    """The quantity of *di* (eight hexadecimal digits, four in the 1997 edition), if known."""
    return _table().get(di)


@cache
def _table() -> dict[str, Quantity]:
    text = (files(__package__) / "identifiers.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {di: one for row in rows for di, one in _expanded(row["di"], _quantity(row))}


def _quantity(row: dict[str, str]) -> Quantity:
    return Quantity(
        name=row["quantity"],
        octets=int(row["octets"]),
        decimals=int(row["decimals"]),
        unit=row["unit"],
        is_signed=row["signed"] == "1",
        kind=row["kind"],
    )


def _expanded(di: str, family: Quantity) -> Iterator[tuple[str, Quantity]]:
    for mark, names, first in (("PP", PHASES, 1), ("QQ", ("total", *PHASES), 0)):
        if mark in di:
            yield from _placed(di.replace(mark, "{}"), family, names, first)
            return
    if "TT" not in di:
        yield di, family
        return
    for settlement in range(MOST_SETTLEMENTS + 1):
        past = f", settlement {settlement}" if settlement else ""
        pattern = di.replace("TT", "{}").replace("NN", f"{settlement:02x}")
        yield from _tariffs(pattern, family, past)


def _placed(
    pattern: str, family: Quantity, names: tuple[str, ...], first: int
) -> Iterator[tuple[str, Quantity]]:
    for number, name in enumerate(names, first):
        yield pattern.format(f"{number:02x}"), replace(family, name=f"{name} {family.name}")
    yield pattern.format(ALL), replace(family, parts=names)


def _tariffs(pattern: str, family: Quantity, past: str) -> Iterator[tuple[str, Quantity]]:
    for number, tariff in enumerate(TARIFFS):
        is_plain = family.name == "combined active energy" and not number
        name = family.name if is_plain else f"{family.name} {tariff}"
        yield pattern.format(f"{number:02x}"), replace(family, name=name + past)
    yield pattern.format(ALL), replace(family, name=family.name + past, parts=TARIFFS)
