"""Settled history, summarised once per customer: robust, amount-weighted, and without a 'today'."""

import math

import polars as pl

from goodterms.core import signals

WINDOW = 36
"""The newest settled invoices that a habit is read from."""
RECENT = 6
"""Of those, the ones that count as recent."""
LATE_AFTER_DAYS = 3
"""Cheque float and bank delay: up to here a payment is not called late."""
PROMPTED_WITHIN_DAYS = 7
"""A payment this soon after a touch is taken as its answer."""
_MONTH_DAYS = 30.44

SUMMARY = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "settled_count": pl.Int64(),  # in the window
        "first_issue_date": pl.Date(),
        "last_settled_date": pl.Date(),
        "median_days_late": pl.Float64(),
        "weighted_days_late": pl.Float64(),  # by amount, within each currency
        "spread_days": pl.Float64(),  # inter-quartile range, as a standard deviation
        "late_share": pl.Float64(),  # later than LATE_AFTER_DAYS
        "worst_days_late": pl.Float64(),
        "older_median_days_late": pl.Float64(),  # without the RECENT newest
        "recent_median_days_late": pl.Float64(),
        "slope_days": pl.Float64(),  # days later per invoice
        "pay_weekday": pl.Int64(),  # 1 Monday … 7 Sunday
        "pay_weekday_share": pl.Float64(),
        "pay_day": pl.Int64(),  # day of the month
        "pay_day_concentration": pl.Float64(),  # 0 any day … 1 always the same
        "part_payment_share": pl.Float64(),
        "disputed_late_share": pl.Float64(),  # late and disputed, of all
        "prompted_share": pl.Float64(),  # of the late ones, paid soon after a touch
        "days_after_touch": pl.Float64(),
        "late_touch_share": pl.Float64(),  # of the late ones, paid only after the third touch
        "rhythm_center": pl.Float64(),
        "rhythm_scale": pl.Float64(),
        "rhythm_sum": pl.Float64(),
        "rhythm_crossed_date": pl.Date(),
        "irregular_sum": pl.Float64(),
        "irregular_crossed_date": pl.Date(),
    }
)


