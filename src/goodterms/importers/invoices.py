"""Rows of an invoice list into invoices, credit notes, cash on account and payments in full."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from goodterms.importers.customers import with_customer
from goodterms.importers.faults import FaultBook
from goodterms.importers.fields import fold_heading
from goodterms.importers.grouping import one_row_per_invoice
from goodterms.importers.kinds import document_kind, is_paid, standing
from goodterms.importers.parties import to_terms_days, to_truth
from goodterms.importers.rows import INVOICES, PAYMENT_LINES
from goodterms.importers.table import Table
from goodterms.importers.values import Settled, Writing, check_dates, check_lengths, read_amounts, read_dates

_DATES = ("issue_date", "due_date", "settled_date")
_AMOUNTS = ("amount", "open", "paid", "line_amount")
_TEXTS = ("type", "status", "payment_status", "purchase_order", "disputed", "terms", "number")


@dataclass(frozen=True)
class InvoiceRows:
    """What an invoice list says; ``people`` are its rows with customer_key and subject, for customers and contacts."""

    invoices: pl.DataFrame
    payments: pl.DataFrame
    people: pl.DataFrame
    settled: Settled
    notes: tuple[str, ...]


def read_invoices(table: Table, writing: Writing, as_of: date, book: FaultBook) -> InvoiceRows:
    """Typed rows of the table; a bad row is a fault in the book and nowhere else."""
    rows = table.rows if not _names_have_contacts(table) else _split_names(table.rows)
    rows = with_customer(_with_absent(rows)).with_columns(subject=_subject(table))
    rows, order = read_dates(rows, table, _DATES, writing)
    rows, mark = read_amounts(rows, table, _AMOUNTS, writing, book)
    rows = _classify(rows).filter(pl.col("document") != "other")
    _check_rows(rows, table, book)
    check_dates(rows, _DATES, order, book)
    check_lengths(rows, book)
    rows = _with_balances(_with_dates(rows, table, as_of), table, as_of)
    _check_balances(rows, table, book)
    if _names_have_contacts(table):
        _check_company_currency(rows, table, writing, book)
    good = book.without_bad(rows)
    documents = one_row_per_invoice(good.filter(pl.col("document") != "payment"), table, book)
    documents = documents.with_columns(is_settled=_is_settled_by_payment(table, as_of))
    return InvoiceRows(
        invoices=_to_invoices(documents, table),
        payments=pl.concat([_cash(good.filter(pl.col("document") == "payment")), _settlements(documents)]),
        people=good,
        settled=Settled(order, mark),
        notes=_notes(table, writing),
    )


def _names_have_contacts(table: Table) -> bool:
    return table.layout is not None and table.layout.names_have_contacts


def _split_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Odoo writes a person at a company as "Company, Person"; a legal form behind the comma is the company's own."""
    parts = pl.col("customer_name").str.extract_groups(r"^(?P<company>.+), (?P<person>[^,]+)$")
    legal = (
        r"(?i)^(?:inc|incorporated|llc|l\.l\.c|ltd|limited|llp|lp|plc|corp|corporation|co|company|gmbh|ag|kg|ohg|ug|"
        r"se|s\.?a|s\.?a\.?s|s\.?l|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|a/s|aps|ab|oy|as|pty|pte)\b\.?(?: .*)?$|"
        r"&|\band\b|\bund\b|\d"
    )
    company, person = parts.struct.field("company"), parts.struct.field("person")
    is_person = person.is_not_null() & ~person.str.contains(legal)
    return rows.with_columns(
        customer_name=pl.when(is_person).then(company).otherwise("customer_name"),
        contact_name=pl.when(is_person).then(person),
    )


def _check_company_currency(rows: pl.DataFrame, table: Table, writing: Writing, book: FaultBook) -> None:
    """Odoo's "Signed" amounts are in the company's currency, even beside another currency in the row."""
    for field in ("amount", "open"):
        heading = fold_heading(table.heading(field))
        if table.has(field) and heading.endswith("signed") and "currency" not in heading:
            book.add(
                rows,
                pl.col("currency_value") != writing.currency,
                field,
                "amount_in_company_currency",
                f"{{value}} is in the company's currency ({writing.currency}), but the invoice is in another.",
                "Export the columns 'Total in Currency Signed' and 'Amount Due in Currency Signed' as well.",
            )


