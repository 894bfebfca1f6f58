"""What was paid on the invoices of an agreement since it was made: of promises, plans and settlements alike."""

from datetime import date

import polars as pl

AGREED_ITEMS = pl.Schema(
    {
        "agreement_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "since_date": pl.Date(),  # the day of the agreement
        "until_date": pl.Date(),  # the last day on which money still counts
        "gone_then_minor": pl.Int64(),  # gone_before of it when the agreement was made
        "open_now_minor": pl.Int64(),
    }
)
REDUCTIONS = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "reduced_date": pl.Date(),
        "is_payment": pl.Boolean(),  # false: credited, forgiven, waived, written off
        "amount_minor": pl.Int64(),  # negative: sent back by the bank
    }
)
AGREED_CASH = pl.Schema(  # cash on account of the customer in the agreement's currency
    {"agreement_id": pl.Int64(), "paid_date": pl.Date(), "unallocated_minor": pl.Int64()}
)
CASH_THEN = pl.Schema(  # of that, what was there for its invoices when the agreement was made
    {"agreement_id": pl.Int64(), "cash_then_minor": pl.Int64()}
)
PAID = pl.Schema(
    {
        "agreement_id": pl.Int64(),
        "paid_minor": pl.Int64(),
        "cash_minor": pl.Int64(),  # cash on account that is there for its invoices now
        "left_minor": pl.Int64(),  # open now on its invoices, beyond that cash
        "last_paid_date": pl.Date(),  # null: nothing was paid
    }
)


def gone_before(reductions: pl.DataFrame, since: date) -> pl.DataFrame:
    """Per invoice what is gone from it when an agreement is made on the day ``since``: invoice_id, gone_minor.

    ``reductions``: REDUCTIONS. What was credited, forgiven or the like on that very day is left out, as sum_paid leaves
    it out later: the difference between then and later is what was paid in between.
    """
    counts = pl.col("is_payment") | (pl.col("reduced_date") < since)
    return reductions.group_by("invoice_id").agg(pl.col("amount_minor").filter(counts).sum().alias("gone_minor"))


def sum_paid(
    items: pl.DataFrame, reductions: pl.DataFrame, cash: pl.DataFrame, cash_then: pl.DataFrame
) -> pl.DataFrame:
    """Per agreement what came in on its invoices in time, and what is open on them now (columns: PAID).

    ``items``: AGREED_ITEMS; ``reductions``: REDUCTIONS of their invoices, all that were ever made; ``cash``:
    AGREED_CASH; ``cash_then``: CASH_THEN. An invoice's part is what is gone from it beyond what was gone when the
    agreement was made, other than by credit, forgiveness or the like: money sent back does not count, and money for an
    earlier debt neither. Cash on account counts up to what is still open, less the cash that was there already,
    whether it is put to the invoices meanwhile or not.
    """
    joined = items.join(reductions, on="invoice_id", how="left", maintain_order="left")
    is_in_time = pl.col("reduced_date") <= pl.col("until_date")
    is_since = pl.col("reduced_date") >= pl.col("since_date")
    amount, is_payment = pl.col("amount_minor"), pl.col("is_payment")
    is_received = is_in_time & is_since & is_payment & (amount > 0)
    per_item = joined.group_by("agreement_id", "invoice_id").agg(
        pl.col("gone_then_minor", "open_now_minor").first(),
        amount.filter(is_in_time & (is_payment | ~is_since)).sum().alias("_gone"),
        pl.col("reduced_date").filter(is_received).max().alias("_last_date"),
    )
    paid = (pl.col("_gone") - pl.col("gone_then_minor")).clip(lower_bound=0)
    sums = per_item.group_by("agreement_id").agg(
        paid.sum().alias("paid_minor"), pl.col("open_now_minor").sum().alias("left_minor"), pl.col("_last_date").max()
    )
    return _with_cash(sums, items, cash, cash_then).select(PAID.names()).cast(PAID).sort("agreement_id")


def _with_cash(sums: pl.DataFrame, items: pl.DataFrame, cash: pl.DataFrame, cash_then: pl.DataFrame) -> pl.DataFrame:
    windows = items.group_by("agreement_id").agg(pl.col("since_date", "until_date").first())
    counted = cash.join(windows, on="agreement_id").filter(pl.col("paid_date") <= pl.col("until_date"))
    since = pl.col("paid_date").filter(pl.col("paid_date") >= pl.col("since_date"))
    held = counted.group_by("agreement_id").agg(
        pl.col("unallocated_minor").sum().alias("_cash"), since.max().alias("_cash_date")
    )
    with_cash = sums.join(held, on="agreement_id", how="left", maintain_order="left")
    with_cash = with_cash.join(cash_then, on="agreement_id", how="left", maintain_order="left")
    usable = pl.min_horizontal(pl.col("_cash").fill_null(0), pl.col("left_minor"))
    return with_cash.select(
        "agreement_id",
        paid_minor=(pl.col("paid_minor") + usable - pl.col("cash_then_minor").fill_null(0)).clip(lower_bound=0),
        cash_minor=usable,
        left_minor=pl.col("left_minor") - usable,
        last_paid_date=pl.max_horizontal("_last_date", "_cash_date"),
    )
