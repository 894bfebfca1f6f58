"""Summaries and open items into payment habits, shrunk toward the organisation's own."""

from collections.abc import Callable

import polars as pl

from goodterms.core import signals
from goodterms.core.evidence import Evidence
from goodterms.core.norms import Norms, rank_exposure
from goodterms.core.summary import SUMMARY, drop_last_bits

PRIOR_WEIGHT = 4.0
"""How many invoices of its own weigh as much as what is usual for the organisation."""

CASH_REASONS = ["cash", "illness"]
PROCESS_REASONS = ["missing_po", "approval", "pay_run", "wrong_contact", "invoice_not_received"]

HABITS = pl.Schema(
    {
        **SUMMARY,
        "expected_days_late": pl.Float64(),  # the median, shrunk toward the organisation's
        "current_days_late": pl.Float64(),  # amount-weighted, with what is overdue today
        "tenure_days": pl.Int64(),  # since the first invoice
        "is_history_known": pl.Boolean(),  # all payments since then are on record: never paid is never paid
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
        "reply_count": pl.Int64(),  # this and what follows to settlements_lapsed: in the last year
        "forewarning_count": pl.Int64(),  # told us before we asked
        "abuse_count": pl.Int64(),
        "hung_up_count": pl.Int64(),
        "promises_kept": pl.Int64(),
        "promises_partly_kept": pl.Int64(),
        "promises_broken": pl.Int64(),
        "settlements_lapsed": pl.Int64(),  # accepted, and not paid by their day
        "promise_open": pl.Boolean(),
        "plan_active": pl.Boolean(),
        "plan_defaulted": pl.Boolean(),  # with an instalment due in the last year
        "open_dispute_count": pl.Int64(),
        "unjustified_dispute_count": pl.Int64(),  # resolved in the last year
        "last_reason": pl.String(),  # why they were late, as last stated; "": nobody knows
        "cash_reason_count": pl.Int64(),  # this and the next: reasons stated in the last year
        "process_reason_count": pl.Int64(),  # purchase order, approval, pay run, wrong contact, invoice not received
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
    for part in (_open_state(items), rank_exposure(sum_overdue(items), norms), _first_open(evidence)):
        frame = frame.join(part, on="customer_id", how="left", maintain_order="left")
    frame = _with_told(frame, evidence)
    if evidence.touches.is_empty():
        frame = frame.with_columns(_unknown("touch_count", "unanswered_touch_count", "silence_days"))
    else:
        frame = frame.join(_touches(evidence, summaries), on="customer_id", how="left", maintain_order="left")
    frame = _fill_counts(frame)
    frame = _with_expectation(frame, norms)
    frame = signals.detect(frame, items.filter(IS_LATE))
    return frame.select(HABITS.names()).cast(HABITS).with_columns(drop_last_bits(pl.selectors.float()))


def _with_told(frame: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Add what answers, calls, agreements and disputes tell; nulls where a customer has none.

    Frames without a row are not even grouped: for one customer that is most of them, and most of the time.
    """
    unknown: list[str] = []
    for sources, columns, tell in _TELLERS:
        if all(getattr(evidence, name).is_empty() for name in sources):
            unknown += columns
        else:
            frame = frame.join(tell(evidence), on="customer_id", how="left", maintain_order="left")
    return frame.with_columns(_unknown(*unknown))


def _unknown(*columns: str) -> list[pl.Expr]:
    return [pl.lit(None, dtype=HABITS[name]).alias(name) for name in columns]


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
    """The last day on which the customer answered, spoke to us, promised or settled something, or an instalment was due
    that is paid.
    """
    today = evidence.customers.select("customer_id", "local_date")
    instalments = evidence.instalments.filter(pl.col("paid_minor") >= pl.col("amount_minor"))
    kept = instalments.join(today, on="customer_id").filter(pl.col("due_date") <= pl.col("local_date"))
    talks = evidence.calls.filter(pl.col("outcome") == "reached")
    signs = [
        evidence.replies.select("customer_id", pl.col("received_date").alias("_sign_date")),
        talks.select("customer_id", pl.col("called_date").alias("_sign_date")),
        evidence.promises.select("customer_id", pl.col("made_date").alias("_sign_date")),
        summaries.select("customer_id", pl.col("last_settled_date").alias("_sign_date")),
        kept.select("customer_id", pl.col("due_date").alias("_sign_date")),
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
        (state == "partly_kept").sum().alias("promises_partly_kept"),
        (state == "broken").sum().alias("promises_broken"),
        (state == "open").any().alias("promise_open"),
    )
    running = evidence.instalments.filter(pl.col("plan_state") == "active")
    defaulted = _of_last_year(evidence.instalments, "due_date", evidence).filter(pl.col("plan_state") == "defaulted")
    for name, part in (("plan_active", running), ("plan_defaulted", defaulted)):
        found = part.select("customer_id", pl.lit(value=True).alias(name)).unique()
        promises = promises.join(found, on="customer_id", how="full", coalesce=True)
    return promises


def _settlements(evidence: Evidence) -> pl.DataFrame:
    last_year = _of_last_year(evidence.settlements, "pay_by_date", evidence)
    return last_year.group_by("customer_id").agg((pl.col("state") == "lapsed").sum().alias("settlements_lapsed"))


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


def _reasons(evidence: Evidence) -> pl.DataFrame:
    """What was said about why it is late, in the last year."""
    last_year = _of_last_year(evidence.reasons, "stated_date", evidence)
    return last_year.group_by("customer_id").agg(
        pl.col("reason").sort_by("stated_date", "reason_id").last().alias("last_reason"),
        pl.col("reason").is_in(CASH_REASONS).sum().alias("cash_reason_count"),
        pl.col("reason").is_in(PROCESS_REASONS).sum().alias("process_reason_count"),
    )


_Teller = tuple[tuple[str, ...], tuple[str, ...], Callable[[Evidence], pl.DataFrame]]
_TELLERS: tuple[_Teller, ...] = (
    (("returned",), ("returned_count",), _returned),
    (("replies",), ("reply_count", "forewarning_count", "abuse_count"), _replies),
    (("calls",), ("hung_up_count",), _calls),
    (
        ("promises", "instalments"),
        (
            "promises_kept",
            "promises_partly_kept",
            "promises_broken",
            "promise_open",
            "plan_active",
            "plan_defaulted",
        ),
        _commitments,
    ),
    (("settlements",), ("settlements_lapsed",), _settlements),
    (("disputes",), ("open_dispute_count", "unjustified_dispute_count"), _disputes),
    (("reasons",), ("last_reason", "cash_reason_count", "process_reason_count"), _reasons),
)
"""What each of these frames tells: the frames, the columns, and the function."""


def _fill_counts(frame: pl.DataFrame) -> pl.DataFrame:
    counts = [
        name for name in frame.columns if name.endswith("_count") or name.startswith(("promises_", "settlements_"))
    ]
    flags = ["promise_open", "plan_active", "plan_defaulted"]
    return frame.with_columns(
        pl.col(*counts, "oldest_days_overdue", "silence_days").fill_null(0),
        pl.col("exposure_percentile").fill_null(0.0),
        pl.col("last_reason").fill_null(""),
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
        (first >= pl.lit(norms.payments_known_from)).fill_null(value=False).alias("is_history_known"),
    )
