"""What the factor codes mean: HJ 212-2017 Annex B and its counterparts of 2005, as data.

The unit is the one the standard prints. Devices often differ for particulates and trace metals
(micrograms or milligrams where it says nanograms): never convert from the code alone.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Factor:
    """*total_unit* is that of ``-Cou``; *format* is ``N5.2``: up to 5 digits and 2 decimals."""

    code: str
    name: str
    english: str
    code_2005: str
    unit: str
    total_unit: str
    format: str


@cache
def factors() -> dict[str, Factor]:
    """All factors by their code of 2017; ``xx`` or ``x`` at its end is a number of equipment.

    The table gives two codes (``e701xx``, ``g119xx``) a second meaning; the first one counts.
    """
    text = files("chengshu.protocols.hj212").joinpath("factors.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = [Factor(**row) for row in csv.DictReader(lines)]
    return {row.code: row for row in reversed(rows)}


@cache
def _of_2005() -> dict[str, Factor]:
    return {factor.code_2005: factor for factor in factors().values() if factor.code_2005}


def factor(code: str) -> Factor | None:
    """The factor of a code of 2017 (``e10103`` is ``e101xx``), else of one of 2005."""
    known = factors()
    numbered = known.get(f"{code[:-2]}xx") or known.get(f"{code[:-1]}x")
    return known.get(code) or _of_2005().get(code) or numbered
