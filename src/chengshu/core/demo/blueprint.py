"""What city to invent."""

from dataclasses import dataclass, field

from .names import Names


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """The same blueprint always gives the same ground, names, people and devices.

    *code* has six digits; GB/T 2260 gives out none from 99 on. *centre* is in the open sea by
    default, so that no real place is meant. *counts* are districts, streets, communities, cells;
    of the last only about as many are made. *radius* is in metres.
    """

    seed: int = 20261121
    code: str = "990100"
    centre: tuple[float, float] = (123.6, 30.4)
    radius: float = 13_000.0
    counts: tuple[int, int, int, int] = (6, 30, 150, 1200)
    names: Names = field(default_factory=Names.read)
    terminals: float = 1.0
    """Share of the usual number of terminals."""
    days: int = 7
    """Days of history."""