def summarise_settled(settled: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Summarise each customer's settled invoices (evidence.SETTLED) into one row (columns: SUMMARY).

    Invoices without a due date or a day of settlement say nothing and are left out. The summary knows no "today": it
    changes only when the customer's facts do. Days late = settled - due date, in days; negative when early. Medians
    and quartiles are over the WINDOW newest settled invoices.
    """
    dated = settled.filter(pl.col("due_date").is_not_null() & pl.col("settled_date").is_not_null())
    if dated.is_empty():
        return pl.DataFrame(schema=SUMMARY)
    ordered = _newest_in_order(dated)
    ordered = _with_touches_before(ordered, touches)
    grouped = ordered.lazy().set_sorted("customer_id").group_by("customer_id", maintain_order=True)
    summary = _fold_payment_days(grouped.agg(*_lateness(), *_payment_days(), *_conduct()).collect())
    summary = summary.join(_weighted_lateness(ordered), on="customer_id", how="left")
    summary = summary.join(signals.summarise_rhythm(ordered), on="customer_id", how="left")
    return summary.select(SUMMARY.names()).cast(SUMMARY).with_columns(drop_last_bits(pl.selectors.float()))


def drop_last_bits(value: pl.Expr) -> pl.Expr:
    """Without its last bits, which depend on what else is summed beside it: a summary made alone is the same.

    The shift keeps fractions such as 1/1024 away from where rounding turns.
    """
    return (value + 2.718e-10).round(9)


def _newest_in_order(dated: pl.DataFrame) -> pl.DataFrame:
    """The WINDOW newest per customer, oldest first, with days late, place from the newest, and how many there are."""
    # One number for customer and day sorts three times faster than two columns; days since 1970 fit in 16 bits.
    day = pl.col("settled_date").to_physical().cast(pl.Int64).clip(0, 65_535)
    ordered = dated.with_columns((pl.col("customer_id") * 65_536 + day).alias("_order")).sort("_order", "invoice_id")
    is_newest = (pl.col("customer_id") != pl.col("customer_id").shift(-1)).fill_null(value=True)
    place = pl.int_range(pl.len())
    from_newest = pl.when(is_newest).then(place).backward_fill() - place
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days().clip(-90, 730).cast(pl.Float64)
    ordered = ordered.with_columns(from_newest.alias("from_newest"), late.alias("late"))
    ordered = ordered.filter(pl.col("from_newest") < WINDOW)
    is_oldest = (pl.col("customer_id") != pl.col("customer_id").shift(1)).fill_null(value=True)
    count = pl.when(is_oldest).then(pl.col("from_newest") + 1).forward_fill().alias("count")
    step = -pl.col("from_newest").cast(pl.Float64)
    return ordered.drop("_order").with_columns(
        count, step.alias("_step"), (step * step).alias("_step_squared"), (step * pl.col("late")).alias("_step_late")
    )


def _lateness() -> list[pl.Expr]:
    late, newest = pl.col("late"), pl.col("from_newest")
    step = pl.col("_step").mean()
    covariance = pl.col("_step_late").mean() - step * late.mean()
    variance = pl.col("_step_squared").mean() - step * step
    return [
        pl.len().alias("settled_count"),
        pl.col("issue_date").min().alias("first_issue_date"),
        pl.col("settled_date").max().alias("last_settled_date"),
        late.median().alias("median_days_late"),
        ((late.quantile(0.75) - late.quantile(0.25)) / 1.349).alias("spread_days"),
        (late > LATE_AFTER_DAYS).mean().alias("late_share"),
        late.max().alias("worst_days_late"),
        late.filter(newest >= RECENT).median().alias("older_median_days_late"),
        late.filter(newest < RECENT).median().alias("recent_median_days_late"),
        pl.when(pl.len() >= 5).then(covariance / variance).alias("slope_days"),
    ]


def _payment_days() -> list[pl.Expr]:
    weekday = pl.col("settled_date").dt.weekday()
    angle = pl.col("settled_date").dt.day().cast(pl.Float64) * (2 * math.pi / _MONTH_DAYS)
    counts = [(weekday == day).sum().alias(f"_weekday_{day}") for day in range(1, 8)]
    return [*counts, angle.cos().mean().alias("_cos"), angle.sin().mean().alias("_sin")]


def _conduct() -> list[pl.Expr]:
    was_late = pl.col("late") > LATE_AFTER_DAYS
    was_prompted = pl.col("after_touch").is_between(0, PROMPTED_WITHIN_DAYS)
    return [
        (pl.col("payment_count") > 1).mean().alias("part_payment_share"),
        (pl.col("was_disputed") & was_late).mean().alias("disputed_late_share"),
        was_prompted.filter(was_late).fill_null(value=False).mean().alias("prompted_share"),
        pl.col("after_touch").filter(was_late).median().alias("days_after_touch"),
        (pl.col("touches_before") >= 3).filter(was_late).mean().alias("late_touch_share"),
    ]


def _fold_payment_days(summary: pl.DataFrame) -> pl.DataFrame:
    """The favourite weekday and day of the month, and how strongly they are favoured."""
    counts = [f"_weekday_{day}" for day in range(1, 8)]
    most = pl.max_horizontal(counts)
    favourite = pl.lit(7, dtype=pl.Int64())
    for day in range(6, 0, -1):
        favourite = pl.when(pl.col(f"_weekday_{day}") == most).then(pl.lit(day, dtype=pl.Int64())).otherwise(favourite)
    angle = pl.arctan2(pl.col("_sin"), pl.col("_cos")) * (_MONTH_DAYS / (2 * math.pi))
    return summary.with_columns(
        favourite.alias("pay_weekday"),
        (most / pl.col("settled_count")).alias("pay_weekday_share"),
        ((drop_last_bits(angle).round(0).cast(pl.Int64) - 1) % 31 + 1).alias("pay_day"),
        (pl.col("_sin").pow(2) + pl.col("_cos").pow(2)).sqrt().alias("pay_day_concentration"),
    )


def _weighted_lateness(ordered: pl.DataFrame) -> pl.DataFrame:
    """Amount-weighted days late: by amount within a currency, by count across currencies, which are never added."""
    amount = pl.col("amount_minor").cast(pl.Float64)
    by_currency = ordered.group_by("customer_id", "currency").agg(
        ((pl.col("late") * amount).sum() / amount.sum()).alias("weighted"), pl.len().alias("count")
    )
    by_currency = by_currency.filter(pl.col("weighted").is_finite())
    return by_currency.group_by("customer_id").agg(
        ((pl.col("weighted") * pl.col("count")).sum() / pl.col("count").sum()).alias("weighted_days_late")
    )


def _with_touches_before(ordered: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """How many touches lay between due date and settlement, and how many days after the last one it was settled."""
    sent = touches.filter(pl.col("sent_date").is_not_null()).select("customer_id", "sent_date")
    if sent.is_empty():
        return ordered.with_columns(
            pl.lit(0, dtype=pl.Int64()).alias("touches_before"), pl.lit(None, dtype=pl.Int64()).alias("after_touch")
        )
    sent = sent.sort("customer_id", "sent_date").with_columns(
        (pl.int_range(pl.len()).over("customer_id") + 1).alias("touch_number")
    )
    by_date = sent.sort("sent_date")
    last = by_date.rename({"sent_date": "last_touch_date"}).with_columns(pl.col("last_touch_date").alias("_on"))
    # What is sent on the day of a settlement comes after it, so that a summary made that day stays true.
    settled = ordered.sort("settled_date").join_asof(
        last,
        left_on="settled_date",
        right_on="_on",
        by="customer_id",
        check_sortedness=False,
        allow_exact_matches=False,
    )
    before_due = by_date.rename({"touch_number": "touches_by_due"})
    both = settled.sort("due_date").join_asof(
        before_due, left_on="due_date", right_on="sent_date", by="customer_id", check_sortedness=False
    )
    answered = pl.col("last_touch_date") > pl.col("due_date")
    days = (pl.col("settled_date") - pl.col("last_touch_date")).dt.total_days()
    both = both.with_columns(
        (pl.col("touch_number").fill_null(0) - pl.col("touches_by_due").fill_null(0)).clip(0).alias("touches_before"),
        pl.when(answered).then(days).alias("after_touch"),
    )
    return both.sort("customer_id", "settled_date", "invoice_id")
