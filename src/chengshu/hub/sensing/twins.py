"""The same terminal under two codes: near, of the same kind, with a similar name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from chengshu.core.records.merging import OTHER_CODES
from chengshu.core.records.writing import Twin
from chengshu.kit.geodesy.distances import geodesic

from .models import Terminal

TWIN_METRES = 30.0
SIMILAR = 0.6
"""Share of characters that two names have in common in order, from which they are alike."""
CELL_DEGREES = 0.001
"""A grid whose cells are wider than TWIN_METRES up to 70 degrees of latitude."""
Cell = tuple[str, int, int]


def twins_of(new: Sequence[Terminal]) -> Iterator[Twin]:
    """For each of *new* the likeliest terminal that it may be; of another code, not retired."""
    known = _by_other_code(new)
    around = _around(new)
    for index, terminal in enumerate(new):
        if found := known.get(terminal.code):
            yield Twin(index, found, _("known under this code"))
        elif twin := _likeliest(terminal, around):
            metres, row = twin
            why = _("%(metres)d m away, same kind, similar name") % {"metres": round(metres)}
            yield Twin(index, row, why)


def _by_other_code(new: Iterable[Terminal]) -> dict[str, Terminal]:
    codes = {terminal.code for terminal in new}
    rows = Terminal.objects.filter(
        **{f"attributes__{OTHER_CODES}__has_any_keys": list(codes)}
    ).exclude(state=Terminal.State.RETIRED)
    return {code: row for row in rows for code in row.attributes[OTHER_CODES] if code in codes}


def _around(new: Iterable[Terminal]) -> dict[Cell, list[Terminal]]:
    """The city's terminals in the box of *new*, by cell."""
    placed = [t for t in new if t.lon is not None and t.lat is not None]
    found: dict[Cell, list[Terminal]] = defaultdict(list)
    if not placed:
        return found
    lons, lats = [t.lon or 0.0 for t in placed], [t.lat or 0.0 for t in placed]
    rows = Terminal.objects.filter(
        kind__in={t.kind for t in placed},
        lon__range=(min(lons) - CELL_DEGREES, max(lons) + CELL_DEGREES),
        lat__range=(min(lats) - CELL_DEGREES, max(lats) + CELL_DEGREES),
    ).exclude(state=Terminal.State.RETIRED)
    for row in rows.defer("outline"):
        found[_cell(row)].append(row)
    return found


def _cell(terminal: Terminal, east: int = 0, north: int = 0) -> Cell:
    column, line = (terminal.lon or 0.0) // CELL_DEGREES, (terminal.lat or 0.0) // CELL_DEGREES
    return terminal.kind, int(column) + east, int(line) + north


def _likeliest(
    terminal: Terminal, around: dict[Cell, list[Terminal]]
) -> tuple[float, Terminal] | None:
    if terminal.lon is None or terminal.lat is None:
        return None
    cells = [_cell(terminal, east, north) for east in (-1, 0, 1) for north in (-1, 0, 1)]
    near = [
        (geodesic(terminal.lon, terminal.lat, row.lon or 0.0, row.lat or 0.0).metres, row)
        for cell in cells
        for row in around.get(cell, ())
        if _alike(terminal.name, row.name)
    ]
    close = [found for found in near if found[0] <= TWIN_METRES]
    return min(close, key=lambda found: found[0], default=None)


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio() >= SIMILAR
