"""What the cash forecast is made from: how long invoices stayed open, what is open now, and the same on past days."""

from datetime import date, timedelta

import polars as pl

from goodterms.core.forecast import EARLIEST, LATEST, LIVES, WEEKS, habit_class
from goodterms.reports.facts import Facts

ORIGINS = 16
"""Past days, two weeks apart, on which the forecast is made again with what was known then."""
SPACING_DAYS = 14
HISTORY_DAYS = 730
DUE_NOW = pl.Schema(
    {
        "person": pl.UInt32(),
        "currency": pl.String(),
        "habit": pl.Int64(),
        "lateness": pl.Int64(),
        "open_minor": pl.Int64(),
    }
)
PAST_LIVES = pl.Schema({"origin": pl.Date(), **LIVES})
PAST_OPEN = pl.Schema(
    {
        "origin": pl.Date(),
        "currency": pl.String(),
        "habit": pl.Int64(),
        "lateness": pl.Int64(),
        "open_minor": pl.Int64(),
    }
)
PAST_PAID = pl.Schema({"origin": pl.Date(), "currency": pl.String(), "week": pl.Int64(), "paid_minor": pl.Int64()})


def past_origins(today: date) -> list[date]:
    """The days of the back-test, newest first: on the newest one, a single week's result is known."""
    return [today - timedelta(days=7 + SPACING_DAYS * step) for step in range(ORIGINS)]


def sum_due(facts: Facts) -> pl.DataFrame:
    """What is open now by habit class and lateness (columns: DUE_NOW)."""
    still_open = _open_on(facts, facts.today).filter(pl.col("due_date").is_not_null())
    classed = _classed(still_open, facts, facts.today)
    return (
        classed.group_by("person", "currency", "habit", "lateness")
        .agg(pl.col("open_minor").sum())
        .select(DUE_NOW.names())
        .cast(DUE_NOW)
    )


def sum_lives(facts: Facts, on: date) -> pl.DataFrame:
    """How long invoices stayed open, as known on the day (columns: PAST_LIVES)."""
    paid = _settled_by(facts, on)
    paid = _classed(paid.with_columns(pl.col("settled_date").alias("_end")), facts, on, end="_end")
    watched = _classed(_open_on(facts, on).filter(pl.col("due_date").is_not_null()), facts, on)
    both = pl.concat(
        [
            paid.select("habit", "lateness", pl.lit(1).alias("paid"), pl.lit(0).alias("watched")),
            watched.select("habit", "lateness", pl.lit(0).alias("paid"), pl.lit(1).alias("watched")),
        ]
    )
    summed = both.group_by("habit", "lateness").agg(pl.col("paid").sum(), pl.col("watched").sum())
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_LIVES.names()).cast(PAST_LIVES)


def sum_past_open(facts: Facts, on: date) -> pl.DataFrame:
    """What was open on the day, as known then (columns: PAST_OPEN)."""
    classed = _classed(_open_on(facts, on).filter(pl.col("due_date").is_not_null()), facts, on)
    summed = classed.group_by("currency", "habit", "lateness").agg(pl.col("open_minor").sum())
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_OPEN.names()).cast(PAST_OPEN)


def sum_past_paid(facts: Facts, on: date) -> pl.DataFrame:
    """What was paid in each week after the day on the invoices open on it, as far as weeks are over (PAST_PAID)."""
    ids = _open_on(facts, on).filter(pl.col("due_date").is_not_null())["invoice_id"]
    weeks_over = min(WEEKS, (facts.today - on).days // 7)
    paid = facts.taken.filter(
        pl.col("invoice_id").is_in(ids.implode())
        & pl.col("source").is_in(["payment", "returned", "reported"])
        & (pl.col("taken_date") > on)
    )
    week = ((pl.col("taken_date") - pl.lit(on)).dt.total_days() - 1) // 7 + 1
    by_week = paid.with_columns(week.alias("week")).filter(pl.col("week") <= weeks_over)
    summed = by_week.group_by("currency", "week").agg(pl.col("taken_minor").sum().alias("paid_minor"))
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_PAID.names()).cast(PAST_PAID)


def _open_on(facts: Facts, on: date) -> pl.DataFrame:
    """Invoices open at the end of the day, with ``open_minor``."""
    issued = facts.invoices.filter((pl.col("kind") == "invoice") & (pl.col("issue_date") <= on))
    gone = facts.taken.filter(pl.col("taken_date") <= on).group_by("invoice_id").agg(pl.col("taken_minor").sum())
    left = pl.col("amount_minor") - pl.col("taken_minor").fill_null(0)
    return (
        issued.join(gone, on="invoice_id", how="left")
        .with_columns(left.alias("open_minor"))
        .filter(pl.col("open_minor") > 0)
    )


def _settled_by(facts: Facts, on: date) -> pl.DataFrame:
    is_paid = (pl.col("kind") == "invoice") & (pl.col("payment_count") > 0) & pl.col("due_date").is_not_null()
    recent = pl.col("settled_date").is_between(on - timedelta(days=HISTORY_DAYS), on)
    return facts.invoices.filter(is_paid & recent)


def _classed(invoices: pl.DataFrame, facts: Facts, on: date, end: str = "") -> pl.DataFrame:
    """With ``habit`` (the customer's class, from what was settled by the day) and ``lateness`` at the end."""
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days()
    habits = _settled_by(facts, on).group_by("customer_id").agg(late.median().alias("_median"))
    last = pl.col(end) if end else pl.lit(on)
    return invoices.join(habits, on="customer_id", how="left").with_columns(
        habit_class(pl.col("_median")).alias("habit"),
        (last - pl.col("due_date")).dt.total_days().clip(EARLIEST, LATEST).alias("lateness"),
    )
