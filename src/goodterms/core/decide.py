"""The whole decision for everyone at once: habits, signals, profiles, verdicts, touches, waits."""

from dataclasses import dataclass

import polars as pl

from goodterms.core.ageing import age_items, sum_balances
from goodterms.core.evidence import Evidence
from goodterms.core.habits import measure_habits, sum_overdue
from goodterms.core.norms import Norms, measure_norms
from goodterms.core.plan_touches import plan_touches
from goodterms.core.policy import Policy
from goodterms.core.profile import judge_customers
from goodterms.core.summary import SUMMARY, summarise_settled


@dataclass(frozen=True)
class Decision:
    """What was decided on one day, each frame with one row per customer unless it says otherwise.

    ``summaries`` (summary.SUMMARY) of those re-summarised only · ``habits`` (habits.HABITS) · ``standings``
    (profile.STANDINGS) · ``balances`` (ageing.BALANCES, per currency) · ``touches`` (plan_touches.PLANNED, for those
    contacted) · ``waits`` (plan_touches.WAITS, for those overdue and not contacted) · ``problems``
    (plan_touches.PROBLEMS) · ``cycles`` (customer_id, cycle) · ``norms``, what the customers were compared with.
    """

    summaries: pl.DataFrame
    habits: pl.DataFrame
    standings: pl.DataFrame
    balances: pl.DataFrame
    touches: pl.DataFrame
    waits: pl.DataFrame
    problems: pl.DataFrame
    cycles: pl.DataFrame
    norms: Norms
    policy_hash: str


def decide(evidence: Evidence, policy: Policy) -> Decision:
    """Decide for every customer of ``evidence`` on its own ``local_date``.

    The same call serves the nightly run, the preview, the simulation of history and one customer after a phone call.
    Customers keep the order of ``evidence.customers``, whose ids must be unique.
    """
    fresh = summarise_settled(evidence.settled, evidence.touches)
    summaries = combine_summaries(evidence.summaries, fresh)
    items = age_items(evidence)
    norms = evidence.norms or measure_norms(summaries, sum_overdue(items), is_from_the_start=evidence.is_from_the_start)
    habits = measure_habits(summaries, items, evidence, norms)
    standings = judge_customers(habits, evidence.customers["override_profile"], policy)
    touches, waits, problems, cycles = plan_touches(evidence, items, habits, standings, policy)
    return Decision(
        summaries=fresh,
        habits=habits,
        standings=standings,
        balances=sum_balances(items, evidence),
        touches=touches,
        waits=waits,
        problems=problems,
        cycles=cycles,
        norms=norms,
        policy_hash=policy.hash,
    )


def combine_summaries(kept: pl.DataFrame | None, fresh: pl.DataFrame) -> pl.DataFrame:
    """Summaries made earlier, with the fresh ones in place of theirs."""
    if kept is None or kept.is_empty():
        return fresh
    return pl.concat([kept.select(SUMMARY.names()).join(fresh, on="customer_id", how="anti"), fresh])
