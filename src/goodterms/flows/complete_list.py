"""A file that lists everything open: what the ledger has open beyond it is settled, but for our own fees."""

import polars as pl

from goodterms.core.refusal import Refusal
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.apply_invoices import report
from goodterms.flows.balances import restate_invoices
from goodterms.flows.import_job import ImportJob
from goodterms.importers.rows import Covers

_OPEN = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "kind": pl.String(),
        "number": pl.String(),
        "currency": pl.String(),
        "open": pl.Int64(),
    }
)
_QUERY = (
    "SELECT id, customer_id, kind, number, currency, open_amount_minor FROM ledger_invoice"
    " WHERE organisation_id = %s AND open_amount_minor <> 0 AND status = 'posted' AND kind <> 'fee'"
    " AND issue_date <= %s ORDER BY id"
)


class CompleteListHasGaps(Refusal):
    """A list that is to be complete has rows of which nobody knows what they are."""

    def __init__(self, name: str, row: int, message: str) -> None:
        super().__init__(
            f"{name}, row {row}: {message} Since this row cannot be told apart, nothing can be settled by its absence: "
            "correct the row, or import without --complete."
        )


class CompleteListOutdated(Refusal):
    """A complete list is older than what was imported already."""

    def __init__(self, name: str, as_of: object, last: object) -> None:
        super().__init__(
            f"{name} is as of {as_of}, older than the list of {last} imported before; what it lacks may be newer than "
            "it. Import it without --complete, or say with --as-of DATE of which day it is."
        )


def settle_missing(job: ImportJob, name: str, covers: Covers, listed: pl.DataFrame, faults: pl.DataFrame) -> None:
    """Settle, as of the file's day, what is open in the ledger and could be in the file but is not.

    ``listed``: invoice_id of what the file lists. ``faults``: of the file; a document with a bad row is in the file
    all the same. Raises CompleteListHasGaps where a bad row cannot be told apart.
    """
    bad = faults.filter(~pl.col("is_kept"))
    nameless = bad.filter(pl.col("subject").str.starts_with("row "))
    if not nameless.is_empty():
        row = nameless.row(0, named=True)
        raise CompleteListHasGaps(name, row["row"], row["message"])
    rows = read_inside_transaction(_QUERY, [job.organisation_id, job.as_of.isoformat()], _OPEN)
    rows = rows.join(listed.select("invoice_id"), on="invoice_id", how="anti", maintain_order="left")
    if covers.currencies is not None:
        rows = rows.filter(pl.col("currency").is_in(list(covers.currencies)))
    if not covers.credit_notes:
        rows = rows.filter(pl.col("kind") == "invoice")
    numbers = bad["subject"].str.extract(r"^\w+ (.+) of (?:number|name) ", 1).drop_nulls()
    rows = rows.filter(~pl.col("number").is_in(numbers.implode()))
    day = pl.lit(job.as_of).alias("allocated_date")
    report(job, rows.select("customer_id", "invoice_id", day, amount_minor="open"), is_date_known=True)
    settled = rows.select(id="invoice_id", open_amount_minor=pl.lit(0, dtype=pl.Int64), settled_date=pl.lit(job.as_of))
    update_frame("ledger_invoice", settled, ["id"])
    restate_invoices(rows["invoice_id"])
    job.counts["invoices_settled"] += rows.height
    job.add_changed(rows["customer_id"])
