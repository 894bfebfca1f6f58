"""When and how each example invoice is paid, credited, disputed or left unpaid."""

from datetime import date, timedelta

import polars as pl

from goodterms.importers.example.draws import Draws

_CREDITS_STAY_OPEN = timedelta(days=150)
_NO_DATE = pl.lit(None, dtype=pl.Date)


def settle_invoices(seed: int, invoices: pl.DataFrame, today: date) -> pl.DataFrame:
    """Decide the fate of every invoice as known today.

    Takes the frame of make_invoices and returns customer, line, kind, issue_date, due_date, currency and
    amount_minor with: dispute_date; credit_date, credit_minor (0 without a credit note), credited_minor (the
    part set off against the invoice); bounced_date, returned_date (a payment the bank sent back);
    paid_date, paid_minor, rest_date, rest_minor (one payment, or two); open_amount_minor. No date is after
    today.
    """
    draws = Draws(seed, "line")
    return (
        invoices.with_columns(is_disputed=draws.chance("disputed", pl.col("disputed_per_mille")))
        .with_columns(**_natural_date(draws))
        .with_columns(pay_date=_changed_date())
        .with_columns(pay_date=_on_pay_run(_not_before_issue()))
        .with_columns(dispute_date=_known(_dispute_date(draws), today), **_returned(draws, today))
        .with_columns(**_credit(draws, today))
        .with_columns(**_parts(draws, today))
        .select(
            pl.col("customer").cast(pl.UInt32),
            "line",
            "kind",
            "issue_date",
            "due_date",
            "currency",
            "amount_minor",
            "dispute_date",
            "credit_date",
            "credit_minor",
            "credited_minor",
            "bounced_date",
            "returned_date",
            "paid_date",
            "paid_minor",
            "rest_date",
            "rest_minor",
            open_amount_minor=pl.col("amount_minor")
            - pl.col("credited_minor")
            - pl.when(pl.col("paid_date").is_not_null()).then("paid_minor").otherwise(0)
            - pl.when(pl.col("rest_date").is_not_null()).then("rest_minor").otherwise(0),
        )
    )


def _natural_date(draws: Draws) -> dict[str, pl.Expr]:
    """The day of payment by the customer's first habit; null for never."""
    scatter = draws.uniform("scatter")
    steady = pl.col("base_days") + draws.bell("late") * pl.col("spread_tenths") / 10.0
    scattered = scatter * scatter * pl.col("scatter_days")
    slip = pl.when(draws.chance("slip", pl.col("slip_per_mille"))).then(draws.whole("slip days", 5, 16))
    changed_months = (pl.col("due_date") - pl.col("change_date")).dt.total_days().clip(lower_bound=0) / 30.0
    growth = (changed_months * pl.col("growth_tenths_per_month") / 10.0).fill_null(0.0)
    quarrel = pl.when("is_disputed").then(draws.whole("quarrel", 25, 90)).otherwise(0)
    late = (steady + scattered + growth).round().cast(pl.Int32) + slip.fill_null(0) + quarrel
    never = draws.chance("never", pl.col("never_per_mille"))
    return {"pay_date": pl.when(~never).then(_later("due_date", late))}


def _changed_date() -> pl.Expr:
    """What would be paid after the change of habit comes so many days later."""
    is_changed = pl.col("pay_date") >= pl.col("change_date")
    return pl.when(is_changed).then(_later("pay_date", pl.col("change_days"))).otherwise("pay_date")


def _not_before_issue() -> pl.Expr:
    # The larger of two dates ignores a missing one, but a payment that never comes must stay missing.
    earliest = _later("issue_date", 1)
    return pl.when(pl.col("pay_date").is_not_null()).then(pl.max_horizontal("pay_date", earliest))


def _on_pay_run(day: pl.Expr) -> pl.Expr:
    """The customer's next pay-run day, and never at the weekend."""
    to_weekday = (pl.col("run_weekday") - day.dt.weekday() + 7) % 7
    this_month = day.dt.month_start() + pl.duration(days=pl.col("run_month_day") - 1)
    next_month = (day.dt.month_start() + pl.duration(days=32)).dt.month_start() + pl.duration(
        days=pl.col("run_month_day") - 1
    )
    run = (
        pl.when(pl.col("run_weekday").is_not_null())
        .then(day + pl.duration(days=to_weekday))
        .when(pl.col("run_month_day").is_null())
        .then(day)
        .when(day <= this_month)
        .then(this_month)
        .otherwise(next_month)
    )
    return _weekday(run)


