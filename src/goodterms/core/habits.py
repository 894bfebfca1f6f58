"""Settled history and open items into payment habits: robust, amount-weighted, shrunk toward the organisation's own."""

import math

import polars as pl

from goodterms.core import signals
from goodterms.core.evidence import Evidence
from goodterms.core.norms import Norms, rank_exposure

WINDOW = 36
"""The newest settled invoices that a habit is read from."""
RECENT = 6
"""Of those, the ones that count as recent."""
LATE_AFTER_DAYS = 3
"""Cheque float and bank delay: up to here a payment is not called late."""
PROMPTED_WITHIN_DAYS = 7
"""A payment this soon after a touch is taken as its answer."""
PRIOR_WEIGHT = 4.0
"""How many invoices of its own weigh as much as what is usual for the organisation."""
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
    return summary.select(SUMMARY.names()).cast(SUMMARY).with_columns(_settle(pl.selectors.float()))


def _settle(value: pl.Expr) -> pl.Expr:
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
        ((_settle(angle).round(0).cast(pl.Int64) - 1) % 31 + 1).alias("pay_day"),
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


HABITS = pl.Schema(
    {
        **SUMMARY,
        "expected_days_late": pl.Float64(),  # the median, shrunk toward the organisation's
        "current_days_late": pl.Float64(),  # amount-weighted, with what is overdue today
        "tenure_days": pl.Int64(),  # since the first invoice
        "open_count": pl.Int64(),
        "overdue_count": pl.Int64(),  # of what may be asked for: nothing covered by credit, disputed or held back
        "oldest_days_overdue": pl.Int64(),  # of the same; 0: nothing overdue
        "beyond_habit_days": pl.Float64(),  # the oldest overdue item against what is expected
        "exposure_percentile": pl.Float64(),  # of the overdue amount among those overdue, by currency
        "part_paid_open_count": pl.Int64(),
        "returned_count": pl.Int64(),  # payments sent back in the last year
        "touch_count": pl.Int64(),  # sent in the running cycle
        "unanswered_touch_count": pl.Int64(),  # of those, sent since the last reply, talk, promise or settlement
        "silence_days": pl.Int64(),  # since the first unanswered touch
        "reply_count": pl.Int64(),  # this and what follows to promises_broken: in the last year
        "forewarning_count": pl.Int64(),  # told us before we asked
        "abuse_count": pl.Int64(),
        "hung_up_count": pl.Int64(),
        "promises_kept": pl.Int64(),
        "promises_broken": pl.Int64(),
        "promise_open": pl.Boolean(),
        "plan_active": pl.Boolean(),
        "plan_defaulted": pl.Boolean(),
        "open_dispute_count": pl.Int64(),
        "unjustified_dispute_count": pl.Int64(),  # resolved in the last year
        "is_protected": pl.Boolean(),
        "signal": pl.String(),  # "later" | "irregular" | ""
        "signal_strength": pl.Float64(),  # 1: just certain enough
        "signal_seen_date": pl.Date(),
    }
)


def measure_habits(summaries: pl.DataFrame, items: pl.DataFrame, evidence: Evidence, norms: Norms) -> pl.DataFrame:
    """One row per customer, in the order of ``evidence.customers`` (columns: HABITS).

    ``items`` are the aged open items (ageing.CHASEABLE), ``norms`` what the customers are compared with. What is
    overdue today, and may be asked for, counts as late for as many days as it is overdue, at least.
    """
    base = evidence.customers.select(
        "customer_id", "local_date", "is_protected", pl.col("signal_seen_date").alias("_seen")
    )
    frame = base.join(summaries, on="customer_id", how="left", maintain_order="left")
    for part in (
        _open_state(items),
        rank_exposure(sum_overdue(items), norms),
        _first_open(evidence),
        _returned(evidence),
        _replies(evidence),
        _touches(evidence, summaries),
        _calls(evidence),
        _commitments(evidence),
        _disputes(evidence),
    ):
        frame = frame.join(part, on="customer_id", how="left", maintain_order="left")
    frame = _fill_counts(frame)
    frame = _with_expectation(frame, norms)
    frame = signals.detect(frame, items.filter(IS_LATE))
    return frame.select(HABITS.names()).cast(HABITS).with_columns(_settle(pl.selectors.float()))


