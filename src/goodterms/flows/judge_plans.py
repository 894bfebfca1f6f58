"""Running plans are judged by what came in on their invoices: part of the day's run."""

from collections import Counter
from datetime import date, datetime
from typing import Any

import polars as pl

from goodterms.core.instalments import PLAN_INSTALMENTS, PLANS_TO_JUDGE, judge_plans
from goodterms.core.money import Money
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.agreed_invoices import amount_words
from goodterms.flows.import_job import read_by_ids
from goodterms.flows.read_agreed import (
    AGREEMENTS,
    PLANNED,
    Word,
    raise_facts_versions,
    read_paid,
    with_local_dates,
    write_words,
)
from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation

_RUNNING = pl.Schema(
    {
        **{name: kind for name, kind in PLANS_TO_JUDGE.items() if name != "local_date"},
        "currency": pl.String(),
        "total_minor": pl.Int64(),
        "since_date": pl.Date(),
        "cash_then_minor": pl.Int64(),
        "timezone": pl.String(),
    }
)
_KEPT = pl.Schema({**PLAN_INSTALMENTS, "paid_before": pl.Int64(), "date_before": pl.Date()})
_QUERY = (
    "SELECT p.id, p.customer_id, p.default_after_missed, p.grace_days, p.currency, p.total_minor, p.proposed_date,"
    " p.cash_then_minor, c.timezone FROM followup_paymentplan p JOIN ledger_customer c ON c.id = p.customer_id"
    " WHERE p.organisation_id = %s AND p.state = 'active' ORDER BY p.id"
)
_INSTALMENTS = (
    "SELECT id, plan_id, position, due_date, amount_minor, paid_minor, paid_date FROM followup_instalment"
    " WHERE plan_id IN ({ids})"
)


def judge_running_plans(organisation: Organisation, today: date, now: datetime) -> Counter[str]:
    """Fill the instalments of running plans and end those completed or defaulted, in the running transaction.

    Money counts from the day of the proposal on, the oldest instalment first. Returns counts by new state.
    """
    plans = read_inside_transaction(_QUERY, [organisation.pk], _RUNNING)
    if plans.is_empty():
        return Counter()
    plans = with_local_dates(plans, organisation, today, now)
    agreements = plans.with_columns(agreement_id="plan_id", until_date="local_date")
    paid = read_paid(agreements.select(AGREEMENTS.names()), PLANNED)
    instalments = read_by_ids(_INSTALMENTS, plans["plan_id"], _KEPT)
    judged, filled = judge_plans(
        plans.select(PLANS_TO_JUDGE.names()), instalments.select(PLAN_INSTALMENTS.names()), paid
    )
    moved = _store_instalments(instalments, filled)
    ended = plans.join(judged, on="plan_id", maintain_order="left").filter(pl.col("state") != "active")
    _store_ends(ended)
    write_words(organisation, [_word(row) for row in ended.iter_rows(named=True)], today, now)
    touched = plans.filter(pl.col("plan_id").is_in(pl.concat([moved, ended["plan_id"]]).implode()))
    raise_facts_versions(touched["customer_id"])
    return Counter(f"plans_{state}" for state in ended["state"])


def _store_instalments(before: pl.DataFrame, filled: pl.DataFrame) -> pl.Series:
    """Write what differs; the plans concerned."""
    both = before.select("instalment_id", "plan_id", "paid_before", "date_before").join(filled, on="instalment_id")
    # A day of payment stays what it was first taken for, as long as the instalment is paid.
    day = pl.when(pl.col("paid_date").is_not_null()).then(pl.coalesce("date_before", "paid_date"))
    changed = both.with_columns(paid_date=day).filter(
        (pl.col("paid_minor") != pl.col("paid_before")) | pl.col("paid_date").ne_missing(pl.col("date_before"))
    )
    update_frame("followup_instalment", changed.select("paid_minor", "paid_date", id="instalment_id"), ["id"])
    return changed["plan_id"].unique()


def _store_ends(ended: pl.DataFrame) -> None:
    reason = (
        pl.when(pl.col("state") == "defaulted")
        .then(pl.format("Missed: {}, the first on {}.", "missed_count", pl.col("missed_date").dt.to_string("%Y-%m-%d")))
        .when(pl.col("paid_minor") >= pl.col("total_minor"))
        .then(pl.lit("Paid."))
        .otherwise(pl.lit("Nothing is left to pay."))
    )
    rows = ended.select("state", id="plan_id", ended_date="local_date", end_reason=reason)
    update_frame("followup_paymentplan", rows, ["id"])


def _word(row: dict[str, Any]) -> Word:
    total = amount_words(Money(row["total_minor"], row["currency"]))
    paid = amount_words(Money(row["paid_minor"], row["currency"]))
    if row["state"] == "completed":
        text = f"The plan over {total} is completed: {paid} came in, nothing is left to pay."
        return Word(row["customer_id"], "plan_completed", text, {"plan_id": row["plan_id"]})
    missed = "1 instalment was" if row["missed_count"] == 1 else f"{row['missed_count']} instalments were"
    text = (
        f"The plan over {total} ended: {missed} not paid, the first due on {row['missed_date']}; "
        f"{paid} came in. Chasing goes on for the rest."
    )
    return Word(
        customer_id=row["customer_id"],
        kind="plan_defaulted",
        text=text,
        data={"plan_id": row["plan_id"], "missed_count": row["missed_count"]},
        task_kind=Task.Kind.PLAN_DEFAULTED,
        task_key=f"plan_defaulted:{row['plan_id']}",
        task_title=f"Plan over {total} not kept: ask why, change it or go on",
    )
