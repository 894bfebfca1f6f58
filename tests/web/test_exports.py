"""Rows in a file: numbers stay numbers, and no text acts as a formula."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from django.http import StreamingHttpResponse

from goodterms.core.money import Money
from goodterms.web.exports import Cell, export_rows

NASTY = ["=1+1", "+44 1632", "-2+3", "@SUM(A1)", "\t=1", "  =1", "＝1+1", "=cmd|'/c calc'!A0"]
ROW: list[Cell] = ["Müller", 7, Decimal("1.50"), date(2026, 3, 10), datetime(2026, 3, 10, 9, tzinfo=UTC), None]


def as_csv(rows: list[list[Cell]], headings: list[str]) -> list[list[str]]:
    answer = export_rows("open items", headings, rows)
    assert isinstance(answer, StreamingHttpResponse)
    assert answer["Content-Disposition"] == 'attachment; filename="open-items.csv"'
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def as_xlsx(rows: list[list[Cell]], headings: list[str]) -> list[tuple[object, ...]]:
    answer = export_rows("open items: [1]", headings, rows, "xlsx")
    assert answer["X-Content-Type-Options"] == "nosniff"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))  # type: ignore[attr-defined]  # not streamed
    sheet = book.active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("words", NASTY)
def test_no_text_acts_as_a_formula(words: str) -> None:
    assert as_csv([[words]], ["Name"])[1] == [f"'{words}"]
    assert as_xlsx([[words]], ["Name"])[1] == (words,)


def test_numbers_dates_and_amounts_stay_what_they_are() -> None:
    amounts: list[Cell] = [Money(-12345, "EUR"), Money(1000, "JPY")]
    assert as_csv([[*ROW, *amounts]], ["a"] * 8)[1] == [
        "Müller", "7", "1.50", "2026-03-10", "2026-03-10 09:00:00+00:00", "", "-123.45", "1000",
    ]  # fmt: skip
    row = as_xlsx([[*ROW, *amounts]], ["a"] * 8)[1]
    assert row[:3] == ("Müller", 7, 1.5)
    assert row[3:] == (datetime(2026, 3, 10), datetime(2026, 3, 10, 9), None, -123.45, 1000)  # noqa: DTZ001


def test_headings_and_signs_that_no_sheet_takes_are_harmless() -> None:
    assert as_csv([["a\x00b"]], ["=x"]) == [["'=x"], ["ab"]]
    assert as_xlsx([["a\x0bb"]], ["=x"]) == [("=x",), ("ab",)]
