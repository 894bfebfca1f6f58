"""Rows of a payment list into payments and what they were for."""

from dataclasses import dataclass

import polars as pl

from goodterms.importers.customers import with_customer
from goodterms.importers.faults import FaultBook
from goodterms.importers.kinds import is_returned
from goodterms.importers.rows import PAYMENT_LINES
from goodterms.importers.table import Table
from goodterms.importers.values import Settled, Writing, check_dates, check_lengths, read_amounts, read_dates

_DATES = ("payment_date", "returned_date")
_TEXTS = ("number", "payment_number", "reference", "status")


@dataclass(frozen=True)
class PaymentRows:
    """What a payment list says; ``people`` are its rows with customer_key and subject."""

    payments: pl.DataFrame
    people: pl.DataFrame
    settled: Settled
    notes: tuple[str, ...]


def read_payments(table: Table, writing: Writing, book: FaultBook) -> PaymentRows:
    """Typed rows of the table, one per allocation; a bad row is a fault in the book and nowhere else."""
    absent = [name for name in _TEXTS if name not in table.rows.columns]
    rows = with_customer(table.rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent))
    rows = rows.with_columns(subject=pl.format("row {} {}", pl.lit(table.name), "row"))
    rows, order = read_dates(rows, table, _DATES, writing)
    rows, mark = read_amounts(rows, table, ("payment_amount",), writing, book)
    rows = _with_key(rows).with_columns(subject=_subject())
    _check(rows, table, book)
    check_dates(rows, _DATES, order, book)
    check_lengths(rows, book)
    good = book.without_bad(rows)
    notes = []
    if not table.has("currency") and not table.currency:
        notes.append(f"The file names no currency: amounts without one are taken as {writing.currency}.")
    return PaymentRows(_to_lines(good), good, Settled(order, mark), tuple(notes))


def _with_key(rows: pl.DataFrame) -> pl.DataFrame:
    """What recognises a payment in the next file: its own number, else its reference and day, else all of its row."""
    again = pl.int_range(pl.len()).over("customer_key", "payment_date", "number", "payment_amount")
    whole = pl.format(
        "{} {} {} {}",
        pl.col("payment_date_value"),
        pl.col("number").fill_null("-"),
        pl.col("payment_amount_minor"),
        again,
    )
    by_reference = pl.format("{} {} {}", "payment_date_value", "currency_value", "reference")
    key = pl.coalesce("payment_number", by_reference, whole)
    return rows.with_columns(key=pl.when(key.str.len_chars() <= 100).then(key).otherwise(_digest(key)))


def _digest(key: pl.Expr) -> pl.Expr:
    """A long key cut short, with its hash so that two long ones stay apart."""
    return pl.format("{} #{}", key.str.slice(0, 75), key.hash(seed=1))


def _subject() -> pl.Expr:
    named = pl.format(
        "payment {} for {} of {}",
        "key",
        pl.col("number").fill_null("account"),
        pl.coalesce("customer_key", pl.lit("?")),
    )
    return named.fill_null(pl.col("subject"))


def _check(rows: pl.DataFrame, table: Table, book: FaultBook) -> None:
    is_nobody = pl.col("customer_key").is_null() & pl.col("number").is_null()
    column = "customer_name" if table.has("customer_name") else "customer_number"
    remedy = "Fill in the customer or the invoice number."
    book.add(rows, is_nobody, column, "customer_missing", "Neither customer nor invoice is named.", remedy)
    no_date = pl.col("payment_date").is_null()
    book.add(rows, no_date, "payment_date", "date_missing", "The payment date is missing.", "Fill it in.")
    no_amount = pl.col("payment_amount").is_null()
    book.add(rows, no_amount, "payment_amount", "amount_missing", "The amount is missing.", "Fill it in.")
    book.add(
        rows,
        pl.col("payment_amount_minor") <= 0,
        "payment_amount",
        "payment_not_positive",
        "A payment of {value} is no payment.",
        "Give what was paid as a positive amount; a payment that came back has the status Returned.",
    )
    same = pl.struct("payment_date_value", "currency_value").n_unique().over("customer_key", "key") > 1
    book.add(
        rows,
        same & pl.col("payment_number").is_not_null(),
        "payment_number",
        "conflicting_rows",
        "Payment {value} stands in the file with different days or currencies; none of its rows was taken.",
        "Give each payment a number of its own.",
    )


def _to_lines(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "row",
        "subject",
        "customer_key",
        "key",
        reference=pl.coalesce("reference", "payment_number", pl.lit("")),
        paid_date="payment_date_value",
        currency="currency_value",
        invoice_number="number",
        amount_minor="payment_amount_minor",
        unallocated_minor=pl.lit(None, dtype=pl.Int64),
        is_returned=is_returned(pl.col("status")) | pl.col("returned_date_value").is_not_null(),
        returned_date="returned_date_value",
    ).match_to_schema(PAYMENT_LINES)
