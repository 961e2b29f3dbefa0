"""Observations carried away as a file: chosen by rights, counted, written in constant memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.lake import installation
from chengshu.core.records.exporting import TooManyRows, safe
from chengshu.hub.sensing.lake import OBSERVATIONS, QUALITY
from chengshu.hub.sensing.store.batches import EARLIEST, LATEST
from chengshu.hub.sensing.wanted import Wanted
from chengshu.kit.errors import Invalid

EXPORT = "sensing.export_observations"
MOST_ROWS = 10_000_000
PIECE = 256 * 1024
RFC3339 = "%Y-%m-%dT%H:%M:%S%.fZ"
COLUMNS = ("terminal", "property", "at", "value", "unit", "quality")
COUNT = """
    SELECT count(*) AS rows FROM observations AS o JOIN streams AS s USING (datastream)
    WHERE o.datastream BETWEEN $first AND $last AND o."at" >= $start AND o."at" < $until
"""
ROWS = """
    SELECT s.terminal, s.property, o."at", o.value, s.unit, coalesce(q.word, '') AS quality
    FROM observations AS o JOIN streams AS s USING (datastream)
    LEFT JOIN qualities AS q ON q.code = o.quality
    WHERE o.datastream BETWEEN $first AND $last AND o."at" >= $start AND o."at" < $until
    ORDER BY s.number, o."at"
"""


@dataclass(frozen=True)
class Span:
    """From *start* until before *until*; nothing said is no limit."""

    start: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        return f"{self.start or ''}/{self.until or ''}"


@dataclass(frozen=True)
class Form:
    """How a file is made from the Parquet file at the first path, at the second one."""

    media: str
    write: Callable[[Path, Path], None]
    cell: Callable[[str], str] = str


def _as_csv(rows: Path, to: Path) -> None:
    """As Excel reads it: with a byte order mark."""
    times = pl.col("at").dt.strftime(RFC3339)
    lines = pl.scan_parquet(rows).with_columns(times)
    lines.sink_csv(to, include_bom=True, line_terminator="\r\n")


def _as_parquet(rows: Path, to: Path) -> None:
    rows.replace(to)


def _as_arrow(rows: Path, to: Path) -> None:
    pl.scan_parquet(rows).sink_ipc(to, compression="uncompressed")


FORMS = {
    "csv": Form("text/csv; charset=utf-8", _as_csv, safe),
    "parquet": Form("application/vnd.apache.parquet", _as_parquet),
    "arrow": Form("application/vnd.apache.arrow.file", _as_arrow),
}


@action(EXPORT, gettext_lazy("Export observations"))
def export_observations(wanted: Wanted, span: Span, form: str, *, by: Actor) -> IO[bytes]:
    """An open file of the observations *wanted* in *span*, of terminals that *by* may see and
    export. What others share for reading is not among them.

    Raises TooManyRows; Invalid for a span that is none.
    """
    if span.start and span.until and span.start >= span.until:
        raise Invalid(_("The start is not before the end"), where={"field": "start"})
    streams = _streams(wanted, by, FORMS[form].cell)
    asked: dict[str, object] = {
        "first": streams["datastream"].min(),
        "last": streams["datastream"].max(),
        "start": span.start or EARLIEST,
        "until": span.until or LATEST,
    }
    lake = installation.current()
    lake.ensure([OBSERVATIONS])
    number = int(lake.query(COUNT, asked, frames={"streams": streams}).item())
    if number > MOST_ROWS:
        raise TooManyRows(
            _("%(rows)s observations are more than %(limit)s: narrow the filter.")
            % {"rows": number, "limit": MOST_ROWS},
            where={"rows": number, "limit": MOST_ROWS},
        )
    note(rows=number, conditions=str(wanted)[:200], span=str(span), format=form)
    return _written(asked, streams, FORMS[form])


def _streams(wanted: Wanted, by: Actor, cell: Callable[[str], str]) -> pl.DataFrame:
    """The datastreams in the order of the file, with what it says of each."""
    rows = wanted.streams(by, EXPORT).order_by("terminal__code", "code")
    found = rows.values_list("id", "terminal__code", "code", "observed_property__unit")
    schema = {"datastream": pl.Int64, "terminal": pl.String, "property": pl.String}
    frame = pl.DataFrame(
        [(number, *map(cell, words)) for number, *words in found],
        schema=schema | {"unit": pl.String},
        orient="row",
    )
    return frame.with_row_index("number")


def _written(asked: dict[str, object], streams: pl.DataFrame, form: Form) -> IO[bytes]:
    qualities = pl.DataFrame(
        {"code": list(QUALITY), "word": list(QUALITY.values())},
        schema={"code": pl.UInt8, "word": pl.String},
    )
    with TemporaryDirectory(prefix="chengshu-export-") as folder:
        rows, made = Path(folder, "rows"), Path(folder, "made")
        frames = {"streams": streams, "qualities": qualities}
        installation.current().write_parquet(ROWS, asked, rows, frames=frames)
        form.write(rows, made)
        return made.open("rb")


class Pieces(Iterator[bytes]):
    """*file* piece by piece; it is closed at the end, or by ``close``."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __next__(self) -> bytes:
        piece = self._file.read(PIECE)
        if not piece:
            self._file.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._file.close()
