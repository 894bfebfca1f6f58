"""Sums over the ledger: how balances moved between ages day by day, what was billed, collected and credited."""

from datetime import date, timedelta

import polars as pl

from goodterms.reports.facts import Facts

CROSSINGS = (1, 31, 61, 91)
"""Days after the due date on which an open amount becomes one age older."""
AGES = ("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90")
STOCKS = (*AGES, "credits", "cash")
_KEY = ["person", "currency"]
CHANGES = pl.Schema(  # by how much each stock changed on the day; summed up to a day it is the stock of that day
    {"person": pl.UInt32(), "currency": pl.String(), "day": pl.Date(), **{name: pl.Int64() for name in STOCKS}}
)
MOVES = pl.Schema(
    {
        "person": pl.UInt32(),
        "currency": pl.String(),
        "day": pl.Date(),
        "kind": pl.String(),  # see MOVE_KINDS
        "amount_minor": pl.Int64(),
        "count": pl.Int64(),
    }
)
MOVE_KINDS = (
    "billed",
    "fees",
    "credited",  # credit notes, negative
    "payment",  # all of these take off what is open: positive
    "returned",  # negative: open again
    "reported",
    "credit_note",  # put to an invoice, and taken from the note: together nothing
    "forgiven",
    "written_off",
    "waived",
    "adjusted",
    "unexplained",
    "received",  # cash that came in, allocated or not
    "sent_back",  # of that, returned by the bank: negative
)
SETTLED = pl.Schema(
    {
        "person": pl.UInt32(),
        "currency": pl.String(),
        "day": pl.Date(),
        "lateness": pl.Int64(),  # place in LATENESS
        "count": pl.Int64(),
        "amount_minor": pl.Int64(),
        "amount_days": pl.Int64(),  # amount times days late
        "amount_term_days": pl.Int64(),  # amount times days since it was issued
    }
)
LATENESS = (0, 1, 8, 15, 31, 61, 91)
"""From so many days late; before the first: paid early."""
COHORTS = pl.Schema(
    {
        "person": pl.UInt32(),
        "currency": pl.String(),
        "month": pl.Date(),  # the first of the month in which it was due
        "due_minor": pl.Int64(),  # less what was credited or waived
        **{f"paid_{days}_minor": pl.Int64() for days in (0, 30, 60, 90)},
        "open_days": pl.Int64(),  # amount times days open after the due date, WATCHED_DAYS at most
    }
)
PAID_WITHIN = (0, 30, 60, 90)
WATCHED_DAYS = 60
PAYING = ("payment", "returned", "reported", "unexplained")
"""What counts as money from the customer; credit notes, waived fees and losses do not."""


def sum_changes(facts: Facts) -> pl.DataFrame:
    """By how much each age, credit notes and cash on account changed on each day (columns: CHANGES).

    Ages are of invoices and fees, by due date, gross of credit notes and cash; one without a due date is never due.
    Changes before ``facts.start`` stand on that day.
    """
    parts = [_aged(facts), _credits(facts), _cash(facts)]
    changes = pl.concat(parts, how="diagonal").with_columns(pl.col(STOCKS).fill_null(0))
    clipped = changes.with_columns(pl.max_horizontal("day", pl.lit(facts.start)).alias("day"))
    summed = clipped.group_by(*_KEY, "day").agg(pl.col(STOCKS).sum())
    moved = pl.any_horizontal(pl.col(name) != 0 for name in STOCKS)
    return summed.filter(moved).select(CHANGES.names()).cast(CHANGES)


