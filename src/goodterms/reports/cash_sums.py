"""What the cash forecast is made from: how long invoices stayed open, what is open now, and the same on past days."""

from datetime import date, timedelta

import polars as pl

from goodterms.core.forecast import (
    EARLIEST,
    LATEST,
    LIVES,
    NO_HISTORY,
    WEEKS,
    expect_by,
    habit_class,
    survival_curves,
)
from goodterms.reports.facts import Facts

ORIGINS = 16
"""Past days, two weeks apart, on which the forecast is made again with what was known then."""
SPACING_DAYS = 14
HISTORY_DAYS = 730
RECENT = 6
"""A habit is read from so many invoices."""
NEW_AFTER = timedelta(days=45)
"""Who was first billed later than this after the sums begin is a new customer, not an old one seen late."""
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
FORECASTS = pl.Schema(  # forecasts made on past days, and what came
    {
        "origin": pl.Date(),
        "currency": pl.String(),
        "week": pl.Int64(),
        "expected": pl.Float64(),
        "actual_minor": pl.Int64(),  # null: the week is not over
    }
)
PAST_PAID = pl.Schema({"origin": pl.Date(), "currency": pl.String(), "week": pl.Int64(), "paid_minor": pl.Int64()})


def past_origins(today: date) -> list[date]:
    """The days of the back-test, newest first: on the newest one, a single week's result is known."""
    return [today - timedelta(days=7 + SPACING_DAYS * step) for step in range(ORIGINS)]


def look_back(lives: pl.DataFrame, open_then: pl.DataFrame, paid: pl.DataFrame, today: date) -> pl.DataFrame:
    """The forecast made on each past day with what was known then (columns: FORECASTS)."""
    if open_then.is_empty():
        return pl.DataFrame(schema=FORECASTS)
    expected = expect_by(open_then, survival_curves(lives, ["origin"]), ["origin", "currency"])
    weeks_over = (pl.lit(today) - pl.col("origin")).dt.total_days() // 7
    both = expected.join(paid, on=["origin", "currency", "week"], how="left")
    actual = pl.when(pl.col("week") <= weeks_over).then(pl.col("paid_minor").fill_null(0))
    forecasts = both.with_columns(actual.alias("actual_minor")).select(FORECASTS.names()).cast(FORECASTS)
    return forecasts.sort("origin", "currency", "week")


def label_habits(facts: Facts) -> pl.DataFrame:
    """Invoices with a due date, with ``habit``: the class of their customer on the day they were issued.

    The median lateness of the RECENT invoices settled last before that day, so that what became known later plays no
    part. Null for the first invoices of old customers, whose earlier payments lie before the sums begin.
    """
    dated = facts.invoices.filter((pl.col("kind") == "invoice") & pl.col("due_date").is_not_null())
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days().cast(pl.Float64)
    settled = dated.filter((pl.col("payment_count") > 0) & (pl.col("settled_date") <= facts.today))
    settled = settled.sort("customer_id", "settled_date", "invoice_id").select(
        "customer_id",
        pl.col("settled_date").alias("_on"),
        late.rolling_median(RECENT, min_samples=1).over("customer_id").alias("_median"),
    )
    since = facts.invoices.group_by("customer_id").agg(pl.col("issue_date").min().alias("_since"))
    labelled = dated.sort("issue_date").join_asof(
        settled.sort("_on"), left_on="issue_date", right_on="_on", by="customer_id", check_sortedness=False,
        allow_exact_matches=False,
    )  # fmt: skip
    labelled = labelled.join(since, on="customer_id")
    is_new = pl.col("_since") > facts.start + NEW_AFTER
    habit = pl.when(pl.col("_median").is_not_null() | is_new).then(habit_class(pl.col("_median")))
    return labelled.with_columns(habit.alias("habit")).drop("_on", "_median", "_since")


def sum_due(labelled: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """What is open now by habit class and lateness (columns: DUE_NOW)."""
    still_open = _open_on(labelled, facts, facts.today)
    summed = still_open.group_by("person", "currency", "habit", "lateness").agg(pl.col("open_minor").sum())
    return summed.select(DUE_NOW.names()).cast(DUE_NOW)


def sum_lives(labelled: pl.DataFrame, facts: Facts, on: date) -> pl.DataFrame:
    """How long invoices stayed open, as known on the day (columns: PAST_LIVES)."""
    recent = pl.col("settled_date").is_between(on - timedelta(days=HISTORY_DAYS), on)
    paid = labelled.filter(recent & (pl.col("payment_count") > 0) & pl.col("habit").is_not_null())
    paid = paid.with_columns(_lateness(pl.col("settled_date")))
    watched = _open_on(labelled, facts, on)
    both = pl.concat(
        [
            paid.select("habit", "lateness", pl.lit(1).alias("paid"), pl.lit(0).alias("watched")),
            watched.select("habit", "lateness", pl.lit(0).alias("paid"), pl.lit(1).alias("watched")),
        ]
    )
    summed = both.group_by("habit", "lateness").agg(pl.col("paid").sum(), pl.col("watched").sum())
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_LIVES.names()).cast(PAST_LIVES)


def sum_past_open(labelled: pl.DataFrame, facts: Facts, on: date) -> pl.DataFrame:
    """What was open on the day, as known then (columns: PAST_OPEN)."""
    still_open = _open_on(labelled, facts, on)
    summed = still_open.group_by("currency", "habit", "lateness").agg(pl.col("open_minor").sum())
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_OPEN.names()).cast(PAST_OPEN)


def sum_past_paid(labelled: pl.DataFrame, facts: Facts, on: date) -> pl.DataFrame:
    """What was paid in each week after the day on the invoices open on it, as far as weeks are over (PAST_PAID)."""
    were_open = _open_on(labelled, facts, on).select("invoice_id")
    weeks_over = min(WEEKS, (facts.today - on).days // 7)
    paid = facts.taken.filter(
        pl.col("source").is_in(["payment", "returned", "reported"]) & (pl.col("taken_date") > on)
    ).join(were_open, on="invoice_id", how="semi")
    week = ((pl.col("taken_date") - pl.lit(on)).dt.total_days() - 1) // 7 + 1
    by_week = paid.with_columns(week.alias("week")).filter(pl.col("week") <= weeks_over)
    summed = by_week.group_by("currency", "week").agg(pl.col("taken_minor").sum().alias("paid_minor"))
    return summed.with_columns(pl.lit(on).alias("origin")).select(PAST_PAID.names()).cast(PAST_PAID)


def _open_on(labelled: pl.DataFrame, facts: Facts, on: date) -> pl.DataFrame:
    """Invoices open at the end of the day, with ``open_minor`` and ``lateness``; no habit known is no history."""
    issued = labelled.filter(pl.col("issue_date") <= on)
    gone = facts.taken.filter(pl.col("taken_date") <= on).group_by("invoice_id").agg(pl.col("taken_minor").sum())
    left = pl.col("amount_minor") - pl.col("taken_minor").fill_null(0)
    still_open = issued.join(gone, on="invoice_id", how="left").with_columns(left.alias("open_minor"))
    return still_open.filter(pl.col("open_minor") > 0).with_columns(
        pl.col("habit").fill_null(NO_HISTORY), _lateness(pl.lit(on))
    )


def _lateness(end: pl.Expr) -> pl.Expr:
    return (end - pl.col("due_date")).dt.total_days().clip(EARLIEST, LATEST).alias("lateness")
