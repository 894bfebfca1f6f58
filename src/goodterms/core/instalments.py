"""Instalments: their days and amounts, how payments fill them, and when a plan is completed or defaulted."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal

DAYS_BETWEEN = {"weekly": 7, "two_weekly": 14}
PLANS_TO_JUDGE = pl.Schema(
    {
        "plan_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "default_after_missed": pl.Int32(),
        "grace_days": pl.Int32(),
        "local_date": pl.Date(),  # the customer's own day
    }
)
PLAN_INSTALMENTS = pl.Schema(
    {
        "instalment_id": pl.Int64(),
        "plan_id": pl.Int64(),
        "position": pl.Int32(),
        "due_date": pl.Date(),
        "amount_minor": pl.Int64(),
    }
)
JUDGED_PLANS = pl.Schema(
    {
        "plan_id": pl.Int64(),
        "paid_minor": pl.Int64(),
        "missed_count": pl.Int32(),
        "missed_date": pl.Date(),  # the day of the first instalment missed, null without one
        "state": pl.String(),  # active | completed | defaulted
    }
)
FILLED = pl.Schema({"instalment_id": pl.Int64(), "paid_minor": pl.Int64(), "paid_date": pl.Date()})


class ScheduleImpossible(Refusal):
    """Instalments cannot be laid out as wished; the message says why and what would be possible."""


@dataclass(frozen=True)
class InstalmentDue:
    """One payment of a plan; position 0 is the down payment."""

    position: int
    due_date: date
    amount: Money


def due_dates(rhythm: str, first: date, count: int) -> list[date]:
    """``count`` days from ``first`` on: weekly, two_weekly, or monthly on its day of the month.

    A month that has no such day takes its last one, and the next month the day itself again: the 31st is followed by
    28 February and 31 March. Raises ScheduleImpossible for another rhythm.
    """
    if rhythm in DAYS_BETWEEN:
        return [first + timedelta(days=DAYS_BETWEEN[rhythm] * index) for index in range(count)]
    if rhythm != "monthly":
        raise ScheduleImpossible(f"The days of a plan in the rhythm {rhythm!r} are not known; name each with its sum.")
    return [_months_later(first, index) for index in range(count)]


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last_day))


def split_evenly(
    total: Money,
    *,
    rhythm: str,
    first: date,
    count: int,
    down_payment: Money | None = None,
    down_date: date | None = None,
) -> tuple[InstalmentDue, ...]:
    """A down payment (if any) and ``count`` equal instalments; what does not divide is added to the last one.

    Raises ScheduleImpossible when there is less than a minor unit for each, or the down payment is not before them.
    """
    down = down_payment or Money.zero(total.currency)
    rest = total - down
    if count < 1 or rest.amount_minor < count or down.amount_minor < 0:
        raise ScheduleImpossible(
            f"{rest.to_decimal()} {rest.currency} cannot be paid in {count} instalments; choose a number that fits."
        )
    parts = zip(due_dates(rhythm, first, count), rest.split(count), strict=True)
    instalments = [InstalmentDue(place, day, part) for place, (day, part) in enumerate(parts, start=1)]
    if down:
        instalments.insert(0, InstalmentDue(0, down_date or first - timedelta(days=1), down))
    return check_schedule(total, instalments)


def lay_out(total: Money, wanted: Sequence[tuple[date, Money]]) -> tuple[InstalmentDue, ...]:
    """Instalments on days and in sums of the parties' own choice; raises ScheduleImpossible where they do not fit."""
    return check_schedule(total, [InstalmentDue(place, day, part) for place, (day, part) in enumerate(wanted, start=1)])


def check_schedule(total: Money, instalments: Sequence[InstalmentDue]) -> tuple[InstalmentDue, ...]:
    """The instalments, when their days rise, each is above nothing, and together they are exactly the total."""
    if not instalments or any(one.amount.amount_minor <= 0 for one in instalments):
        raise ScheduleImpossible("Every instalment needs an amount above nothing.")
    for earlier, later in pairwise(instalments):
        if later.due_date <= earlier.due_date:
            raise ScheduleImpossible(f"The instalment of {later.due_date} must come after that of {earlier.due_date}.")
    together = sum((one.amount for one in instalments), Money.zero(total.currency))
    if together != total:
        raise ScheduleImpossible(
            f"The instalments come to {together.to_decimal()} {total.currency}, but {total.to_decimal()} are owed; "
            "make them equal."
        )
    return tuple(instalments)


def judge_plans(
    plans: pl.DataFrame, instalments: pl.DataFrame, paid: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What became of running plans and their instalments: ``(plans, instalments)`` as JUDGED_PLANS and FILLED.

    ``plans``: PLANS_TO_JUDGE; ``instalments``: PLAN_INSTALMENTS of them; ``paid``: agreed_money.PAID with the plan as
    agreement. Payments fill the instalments oldest first and never more than was paid. A plan is completed when all
    was paid, early or not, or nothing is left open on its invoices; it is defaulted when so many instalments as
    agreed are still short after their day and its grace, in the customer's own days.
    """
    money = paid.select("left_minor", "last_paid_date", pl.col("paid_minor").alias("_paid"), plan_id="agreement_id")
    rows = instalments.join(plans, on="plan_id").join(money, on="plan_id", how="left")
    rows = rows.sort("plan_id", "position").with_columns(pl.col("_paid").fill_null(0))
    before = pl.col("amount_minor").cum_sum().over("plan_id") - pl.col("amount_minor")
    rows = rows.with_columns((pl.col("_paid") - before).clip(0, pl.col("amount_minor")).alias("paid_minor"))
    is_full = pl.col("paid_minor") == pl.col("amount_minor")
    is_over = pl.col("due_date") + pl.duration(days=pl.col("grace_days")) < pl.col("local_date")
    is_missed = ~is_full & is_over
    filled = rows.select("instalment_id", "paid_minor", pl.when(is_full).then("last_paid_date").alias("paid_date"))
    judged = rows.group_by("plan_id", maintain_order=True).agg(
        pl.col("paid_minor").sum(),
        is_missed.sum().alias("missed_count"),
        pl.col("due_date").filter(is_missed).min().alias("missed_date"),
        is_full.all().alias("_is_full"),
        pl.col("left_minor", "default_after_missed").first(),
    )
    state = (
        pl.when(pl.col("_is_full") | (pl.col("left_minor").fill_null(0) == 0))
        .then(pl.lit("completed"))
        .when(pl.col("missed_count") >= pl.col("default_after_missed"))
        .then(pl.lit("defaulted"))
        .otherwise(pl.lit("active"))
    )
    return judged.select(*JUDGED_PLANS.names()[:-1], state.alias("state")).cast(JUDGED_PLANS), filled.cast(FILLED)
