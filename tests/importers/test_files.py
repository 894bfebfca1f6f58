"""Files of every encoding and delimiter are read alike; files of another kind are refused with one clear sentence."""

import codecs
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.importers.content import read_content
from goodterms.importers.layouts import check_mapping, read_mapping
from goodterms.importers.reading import Wishes, read_file
from goodterms.importers.refusals import FileRefused, MappingUnusable
from goodterms.importers.rows import Reading
from goodterms.importers.sheet import read_sheet
from tests.importing import TODAY, write

HEADER = "Rechnungsnummer;Kunde;Rechnungsdatum;Fällig am;Währung;Bruttobetrag;Offener Betrag"
ROW = "4711;Müller & Söhne;01.02.2026;15.02.2026;EUR;1.234,50;234,50"
GERMAN = f"{HEADER}\n{ROW}\n"


def read(path: Path, **mapping: str) -> Reading:
    return read_file(path, Wishes(check_mapping("m", mapping)), today=TODAY, currency="EUR")


@pytest.mark.parametrize(
    "content",
    [
        GERMAN.encode(),
        codecs.BOM_UTF8 + GERMAN.encode(),
        GERMAN.encode("utf-16"),
        GERMAN.encode("utf-16-le"),
        GERMAN.encode("cp1252"),
        GERMAN.replace("\n", "\r\n").encode(),
        GERMAN.replace("\n", "\r").encode(),
        GERMAN.replace(";", "\t").encode(),
        GERMAN.replace(";", "|").encode(),
        GERMAN.replace("1.234,50", '"1.234,50"').replace("234,50\n", '"234,50"\n').replace(";", ",").encode(),
        b"sep=;\n" + GERMAN.encode(),
        b"\n\nOffene Posten\n\n" + GERMAN.encode(),
    ],
    ids=[
        "utf-8",
        "bom",
        "utf-16",
        "utf-16-le",
        "cp1252",
        "crlf",
        "cr",
        "tab",
        "pipe",
        "comma",
        "sep-hint",
        "title-lines",
    ],
)
def test_every_encoding_and_delimiter_gives_the_same(home: Path, content: bytes) -> None:
    reading = read(write(home, content))
    assert reading.parties["customer_name"].to_list() == ["Müller & Söhne"]
    row = reading.invoices.row(0, named=True)
    assert (row["number"], row["amount_minor"], row["open_minor"]) == ("4711", 123450, 23450)
    assert (row["issue_date"], row["due_date"]) == (date(2026, 2, 1), date(2026, 2, 15))


def test_windows_text_is_read_with_a_note_that_shows_it(home: Path) -> None:
    notes = " ".join(read(write(home, GERMAN.encode("cp1252"))).notes)
    assert "Windows-1252" in notes
    assert "Fällig am" in notes
    assert "--encoding" in notes


def test_a_named_encoding_is_used(home: Path) -> None:
    reading = read(write(home, GERMAN.encode("cp850")), encoding="cp850")
    assert reading.parties["customer_name"].to_list() == ["Müller & Söhne"]


def test_rows_are_numbered_as_in_the_sheet(home: Path) -> None:
    text = "Offene Posten\n\n" + HEADER + "\n" + ROW + '\n\n4712;"Zwei\nZeilen";30.02.2026;15.02.2026;EUR;1,00;1,00\n'
    assert read(write(home, text)).faults.select("row", "value").rows() == [(6, "30.02.2026")]


def test_quotation_marks_inside_a_cell_swallow_no_row(home: Path) -> None:
    text = "Invoice Number,Customer,Invoice Date,Due Date,Total\n" + "".join(
        f"{number},{name},2026-01-02,2026-02-02,5.00\n"
        for number, name in enumerate(['12" pipe', 'The "Bar" Ltd', '"Quoted, ""twice"" Ltd"', "Plain"], 1)
    )
    names = read(write(home, text)).parties["customer_name"].to_list()
    assert names == ['12" pipe', 'The "Bar" Ltd', 'Quoted, "twice" Ltd', "Plain"]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_whatever_a_cell_holds_comes_back_from_the_file(rows: list[tuple[str, str, str]]) -> None:
    frame = pl.DataFrame([("a", "b", "c"), *rows], schema=["x", "y", "z"], orient="row")
    content = frame.write_csv(include_header=False, quote_style="always").encode()
    sheet = read_sheet(Path("any.csv"), content)
    got = [row[1:4] for row in sheet.cells.iter_rows()][1:]
    strip = " \t\r\n\u00a0\ufeff"
    assert got == [tuple(cell.strip(strip) or None for cell in row) for row in rows]


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def test_a_workbook_is_read_with_its_numbers_and_dates(home: Path) -> None:
    noon = datetime.fromisoformat("2026-02-02T12:00:00")
    heading: list[object] = ["Invoice No.", "Customer", "Invoice Date", "Due Date", "Total", "Balance Due", "Disputed"]
    path = workbook(
        home,
        [
            ["Open items"],
            [],
            heading,
            [
                1041,
                "Example Ltd",
                date(2026, 1, 2),
                noon,
                1284.5,
                0.1 + 0.2,
                True,
            ],
            ["007", "Example Ltd", "2026-01-03", date(2026, 2, 3), 1000, 1000, None],
            [None, None, None, None, 2284.5, None, None],
        ],
    )
    reading = read(path)
    rows = reading.invoices.select("row", "number", "issue_date", "due_date", "amount_minor", "open_minor").rows()
    assert rows == [
        (4, "1041", date(2026, 1, 2), date(2026, 2, 2), 128450, 30),
        (5, "007", date(2026, 1, 3), date(2026, 2, 3), 100000, 100000),
    ]
    assert reading.invoices["is_disputed"].to_list() == [True, False]


