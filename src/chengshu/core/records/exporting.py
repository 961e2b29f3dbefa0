"""Exports: the selected rows as CSV or Excel, row by row, safe to open in a spreadsheet."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chengshu.core.access.policy import Actor
from chengshu.kit.errors import TooLarge

from .entries import Entry, entries
from .ledger import Column, Ledger
from .selection import Selection
from .tables import FORMULA_STARTS

MOST_ROWS = 200_000
CHUNK = 2000


class TooManyRows(TooLarge):
    """The selection holds more rows than a file takes: narrow it."""

    code = "too-many-rows"


def safe(text: str) -> str:
    """*text* as a cell that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def exported_rows(selection: Selection, actor: Actor) -> "QuerySet[Any]":
    """The rows to write, after leaving a trace of it. Raises NotAllowed or TooManyRows."""
    ledger = selection.ledger
    rows = selection.rows(actor, ledger.permission("export")).order_by(*selection.order())
    number = rows.order_by().values("pk")[: MOST_ROWS + 1].count()
    if number > MOST_ROWS:
        raise TooManyRows(
            _("More than %(limit)s rows: narrow the filter.") % {"limit": MOST_ROWS},
            where={"limit": MOST_ROWS},
        )
    assert ledger.export is not None
    ledger.export(number, selection.describe(), by=actor)
    return rows


def shown_columns(ledger: Ledger) -> list[Entry | Column]:
    """What a file holds: the fields an import takes, then the key and the other columns."""
    written = entries(ledger)
    known = {entry.name for entry in written}
    others = [
        Entry(ledger.field(column)) if isinstance(column, str) else column
        for column in dict.fromkeys((ledger.key, *ledger.columns))
        if column not in known
    ]
    return [*written, *others]


def _cells(columns: Iterable[Entry | Column], row: Any) -> list[str]:
    return [
        column.as_text(row) if isinstance(column, Entry) else str(column.value(row) or "")
        for column in columns
    ]


def as_csv(selection: Selection, actor: Actor) -> Iterator[str]:
    """UTF-8 text with a byte order mark, in pieces."""
    rows = exported_rows(selection, actor)
    return _csv_pieces(shown_columns(selection.ledger), rows)


def _csv_pieces(columns: list[Entry | Column], rows: "QuerySet[Any]") -> Iterator[str]:
    yield "\ufeff" + _csv_line([str(column.title) for column in columns])
    for row in rows.iterator(chunk_size=CHUNK):
        yield _csv_line(
            text if _is_number(column) else safe(text)
            for column, text in zip(columns, _cells(columns, row), strict=True)
        )


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _is_number(column: Entry | Column) -> bool:
    return isinstance(column, Entry) and column.kind in ("number", "whole")


def as_xlsx(selection: Selection, actor: Actor) -> IO[bytes]:
    """An open temporary workbook with a frozen, filtered title row."""
    rows = exported_rows(selection, actor)
    columns = shown_columns(selection.ledger)
    return _workbook(selection.ledger, columns, rows.iterator(chunk_size=CHUNK))


def template(ledger: Ledger) -> IO[bytes]:
    """An empty workbook with the titles that an import takes."""
    return _workbook(ledger, list(entries(ledger)), ())


def _workbook(ledger: Ledger, columns: list[Entry | Column], rows: Iterable[Any]) -> IO[bytes]:
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(ledger.name.replace(".", " ")[:31])
    sheet.freeze_panes(1, 0)
    title = book.add_format({"bold": True, "bg_color": "#EFF2F6", "bottom": 1})
    for position, column in enumerate(columns):
        sheet.set_column(position, position, 16)
        sheet.write_string(0, position, str(column.title), title)
    last = 0
    for last, row in enumerate(rows, start=1):
        for position, text in enumerate(_cells(columns, row)):
            if text and _is_number(columns[position]):
                sheet.write_number(last, position, float(text))
            elif text:
                sheet.write_string(last, position, text)
    sheet.autofilter(0, 0, last, max(len(columns) - 1, 0))
    book.close()
    file.seek(0)
    return file
