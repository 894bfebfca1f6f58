"""A file as rows of text cells, numbered as a person sees them in a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from goodterms.importers.content import check_is_text, decode, is_workbook
from goodterms.importers.refusals import FileEmpty, NotATable

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200
_CHUNK_ROWS = 65_536
_MOST_COLUMNS = 500


@dataclass(frozen=True)
class Sheet:
    """A table of text.

    cells: row (Int64, 1 is the first row of the sheet), c0 … cn (String, null for an empty cell). The last column
    holds what stands beyond the widest of the first rows. notes: what the person should know about the reading.
    """

    name: str
    cells: pl.DataFrame
    encoding: str
    delimiter: str
    notes: tuple[str, ...] = ()

    def head(self, rows: int) -> list[list[str | None]]:
        """The first rows, without their numbers."""
        return [list(row[1:]) for row in self.cells.head(rows).iter_rows()]


def read_sheet(
    path: Path, content: bytes, encoding: str | None = None, remembered: Callable[[str], str | None] | None = None
) -> Sheet:
    """The first table of a CSV file or workbook.

    ``remembered`` gives the encoding remembered for a file's first line. Raises NotATable, FileEmpty or
    EncodingUnknown.
    """
    if is_workbook(content):
        return _read_workbook(path.name, content)
    check_is_text(path.name, content)
    known = remembered(content[:4096].decode("latin-1")) if remembered else None
    text = decode(path.name, content, encoding, known)
    body, delimiter = _without_hint(text.text)
    body = body.replace("\x00", "")
    if not body.strip():
        raise FileEmpty(path.name)
    if "\r" in body and "\n" not in body:
        body = body.replace("\r", "\n")
    delimiter = delimiter or _find_delimiter(body)
    return Sheet(path.name, _number(_read_csv(body, delimiter)), text.encoding, delimiter, text.notes)


def _without_hint(text: str) -> tuple[str, str]:
    """Excel's first line ``sep=;`` names the delimiter and is not a row of the sheet."""
    first, _, rest = text.partition("\n")
    hint = first.strip().strip('"')
    return (rest, hint[4]) if hint.lower().startswith("sep=") and len(hint) == 5 else (text, "")


def _find_delimiter(text: str) -> str:
    """The delimiter that makes most rows equally wide; the widest of equals."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths = [len(row) for row in islice(_records(text, delimiter), SAMPLE_ROWS) if any(row)]
    several = [width for width in widths if width > 1]
    if not several:
        return 0.0, 0
    usual = max(set(several), key=lambda width: (several.count(width), width))
    return round(several.count(usual) / len(widths), 2), usual


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(10_000_000)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _read_csv(text: str, delimiter: str) -> pl.DataFrame:
    width = max((len(row) for row in islice(_records(text, delimiter), SAMPLE_ROWS)), default=1)
    width = min(width, _MOST_COLUMNS) + 1
    if _has_plain_quotes(text, delimiter):
        return _read_fast(text, delimiter, width)
    return _read_carefully(text, delimiter, width)


def _has_plain_quotes(text: str, delimiter: str) -> bool:
    """Whether every quoted cell is quoted as a whole; then any CSV reader sees the same rows."""
    pieces = text.split('"')
    if len(pieces) % 2 == 0:
        return False
    edges = (delimiter, "\n", "\r")
    last = len(pieces) - 1
    return all(
        (place == 0 or not piece or piece.startswith(edges))
        and (place == last or not piece or piece.endswith((delimiter, "\n")))
        and (piece or place in (0, last))
        for place, piece in enumerate(pieces)
        if place % 2 == 0
    )


def _read_fast(text: str, delimiter: str, width: int) -> pl.DataFrame:
    names = [f"c{place}" for place in range(width)]
    body = f"{delimiter.join(names)}\n{text}".encode()
    return pl.read_csv(body, separator=delimiter, infer_schema=False, truncate_ragged_lines=True)


def _read_carefully(text: str, delimiter: str, width: int) -> pl.DataFrame:
    """Python's reader copes with quotation marks inside cells; in pieces, so that memory stays bounded."""
    records = _records(text, delimiter)
    schema = {f"c{place}": pl.String for place in range(width)}
    pieces = []
    while rows := list(islice(records, _CHUNK_ROWS)):
        even = [(row + [""] * (width - len(row)))[:width] for row in rows]
        pieces.append(pl.DataFrame(even, schema=schema, orient="row"))
    return pl.concat(pieces)


def _number(frame: pl.DataFrame) -> pl.DataFrame:
    """Number the rows, strip the blanks around cells and make empty cells null."""
    blanks = " \t\r\n\u00a0\ufeff"
    texts = pl.selectors.string()
    return (
        frame.with_columns(pl.when(texts.str.strip_chars(blanks) != "").then(texts.str.strip_chars(blanks)).name.keep())
        .with_row_index("row", 1)
        .with_columns(pl.col("row").cast(pl.Int64))
    )


def _read_workbook(name: str, content: bytes) -> Sheet:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        filled = [title for title in workbook.sheet_names if _is_filled(workbook, title)]
    except (CalamineError, OSError, ValueError):
        raise NotATable(name, "an archive or document, or a damaged or password-protected workbook") from None
    if not filled:
        raise FileEmpty(name)
    sheet = workbook.get_sheet_by_name(filled[0])
    rows = sheet.to_python(skip_empty_area=False)
    width = min(max(len(row) for row in rows), _MOST_COLUMNS)
    notes = (f"Read the sheet {filled[0]!r}; {len(filled) - 1} more were left alone.",) if len(filled) > 1 else ()
    columns = {
        **{f"c{place}": [_cell_text(row[place]) for row in rows] for place in range(width)},
        f"c{width}": [None] * len(rows),
    }
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Sheet(name, _number(frame), "workbook", "", notes)


def _is_filled(workbook: CalamineWorkbook, title: str) -> bool:
    return any(any(cell != "" for cell in row) for row in workbook.get_sheet_by_name(title).to_python(nrows=1000))


def _cell_text(value: Any) -> str | None:
    """A workbook's cell as text that is read back without doubt."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("\x00", "") or None


def _number_text(value: float) -> str:
    """1041 for whole numbers; else a point and never exactly three decimals, which might be taken for thousands."""
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = f"{value:.15g}"
    return text + "0" if len(text.partition(".")[2]) == 3 else text