def _pieces(facts: Facts) -> pl.DataFrame:
    """What came and went of each due date and day: person, currency, is_credit, due_date, day, minor."""
    is_credit = (pl.col("kind") == "credit_note").alias("is_credit")
    came = facts.invoices.select(
        *_KEY, is_credit, "due_date", pl.col("issue_date").alias("day"), pl.col("amount_minor").alias("minor")
    )
    went = facts.taken.select(
        *_KEY, is_credit, "due_date", pl.col("taken_date").alias("day"), (-pl.col("taken_minor")).alias("minor")
    )
    both = pl.concat([came, went])
    return both.group_by(*_KEY, "is_credit", "due_date", "day").agg(pl.col("minor").sum()).filter(pl.col("minor") != 0)


def _aged(facts: Facts) -> pl.DataFrame:
    owed = _pieces(facts).filter(~pl.col("is_credit"))
    place = pl.sum_horizontal(
        (pl.col("day") >= pl.col("due_date").dt.offset_by(f"{days}d")).fill_null(value=False).cast(pl.Int8)
        for days in CROSSINGS
    )
    moved = [owed.select(*_KEY, "day", place.alias("place"), "minor")]
    for older, days in enumerate(CROSSINGS, start=1):
        crossed_on = pl.col("due_date").dt.offset_by(f"{days}d")
        crossed = owed.filter((pl.col("day") < crossed_on) & (crossed_on <= facts.today))
        for to_place, sign in ((older - 1, -1), (older, 1)):
            moved.append(
                crossed.select(
                    *_KEY,
                    crossed_on.alias("day"),
                    pl.lit(to_place, dtype=pl.Int8()).alias("place"),
                    (pl.col("minor") * sign).alias("minor"),
                )
            )
    events = pl.concat([part.with_columns(pl.col("place").cast(pl.Int8)) for part in moved])
    minor, at = pl.col("minor"), pl.col("place")
    return events.group_by(*_KEY, "day").agg(
        minor.filter(at == number).sum().alias(name) for number, name in enumerate(AGES)
    )


def _credits(facts: Facts) -> pl.DataFrame:
    notes = _pieces(facts).filter("is_credit")
    return notes.group_by(*_KEY, "day").agg(pl.col("minor").sum().alias("credits"))


def _cash(facts: Facts) -> pl.DataFrame:
    """Payments less what of them was put to invoices; positive while something lies on account."""
    received = facts.payments.select(*_KEY, pl.col("paid_date").alias("day"), pl.col("paid_minor").alias("cash"))
    back = facts.payments.filter(pl.col("returned_date").is_not_null()).select(
        *_KEY, pl.col("returned_date").alias("day"), (-pl.col("paid_minor")).alias("cash")
    )
    used = facts.used.select(*_KEY, pl.col("day"), (-pl.col("minor")).alias("cash"))
    return pl.concat([received, back, used]).group_by(*_KEY, "day").agg(pl.col("cash").sum())


def sum_moves(facts: Facts) -> pl.DataFrame:
    """What was billed, credited, collected … on each day since ``facts.start`` (columns: MOVES)."""
    kind = pl.col("kind").replace_strict({"invoice": "billed", "fee": "fees", "credit_note": "credited"})
    billed = facts.invoices.select(*_KEY, pl.col("issue_date").alias("day"), kind, "amount_minor")
    taken = facts.taken.select(
        *_KEY,
        pl.col("taken_date").alias("day"),
        pl.col("source").alias("kind"),
        pl.col("taken_minor").alias("amount_minor"),
    )
    received = facts.payments.select(
        *_KEY,
        pl.col("paid_date").alias("day"),
        pl.lit("received").alias("kind"),
        pl.col("paid_minor").alias("amount_minor"),
    )
    back = facts.payments.filter(pl.col("returned_date").is_not_null()).select(
        *_KEY,
        pl.col("returned_date").alias("day"),
        pl.lit("sent_back").alias("kind"),
        (-pl.col("paid_minor")).alias("amount_minor"),
    )
    moves = pl.concat([billed, taken, received, back]).filter(pl.col("day") >= facts.start)
    summed = moves.group_by(*_KEY, "day", "kind").agg(pl.col("amount_minor").sum(), pl.len().alias("count"))
    return summed.select(MOVES.names()).cast(MOVES)


