"""A sheet's rows of data by field; titles, sections, totals, repeated headings and footers are left out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from goodterms.importers.fields import TITLES, Kind
from goodterms.importers.headings import SECTIONED, Columns, header_key
from goodterms.importers.layouts import Layout, Shape
from goodterms.importers.refusals import ColumnMissing, NoRows
from goodterms.importers.sheet import Sheet

_TOTAL = (
    r"(?i)^(?:grand |sub|sub-|report )?"
    r"(?:totals?|summe|gesamt|gesamtsumme|gesamtbetrag|zwischensumme|percentage of total)\b"
)
_AS_OF = re.compile(r"(?i)\b(?:as (?:of|at)|stand(?: vom| per)?|per|stichtag|zum)\b[:\s]*(?P<date>.*\d.*)$")
_KEYS = ("number", "issue_date", "due_date", "payment_date")
_AMOUNTS = ("amount", "open", "paid", "line_amount", "payment_amount")


@dataclass(frozen=True)
class Table:
    """The rows of a file that hold data.

    rows: row (Int64, as numbered in the sheet), beyond (String, what stands right of the last heading) and a String
    column for each field found, null when empty. headings: field -> heading as written. as_of_text: the date in the
    file's title, if any. left_out: how many rows hold no data.
    """

    name: str
    kind: Kind
    shape: Shape
    layout: Layout | None
    rows: pl.DataFrame
    headings: Mapping[str, str]
    currency: str | None
    header_key: str
    as_of_text: str | None
    left_out: int

    def heading(self, field: str) -> str:
        """The heading of a field as the person sees it; the field's title when the file has no such column."""
        return self.headings.get(field) or TITLES.get(field, field.replace("_", " "))

    def has(self, field: str) -> bool:
        """Whether the file has a column for the field."""
        return field in self.headings


def read_table(sheet: Sheet, columns: Columns) -> Table:
    """The sheet's data rows by field. Raises NoRows."""
    heads = columns.heads
    frame = _by_field(sheet.cells.slice(heads.place + 1), columns)
    headings = {field: heads.headings[place].text for field, place in columns.places.items()}
    if columns.shape == SECTIONED:
        frame = _fill_down(frame)
        headings["customer_name"] = "section"
    data = frame.filter(_is_data(columns, headings))
    if data.is_empty():
        raise NoRows(sheet.name)
    if columns.shape == SECTIONED and data["customer_name"].null_count() == data.height:
        raise ColumnMissing(sheet.name, columns.kind, ["customer_name (customer)"], heads.texts)
    return Table(
        name=sheet.name,
        kind=columns.kind,
        shape=columns.shape,
        layout=columns.layout,
        rows=data.drop("filled", "first_text", "label"),
        headings=headings,
        currency=columns.currency,
        header_key=header_key(heads),
        as_of_text=_find_as_of(sheet, heads.place),
        left_out=frame.height - data.height,
    )


def _by_field(body: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The fields' cells, with what tells data from decoration: filled cells, the first text, the first column."""
    cells = [name for name in body.columns if name != "row"]
    last = max(place for place, heading in enumerate(columns.heads.headings) if heading.text)
    beyond = [pl.col(name) for name in cells[last + 1 :]] or [pl.lit(None, dtype=pl.String)]
    return body.select(
        "row",
        filled=pl.sum_horizontal(pl.col(name).is_not_null() for name in cells),
        first_text=pl.coalesce(cells),
        label=pl.col(cells[0]),
        beyond=pl.coalesce(beyond),
        **{field: pl.col(cells[place]) for field, place in columns.places.items()},
    ).filter(pl.col("filled") > 0)


def _fill_down(frame: pl.DataFrame) -> pl.DataFrame:
    """The customer of each row under a row that holds nothing but the customer; a total ends the section."""
    is_label = (pl.col("filled") == 1) & pl.col("label").is_not_null()
    section = pl.when(is_label).then("label").when(_is_total()).then(pl.lit(""))
    return frame.with_columns(customer_name=section.forward_fill()).with_columns(
        customer_name=pl.when(pl.col("customer_name") != "").then("customer_name")
    )


def _is_total() -> pl.Expr:
    return pl.col("first_text").str.contains(_TOTAL) & (pl.col("filled") > 1)


def _is_data(columns: Columns, headings: Mapping[str, str]) -> pl.Expr:
    """Rows that are neither blank, title, section, total nor the headings repeated on the next page."""
    fields = columns.places.keys()
    keys = [pl.col(field).is_not_null() for field in _KEYS if field in fields]
    amounts = [pl.col(field).is_not_null() for field in _AMOUNTS if field in fields]
    is_alone = (pl.col("filled") == 1) & pl.lit(len(fields) > 2)
    is_repeated = pl.all_horizontal(pl.col(field).eq_missing(headings[field]) for field in fields)
    if not (keys or amounts):
        return ~is_alone & ~is_repeated
    is_total = _is_total() & _is_unnumbered(fields)
    return ~is_alone & ~is_repeated & ~is_total & pl.any_horizontal(*keys, *amounts)


def _is_unnumbered(fields: Collection[str]) -> pl.Expr:
    """A total has no document number, unless the word itself stands in that column."""
    if "number" not in fields:
        return pl.lit(True)
    return pl.col("number").is_null() | (pl.col("number") == pl.col("first_text"))


def _find_as_of(sheet: Sheet, rows: int) -> str | None:
    """The date in a title line such as "As of June 30, 2026"."""
    for row in sheet.head(rows):
        for cell in filter(None, row):
            if found := _AS_OF.search(cell):
                return found["date"].strip()
    return None
