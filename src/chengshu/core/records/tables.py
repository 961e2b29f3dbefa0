"""Tables out of uploaded files: CSV in three encodings, and Excel workbooks."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from chengshu.kit.errors import Invalid, TooLarge

LARGEST_BYTES = 20 * 1024 * 1024
LARGEST_UNPACKED = 400 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
ENCODINGS = ("utf-8-sig", "gb18030")


class FileTooLarge(TooLarge):
    """More bytes or rows than an import takes."""

    code = "file-too-large"


class WrongFile(Invalid):
    """Not a table that can be read; ``where`` names row and column where known."""

    code = "wrong-file"


class BrokenCsv(WrongFile):
    """An open quotation mark, or a row with more or fewer values than the header."""

    code = "broken-csv"


class MergedCells(WrongFile):
    """Merged cells hide which row a value belongs to."""

    code = "merged-cells"


class FormulaCell(WrongFile):
    """A formula's value depends on the program that opens it; only values are taken."""

    code = "formula"


@dataclass(frozen=True)
class Table:
    """*rows* are the file's own row numbers, counted from 1 with the header, and the cells."""

    header: list[str]
    rows: list[tuple[int, list[Any]]]


def read_table(name: str, content: bytes) -> Table:
    """The first sheet of the file *name*. Raises WrongFile or FileTooLarge."""
    if len(content) > LARGEST_BYTES:
        limit = LARGEST_BYTES // (1024 * 1024)
        raise FileTooLarge(_("The file is larger than %(limit)s MB.") % {"limit": limit})
    kind = name.lower().rpartition(".")[2]
    if kind not in ("csv", "xlsx"):
        raise WrongFile(_("Only .xlsx and .csv files can be imported."))
    lines = _workbook(content) if kind == "xlsx" else _csv(content)
    _number, header = next(lines, (1, []))
    titles = [_unescaped(str(cell or "").strip()) for cell in header]
    if not any(titles):
        raise WrongFile(_("The first row must hold the column titles."), where={"row": 1})
    rows = []
    for number, cells in lines:
        if any(cell not in (None, "") for cell in cells):
            rows.append((number, cells))
        if len(rows) > MOST_ROWS:
            raise FileTooLarge(_("More than %(limit)s rows.") % {"limit": MOST_ROWS})
    return Table(titles, rows)


def _unescaped(text: str) -> str:
    """Undo the apostrophe that an export puts before what a spreadsheet would run."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_STARTS else text


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _decoded(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongFile(_("The text is neither UTF-8 nor GB18030."))


def _csv(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(content)
    if "\0" in text:
        raise WrongFile(_("This is not a text file."))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    width = 0
    start = 1
    try:
        for cells in reader:
            width = width or len(cells)
            if cells and len(cells) != width:
                raise BrokenCsv(
                    _("Row %(row)s has %(got)s values, the header %(width)s.")
                    % {"row": start, "got": len(cells), "width": width},
                    where={"row": start},
                )
            yield start, [_unescaped(cell) for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        raise BrokenCsv(
            _("Row %(row)s cannot be read: check its quotation marks.") % {"row": start},
            where={"row": start},
        ) from error


def _workbook(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    _check_package(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims of its size would be filled with blanks
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            if len(cells) > MOST_COLUMNS:
                raise FileTooLarge(_("More than %(limit)s columns.") % {"limit": MOST_COLUMNS})
            yield number, [_cell(cell, number) for cell in cells]
    except (KeyError, ValueError, IndexError, zipfile.BadZipFile, SyntaxError) as error:
        raise WrongFile(_("This is not a readable Excel workbook (.xlsx).")) from error
    finally:
        if "book" in locals():
            book.close()


def _cell(cell: Any, row: int) -> Any:
    if cell.data_type == "f":
        raise FormulaCell(
            _("Cell %(cell)s holds a formula; paste its value instead.")
            % {"cell": cell.coordinate},
            where={"row": row, "column": cell.column_letter},
        )
    value = cell.value
    return _unescaped(value) if isinstance(value, str) else value


MERGED = re.compile(rb"<mergeCell\s[^>]*ref=\"([A-Z]+)(\d+)[:\"]")


def _check_package(content: bytes) -> None:
    """Refuse what unpacks to too much, is no workbook, or has merged cells in its first sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > LARGEST_UNPACKED:
                raise FileTooLarge(_("The workbook unpacks to too much."))
            for name in package.namelist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                    _refuse_merged(package.read(name))
    except zipfile.BadZipFile as error:
        raise WrongFile(_("This is not a readable Excel workbook (.xlsx).")) from error


def _refuse_merged(sheet: bytes) -> None:
    tail = sheet[sheet.rfind(b"</sheetData>") :]
    if merged := MERGED.search(tail):
        column, row = merged[1].decode(), int(merged[2])
        raise MergedCells(
            _("Cells are merged at %(cell)s; unmerge them first.") % {"cell": f"{column}{row}"},
            where={"row": row, "column": column},
        )