def sum_settled(facts: Facts) -> pl.DataFrame:
    """Invoices settled by payments on each day, by how late they were (columns: SETTLED)."""
    paid = facts.invoices.filter(
        (pl.col("kind") == "invoice")
        & (pl.col("payment_count") > 0)
        & (pl.col("settled_date") >= facts.start)
        & (pl.col("settled_date") <= facts.today)
        & pl.col("due_date").is_not_null()
    )
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days().clip(-90, 730)
    term = (pl.col("settled_date") - pl.col("issue_date")).dt.total_days().clip(0, 1095)
    place = pl.sum_horizontal((late >= days).cast(pl.Int64) for days in LATENESS)
    rows = paid.with_columns(late.alias("late"), term.alias("term"), place.alias("lateness"))
    amount = pl.col("amount_minor")
    summed = rows.group_by(*_KEY, pl.col("settled_date").alias("day"), "lateness").agg(
        pl.len().alias("count"),
        amount.sum(),
        (amount * pl.col("late")).sum().alias("amount_days"),
        (amount * pl.col("term")).sum().alias("amount_term_days"),
    )
    return summed.select(SETTLED.names()).cast(SETTLED)


def sum_cohorts(facts: Facts) -> pl.DataFrame:
    """Per month of the due date: what was due, what of it was paid 0, 30, 60 and 90 days after it, and how long it
    stayed open (columns: COHORTS)."""
    is_due = (pl.col("kind") == "invoice") & (pl.col("due_date") >= facts.start)
    month = pl.col("due_date").dt.truncate("1mo").alias("month")
    billed = facts.invoices.filter(is_due).group_by(*_KEY, month).agg(pl.col("amount_minor").sum().alias("_billed"))
    after = (pl.col("taken_date") - pl.col("due_date")).dt.total_days()
    minor, is_paying = pl.col("taken_minor"), pl.col("source").is_in(PAYING)
    gone = facts.taken.filter(is_due).group_by(*_KEY, month).agg(
        minor.filter(pl.col("source").is_in(["credit_note", "waived", "adjusted"])).sum().alias("_lowered"),
        minor.filter(is_paying).sum().alias("_paid"),
        (minor * after.clip(0, WATCHED_DAYS)).filter(is_paying).sum().alias("_paid_days"),
        *(minor.filter(is_paying & (after <= days)).sum().alias(f"paid_{days}_minor") for days in PAID_WITHIN),
    )  # fmt: skip
    joined = billed.join(gone, on=[*_KEY, "month"], how="left").with_columns(pl.exclude(*_KEY, "month").fill_null(0))
    due = pl.col("_billed") - pl.col("_lowered")
    left_open = (due - pl.col("_paid")) * WATCHED_DAYS
    cohorts = joined.with_columns(due.alias("due_minor"), (pl.col("_paid_days") + left_open).alias("open_days"))
    return cohorts.select(COHORTS.names()).cast(COHORTS)


def thin_out(frame: pl.DataFrame, today: date, most_rows: int) -> pl.DataFrame:
    """Of a large frame the days older than a hundred put to the end of their week (Sunday); others as they are.

    Sums over weeks and longer, and stocks at a week's end, stay what they were.
    """
    if frame.height <= most_rows:
        return frame
    old = pl.lit(today - timedelta(days=100)).dt.truncate("1w")
    week_end = pl.col("day").dt.truncate("1w").dt.offset_by("6d")
    numbers = [
        name for name in frame.columns if name not in ("person", "currency", "segment", "day", "kind", "lateness")
    ]
    keys = [name for name in frame.columns if name not in numbers]
    put = frame.with_columns(pl.when(pl.col("day") < old).then(week_end).otherwise("day").alias("day"))
    return put.group_by(keys).agg(pl.col(numbers).sum()).select(frame.columns)
