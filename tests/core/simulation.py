"""Runs the decision day after day on a ledger with history, sending what it plans, as the nightly run would."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from goodterms.core.decide import Decision, decide
from goodterms.core.evidence import TOUCHES, Evidence, empty
from goodterms.core.plan_touches import PLANNED
from goodterms.core.policy import Policy

Known = Callable[[date], Evidence]
"""What was known on a day, without touches and without what earlier runs have kept."""


@dataclass
class Simulation:
    """What the runs have sent and kept so far; ``decisions`` holds each day's decision."""

    policy: Policy
    touches: pl.DataFrame
    kept: pl.DataFrame
    planned: list[pl.DataFrame]
    decisions: dict[date, Decision]


def simulate(known: Known, policy: Policy, start: date, days: int, downtime: Collection[date] = ()) -> Simulation:
    """Run on each of ``days`` days from ``start`` but those in ``downtime``; every touch is sent on its day."""
    kept = pl.DataFrame(schema={"customer_id": pl.Int64, "cycle": pl.String, "signal_seen_date": pl.Date})
    state = Simulation(policy, empty(TOUCHES), kept, [], {})
    for day in (start + timedelta(days=number) for number in range(days)):
        if day not in downtime:
            run_once(state, known(day), day)
    return state


def run_once(state: Simulation, evidence: Evidence, day: date) -> Decision:
    """Decide on ``day`` with what was sent and kept before, and send."""
    decision = decide(with_memory(evidence, state.touches, state.kept), state.policy)
    state.decisions[day] = decision
    state.planned.append(decision.touches)
    state.touches = pl.concat([state.touches, as_sent(decision.touches, first_id=state.touches.height + 1)])
    state.kept = decision.cycles.join(decision.habits.select("customer_id", "signal_seen_date"), on="customer_id")
    return decision


def with_memory(evidence: Evidence, touches: pl.DataFrame, kept: pl.DataFrame) -> Evidence:
    """The evidence with touches and what the last run kept per customer."""
    people = evidence.customers.drop("cycle", "signal_seen_date")
    people = people.join(kept, on="customer_id", how="left", maintain_order="left")
    return replace(evidence, customers=people.select(evidence.customers.columns), touches=touches)


def as_sent(planned: pl.DataFrame, first_id: int = 1) -> pl.DataFrame:
    """Planned touches as touches sent on their planned day."""
    return planned.select(
        (pl.int_range(pl.len()) + first_id).alias("touch_id"),
        "customer_id",
        "cycle",
        "playbook",
        "step",
        "level",
        "occurrence",
        "channel",
        "planned_date",
        pl.col("planned_date").alias("sent_date"),
        pl.lit(value=False).alias("is_pending"),
        pl.lit(value=True).alias("is_automatic"),
        "deadline_date",
    ).cast(TOUCHES)


def sent_touches(state: Simulation) -> pl.DataFrame:
    """Everything planned, day by day (columns: PLANNED)."""
    return pl.concat(state.planned) if state.planned else pl.DataFrame(schema=PLANNED)
