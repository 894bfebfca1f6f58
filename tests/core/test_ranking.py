"""Which work comes first: the case table, and what must hold for any work."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodterms.core.decide import decide
from goodterms.core.ranking import (
    RISKS,
    STANDINGS,
    TASKS,
    Circumstances,
    circumstances_of,
    rank_tasks,
)
from tests.core.case_tables import read_cases
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy

TODAY = date(2026, 3, 10)
UNITS = {"GBP": 1000_00, "EUR": 500_00}
CASES: list[dict[str, Any]] = read_cases("ranking")


def circumstances(cases: list[dict[str, Any]], units: dict[str, int] | None = None) -> Circumstances:
    """Customer n is that of case n."""
    standings = [
        {
            "customer_id": place,
            "local_date": TODAY,
            "profile": case.get("profile", ""),
            "oldest_days_overdue": case.get("age", 0),
            "silence_days": case.get("silence", 0),
            "signal": "later" if case.get("signal") else "",
            "signal_strength": case.get("signal", 0.0),
            "promise_date": TODAY + timedelta(days=case["promise"]) if "promise" in case else None,
        }
        for place, case in enumerate(cases)
    ]
    risks = [
        {"customer_id": place, "currency": currency, "at_risk_minor": amount * 100}
        for place, case in enumerate(cases)
        for currency, amount in case.get("risk", {}).items()
    ]
    return Circumstances(pl.DataFrame(standings, STANDINGS), pl.DataFrame(risks, RISKS), units or UNITS)


def tasks(cases: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [
        {
            "task_id": place,
            "customer_id": None if case.get("customer") == "none" else place,
            "kind": case["kind"],
            "due_date": TODAY - timedelta(days=case.get("waiting", 0)),
        }
        for place, case in enumerate(cases)
    ]
    return pl.DataFrame(rows, TASKS)


def ranks(cases: list[dict[str, Any]], units: dict[str, int] | None = None) -> list[float]:
    return rank_tasks(tasks(cases), circumstances(cases, units), TODAY)["rank"].to_list()


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_work_is_ranked_as_the_table_says(case: dict[str, Any]) -> None:
    row = rank_tasks(tasks([case]), circumstances([case]), TODAY).row(0, named=True)
    assert row["rank"] == pytest.approx(case["rank"], abs=0.0051)
    gain, _, currency = str(case["gain"]).partition(" ")
    assert (round(row["gain_minor"] / 100), row["currency"]) == (int(gain), currency)


WORK = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["call", "reply", "promise_broken", "print", "something_new"]),
        "profile": st.sampled_from(["", "good", "forgetful", "failing", "cannot_pay"]),
        "risk": st.dictionaries(st.sampled_from(["GBP", "EUR"]), st.integers(1, 10**6), max_size=2),
        "age": st.integers(0, 900),
        "silence": st.integers(0, 60),
        "signal": st.floats(0, 5),
        "waiting": st.integers(-30, 90),
    }
)
MANY = settings(max_examples=40, deadline=None)


@MANY
@given(st.lists(WORK, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_tasks_changes_no_rank(cases: list[dict[str, Any]], chance: Any) -> None:
    frame, facts = tasks(cases), circumstances(cases)
    turned = frame.sample(fraction=1, shuffle=True, seed=chance.randint(0, 10**6))
    once = dict(zip(frame["task_id"], rank_tasks(frame, facts, TODAY)["rank"], strict=True))
    again = dict(zip(turned["task_id"], rank_tasks(turned, facts, TODAY)["rank"], strict=True))
    assert once == again


@MANY
@given(WORK, st.sampled_from(["risk", "silence", "signal", "waiting", "promise"]))
def test_more_of_what_presses_never_ranks_lower(case: dict[str, Any], what: str) -> None:
    more = dict(case)
    if what == "risk":
        more["risk"] = {currency: amount * 2 for currency, amount in case["risk"].items()}
    elif what == "promise":
        more["promise"] = 0
    else:
        more[what] = case[what] + 7
    plain, pressed = ranks([case, more])
    assert 0 < plain <= pressed


@MANY
@given(WORK)
def test_older_debts_never_rank_higher(case: dict[str, Any]) -> None:
    fresh, old = ranks([case, {**case, "age": case["age"] + 90}])
    assert old <= fresh


@MANY
@given(st.lists(WORK, min_size=2, max_size=5), st.integers(2, 200))
def test_a_currency_with_smaller_units_ranks_alike(cases: list[dict[str, Any]], factor: int) -> None:
    """A hundred times the amounts, where a hundred times as much is typical: nothing changes."""
    scaled = [{**case, "risk": {name: amount * factor for name, amount in case["risk"].items()}} for case in cases]
    units = {currency: unit * factor for currency, unit in UNITS.items()}
    assert ranks(scaled, units) == pytest.approx(ranks(cases))


def test_every_reason_given_counts_and_nothing_else_is_given() -> None:
    silent = {"kind": "call", "risk": {"GBP": 10}, "silence": 12}
    row = rank_tasks(tasks([silent]), circumstances([silent]), TODAY).row(0, named=True)
    assert row["silence_days"] == 12
    assert (row["promise_date"], row["signal"], row["waiting_days"]) == (None, None, None)


def test_no_work_is_no_rank() -> None:
    assert rank_tasks(pl.DataFrame(schema=TASKS), circumstances([]), TODAY).is_empty()


def test_circumstances_come_from_the_decision_itself() -> None:
    evidence = evidence_of(
        {"override": "forgetful", "open": [{"overdue": 11, "amount": 500}], "promises": [{"in": -3, "tolerance": 9}]},
        {"override": "good", "open": [{"overdue": 20, "amount": 100}, {"overdue": 1, "amount": -30}]},
        {},
    )
    found = circumstances_of(decide(evidence, make_policy()), evidence)
    assert found.risks.sort("customer_id")["at_risk_minor"].to_list() == [500_00, 70_00]
    assert found.standings["profile"].to_list()[:2] == ["forgetful", "good"]
    promised = found.standings["promise_date"].to_list()
    assert promised[0] is not None
    assert promised[1:] == [None, None]
    assert list(found.units) == ["EUR"]