def _with_absent(rows: pl.DataFrame) -> pl.DataFrame:
    absent = [name for name in _TEXTS if name not in rows.columns]
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def _classify(rows: pl.DataFrame) -> pl.DataFrame:
    """document (invoice, credit_note, payment, other), standing, is_paid."""
    sign_of = pl.coalesce("amount_minor", "open_minor", "line_amount_minor")
    return rows.with_columns(
        document=document_kind(pl.col("type"), sign_of),
        standing=standing(pl.col("status")).fill_null("posted"),
        is_paid=is_paid(pl.col("status")) | is_paid(pl.col("payment_status")),
    )


def _subject(table: Table) -> pl.Expr:
    """What a row is about, in words that the next file gives again."""
    row = pl.format("row {} {}", pl.lit(table.name), "row")
    return pl.format("document {} of {}", "number", "customer_key").fill_null(row)


def _check_rows(rows: pl.DataFrame, table: Table, book: FaultBook) -> None:
    """Faults of the row itself: whose is it, which is it, when was it issued, how much is it."""
    is_document = pl.col("document") != "payment"
    missing_number = pl.col("number").is_null() & is_document
    book.add(rows, missing_number, "number", "number_missing", "The invoice number is missing.", "Fill it in.")
    column = "customer_name" if table.has("customer_name") else "customer_number"
    remedy = "Fill in the customer's number or name."
    book.add(rows, pl.col("customer_key").is_null(), column, "customer_missing", "The customer is missing.", remedy)
    is_dateless = pl.col("issue_date").is_null() if table.has("issue_date") else pl.col("due_date").is_null()
    field = "issue_date" if table.has("issue_date") else "due_date"
    book.add(rows, is_dateless, field, "date_missing", f"The {table.heading(field)} is missing.", "Fill it in.")
    amounts = [field for field in ("amount", "open", "line_amount") if table.has(field)]
    for field in amounts if table.shape != "lines" else amounts[:1]:
        is_missing = pl.col(field).is_null() & _is_needed(field, table)
        text = f"The {table.heading(field)} is missing."
        book.add(rows, is_missing, field, "amount_missing", text, "Fill it in; write 0 for nothing.")


def _is_needed(field: str, table: Table) -> pl.Expr:
    """A blank open amount is no fault where the paid amount or the status tells it."""
    if field != "open" or not table.has("amount"):
        return pl.lit(True)
    told = pl.col("is_paid") | (pl.col("standing") != "posted")
    return ~(told | pl.col("paid").is_not_null()) if table.has("paid") else ~told


def _with_dates(rows: pl.DataFrame, table: Table, as_of: date) -> pl.DataFrame:
    """A list without invoice dates has its invoices issued by the day it was made, or by their due date."""
    if table.has("issue_date"):
        return rows
    return rows.with_columns(issue_date_value=pl.min_horizontal("due_date_value", pl.lit(as_of)))


def _with_balances(rows: pl.DataFrame, table: Table, as_of: date) -> pl.DataFrame:
    """total and rest: invoices positive, credit notes and payments negative, whatever sign the file gives them."""
    is_negative = pl.col("document") != "invoice"
    total, rest = pl.col("amount_minor"), pl.col("open_minor")
    if table.shape == "lines" and not table.has("amount"):
        total = pl.sum("line_amount_minor").over("subject", "document")
    told: pl.Expr = pl.when(pl.col("is_paid")).then(0)
    if table.has("paid"):
        told = pl.coalesce(told, total.abs() - pl.col("paid_minor").abs())
    by_default = pl.lit(None, dtype=pl.Int64) if table.has("open") else total
    rest = pl.coalesce(rest, told, by_default)
    return rows.with_columns(
        total=pl.when(is_negative).then(-total.abs()).otherwise(total),
        rest=pl.when(pl.col("standing") != "posted").then(0).when(is_negative).then(-rest.abs()).otherwise(rest),
    )


def _check_balances(rows: pl.DataFrame, table: Table, book: FaultBook) -> None:
    is_invoice = pl.col("document") == "invoice"
    field = "open" if table.has("open") else "paid" if table.has("paid") else "amount"
    if table.shape != "terms":
        book.add(
            rows,
            (pl.col("document") != "payment") & (pl.col("rest").abs() > pl.col("total").abs()),
            field,
            "open_exceeds_amount",
            "The open amount {value} is larger than the invoice.",
            "Correct the amount or the open amount; interest and fees are documents of their own.",
        )
        book.add(
            rows,
            is_invoice & (pl.col("rest") < 0),
            field,
            "overpaid",
            "The open amount {value} says that more was paid than the invoice asked for; taken as settled.",
            "Record what was paid too much as a payment on account.",
            is_kept=True,
        )
    book.add(
        rows,
        pl.col("due_date_value") < pl.col("issue_date_value"),
        "due_date",
        "due_before_issue",
        "The due date {value} is before the invoice date.",
        "Correct one of the two dates.",
        is_kept=True,
    )


