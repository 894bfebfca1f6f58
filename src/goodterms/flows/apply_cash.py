"""Cash on account as an ageing report lists it: new amounts stored, used ones turned into allocations."""

import polars as pl

from goodterms.database.identifiers import next_ids
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.apply_payments import PAYMENTS, read_payments, recognise, restate_payments
from goodterms.flows.balances import restate_invoices
from goodterms.flows.explain_reported import delete_rows
from goodterms.flows.import_job import ImportJob

_REPORTED = pl.Schema(
    {
        "allocation_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "currency": pl.String(),
        "amount_minor": pl.Int64(),
    }
)
# What this file reported as gone: an accounting program lowers cash on account by putting it to invoices.
_REPORTED_QUERY = (
    "SELECT a.id, a.customer_id, a.invoice_id, i.currency, a.amount_minor FROM ledger_allocation a"
    " JOIN ledger_invoice i ON i.id = a.invoice_id WHERE a.organisation_id = %s AND a.allocated_date = %s"
    " AND a.source = 'reported' AND a.is_date_known AND a.amount_minor > 0 ORDER BY a.id"
)
_ON_ACCOUNT_QUERY = (
    "SELECT id, customer_id, key, paid_date, currency, amount_minor, unallocated_minor, returned_date"
    " FROM ledger_payment WHERE organisation_id = %s AND unallocated_minor <> 0 AND paid_date <= %s"
    " AND key LIKE 'on account %%' ORDER BY id"
)


def apply_cash(job: ImportJob, lines: pl.DataFrame, customers: pl.DataFrame, *, is_complete: bool) -> None:
    """Bring cash on account to what the report lists (columns: importers.rows.PAYMENT_LINES, unallocated_minor given).

    ``customers`` is the answer of apply_parties. With ``is_complete`` cash that earlier reports listed and this one
    does not is used up.
    """
    keys = customers.select("customer_key", "customer_id")
    rows = lines.join(keys, on="customer_key", maintain_order="left")
    rows = rows.select("customer_id", "key", "paid_date", "currency", "reference", amount_minor="unallocated_minor")
    rows = recognise(rows.filter(pl.col("amount_minor") > 0))
    _insert(job, rows.filter(~pl.col("is_known")))
    known = rows.filter("is_known").with_columns(used=pl.col("own_unallocated") - pl.col("amount_minor"))
    _grow(known.filter((pl.col("used") < 0) | (pl.col("own_key") != pl.col("key"))))
    used = known.filter(pl.col("used") > 0).select("payment_id", "customer_id", "currency", "used")
    if is_complete:
        used = pl.concat([used, _gone(job, rows)])
    _use(job, used)
    job.counts["payments_changed"] += known.filter(pl.col("used") != 0).height
    job.counts["payments_unchanged"] += known.filter(pl.col("used") == 0).height
    job.add_changed(known.filter(pl.col("used") != 0)["customer_id"])


def _insert(job: ImportJob, rows: pl.DataFrame) -> None:
    rows = rows.with_columns(next_ids("ledger_payment", rows.height).alias("payment_id"))
    job.insert(
        "ledger_payment",
        rows.select(
            "customer_id",
            "key",
            "paid_date",
            "currency",
            "amount_minor",
            "reference",
            id="payment_id",
            organisation_id=pl.lit(job.organisation_id),
            unallocated_minor="amount_minor",
            returned_date=pl.lit(None, dtype=pl.Date),
        ),
    )
    job.counts["payments_new"] += rows.height
    job.add_changed(rows["customer_id"])


def _grow(rows: pl.DataFrame) -> None:
    """More on account than before, or the report's key for a payment that a person recorded."""
    more = (-pl.col("used")).clip(lower_bound=0)
    grown = rows.select(
        "key",
        id="payment_id",
        amount_minor=pl.col("own_amount") + more,
        unallocated_minor=pl.col("own_unallocated") + more,
    )
    update_frame("ledger_payment", grown, ["id"])


def _gone(job: ImportJob, rows: pl.DataFrame) -> pl.DataFrame:
    day = job.as_of.isoformat()
    on_account = read_inside_transaction(_ON_ACCOUNT_QUERY, [job.organisation_id, day], PAYMENTS)
    gone = on_account.join(rows.select("payment_id").drop_nulls(), on="payment_id", how="anti", maintain_order="left")
    job.counts["payments_changed"] += gone.height
    job.add_changed(gone["customer_id"])
    return gone.select("payment_id", "customer_id", currency="own_currency", used="own_unallocated")


def _use(job: ImportJob, used: pl.DataFrame) -> None:
    """Cash used goes to the invoices whose open amounts fell in the same file; what went elsewhere left the account."""
    if used.is_empty():
        return
    day = job.as_of.isoformat()
    reported = read_inside_transaction(_REPORTED_QUERY, [job.organisation_id, day], _REPORTED)
    shares = _share(used, reported)
    job.insert(
        "ledger_allocation",
        shares.select(
            "customer_id",
            "invoice_id",
            "payment_id",
            organisation_id=pl.lit(job.organisation_id),
            source=pl.lit("payment"),
            allocated_date=pl.lit(job.as_of),
            is_date_known=pl.lit(True),
            amount_minor="share",
        ),
    )
    _lower_reported(shares, reported)
    _take_off(used, shares)
    restate_payments(used["payment_id"])
    restate_invoices(shares["invoice_id"])


def _share(used: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Lay both beside each other per customer and currency, and take where they overlap."""
    of = ["customer_id", "currency"]
    left = used.with_columns(end=pl.col("used").cum_sum().over(of)).with_columns(start=pl.col("end") - pl.col("used"))
    right = reported.with_columns(to=pl.col("amount_minor").cum_sum().over(of)).with_columns(
        since=pl.col("to") - pl.col("amount_minor")
    )
    share = pl.min_horizontal("end", "to") - pl.max_horizontal("start", "since")
    return left.join(right, on=of).with_columns(share=share).filter(pl.col("share") > 0)


def _lower_reported(shares: pl.DataFrame, reported: pl.DataFrame) -> None:
    taken = shares.group_by("allocation_id").agg(pl.sum("share"))
    rest = reported.join(taken, on="allocation_id").select(
        id="allocation_id", amount_minor=pl.col("amount_minor") - pl.col("share")
    )
    delete_rows("ledger_allocation", rest.filter(pl.col("amount_minor") == 0)["id"])
    update_frame("ledger_allocation", rest.filter(pl.col("amount_minor") != 0), ["id"])


def _take_off(used: pl.DataFrame, shares: pl.DataFrame) -> None:
    """Cash that left the account without an invoice, paid back perhaps, is no longer part of the payment."""
    allocated = shares.group_by("payment_id").agg(pl.sum("share"))
    lost = used.join(allocated, on="payment_id", how="left").select(
        "payment_id", lost=pl.col("used") - pl.col("share").fill_null(0)
    )
    lost = lost.filter(pl.col("lost") > 0)
    if lost.is_empty():
        return
    rows = read_payments(lost["payment_id"]).join(lost, on="payment_id")
    rows = rows.with_columns(left=pl.col("own_amount") - pl.col("lost"))
    delete_rows("ledger_payment", rows.filter(pl.col("left") <= 0)["payment_id"])
    kept = rows.filter(pl.col("left") > 0).select(id="payment_id", amount_minor="left", unallocated_minor=pl.lit(0))
    update_frame("ledger_payment", kept, ["id"])
