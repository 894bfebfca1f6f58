"""The coming days by the same decision: each day's touches are taken as sent, and nothing is paid."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl

from goodterms.core.decide import Decision, combine_summaries, decide
from goodterms.core.evidence import SETTLED, TOUCHES, Evidence, empty
from goodterms.core.plan_touches import PLANNED
from goodterms.core.policy import Policy
from goodterms.core.summary import summarise_settled

_PREVIEW_IDS = 1 << 40
"""Ids for touches that exist in the preview alone: above all real ones, so that they come last."""


def _learn_nothing(evidence: Evidence, decision: Decision) -> Evidence:
    return evidence


def foresee(
    evidence: Evidence,
    policy: Policy,
    days: int,
    learn: Callable[[Evidence, Decision], Evidence] = _learn_nothing,
) -> pl.DataFrame:
    """What would go out on each of the coming ``days``, the first being today (columns: plan_touches.PLANNED).

    Touches that are on their way are taken as sent today, approvals as given, and every debt as still unpaid: it is
    what happens if nobody pays and nobody answers. ``learn`` adds to the evidence what a run writes down besides.
    """
    summaries = combine_summaries(evidence.summaries, summarise_settled(evidence.settled, evidence.touches))
    today = evidence.customers.select("customer_id", "local_date")
    sent = evidence.touches.join(today, on="customer_id", how="left", maintain_order="left")
    sent_date = pl.when("is_pending").then(pl.coalesce("sent_date", "local_date")).otherwise("sent_date")
    sent = sent.with_columns(sent_date.alias("sent_date"), pl.lit(value=False).alias("is_pending"))
    state = replace(evidence, settled=empty(SETTLED), summaries=summaries, touches=sent.select(TOUCHES.names()))
    planned = []
    for day in range(days):
        decision = decide(state, policy)
        planned.append(decision.touches)
        state = learn(_next_day(state, decision, _PREVIEW_IDS * (day + 1)), decision)
    return pl.concat(planned) if planned else pl.DataFrame(schema=PLANNED)


def _next_day(state: Evidence, decision: Decision, first_id: int) -> Evidence:
    sent = as_sent(decision.touches, first_id)
    kept = decision.cycles.join(decision.habits.select("customer_id", "signal_seen_date"), on="customer_id", how="left")
    people = state.customers.drop("cycle", "signal_seen_date")
    people = people.join(kept, on="customer_id", how="left", maintain_order="left")
    people = people.with_columns(pl.col("local_date") + timedelta(days=1)).select(state.customers.columns)
    return replace(state, customers=people, touches=pl.concat([state.touches, sent]))


def as_sent(planned: pl.DataFrame, first_id: int) -> pl.DataFrame:
    """Planned touches as touches sent on their planned day, numbered from ``first_id`` (columns: evidence.TOUCHES)."""
    return planned.select(
        (pl.int_range(pl.len()) + first_id).alias("touch_id"),
        "customer_id", "cycle", "playbook", "step", "level", "occurrence", "channel", "planned_date",
        pl.col("planned_date").alias("sent_date"),
        pl.lit(value=False).alias("is_pending"),
        pl.lit(value=True).alias("is_automatic"),
        "deadline_date",
    ).cast(TOUCHES)  # fmt: skip
