"""What invoices are from their allocations: open amount, day of settlement, number of payments."""

import polars as pl

from goodterms.database.writing import update_frame
from goodterms.flows.import_job import read_by_ids

INVOICES = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "status": pl.String(),
        "issue_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "open_amount_minor": pl.Int64(),
        "settled_date": pl.Date(),
        "payment_count": pl.Int64(),
    }
)
ALLOCATIONS = pl.Schema(
    {
        "allocation_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "payment_id": pl.Int64(),
        "source": pl.String(),
        "allocated_date": pl.Date(),
        "is_date_known": pl.Boolean(),
        "amount_minor": pl.Int64(),
    }
)
_INVOICES = (
    "SELECT id, status, issue_date, amount_minor, open_amount_minor, settled_date, payment_count"
    " FROM ledger_invoice WHERE id IN ({ids})"
)
_ALLOCATIONS = (
    "SELECT id, invoice_id, customer_id, payment_id, source, allocated_date, is_date_known, amount_minor"
    " FROM ledger_allocation WHERE invoice_id IN ({ids})"
)


def read_allocations(invoice_ids: pl.Series) -> pl.DataFrame:
    """All allocations of the invoices, through the running transaction (columns: ALLOCATIONS)."""
    return read_by_ids(_ALLOCATIONS, invoice_ids, ALLOCATIONS)


def read_invoices(invoice_ids: pl.Series) -> pl.DataFrame:
    """The invoices' balances, through the running transaction (columns: INVOICES)."""
    return read_by_ids(_INVOICES, invoice_ids, INVOICES)


def restate_invoices(invoice_ids: pl.Series) -> None:
    """Bring the invoices' open amounts, settled dates and payment counts in line with their allocations."""
    ids = invoice_ids.unique().sort()
    write_balances(read_invoices(ids), read_allocations(ids))


def write_balances(invoices: pl.DataFrame, allocations: pl.DataFrame) -> None:
    """The same for invoices as they were (columns: INVOICES) and all their allocations as they are now."""
    stated = state_invoices(invoices, allocations)
    before = invoices.select(stated.columns).sort("invoice_id")
    differs = pl.any_horizontal(
        pl.Series(name, stated[name].ne_missing(before[name])) for name in stated.columns if name != "invoice_id"
    )
    update_frame("ledger_invoice", stated.filter(differs).rename({"invoice_id": "id"}), ["id"])


def state_invoices(invoices: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """Open amount, settled date and payment count from allocations.

    Takes invoices (columns: INVOICES) and allocations (columns: ALLOCATIONS); returns invoice_id, open_amount_minor,
    settled_date, payment_count by invoice_id. Settled is the day after which nothing was open any more. A payment
    that was sent back and a part whose day nobody knows are not counted as payments.
    """
    days = (
        allocations.group_by("invoice_id", "allocated_date")
        .agg(pl.sum("amount_minor").alias("taken"))
        .sort("invoice_id", "allocated_date")
        .join(invoices.select("invoice_id", "amount_minor"), on="invoice_id", maintain_order="left")
        .with_columns(taken=pl.col("taken").cum_sum().over("invoice_id"))
        .with_columns(is_settled=pl.col("taken") == pl.col("amount_minor"))
    )
    last_open = pl.col("allocated_date").filter(~pl.col("is_settled")).max().over("invoice_id")
    days = days.with_columns(is_settled=pl.col("is_settled") & (pl.col("allocated_date") > last_open).fill_null(True))
    settled = pl.col("allocated_date").filter("is_settled").min()
    balances = days.group_by("invoice_id").agg(pl.last("taken"), settled_on=settled)
    counts = _count_payments(allocations)
    stated = invoices.join(balances, on="invoice_id", how="left").join(counts, on="invoice_id", how="left")
    left = pl.col("amount_minor") - pl.col("taken").fill_null(0)
    return stated.select(
        "invoice_id",
        open_amount_minor=left,
        settled_date=pl.when((left == 0) & (pl.col("status") == "posted")).then(
            pl.coalesce("settled_on", "issue_date")
        ),
        payment_count=pl.col("counted").fill_null(0),
    ).sort("invoice_id")


def _count_payments(allocations: pl.DataFrame) -> pl.DataFrame:
    """Payments that took something and were not sent back, and reported reductions of known days.

    None where something was written off: that such an invoice is settled tells of no paying.
    """
    given_up = allocations.filter(pl.col("source") == "written_off").select("invoice_id")
    allocations = allocations.join(given_up, on="invoice_id", how="anti")
    by_payment = (
        allocations.filter(pl.col("payment_id").is_not_null())
        .group_by("invoice_id", "payment_id")
        .agg(pl.sum("amount_minor"))
        .filter(pl.col("amount_minor") != 0)
        .select("invoice_id")
    )
    reported = allocations.filter(
        pl.col("source") == "reported", pl.col("is_date_known"), pl.col("amount_minor") > 0
    ).select("invoice_id")
    return pl.concat([by_payment, reported]).group_by("invoice_id").agg(counted=pl.len().cast(pl.Int64))
