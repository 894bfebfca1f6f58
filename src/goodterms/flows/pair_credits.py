"""Credit notes used up and invoices lowered by the same amount on a day nobody knows: the one was put to the other."""

import polars as pl

from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.balances import restate_invoices
from goodterms.flows.import_job import ImportJob, read_by_ids

_UNDATED = pl.Schema(
    {
        "allocation_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "allocated_date": pl.Date(),
        "amount_minor": pl.Int64(),
    }
)
_QUERY = (
    "SELECT a.id, a.invoice_id, a.customer_id, i.currency, i.issue_date, a.allocated_date, a.amount_minor"
    " FROM ledger_allocation a JOIN ledger_invoice i ON i.id = a.invoice_id"
    " WHERE a.source = 'reported' AND NOT a.is_date_known AND i.status = 'posted'"
)
_PAIR = ["customer_id", "currency", "amount_minor"]


def pair_credits(job: ImportJob) -> None:
    """Date what a credit note took off an invoice by the later of their issue dates.

    Only where amount, customer and currency leave one credit note for one invoice: else nothing is assumed, and both
    stay gone by the day on which they were first seen.
    """
    notes = read_inside_transaction(
        f"{_QUERY} AND i.kind = 'credit_note' AND a.organisation_id = %s", [job.organisation_id], _UNDATED
    ).with_columns(pl.col("amount_minor").abs())
    if notes.is_empty():
        return
    query = f"{_QUERY} AND i.kind = 'invoice' AND a.customer_id IN ({{ids}})"
    invoices = read_by_ids(query, notes["customer_id"].unique(), _UNDATED)
    pairs = notes.filter(pl.struct(_PAIR).is_unique()).join(
        invoices.filter(pl.struct(_PAIR).is_unique()), on=_PAIR, suffix="_of_invoice"
    )
    day = pl.max_horizontal("issue_date", "issue_date_of_invoice")
    pairs = pairs.with_columns(day=day).filter(
        pl.col("day") <= pl.min_horizontal("allocated_date", "allocated_date_of_invoice")
    )
    both = pl.concat([pairs["allocation_id"], pairs["allocation_id_of_invoice"]])
    days = pl.concat([pairs["day"], pairs["day"]])
    changes = pl.DataFrame({"id": both, "allocated_date": days}).with_columns(
        source=pl.lit("credit_note"), is_date_known=pl.lit(True)
    )
    update_frame("ledger_allocation", changes, ["id"])
    restate_invoices(pl.concat([pairs["invoice_id"], pairs["invoice_id_of_invoice"]]))
    job.add_changed(pairs["customer_id"])