def _is_settled_by_payment(table: Table, as_of: date) -> pl.Expr:
    """A settled date is a payment in full on that day, unless the file says that something is open."""
    is_known = pl.col("settled_date_value") <= pl.lit(as_of)
    is_ours = (pl.col("document") == "invoice") & (pl.col("standing") == "posted") & (pl.col("total") > 0)
    says_open = pl.col("rest") != 0 if table.has("open") or table.has("paid") else pl.lit(False)
    return (is_known & is_ours & ~says_open).fill_null(False)


def _to_invoices(documents: pl.DataFrame, table: Table) -> pl.DataFrame:
    # An overpaid invoice has nothing open; null stays null, which max_horizontal would not let it.
    is_overpaid = (pl.col("document") == "invoice") & (pl.col("rest") < 0)
    says_open = pl.when(~pl.col("is_settled")).then(pl.when(is_overpaid).then(0).otherwise("rest"))
    disputed = (
        to_truth(pl.col("disputed")).fill_null(False) if table.has("disputed") else pl.lit(None, dtype=pl.Boolean)
    )
    return documents.select(
        "row",
        "subject",
        "customer_key",
        "number",
        kind="document",
        standing="standing",
        currency="currency_value",
        issue_date="issue_date_value",
        due_date="due_date_value",
        terms_days=to_terms_days(pl.col("terms")),
        amount_minor="total",
        open_minor=says_open,
        purchase_order="purchase_order",
        is_disputed=disputed,
    ).match_to_schema(INVOICES)


def _cash(rows: pl.DataFrame) -> pl.DataFrame:
    """Payment rows of an ageing report: money on account, known again by day, amount and number."""
    # An ERP may list an advance as nothing invoiced and something outstanding.
    size = pl.max_horizontal(pl.col("total").abs(), pl.col("rest").abs())
    again = pl.int_range(pl.len()).over("customer_key", "currency_value", "issue_date_value", size, "number")
    return (
        rows.with_columns(size=size, again=again)
        .filter(pl.col("size") > 0)
        .select(
            "row",
            "subject",
            "customer_key",
            key=pl.format(
                "on account {} {} {} {} {}",
                "issue_date_value",
                "currency_value",
                "size",
                pl.col("number").fill_null("-"),
                "again",
            ).str.slice(0, 100),
            reference=pl.col("number").fill_null(""),
            paid_date="issue_date_value",
            currency="currency_value",
            invoice_number=pl.lit(None, dtype=pl.String),
            amount_minor="size",
            unallocated_minor=pl.col("rest").abs(),
            is_returned=pl.lit(False),
            returned_date=pl.lit(None, dtype=pl.Date),
        )
        .match_to_schema(PAYMENT_LINES)
    )


def _settlements(documents: pl.DataFrame) -> pl.DataFrame:
    return (
        documents.filter("is_settled")
        .select(
            "row",
            "subject",
            "customer_key",
            key=pl.format("settled {}", "number").str.slice(0, 100),
            reference=pl.lit(""),
            paid_date="settled_date_value",
            currency="currency_value",
            invoice_number="number",
            amount_minor="total",
            unallocated_minor=pl.lit(None, dtype=pl.Int64),
            is_returned=pl.lit(False),
            returned_date=pl.lit(None, dtype=pl.Date),
        )
        .match_to_schema(PAYMENT_LINES)
    )


def _notes(table: Table, writing: Writing) -> tuple[str, ...]:
    notes = []
    if not table.has("currency") and not table.currency:
        notes.append(f"The file names no currency: amounts without one are taken as {writing.currency}.")
    if not {"open", "paid", "status", "payment_status", "settled_date"} & table.headings.keys():
        notes.append("The file has no open amounts: every invoice in it is taken as open in full.")
    if not table.has("issue_date"):
        notes.append("The file has no invoice dates: the due date stands in for them.")
    return tuple(notes)
