"""What was paid on the invoices of an agreement since it was made: of promises, plans and settlements alike."""

import polars as pl

AGREED_ITEMS = pl.Schema(
    {
        "agreement_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "since_date": pl.Date(),  # the day of the agreement
        "until_date": pl.Date(),  # the last day on which money still counts
        "invoice_minor": pl.Int64(),  # the invoice's amount
        "open_then_minor": pl.Int64(),  # open on it when the agreement was made
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
AGREED_CASH = pl.Schema(  # cash on account that came in since the agreement, and counts for it
    {"agreement_id": pl.Int64(), "paid_date": pl.Date(), "unallocated_minor": pl.Int64()}
)
PAID = pl.Schema(
    {
        "agreement_id": pl.Int64(),
        "paid_minor": pl.Int64(),
        "cash_minor": pl.Int64(),  # of that, still on account
        "left_minor": pl.Int64(),  # open now on its invoices, beyond that cash
        "last_paid_date": pl.Date(),  # null: nothing was paid
    }
)


def sum_paid(items: pl.DataFrame, reductions: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Per agreement what came in on its invoices in time, and what is open on them now (columns: PAID).

    ``items``: AGREED_ITEMS; ``reductions``: REDUCTIONS of their invoices, all that were ever made; ``cash``:
    AGREED_CASH. An invoice's part is what is gone from it beyond what was gone when the agreement was made, other
    than by credit, forgiveness or the like, and never more than was open then: money sent back does not count, and
    money for an earlier debt neither. Cash on account counts up to what is still open.
    """
    joined = items.join(reductions, on="invoice_id", how="left", maintain_order="left")
    is_in_time = pl.col("reduced_date") <= pl.col("until_date")
    is_other = ~pl.col("is_payment") & (pl.col("reduced_date") >= pl.col("since_date"))
    amount, is_payment = pl.col("amount_minor"), pl.col("is_payment") & (pl.col("amount_minor") > 0)
    is_since = pl.col("reduced_date") >= pl.col("since_date")
    per_item = joined.group_by("agreement_id", "invoice_id").agg(
        pl.col("invoice_minor", "open_then_minor", "open_now_minor").first(),
        amount.filter(is_in_time).sum().alias("_gone"),
        amount.filter(is_in_time & is_other).sum().alias("_other"),
        pl.col("reduced_date").filter(is_in_time & is_payment & is_since).max().alias("_last_date"),
    )
    before = pl.col("invoice_minor") - pl.col("open_then_minor")
    paid = (pl.col("_gone") - before - pl.col("_other")).clip(0, pl.col("open_then_minor"))
    sums = per_item.group_by("agreement_id").agg(
        paid.sum().alias("paid_minor"), pl.col("open_now_minor").sum().alias("left_minor"), pl.col("_last_date").max()
    )
    return _with_cash(sums, items, cash).select(PAID.names()).cast(PAID).sort("agreement_id")


def _with_cash(sums: pl.DataFrame, items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    windows = items.group_by("agreement_id").agg(pl.col("since_date", "until_date").first())
    counted = cash.join(windows, on="agreement_id").filter(
        pl.col("paid_date").is_between(pl.col("since_date"), pl.col("until_date"))
    )
    held = counted.group_by("agreement_id").agg(
        pl.col("unallocated_minor").sum().alias("_cash"), pl.col("paid_date").max().alias("_cash_date")
    )
    with_cash = sums.join(held, on="agreement_id", how="left", maintain_order="left")
    usable = pl.min_horizontal(pl.col("_cash").fill_null(0), pl.col("left_minor"))
    return with_cash.select(
        "agreement_id",
        paid_minor=pl.col("paid_minor") + usable,
        cash_minor=usable,
        left_minor=pl.col("left_minor") - usable,
        last_paid_date=pl.max_horizontal("_last_date", "_cash_date"),
    )