def _dispute_date(draws: Draws) -> pl.Expr:
    """Who avoids paying finds the fault after the due date; others say so soon after the invoice."""
    late = _later("due_date", draws.whole("late dispute", 4, 25))
    early = _later("issue_date", draws.whole("early dispute", 3, 25))
    day = pl.when(pl.col("kind") == "avoiding").then(late).otherwise(early)
    before_payment = pl.min_horizontal(day, pl.col("pay_date") - pl.duration(days=1))
    return pl.when("is_disputed").then(pl.max_horizontal(before_payment, "issue_date"))


def _returned(draws: Draws, today: date) -> dict[str, pl.Expr]:
    """A payment that the bank sends back counts as paid until the day it is returned."""
    returned_date = _later("pay_date", draws.whole("return lag", 2, 6))
    is_returned = (
        draws.chance("returned", _in_trouble("returned_per_mille", 2)) & (returned_date <= pl.lit(today))
    ).fill_null(False)
    again = _weekday(_later("pay_date", draws.whole("pay again", 15, 45)))
    return {
        "bounced_date": pl.when(is_returned).then("pay_date").otherwise(_NO_DATE),
        "returned_date": pl.when(is_returned).then(returned_date).otherwise(_NO_DATE),
        "final_date": pl.when(is_returned).then(again).otherwise("pay_date"),
    }


def _credit(draws: Draws, today: date) -> dict[str, pl.Expr]:
    """Some invoices get a credit note; one that comes after the payment, or is forgotten, stays open."""
    credit_date = _weekday(_later("issue_date", draws.whole("credit lag", 4, 20)))
    in_time = (pl.col("pay_date") > credit_date).fill_null(True) & ~draws.chance("not set off", 120)
    # Open credit notes are cleared up sooner or later, so only recent ones are found open.
    is_recent = credit_date > pl.lit(today - _CREDITS_STAY_OPEN)
    exists = draws.chance("credited", 25) & (credit_date <= pl.lit(today)) & (in_time | is_recent)
    part = pl.col("amount_minor") * draws.whole("credit percent", 5, 30) // 100
    size = pl.when(draws.chance("credited whole", 200)).then("amount_minor").otherwise(part)
    return {
        "credit_date": pl.when(exists).then(credit_date),
        "credit_minor": pl.when(exists).then(size).otherwise(0),
        "credited_minor": pl.when(exists & in_time).then(size).otherwise(0),
    }


def _parts(draws: Draws, today: date) -> dict[str, pl.Expr]:
    """One payment, or a part first and the rest weeks later."""
    payable = pl.col("amount_minor") - pl.col("credited_minor")
    is_part = draws.chance("part", _in_trouble("part_per_mille", 8))
    first = payable * draws.whole("first percent", 30, 70) // 100
    is_owed = payable > 0
    rest_date = _weekday(_later("final_date", draws.whole("rest lag", 20, 60)))
    return {
        "bounced_date": pl.when(is_owed).then("bounced_date"),
        "returned_date": pl.when(is_owed).then("returned_date"),
        "paid_date": _known(pl.when(is_owed).then("final_date"), today),
        "paid_minor": pl.when(is_part).then(first).otherwise(payable),
        "rest_date": _known(pl.when(is_owed & is_part).then(rest_date), today),
        "rest_minor": pl.when(is_part).then(payable - first).otherwise(0),
    }


def _in_trouble(column: str, before: int) -> pl.Expr:
    """The customer's own rate, but an ordinary one before a habit began to grow worse."""
    is_before = (pl.col("growth_tenths_per_month") > 0) & (pl.col("due_date") < pl.col("change_date"))
    return pl.when(is_before).then(before).otherwise(column)


def _later(column: str, days: int | pl.Expr) -> pl.Expr:
    return pl.col(column) + pl.duration(days=days)


def _known(day: pl.Expr, today: date) -> pl.Expr:
    return pl.when(day <= pl.lit(today)).then(day)


def _weekday(day: pl.Expr) -> pl.Expr:
    """The same day, or the Monday after a weekend."""
    weekend = day.dt.weekday() - 5
    return day + pl.duration(days=pl.when(weekend > 0).then(3 - weekend.cast(pl.Int32)).otherwise(0))
