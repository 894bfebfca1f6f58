"""Rows as the content of a file for a spreadsheet, in which no text can act as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from goodterms.core.money import Money

Cell = str | int | float | Decimal | date | datetime | Money | None
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"
LONGEST_CELL = 32_767
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    plain = _ILLEGAL.sub("", text)
    return f"'{plain}" if plain.lstrip(" ").startswith(STARTS_A_FORMULA) else plain


def csv_lines(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The lines of a CSV file in UTF-8, with its mark; a text like a formula gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK
    for row in _with_headings(headings, rows):
        writer.writerow([_csv_value(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _with_headings(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    yield headings
    yield from rows


def _csv_value(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return str(cell.to_decimal())
    if isinstance(cell, datetime | date):
        return cell.isoformat(sep=" ", timespec="seconds") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell) if isinstance(cell, int | float | Decimal) else harmless(str(cell))


def workbook(name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The bytes of an XLSX file with one sheet; every text in it is plain text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31] or "export")
    sheet.freeze_panes = "A2"
    for row in _with_headings(headings, rows):
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _xlsx_cell(sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, Money):
        return cell.to_decimal()
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if not isinstance(cell, str):
        return cell
    written = WriteOnlyCell(sheet, value=_ILLEGAL.sub("", cell)[:LONGEST_CELL])
    # Of itself the library writes a text that begins with "=" as a formula.
    written.data_type = "s"
    return written