IS_LATE = (pl.col("days_overdue") > 0) & (pl.col("chase_minor") > 0)
"""Overdue, and not covered by credit, disputed or held back."""


def _open_state(items: pl.DataFrame) -> pl.DataFrame:
    owed = items.filter(pl.col("owed_minor") > 0).with_columns(IS_LATE.alias("is_late"))
    days, is_late, amount = pl.col("days_overdue"), pl.col("is_late"), pl.col("owed_minor").cast(pl.Float64)
    per_currency = owed.group_by("customer_id", "currency").agg(
        pl.len().alias("open_count"),
        is_late.sum().alias("overdue_count"),
        days.filter(is_late).max().alias("oldest"),
        ((days * amount).filter(is_late).sum() / amount.filter(is_late).sum()).alias("weighted"),
        (is_late & (pl.col("open_amount_minor") < pl.col("amount_minor"))).sum().alias("part_paid_open_count"),
    )
    count = pl.col("overdue_count")
    return per_currency.group_by("customer_id").agg(
        pl.col("open_count").sum(),
        count.sum().alias("overdue_count"),
        pl.col("oldest").max().cast(pl.Int64).alias("oldest_days_overdue"),
        ((pl.col("weighted").fill_nan(0) * count).sum() / count.sum()).fill_nan(0).alias("_overdue_weighted"),
        pl.col("part_paid_open_count").sum(),
    )


def sum_overdue(items: pl.DataFrame) -> pl.DataFrame:
    """What is overdue and may be asked for, per customer and currency (customer_id, currency, overdue_minor)."""
    overdue = items.filter(IS_LATE).group_by("customer_id", "currency")
    return overdue.agg(pl.col("chase_minor").sum().alias("overdue_minor"))


def _first_open(evidence: Evidence) -> pl.DataFrame:
    return evidence.open_items.group_by("customer_id").agg(pl.col("issue_date").min().alias("_first_open_date"))


def _of_last_year(frame: pl.DataFrame, column: str, evidence: Evidence) -> pl.DataFrame:
    """The rows dated in the year up to the customer's own day: nobody is held to an old story for ever."""
    dated = frame.join(evidence.customers.select("customer_id", "local_date"), on="customer_id")
    return dated.filter(pl.col(column) > pl.col("local_date").dt.offset_by("-1y"))


def _returned(evidence: Evidence) -> pl.DataFrame:
    last_year = _of_last_year(evidence.returned, "returned_date", evidence)
    return last_year.group_by("customer_id").agg(pl.len().alias("returned_count"))


def _replies(evidence: Evidence) -> pl.DataFrame:
    last_year = _of_last_year(evidence.replies, "received_date", evidence)
    return last_year.group_by("customer_id").agg(
        pl.len().alias("reply_count"),
        (pl.col("reading") == "forewarning").sum().alias("forewarning_count"),
        (pl.col("reading") == "abuse").sum().alias("abuse_count"),
    )


def _touches(evidence: Evidence, summaries: pl.DataFrame) -> pl.DataFrame:
    """Touches sent in the running cycle, and of those the ones after the last sign of life."""
    now = evidence.customers.select("customer_id", "local_date", pl.col("cycle").alias("_cycle"))
    sent = evidence.touches.filter(pl.col("sent_date").is_not_null()).join(now, on="customer_id")
    in_cycle = sent.filter(pl.col("cycle") == pl.col("_cycle"))
    dated = in_cycle.join(_signs_of_life(evidence, summaries), on="customer_id", how="left")
    unanswered = pl.col("_sign_date").is_null() | (pl.col("sent_date") > pl.col("_sign_date"))
    return dated.group_by("customer_id").agg(
        pl.len().alias("touch_count"),
        unanswered.sum().alias("unanswered_touch_count"),
        (pl.col("local_date") - pl.col("sent_date")).dt.total_days().filter(unanswered).max().alias("silence_days"),
    )


