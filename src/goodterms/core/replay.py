"""Months of history decided anew, day by day, under policies side by side; what customers did stays as it was."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import polars as pl

from goodterms.core.calendar import is_business_day
from goodterms.core.chase import CYCLE_PREFIX
from goodterms.core.decide import combine_summaries, decide
from goodterms.core.evidence import SETTLED, TOUCHES, Evidence, empty
from goodterms.core.foresee import as_sent
from goodterms.core.history import Days, History
from goodterms.core.policy import Policy
from goodterms.core.summary import SUMMARY, summarise_settled

CONTACTED = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "planned_date": pl.Date(),
        "playbook": pl.String(),
        "step": pl.String(),
        "level": pl.Int32(),
        "channel": pl.String(),
        "needs_approval": pl.Boolean(),
        "days_overdue": pl.Int32(),  # of the oldest invoice asked for; null for a word that asks for nothing
    }
)
_REPLAYED_IDS = 1 << 40
"""Ids for touches of the replay: above all real ones, so that they come last."""


@dataclass
class _Arm:
    """One policy's course: what it has sent, and what its runs have kept."""

    policy: Policy
    touches: pl.DataFrame
    kept: pl.DataFrame
    summaries: pl.DataFrame
    contacted: list[pl.DataFrame]


def replay(
    history: History,
    policies: Mapping[str, Policy],
    start: date,
    days: int,
    goes_on: Callable[[int], bool] = lambda done: True,
) -> dict[str, pl.DataFrame] | None:
    """Who would have been contacted when, by name of the policy (columns: CONTACTED), from ``start`` for ``days`` days.

    Each begins with what had really been sent before ``start``; from then on it sends what it decides, on that day,
    and approvals are given at once. What people wrote by hand, answers, promises, payments and all else happen as they
    did: what a customer would have done about another letter, nobody knows. Days on which no customer's country works
    are passed over.
    ``goes_on`` is told after each day how many are done; where it says no, the replay ends with None.
    """
    cut = Days(history)
    before = start - timedelta(days=1)
    arms = {name: _begin(cut, history, policy, before) for name, policy in policies.items()}
    by_hand = history.touches.filter(~pl.col("is_automatic") & (pl.col("sent_date") >= start)).select(TOUCHES.names())
    countries = set(history.customers["country"].fill_null("").unique()) or {""}
    last = before
    with ThreadPoolExecutor(len(arms)) as side_by_side:
        for number in range(days):
            day = start + timedelta(days=number)
            if any(is_business_day(country or _home(policies), day) for country in countries):
                known, stale = _what_is_known(cut, by_hand, last, day)
                live = partial(_live_through, known=known, stale=stale, number=number)
                list(side_by_side.map(live, arms.values()))
                last = day
            if not goes_on(number + 1):
                return None
    return {name: pl.concat([pl.DataFrame(schema=CONTACTED), *arm.contacted]) for name, arm in arms.items()}


def _what_is_known(cut: Days, by_hand: pl.DataFrame, last: date, day: date) -> tuple[Evidence, pl.Series]:
    """The day's evidence, alike for all policies, and whose settled invoices changed since the ``last`` day decided."""
    stale = cut.resettled_between(last, day)
    settled = cut.settled_on(day, stale) if len(stale) else empty(SETTLED)
    written = by_hand.filter(pl.col("sent_date") <= day)
    return replace(cut.evidence_on(day), settled=settled, touches=written), stale


def _home(policies: Mapping[str, Policy]) -> str:
    return next(iter(policies.values())).country


def _begin(cut: Days, history: History, policy: Policy, before: date) -> _Arm:
    """What stood on the eve: real touches sent by then, the cycle each customer was last written to in, summaries."""
    sent = history.touches.filter(pl.col("sent_date") <= before).with_columns(pl.lit(value=False).alias("is_pending"))
    chain = sent.filter(pl.col("cycle").str.starts_with(CYCLE_PREFIX)).sort("sent_date", "touch_id")
    cycles = chain.group_by("customer_id", maintain_order=True).agg(pl.col("cycle").last())
    kept = cycles.with_columns(pl.lit(None, dtype=pl.Date()).alias("signal_seen_date"))
    summaries = summarise_settled(cut.settled_on(before), sent)
    return _Arm(policy, sent.select(TOUCHES.names()), kept, summaries, [])


def _live_through(arm: _Arm, known: Evidence, stale: pl.Series, number: int) -> None:
    """Decide the day with what this policy has sent before, and send what it decides."""
    people = known.customers.drop("cycle", "signal_seen_date")
    people = people.join(arm.kept, on="customer_id", how="left", maintain_order="left")
    fresh_enough = arm.summaries.filter(~pl.col("customer_id").is_in(stale.implode())) if len(stale) else arm.summaries
    evidence = replace(
        known,
        customers=people.select(known.customers.columns),
        touches=pl.concat([arm.touches, known.touches]),
        summaries=fresh_enough.select(SUMMARY.names()),
    )
    decision = decide(evidence, arm.policy)
    arm.summaries = combine_summaries(fresh_enough, decision.summaries)
    arm.kept = decision.cycles.join(decision.habits.select("customer_id", "signal_seen_date"), on="customer_id")
    if decision.touches.height:
        arm.touches = pl.concat([arm.touches, as_sent(decision.touches, _REPLAYED_IDS + number * (1 << 24))])
        arm.contacted.append(_as_contacted(decision.touches, known.open_items))


def _as_contacted(touches: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    due = items.select(pl.col("invoice_id").alias("carrying_invoice_id"), "due_date")
    known = touches.join(due, on="carrying_invoice_id", how="left", maintain_order="left")
    days = (pl.col("planned_date") - pl.col("due_date")).dt.total_days()
    return known.with_columns(days.alias("days_overdue")).select(CONTACTED.names()).cast(CONTACTED)
