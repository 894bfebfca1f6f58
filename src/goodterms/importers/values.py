"""Cells into values: dates, amounts and currencies of a whole table, with the faults of cells that cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from goodterms.core.money import CURRENCIES
from goodterms.importers import amounts, dates
from goodterms.importers.amounts import Mark
from goodterms.importers.dates import Order
from goodterms.importers.faults import FaultBook
from goodterms.importers.table import Table

LIMITS = {
    "customer_number": 100,
    "customer_name": 200,
    "number": 100,
    "purchase_order": 100,
    "payment_number": 100,
    "reference": 200,
    "contact_name": 200,
    "phone": 40,
    "mobile": 40,
    "relationship_owner": 200,
}
_FAULTS_OF_AMOUNTS = {
    "not_an_amount": (
        "{value} is not an amount, or not one written like the others in the file.",
        "Write it like 1234.50, with the decimal mark of the other rows.",
    ),
    "too_many_decimals": (
        "{value} has more decimals than its currency.",
        "Round it to the currency's smallest coin.",
    ),
    "too_large": ("{value} is too large to be an amount.", "Correct the amount."),
}


@dataclass(frozen=True)
class Writing:
    """How a file writes what can be written in several ways: wished for by the person, or remembered."""

    dates: Order | None = None
    decimal: Mark | None = None
    remembered_dates: Order | None = None
    remembered_decimal: Mark | None = None
    currency: str = "EUR"


@dataclass(frozen=True)
class Settled:
    """How the file was read in the end; None where nothing had to be settled."""

    dates: Order | None
    decimal: Mark | None


def check_lengths(rows: pl.DataFrame, book: FaultBook) -> None:
    """A fault for each cell that is longer than the ledger keeps, and for rows with more cells than headings."""
    for field, limit in LIMITS.items():
        if field in rows.columns:
            text = f"{{value}} … is longer than the {limit} characters that a {field.replace('_', ' ')} may have."
            too_long = pl.col(field).str.len_chars() > limit
            book.add(rows, too_long, field, "too_long", text, f"Shorten it to {limit} characters.")
    book.add(
        rows,
        pl.col("beyond").is_not_null(),
        "beyond",
        "too_many_cells",
        "The row has more cells than there are headings: {value}.",
        "Put a cell that contains the delimiter into quotation marks, or remove the surplus cell.",
        value=pl.col("beyond"),
    )


def read_dates(
    rows: pl.DataFrame, table: Table, fields: Sequence[str], writing: Writing
) -> tuple[pl.DataFrame, Order | None]:
    """The rows with a Date column ``<field>_value`` for each field, null when missing or unreadable."""
    present = [field for field in fields if table.has(field)]
    parts = {field: dates.take_apart(rows[field]) for field in present}
    by_heading = {table.heading(field): part for field, part in parts.items()}
    order = dates.find_order(table.name, by_heading | _of_title(table), writing.dates, writing.remembered_dates)
    for field in fields:
        if field not in parts:
            rows = rows.with_columns(pl.lit(None, dtype=pl.Date).alias(f"{field}_value"))
            continue
        values = dates.to_dates(parts[field], order).rename({"text": field, "date": f"{field}_value"})
        rows = rows.join(values, on=field, how="left", maintain_order="left")
    return rows, order


def find_as_of(table: Table, fields: Sequence[str], writing: Writing) -> date | None:
    """The date in the file's title, read as the file's other dates are."""
    if table.as_of_text is None:
        return None
    title = _of_title(table)
    columns = {table.heading(field): dates.take_apart(table.rows[field]) for field in fields if table.has(field)}
    order = dates.find_order(table.name, columns | title, writing.dates, writing.remembered_dates)
    found: date | None = dates.to_dates(title["title"], order)["date"][0]
    return found


def _of_title(table: Table) -> dict[str, pl.DataFrame]:
    return {"title": dates.take_apart(pl.Series([table.as_of_text]))} if table.as_of_text else {}


def check_dates(rows: pl.DataFrame, fields: Sequence[str], order: Order | None, book: FaultBook) -> None:
    """A fault for each cell that should hold a date and does not."""
    example = {"dmy": "31/12/2026", "mdy": "12/31/2026", "ymd": "2026-12-31"}[order or "ymd"]
    for field in fields:
        if book.table.has(field):
            is_bad = pl.col(field).is_not_null() & pl.col(f"{field}_value").is_null()
            message = (
                "{value} is no day of the calendar between 1990 and 2100, or not written as in the rest of the file."
            )
            remedy = f"Correct it; a day is written like {example}."
            book.add(rows, is_bad, field, "not_a_date", message, remedy)


def read_amounts(
    rows: pl.DataFrame, table: Table, fields: Sequence[str], writing: Writing, book: FaultBook
) -> tuple[pl.DataFrame, Mark | None]:
    """The rows with ``currency_value`` and Int64 ``<field>_minor`` for each field; faults are noted."""
    present = [field for field in fields if table.has(field)]
    parts = {field: amounts.take_apart(rows[field]) for field in present}
    by_heading = {table.heading(field): part for field, part in parts.items()}
    mark = amounts.find_mark(table.name, by_heading, writing.decimal, writing.remembered_decimal)
    rows = _with_currency(rows, table, parts, writing, book)
    for field in fields:
        if field not in parts:
            rows = rows.with_columns(pl.lit(None, dtype=pl.Int64).alias(f"{field}_minor"))
            continue
        read = amounts.to_minor(parts[field], mark, rows["currency_value"])
        rows = rows.with_columns(read["minor"].alias(f"{field}_minor"))
        if read["fault"].null_count() < read.height:
            _note_amounts(rows.with_columns(fault=read["fault"]), field, book)
    return rows, mark


def _note_amounts(rows: pl.DataFrame, field: str, book: FaultBook) -> None:
    for code, (message, remedy) in _FAULTS_OF_AMOUNTS.items():
        book.add(rows, pl.col("fault") == code, field, code, message, remedy)


def _with_currency(
    rows: pl.DataFrame, table: Table, parts: Mapping[str, pl.DataFrame], writing: Writing, book: FaultBook
) -> pl.DataFrame:
    """The row's own currency, that written at its amounts, that of the headings, or the one for the whole file."""
    at_amounts = [part["unit"].alias(f"unit{place}") for place, part in enumerate(parts.values())]
    fallback = table.currency or writing.currency
    nothing = pl.lit(None, dtype=pl.String)
    rows = rows.with_columns(at_amounts).with_columns(unit=pl.coalesce(nothing, *(part.name for part in at_amounts)))
    unit = pl.col("unit")
    at_amount: pl.Expr = (
        pl.when(unit.is_in(sorted(CURRENCIES)))
        .then(unit)
        .when(unit.is_in(amounts.signs_of(fallback)))
        .then(pl.lit(fallback))
    )
    if table.has("currency"):
        code = pl.col("currency").str.to_uppercase().str.extract(r"^([A-Z]{3})(?:[^A-Z].*)?$", 1)
        symbol = pl.col("currency").replace_strict(["€", "£"], ["EUR", "GBP"], default=None, return_dtype=pl.String)
        own = pl.coalesce(pl.when(code.is_in(sorted(CURRENCIES))).then(code), symbol)
        at_amount = pl.when(pl.col("currency").is_null()).then(at_amount)
        rows = rows.with_columns(currency_value=pl.coalesce(own, at_amount))
        _note_currencies(rows, book)
    else:
        rows = rows.with_columns(currency_value=pl.when(unit.is_null()).then(pl.lit(fallback)).otherwise(at_amount))
        book.add(
            rows,
            pl.col("currency_value").is_null(),
            next(iter(parts), "amount"),
            "unknown_currency",
            f"The amount is in {{value}}, which is not clearly a currency; the organisation counts in {fallback}.",
            'Add a column with the currency\'s ISO 4217 code, or say currency = "USD" in a file given with --map.',
            value=unit,
        )
    return rows.drop("unit", *(unit.name for unit in at_amounts))


def _note_currencies(rows: pl.DataFrame, book: FaultBook) -> None:
    is_missing = pl.col("currency_value").is_null() & pl.col("currency").is_null()
    is_unknown = pl.col("currency_value").is_null() & pl.col("currency").is_not_null()
    remedy = "Write its ISO 4217 code, such as EUR, GBP or USD."
    book.add(rows, is_unknown, "currency", "unknown_currency", "{value} is not a currency.", remedy)
    book.add(rows, is_missing, "currency", "currency_missing", "The currency is missing.", remedy)
