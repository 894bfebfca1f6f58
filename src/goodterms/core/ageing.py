"""Open items into what is overdue per customer: credits and cash netted, held-back parts left out."""

import polars as pl

from goodterms.core.evidence import Evidence

BALANCES = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "open_minor": pl.Int64(),  # everything open, credits and cash deducted
        "overdue_minor": pl.Int64(),  # of that, past its due date
        "days_0_minor": pl.Int64(),  # not yet due
        "days_1_30_minor": pl.Int64(),
        "days_31_60_minor": pl.Int64(),
        "days_61_90_minor": pl.Int64(),
        "days_over_90_minor": pl.Int64(),
    }
)
CHASEABLE = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "due_date": pl.Date(),
        "days_overdue": pl.Int32(),  # negative: not yet due
        "amount_minor": pl.Int64(),
        "open_amount_minor": pl.Int64(),  # as in the ledger
        "owed_minor": pl.Int64(),  # without what credit notes and cash on account cover
        "chase_minor": pl.Int64(),  # of that, what may be asked for now: nothing disputed or held back
    }
)


def age_items(evidence: Evidence) -> pl.DataFrame:
    """Open items with ``days_overdue`` on the customer's own day and the part of them that may be asked for.

    Credit notes, cash on account and disputed parts are taken off, credits against the oldest item first; items
    without due date, and items on hold by themselves today, are kept out of ``chase_minor`` (0). Columns: CHASEABLE.
    A due date is overdue from the day after it.
    """
    dated = _dated(evidence)
    owed = _owed(dated, evidence)
    credit = _credits(evidence, dated)
    if credit.height:
        owed = _net_credits(owed, credit)
    return owed.select(CHASEABLE.names()).cast(CHASEABLE)


def _dated(evidence: Evidence) -> pl.DataFrame:
    return evidence.open_items.join(evidence.customers.select("customer_id", "local_date"), on="customer_id")


def askable_items(evidence: Evidence) -> pl.DataFrame:
    """What may be asked for of each open invoice, credits not yet taken off: invoice_id, askable_minor.

    The rest of its open amount is held back: disputed, on hold, or not yet due by a plan.
    """
    return _owed(_dated(evidence), evidence).select("invoice_id", pl.col("chase_minor").alias("askable_minor"))