def test_a_workbooks_number_with_three_decimals_is_not_taken_for_thousands(home: Path) -> None:
    path = workbook(home, [["Invoice No", "Customer", "Due Date", "Total"], ["1", "Example", date(2026, 1, 2), 1.234]])
    with pytest.raises(FileRefused, match="more decimals"):
        read(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n123", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0123", "a picture (JPEG)"),
        (b"%PDF-1.7 123", "a PDF document"),
        (b"PK\x03\x04 no workbook", "damaged or password-protected workbook"),
        (b"<!DOCTYPE html><table></table>", "a web page or XML"),
        (b'{"invoices": []}', "JSON"),
        (b"\x7fELF\x00\x00", "a program"),
        (b"abc\x00\x01\x02,\x00def\n", "a binary file"),
        (b"Invoice Number,Customer,Invoice Date,Due Date,Total\n", "no rows under them"),
        (b"1,Example,2026-01-02,2026-02-02,5.00\n", "no row of headings"),
        (b"Customer,Invoice Date,Due Date,Total\nA,2026-01-02,2026-01-02,5\n", "no column for number (invoice number)"),
        (b"Invoice Number,Invoice Date,Due Date,Total\n1,2026-01-02,2026-01-02,5\n", "no column for customer_name"),
        (b"Date,Customer,Invoice,Amount\n2026-01-02,A,1,5\n", "--kind payments"),
        (b"Invoice,Customer,Date,Due,Amount,Amount\n1,A,2026-01-02,2026-01-02,5,5\n", "two columns called 'Amount'"),
        (b"Invoice,Customer,Date,Due,Total\n1,A,x,y,z\n", "none of its 1 rows can be read"),
        (b"Invoice,Customer,Date,Due,Total\n1,\x81\xe4,2026-01-02,2026-01-02,5\n", "--encoding"),
    ],
)
def test_a_wrong_file_is_refused_with_one_clear_sentence(home: Path, content: bytes, says: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(write(home, content, "wrong.csv"))
    assert says in str(refusal.value)
    assert "wrong.csv" in str(refusal.value)


def test_a_file_that_is_not_there_is_said_so(home: Path) -> None:
    with pytest.raises(FileRefused, match="there is no such file"):
        read_content(home / "nothing.csv")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[columns]\nnummer = "x"', "Did you mean number?"),
        ("colums = 3", "there is no setting called colums"),
        ("x = [", "not valid TOML"),
        ('dates = "dym"', "dates = 'dym' cannot be used"),
        ('currency = "EURO"', "not an ISO 4217 code"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(home: Path, text: str, says: str) -> None:
    with pytest.raises(MappingUnusable) as refusal:
        read_mapping(write(home, text, "mapping.toml"))
    assert says in str(refusal.value)


def test_a_mapping_names_columns_that_no_wording_knows(home: Path) -> None:
    path = write(home, "Papier;Wer;Wann;Bis;Wieviel\nR1;Beispiel GmbH;01.02.2026;15.02.2026;1.234,50\n")
    columns = {"number": "Papier", "customer_name": "Wer", "issue_date": "Wann", "due_date": "Bis", "amount": "Wieviel"}
    wishes = Wishes(check_mapping("m", {"columns": columns, "kind": "invoices"}))
    reading = read_file(path, wishes, today=TODAY, currency="CHF")
    assert reading.invoices.select("number", "currency", "amount_minor").rows() == [("R1", "CHF", 123450)]


def test_a_mapping_with_a_heading_that_is_not_there_lists_those_that_are(home: Path) -> None:
    path = write(home, GERMAN)
    wishes = Wishes(check_mapping("m", {"columns": {"number": "Papier"}}))
    with pytest.raises(MappingUnusable, match=r"no such heading\. It has: Rechnungsnummer, Kunde"):
        read_file(path, wishes, today=TODAY, currency="EUR")
