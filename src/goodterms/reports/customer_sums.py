"""What each customer owes now and owed a month ago: who owes most, and whose debt moved most."""

from datetime import timedelta

import polars as pl

from goodterms.reports.facts import Facts

MOVED_OVER_DAYS = 30
DEBTORS = pl.Schema(
    {
        "person": pl.UInt32(),
        "currency": pl.String(),
        "customer_id": pl.Int64(),
        "open_minor": pl.Int64(),  # invoices and fees, less credit notes and cash on account
        "owed_minor": pl.Int64(),  # invoices and fees alone
        "overdue_minor": pl.Int64(),
        "over_90_minor": pl.Int64(),
        "overdue_before_minor": pl.Int64(),  # as it was MOVED_OVER_DAYS ago
        "oldest_due_date": pl.Date(),  # of what is overdue; null: nothing
    }
)
_KEY = ["customer_id", "person", "currency"]


def sum_debtors(facts: Facts) -> pl.DataFrame:
    """Everyone who owes something now, or was overdue a month ago (columns: DEBTORS)."""
    owed = pl.col("kind") != "credit_note"
    is_late = owed & (pl.col("due_date") < facts.today)
    minor = pl.col("open_amount_minor")
    now = facts.invoices.filter(minor != 0).group_by(_KEY).agg(
        minor.sum().alias("open_minor"),
        minor.filter(owed).sum().alias("owed_minor"),
        minor.filter(is_late).sum().alias("overdue_minor"),
        minor.filter(is_late & (pl.col("due_date") < facts.today - timedelta(days=90))).sum().alias("over_90_minor"),
        pl.col("due_date").filter(is_late).min().alias("oldest_due_date"),
    )  # fmt: skip
    cash = facts.payments.filter(pl.col("returned_date").is_null() & (pl.col("unallocated_minor") != 0))
    cash = cash.group_by(_KEY).agg(pl.col("unallocated_minor").sum().alias("cash_minor"))
    both = now.join(cash, on=_KEY, how="full", coalesce=True)
    both = both.join(_overdue_before(facts), on=_KEY, how="full", coalesce=True)
    both = both.with_columns(pl.selectors.ends_with("_minor").fill_null(0))
    both = both.with_columns((pl.col("open_minor") - pl.col("cash_minor")).alias("open_minor"))
    return both.select(DEBTORS.names()).cast(DEBTORS)


def _overdue_before(facts: Facts) -> pl.DataFrame:
    """What was overdue MOVED_OVER_DAYS ago, as known then."""
    then = facts.today - timedelta(days=MOVED_OVER_DAYS)
    was = facts.invoices.filter(
        (pl.col("kind") != "credit_note") & (pl.col("issue_date") <= then) & (pl.col("due_date") < then)
    )
    taken = facts.taken.filter(pl.col("taken_date") <= then).group_by("invoice_id").agg(pl.col("taken_minor").sum())
    left = pl.col("amount_minor") - pl.col("taken_minor").fill_null(0)
    open_then = (
        was.join(taken, on="invoice_id", how="left").with_columns(left.alias("left")).filter(pl.col("left") != 0)
    )
    return open_then.group_by(_KEY).agg(pl.col("left").sum().alias("overdue_before_minor"))
