"""A payment habit that turns irregular: a cumulative-sum test against the customer's own rhythm.

The test is E. S. Page's one-sided CUSUM (Biometrika 41, 1954): the standardised excess of each new payment over the
customer's own centre, less an allowance, is added up and never falls below zero; the signal is a sum above a limit.
A customer who is merely always late has a late centre, and gives no signal. Two sums are kept: one of lateness, one
of irregularity in either direction.
"""

import polars as pl

BASELINE_LEAST = 6
"""Fewer settled invoices than this are no rhythm."""
WATCHED = 8
"""The newest settled invoices, which are tested against the ones before them."""
ALLOWANCE = 1.0
LIMIT = 5.0
IRREGULAR_ALLOWANCE = 1.6
IRREGULAR_LIMIT = 6.5
LEAST_SCALE_DAYS = 3.0
"""Bank days and weekends: nobody's rhythm is more exact than this."""
STEP_CEILING = 4.5
"""No single payment says more than this; at least two facts, or one far out of habit, make a signal."""


def summarise_rhythm(ordered: pl.DataFrame) -> pl.DataFrame:
    """The settled part of the test, per customer.

    ``ordered``: customer_id, settled_date, late (days), from_newest (0 the newest), count (of the customer), sorted
    by customer and date.
    Returns customer_id, rhythm_center and rhythm_scale (days), rhythm_sum, rhythm_crossed_date, irregular_sum,
    irregular_crossed_date; customers without a rhythm are missing.
    """
    newest, late = pl.col("from_newest"), pl.col("late")
    # Half of a short history is watched, the WATCHED newest of a long one.
    watched = pl.min_horizontal(pl.col("count") // 2, WATCHED)
    marked = ordered.lazy().select("customer_id", "settled_date", "late", "from_newest", watched.alias("watched"))
    marked = marked.set_sorted("customer_id")
    older = marked.filter(newest >= pl.col("watched")).group_by("customer_id", maintain_order=True)
    baseline = older.agg(
        late.median().alias("rhythm_center"),
        ((late.quantile(0.75) - late.quantile(0.25)) / 1.349).alias("_spread"),
        pl.len().alias("_count"),
    ).filter(pl.col("_count") >= BASELINE_LEAST)
    # A scale from few payments is itself uncertain: widened as the t distribution is, and never below bank days.
    scale = pl.max_horizontal(pl.col("_spread") * (1 + 2.0 / pl.col("_count")), LEAST_SCALE_DAYS)
    baseline = baseline.select("customer_id", "rhythm_center", scale.alias("rhythm_scale"))
    steps = marked.filter(newest < pl.col("watched")).join(baseline, on="customer_id", maintain_order="left")
    excess = (late - pl.col("rhythm_center")) / pl.col("rhythm_scale")
    steps = steps.with_columns(
        (excess.clip(-3, STEP_CEILING) - ALLOWANCE).alias("_later"),
        (excess.abs().clip(0, STEP_CEILING) - IRREGULAR_ALLOWANCE).alias("_irregular"),
    )
    sums = steps.with_columns(_running("_later"), _running("_irregular"))
    folded = sums.group_by("customer_id", maintain_order=True).agg(
        pl.col("_later").last().alias("rhythm_sum"),
        _crossing("_later", LIMIT).alias("rhythm_crossed_date"),
        pl.col("_irregular").last().alias("irregular_sum"),
        _crossing("_irregular", IRREGULAR_LIMIT).alias("irregular_crossed_date"),
    )
    return baseline.join(folded, on="customer_id", how="left").collect()


def _running(name: str) -> pl.Expr:
    """S(t) = max(0, S(t-1) + step), written as the running sum above its own lowest point so far."""
    total = pl.col(name).cum_sum().over("customer_id")
    lowest = pl.min_horizontal(pl.col(name).cum_sum().cum_min().over("customer_id"), 0.0)
    return (total - lowest).alias(name)


def _crossing(name: str, limit: float) -> pl.Expr:
    """The date of the first payment of the last unbroken stretch above the limit; null when the sum ends below it."""
    is_above = pl.col(name) > limit
    still_above = is_above.reverse().cum_min().reverse()
    return pl.col("settled_date").filter(still_above).min()


def detect(frame: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Add ``signal``, ``signal_strength`` and ``signal_seen_date``.

    ``frame``: one row per customer with the summary's rhythm columns, ``local_date`` and ``_seen`` (when the present
    signal was first seen, or null). ``items``: overdue items; an open invoice says at least as much as it is already
    later than the customer's centre, so that a habit is seen to break before anything is paid.
    """
    rhythm = frame.select("customer_id", "rhythm_center", "rhythm_scale")
    overdue = items.join(rhythm, on="customer_id")
    excess = ((pl.col("days_overdue") - pl.col("rhythm_center")) / pl.col("rhythm_scale")).clip(0, STEP_CEILING)
    # Invoices due on the same day are paid together: they are one fact, not several.
    facts = overdue.select("customer_id", "due_date", excess.alias("_excess")).unique(["customer_id", "due_date"])
    pending = facts.group_by("customer_id").agg(
        (pl.col("_excess") - ALLOWANCE).clip(0).sum().alias("_open_later"),
        (pl.col("_excess") - IRREGULAR_ALLOWANCE).clip(0).sum().alias("_open_irregular"),
    )
    frame = frame.join(pending, on="customer_id", how="left", maintain_order="left")
    # Rounded, since the last bits of a sum depend on what else is summed beside it.
    later = ((pl.col("rhythm_sum") + pl.col("_open_later").fill_null(0.0)) / LIMIT).round(6)
    irregular = ((pl.col("irregular_sum") + pl.col("_open_irregular").fill_null(0.0)) / IRREGULAR_LIMIT).round(6)
    is_later = (later > 1).fill_null(value=False)
    is_irregular = (irregular > 1).fill_null(value=False)
    crossed = pl.when(is_later).then(pl.col("rhythm_crossed_date")).otherwise(pl.col("irregular_crossed_date"))
    seen = pl.coalesce(pl.col("_seen"), crossed, pl.col("local_date"))
    return frame.with_columns(
        pl.when(is_later)
        .then(pl.lit("later"))
        .when(is_irregular)
        .then(pl.lit("irregular"))
        .otherwise(pl.lit(""))
        .alias("signal"),
        pl.max_horizontal(later, irregular).fill_null(0.0).alias("signal_strength"),
        pl.when(is_later | is_irregular).then(seen).alias("signal_seen_date"),
    )