def _owed(dated: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """The invoices among the dated items, with what is held back taken off ``chase_minor``."""
    owed = dated.filter(pl.col("open_amount_minor") > 0).with_columns(
        (pl.col("local_date") - pl.col("due_date")).dt.total_days().cast(pl.Int32).alias("days_overdue"),
        pl.max_horizontal(pl.col("open_amount_minor") - pl.col("disputed_amount_minor"), 0).alias("undisputed_minor"),
    )
    chase = pl.when(pl.col("due_date").is_null()).then(0).otherwise(pl.col("undisputed_minor"))
    owed = owed.with_columns(chase.alias("chase_minor"), pl.col("open_amount_minor").alias("owed_minor"))
    return _hold_back(_without_planned(_without_disputed(owed, evidence), evidence), evidence)


def _without_disputed(owed: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Ask nothing for the part of an invoice that is in an open dispute (all of it, where no amount is named).

    Nor, of one that was justified, for the part that a credit note is waited for.
    """
    running = _disputed_parts(evidence)
    if running.is_empty():
        return owed
    parts = running.group_by("invoice_id").agg(
        pl.col("amount_minor").sum().alias("_part_minor"), pl.col("amount_minor").is_null().any().alias("_is_whole")
    )
    left = pl.col("chase_minor") - pl.col("_part_minor").fill_null(0)
    chase = pl.when(pl.col("_is_whole").fill_null(value=False)).then(0).otherwise(pl.max_horizontal(left, 0))
    joined = owed.join(parts, on="invoice_id", how="left", maintain_order="left")
    return joined.with_columns(chase.alias("chase_minor")).drop("_part_minor", "_is_whole")


def _disputed_parts(evidence: Evidence) -> pl.DataFrame:
    """What disputes hold back: invoice_id, amount_minor (null: all of it)."""
    columns = ("invoice_id", "amount_minor")
    running = evidence.disputes.filter(pl.col("resolved_date").is_null()).select(columns)
    credited = evidence.disputes.filter(pl.col("resolved_date").is_not_null() & (pl.col("credit_minor") > 0))
    if credited.is_empty():
        return running
    dated = credited.join(evidence.customers.select("customer_id", "local_date"), on="customer_id")
    awaited = dated.filter(pl.col("credit_until_date") >= pl.col("local_date"))
    return pl.concat([running, awaited.select("invoice_id", amount_minor="credit_minor")])


def _without_planned(owed: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Of what an active plan covers, ask only for the instalments missed, on the plan's oldest invoices first.

    Missed is what is open beyond the instalments whose day and grace are still to come: so a payment counts at once.
    """
    if evidence.planned.is_empty():
        return owed
    covered = owed.join(evidence.planned.select("plan_id", "invoice_id", "amount_minor"), on="invoice_id", suffix="_p")
    covered = covered.select(
        "plan_id",
        "invoice_id",
        "due_date",
        pl.min_horizontal("open_amount_minor", "amount_minor_p").alias("_open"),
        pl.min_horizontal("chase_minor", "amount_minor_p").alias("_cover"),
    ).join(_to_come(evidence), on="plan_id", how="left")
    covered = covered.sort("plan_id", "due_date", "invoice_id", nulls_last=True)
    missed = pl.col("_open").sum().over("plan_id") - pl.col("to_come_minor").fill_null(0)
    before = pl.col("_cover").cum_sum().over("plan_id") - pl.col("_cover")
    asked = pl.min_horizontal(pl.max_horizontal(missed - before, 0), pl.col("_cover"))
    waiting = covered.with_columns((pl.col("_cover") - asked).alias("_not_yet"))
    parts = waiting.group_by("invoice_id").agg(pl.col("_not_yet").sum())
    joined = owed.join(parts, on="invoice_id", how="left", maintain_order="left")
    left = pl.col("chase_minor") - pl.col("_not_yet").fill_null(0)
    return joined.with_columns(pl.max_horizontal(left, 0).alias("chase_minor")).drop("_not_yet")


def _to_come(evidence: Evidence) -> pl.DataFrame:
    """Per active plan the instalments whose day and grace are not over: plan_id, to_come_minor."""
    dated = evidence.instalments.filter(pl.col("plan_state") == "active").join(
        evidence.customers.select("customer_id", "local_date"), on="customer_id"
    )
    coming = dated.filter(pl.col("due_date") + pl.duration(days=pl.col("grace_days")) >= pl.col("local_date"))
    return coming.group_by("plan_id").agg(pl.col("amount_minor").sum().alias("to_come_minor"))


def _hold_back(owed: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Ask nothing for invoices that are on hold by themselves, from the first to the last day of the hold."""
    holds = evidence.holds.filter(pl.col("invoice_id").is_not_null())
    if holds.is_empty():
        return owed
    dated = holds.join(owed.select("invoice_id", "local_date"), on="invoice_id")
    held = dated.filter(pl.col("local_date").is_between(pl.col("from_date"), pl.col("until_date")))["invoice_id"]
    chase = pl.when(pl.col("invoice_id").is_in(held.implode())).then(0).otherwise(pl.col("chase_minor"))
    return owed.with_columns(chase.alias("chase_minor"))


def _credits(evidence: Evidence, dated: pl.DataFrame) -> pl.DataFrame:
    """What customers have in their favour per currency: open credit notes and cash on account."""
    notes = dated.filter(pl.col("open_amount_minor") < 0).select(
        "customer_id", "currency", (-pl.col("open_amount_minor")).alias("credit_minor")
    )
    cash = evidence.cash.select("customer_id", "currency", pl.col("unallocated_minor").alias("credit_minor"))
    return pl.concat([notes, cash]).group_by("customer_id", "currency").agg(pl.col("credit_minor").sum())


def _net_credits(owed: pl.DataFrame, credit: pl.DataFrame) -> pl.DataFrame:
    """Take credits off the oldest chaseable items: what a running total has not used up is still asked for."""
    in_favour = owed.join(credit, on=["customer_id", "currency"], how="inner")
    if in_favour.is_empty():
        return owed
    others = owed.join(credit, on=["customer_id", "currency"], how="anti")
    in_favour = in_favour.sort("customer_id", "currency", "due_date", "invoice_id", nulls_last=True)
    running = pl.col("chase_minor").cum_sum().over("customer_id", "currency") - pl.col("credit_minor")
    left = pl.min_horizontal(pl.col("chase_minor"), pl.max_horizontal(running, 0))
    covered = pl.col("chase_minor") - left
    netted = in_favour.with_columns(left.alias("chase_minor"), (pl.col("owed_minor") - covered).alias("owed_minor"))
    return pl.concat([others, netted.drop("credit_minor").select(others.columns)])


def sum_balances(items: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Per customer and currency what is open and overdue, by age (columns: BALANCES).

    Ages are by due date and gross of credits; ``open_minor`` is net of credit notes and cash on account.
    """
    days, amount = pl.col("days_overdue"), pl.col("open_amount_minor")
    aged = items.group_by("customer_id", "currency").agg(
        amount.sum().alias("gross_minor"),
        amount.filter(days > 0).sum().alias("overdue_minor"),
        amount.filter((days <= 0) | days.is_null()).sum().alias("days_0_minor"),
        amount.filter(days.is_between(1, 30)).sum().alias("days_1_30_minor"),
        amount.filter(days.is_between(31, 60)).sum().alias("days_31_60_minor"),
        amount.filter(days.is_between(61, 90)).sum().alias("days_61_90_minor"),
        amount.filter(days > 90).sum().alias("days_over_90_minor"),
    )
    dated = evidence.open_items.join(evidence.customers.select("customer_id", "local_date"), on="customer_id")
    joined = aged.join(_credits(evidence, dated), on=["customer_id", "currency"], how="full", coalesce=True)
    joined = joined.with_columns(pl.selectors.integer().exclude("customer_id").fill_null(0))
    return joined.with_columns((pl.col("gross_minor") - pl.col("credit_minor")).alias("open_minor")).select(
        BALANCES.names()
    )
