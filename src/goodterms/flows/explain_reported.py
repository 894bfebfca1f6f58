"""What was only reported as gone gets its explanation when the payment itself becomes known."""

import polars as pl
from django.db import connection

from goodterms.database.writing import update_frame

_AT_ONCE = 10_000


def payable(invoices: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """What a payment can still be for: invoice_id, payable (open, and what is reported as gone without a payment)."""
    reported = (
        allocations.filter(pl.col("source") == "reported")
        .group_by("invoice_id")
        .agg(pl.sum("amount_minor").clip(lower_bound=0).alias("reported"))
    )
    return invoices.join(reported, on="invoice_id", how="left").select(
        "invoice_id", payable=pl.col("open_amount_minor") + pl.col("reported").fill_null(0)
    )


def explain_reported(invoices: pl.DataFrame, allocations: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """The allocations, the reported ones taken away as far as payments explain them, the earliest first.

    invoices (columns: balances.INVOICES) and allocations (columns: balances.ALLOCATIONS) as before; posted:
    invoice_id, allocated_date, difference of the payments' new allocations. A payment explains what was reported on
    its day or later, and whatever more than the open amount was paid. A rest whose day nobody knows is taken to have
    gone with the last of these payments.
    """
    reported = allocations.filter(pl.col("source") == "reported", pl.col("amount_minor") > 0)
    last = reported.group_by("invoice_id").agg(last_date=pl.col("allocated_date").max())
    paid = posted.join(last, on="invoice_id").join(invoices.select("invoice_id", "open_amount_minor"), on="invoice_id")
    in_time = pl.col("allocated_date") <= pl.col("last_date")
    explained = paid.group_by("invoice_id").agg(
        explained=pl.max_horizontal(
            pl.col("difference").filter(in_time).sum(),
            pl.sum("difference") - pl.first("open_amount_minor"),
            pl.lit(0),
        ),
        paid_date=pl.col("allocated_date").max(),
    )
    rows = reported.sort("invoice_id", "allocated_date", "allocation_id").join(
        explained, on="invoice_id", maintain_order="left"
    )
    reached = pl.col("amount_minor").cum_sum().over("invoice_id")
    rest = (reached - pl.col("explained")).clip(lower_bound=0)
    rows = rows.with_columns(rest=pl.min_horizontal(rest, "amount_minor"))
    is_older = pl.col("paid_date") < pl.col("allocated_date")
    moved = pl.when(~pl.col("is_date_known") & is_older).then("paid_date").otherwise("allocated_date")
    kept = rows.filter(pl.col("rest") != 0).with_columns(amount_minor="rest", allocated_date=moved)
    others = allocations.join(rows.select("allocation_id"), on="allocation_id", how="anti")
    return pl.concat([others, kept.select(others.columns)])


def store_explained(before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Store what explain_reported made of the allocations before."""
    gone = before.join(after, on="allocation_id", how="anti")
    delete_rows("ledger_allocation", gone["allocation_id"])
    own = before.select("allocation_id", was="amount_minor", was_on="allocated_date")
    both = after.join(own, on="allocation_id")
    changed = both.filter((pl.col("amount_minor") != pl.col("was")) | (pl.col("allocated_date") != pl.col("was_on")))
    update_frame("ledger_allocation", changed.select("amount_minor", "allocated_date", id="allocation_id"), ["id"])


def delete_rows(table: str, ids: pl.Series) -> None:
    """Take rows away that only stood in for facts which are known now."""
    listed = ids.to_list()
    with connection.cursor() as cursor:
        for start in range(0, len(listed), _AT_ONCE):
            some = ", ".join(map(str, listed[start : start + _AT_ONCE]))
            cursor.execute(f"DELETE FROM {table} WHERE id IN ({some})")
