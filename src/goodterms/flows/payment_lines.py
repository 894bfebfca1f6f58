"""What the lines of imported payments are for: the invoice meant, and how much of it can be paid."""

import polars as pl

from goodterms.database.reading import read_inside_transaction
from goodterms.flows.import_job import ImportJob, read_by_ids

_INVOICES = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "owner_id": pl.Int64(),
        "invoice_number": pl.String(),
        "invoice_currency": pl.String(),
    }
)
_QUERY = "SELECT id, customer_id, number, currency FROM ledger_invoice WHERE kind = 'invoice' AND"
_FEW_CUSTOMERS = 2_000
_ON_ACCOUNT = "The money is kept on account and counts for the customer all the same."


def find_invoices(job: ImportJob, lines: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """The lines with customer_id and invoice_id (null: on account); a line of nobody known is a fault and left out."""
    keys = customers.select("customer_key", "customer_id")
    lines = lines.join(keys, on="customer_key", how="left", maintain_order="left")
    invoices = _read_invoices(job, lines)
    own = invoices.select("invoice_id", "invoice_number", "invoice_currency", customer_id="owner_id")
    by_number = invoices.filter(pl.col("invoice_number").is_unique()).select(
        "invoice_number", "owner_id", other_id="invoice_id", other_currency="invoice_currency"
    )
    lines = lines.join(own, on=["customer_id", "invoice_number"], how="left", maintain_order="left").join(
        by_number, on="invoice_number", how="left", maintain_order="left"
    )
    is_nobodys = pl.col("customer_id").is_null()
    lines = lines.with_columns(
        invoice_id=pl.when(is_nobodys).then("other_id").otherwise("invoice_id"),
        invoice_currency=pl.when(is_nobodys).then("other_currency").otherwise("invoice_currency"),
        customer_id=pl.coalesce("customer_id", "owner_id"),
    )
    _note_unfound(job, lines)
    is_other = (pl.col("invoice_currency") != pl.col("currency")).fill_null(False)
    job.add_fault(
        lines.filter(is_other),
        "currency",
        "payment_in_other_currency",
        pl.format("Invoice {} is in {}, the payment in {}.", "invoice_number", "invoice_currency", "currency"),
        f"Correct the currency, or give the payment a line of its own without invoice. {_ON_ACCOUNT}",
        value=pl.col("currency"),
        kept=True,
    )
    return lines.filter(pl.col("customer_id").is_not_null()).with_columns(
        invoice_id=pl.when(~is_other).then("invoice_id")
    )


def _read_invoices(job: ImportJob, lines: pl.DataFrame) -> pl.DataFrame:
    ids = lines["customer_id"].drop_nulls().unique()
    if lines["customer_id"].null_count() == 0 and ids.len() <= _FEW_CUSTOMERS:
        return read_by_ids(f"{_QUERY} customer_id IN ({{ids}})", ids, _INVOICES)
    return read_inside_transaction(f"{_QUERY} organisation_id = %s", [job.organisation_id], _INVOICES)


def _note_unfound(job: ImportJob, lines: pl.DataFrame) -> None:
    unfound = lines.filter(pl.col("invoice_number").is_not_null(), pl.col("invoice_id").is_null())
    message = pl.format("There is no invoice {} of this customer.", "invoice_number")
    job.add_fault(
        unfound.filter(pl.col("customer_id").is_not_null()),
        "number",
        "payment_for_unknown_invoice",
        message,
        f"Import the invoice and then this file again. {_ON_ACCOUNT}",
        value=pl.col("invoice_number"),
        kept=True,
    )
    job.add_fault(
        unfound.filter(pl.col("customer_id").is_null()),
        "number",
        "payment_of_nobody",
        pl.format("There is no invoice {}, and the row names no customer.", "invoice_number"),
        "Fill in the customer, or import the invoice and then this file again.",
        value=pl.col("invoice_number"),
        kept=False,
    )


def within_open(job: ImportJob, wanted: pl.DataFrame, open_now: pl.DataFrame) -> pl.DataFrame:
    """The differences cut to what can be paid; what is too much stays on account and is a fault.

    wanted: row, subject, invoice_id, invoice_number, allocated_date, difference. open_now: invoice_id, payable (what
    is open, with what is only reported as gone).
    """
    rows = wanted.sort("allocated_date", "row").join(open_now, on="invoice_id", how="left", maintain_order="left")
    asked = pl.col("difference").clip(lower_bound=0)
    before = (asked.cum_sum() - asked).over("invoice_id")
    given_back = (-pl.col("difference").clip(upper_bound=0)).sum().over("invoice_id")
    left = (pl.col("payable").fill_null(0) + given_back - before).clip(lower_bound=0)
    rows = rows.with_columns(
        allowed=pl.when(pl.col("difference") > 0).then(pl.min_horizontal("difference", left)).otherwise("difference")
    )
    job.add_fault(
        rows.filter(pl.col("allowed") < pl.col("difference")),
        "payment_amount",
        "payment_exceeds_invoice",
        pl.format("More was paid than invoice {} still had open.", "invoice_number"),
        f"Check whether the payment was meant for another invoice. {_ON_ACCOUNT}",
        value=pl.col("invoice_number"),
        kept=True,
    )
    return rows.with_columns(difference="allowed").drop("allowed", "payable").filter(pl.col("difference") != 0)
