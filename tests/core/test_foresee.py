"""The preview of the coming days is the decision of those days, if nobody pays and nobody answers."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from goodterms.core.evidence import Evidence
from goodterms.core.foresee import foresee
from goodterms.core.plan_touches import PLANNED
from goodterms.importers.example import generate
from goodterms.importers.example.evidence import as_evidence
from tests.core.evidence_maker import TODAY, evidence_of
from tests.core.random_evidence import evidence
from tests.core.shipped_policy import make_policy
from tests.core.simulation import Simulation, run_once, sent_touches

DAYS = 8


def day_by_day(told: Evidence, days: int) -> pl.DataFrame:
    """The same days by separate decisions: what is pending was sent on the first, and nothing else happens."""
    today = told.customers.select("customer_id", "local_date")
    on_its_way = told.touches.join(today, on="customer_id", how="left", maintain_order="left")
    sent = pl.when("is_pending").then(pl.coalesce("sent_date", "local_date")).otherwise("sent_date")
    touches = on_its_way.with_columns(sent_date=sent, is_pending=pl.lit(value=False)).drop("local_date")
    state = Simulation(
        make_policy(), touches, told.customers.select("customer_id", "cycle", "signal_seen_date"), [], {}
    )
    for number in range(days):
        people = told.customers.with_columns(pl.col("local_date") + timedelta(days=number))
        run_once(state, replace(told, customers=people), TODAY + timedelta(days=number))
    return sent_touches(state)


def assert_foreseen(told: Evidence, days: int = DAYS) -> pl.DataFrame:
    foreseen, lived = foresee(told, make_policy(), days), day_by_day(told, days)
    keys = ["planned_date", "customer_id"]
    assert foreseen.sort(keys).equals(lived.sort(keys))
    return foreseen


def test_the_preview_of_the_example_ledger_is_what_comes() -> None:
    told = as_evidence(generate(seed=9, customers=40, today=TODAY))
    foreseen = assert_foreseen(told, days=15)
    assert foreseen["planned_date"].n_unique() > 5
    assert foreseen.height > 20


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(evidence(most=4))
def test_the_preview_of_any_evidence_is_what_comes(told: Evidence) -> None:
    assert_foreseen(told, days=5)


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_what_is_on_its_way_is_taken_as_sent_today(state: str) -> None:
    case: dict[str, Any] = {
        "override": "forgetful",
        "open": [10],
        "sent": [{"step": "friendly", "ago": 1, "state": state}],
    }
    steps = foresee(evidence_of(case), make_policy(), DAYS).select("planned_date", "step").rows()
    again = [] if state == "pending" else [(TODAY, "friendly")]
    assert steps == [*again, (date(2026, 3, 17), "clear")]


def test_a_whole_chain_is_foreseen_step_by_step() -> None:
    """Overdue for two days; nobody pays and nobody answers; weekends and Easter are left out."""
    case: dict[str, Any] = {"override": "forgetful", "history": ["12 x 0"], "open": [2]}
    foreseen = foresee(evidence_of(case), make_policy(), 60)
    assert foreseen.select("planned_date", "step", "level").rows() == [
        (date(2026, 3, 12), "friendly", 1),
        (date(2026, 3, 19), "clear", 2),
        (date(2026, 3, 27), "call", 2),
        (date(2026, 4, 7), "firm", 3),
        (date(2026, 4, 20), "final", 4),
    ]


def test_no_days_are_no_touches() -> None:
    foreseen = foresee(evidence_of({"open": [9]}), make_policy(), 0)
    assert (foreseen.height, foreseen.schema) == (0, PLANNED)


def test_holds_lift_and_promises_lapse_in_the_preview() -> None:
    held: dict[str, Any] = {"override": "forgetful", "open": [10], "holds": [{"until_in": 1}]}
    promised: dict[str, Any] = {"override": "forgetful", "open": [10], "promises": [{"in": 0, "tolerance": 1}]}
    foreseen = foresee(evidence_of(held, promised), make_policy(), 4)
    assert foreseen.select("customer_id", "planned_date").rows() == [(1, date(2026, 3, 12)), (2, date(2026, 3, 12))]