def _signs_of_life(evidence: Evidence, summaries: pl.DataFrame) -> pl.DataFrame:
    """The last day on which the customer answered, spoke to us, promised or settled something."""
    talks = evidence.calls.filter(pl.col("outcome") == "reached")
    signs = [
        evidence.replies.select("customer_id", pl.col("received_date").alias("_sign_date")),
        talks.select("customer_id", pl.col("called_date").alias("_sign_date")),
        evidence.promises.select("customer_id", pl.col("made_date").alias("_sign_date")),
        summaries.select("customer_id", pl.col("last_settled_date").alias("_sign_date")),
    ]
    return pl.concat(signs).group_by("customer_id").agg(pl.col("_sign_date").max())


def _calls(evidence: Evidence) -> pl.DataFrame:
    last_year = _of_last_year(evidence.calls, "called_date", evidence)
    return last_year.group_by("customer_id").agg((pl.col("outcome") == "hung_up").sum().alias("hung_up_count"))


def _commitments(evidence: Evidence) -> pl.DataFrame:
    state = pl.col("state")
    last_year = _of_last_year(evidence.promises, "promised_date", evidence)
    promises = last_year.group_by("customer_id").agg(
        (state == "kept").sum().alias("promises_kept"),
        (state == "broken").sum().alias("promises_broken"),
        (state == "open").any().alias("promise_open"),
    )
    plans = evidence.instalments.group_by("customer_id").agg(
        (pl.col("plan_state") == "active").any().alias("plan_active"),
        (pl.col("plan_state") == "defaulted").any().alias("plan_defaulted"),
    )
    return promises.join(plans, on="customer_id", how="full", coalesce=True)


def _disputes(evidence: Evidence) -> pl.DataFrame:
    open_ones = evidence.disputes.filter(pl.col("resolved_date").is_null())
    unjustified = _of_last_year(evidence.disputes, "resolved_date", evidence).filter(~pl.col("is_justified"))
    return (
        open_ones.group_by("customer_id")
        .agg(pl.len().alias("open_dispute_count"))
        .join(
            unjustified.group_by("customer_id").agg(pl.len().alias("unjustified_dispute_count")),
            on="customer_id",
            how="full",
            coalesce=True,
        )
    )


def _fill_counts(frame: pl.DataFrame) -> pl.DataFrame:
    counts = [name for name in frame.columns if name.endswith("_count") or name.startswith("promises_")]
    flags = ["promise_open", "plan_active", "plan_defaulted"]
    return frame.with_columns(
        pl.col(*counts, "oldest_days_overdue", "silence_days").fill_null(0),
        pl.col("exposure_percentile").fill_null(0.0),
        pl.col(*flags).fill_null(value=False),
    )


def _with_expectation(frame: pl.DataFrame, norms: Norms) -> pl.DataFrame:
    """The customer's median shrunk toward the organisation's, and lateness with today's overdue items included."""
    settled = pl.col("settled_count").cast(pl.Float64)
    own = pl.col("median_days_late").fill_null(0.0) * settled
    expected = (own + norms.usual_days_late * PRIOR_WEIGHT) / (settled + PRIOR_WEIGHT)
    overdue = pl.col("overdue_count").cast(pl.Float64)
    total = settled + overdue
    current = (
        pl.col("weighted_days_late").fill_null(0.0) * settled + pl.col("_overdue_weighted").fill_null(0.0) * overdue
    ) / total
    first = pl.min_horizontal("first_issue_date", "_first_open_date")
    return frame.with_columns(
        expected.alias("expected_days_late"),
        pl.when(total > 0).then(current).alias("current_days_late"),
        (pl.col("oldest_days_overdue") - pl.max_horizontal(expected, 0.0)).alias("beyond_habit_days"),
        (pl.col("local_date") - first).dt.total_days().alias("tenure_days"),
    )
