"""The elements of SL 651-2014, appendix C; ``elements.csv`` holds the table."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FORMAT = re.compile(r"N\((\d+)(?:,(\d+))?\)")


@dataclass(frozen=True)
class Element:
    """What can be measured; *digits* and *decimals* are those the standard gives, frames differ."""

    leader: str
    ascii_id: str
    name_zh: str
    name_en: str
    unit: str
    digits: int
    decimals: int


@cache
def by_leader() -> dict[str, Element]:
    """Elements by their leader byte in upper-case hexadecimal digits."""
    text = (files(__package__) / "elements.csv").read_text(encoding="utf-8")
    return {row["leader_hex"]: _element(row) for row in csv.DictReader(text.splitlines())}


@cache
def by_ascii() -> dict[str, Element]:
    """Elements by their identifier in ASCII frames, in upper case."""
    return {element.ascii_id.upper(): element for element in by_leader().values()}


def _element(row: dict[str, str]) -> Element:
    form = FORMAT.fullmatch(row["format"])
    digits, decimals = form.groups(default="0") if form else ("0", "0")
    return Element(
        leader=row["leader_hex"],
        ascii_id=row["ascii_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        unit=row["unit"],
        digits=int(digits),
        decimals=int(decimals),
    )
