"""What is disputed or covered by a plan is not asked for; the rest still is."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.ageing import age_items
from goodterms.core.chase import ENDLESS, pauses
from goodterms.core.evidence import HOLDS
from tests.core.evidence_maker import TODAY, EvidenceMaker, evidence_of
from tests.core.shipped_policy import make_policy

TWO = [{"overdue": 40, "amount": 300}, {"overdue": 10, "amount": 200}]


def asked(*cases: dict[str, Any]) -> list[int]:
    """Whole units asked for per open item, oldest first."""
    items = age_items(evidence_of(*cases)).sort("customer_id", "due_date")
    return [minor // 100 for minor in items["chase_minor"]]


@pytest.mark.parametrize(
    ("dispute", "expected"),
    [
        ({"item": 0, "opened_ago": 3}, [0, 200]),
        ({"item": 0, "opened_ago": 3, "amount": 120}, [180, 200]),
        ({"item": 0, "opened_ago": 3, "amount": 999}, [0, 200]),
        ({"item": 0, "opened_ago": 30, "resolved_ago": 2, "justified": False}, [300, 200]),
        ({"item": 0, "opened_ago": 30, "resolved_ago": 2, "credit": 60, "credit_until_in": 0}, [240, 200]),
        ({"item": 0, "opened_ago": 30, "resolved_ago": 2, "credit": 60, "credit_until_in": -1}, [300, 200]),
        ({"item": 0, "opened_ago": 30, "resolved_ago": 2, "credit": 0, "credit_until_in": 9}, [300, 200]),
    ],
)
def test_only_the_disputed_part_is_held_back(dispute: dict[str, Any], expected: list[int]) -> None:
    assert asked({"open": TWO, "disputes": [dispute]}) == expected


def plan(*instalments: dict[str, Any], grace: int = 3) -> dict[str, Any]:
    return {"instalments": list(instalments), "covers": [{"item": 0}, {"item": 1}], "grace": grace}


@pytest.mark.parametrize(
    ("instalments", "expected"),
    [
        ([{"in": 5, "amount": 250}, {"in": 35, "amount": 250}], [0, 0]),
        ([{"in": -3, "amount": 250}, {"in": 35, "amount": 250}], [0, 0]),  # within its grace
        ([{"in": -4, "amount": 250}, {"in": 35, "amount": 250}], [250, 0]),
        ([{"in": -40, "amount": 250}, {"in": -10, "amount": 250}], [300, 200]),
    ],
)
def test_of_a_plan_only_missed_instalments_are_asked_for(instalments: list[Any], expected: list[int]) -> None:
    assert asked({"open": TWO, "plan": plan(*instalments)}) == expected


@pytest.mark.parametrize(("left", "expected"), [(300, [250, 0]), (200, [150, 0]), (50, [0, 0])])
def test_what_was_paid_of_an_instalment_counts_before_any_run_has_noted_it(left: int, expected: list[int]) -> None:
    owed = [{"overdue": 40, "amount": left, "of": 300}, TWO[1]]
    covers = [{"item": 0, "amount": 300}, {"item": 1}]
    parts = plan({"in": -4, "amount": 250}, {"in": 35, "amount": 250})
    assert asked({"open": owed, "plan": {**parts, "covers": covers}}) == expected


def test_cash_on_account_for_a_missed_instalment_is_not_asked_for() -> None:
    parts = plan({"in": -4, "amount": 250}, {"in": 35, "amount": 250})
    assert asked({"open": TWO, "plan": parts, "cash": {"EUR": 250}}) == [0, 0]


def test_what_a_plan_does_not_cover_is_asked_for() -> None:
    part = {"instalments": [{"in": 5, "amount": 300}], "covers": [{"item": 0}]}
    assert asked({"open": TWO, "plan": part}) == [0, 200]
    assert asked({"open": TWO, "plan": {**part, "state": "defaulted", "covers": []}}) == [300, 200]


@given(
    owed=st.lists(st.integers(1, 500), min_size=1, max_size=4),
    missed=st.integers(1, 900),
    disputed=st.one_of(st.none(), st.integers(1, 700)),
)
def test_never_more_than_is_open_and_never_less_than_nothing(
    owed: list[int], missed: int, disputed: int | None
) -> None:
    case: dict[str, Any] = {"open": [{"overdue": 9 + place, "amount": amount} for place, amount in enumerate(owed)]}
    missed = min(missed, sum(owed))
    later = [{"in": 9, "amount": sum(owed) - missed}] if sum(owed) > missed else []
    case["plan"] = {
        "instalments": [{"in": -9, "amount": missed}, *later],
        "covers": [{"item": place} for place in range(len(owed))],
    }
    if disputed:
        case["disputes"] = [{"item": 0, "opened_ago": 1, "amount": disputed}]
    items = age_items(evidence_of(case))
    assert (items["chase_minor"] >= 0).all()
    assert (items["chase_minor"] <= items["open_amount_minor"]).all()
    assert items["chase_minor"].sum() <= 100 * missed


def test_a_case_in_other_hands_pauses_until_it_ends() -> None:
    maker = EvidenceMaker()
    maker.customer(open=TWO)
    evidence = maker.evidence()
    row = {
        "hold_id": -2,
        "customer_id": 1,
        "invoice_id": None,
        "reason": "agency",
        "from_date": TODAY,
        "until_date": None,
    }
    held = pauses(type(evidence)(**{**vars(evidence), "holds": pl.DataFrame([row], schema=HOLDS)}), make_policy())
    assert held.select("hold_until_date", "hold_reason").row(0) == (ENDLESS, "agency")


def test_a_settlement_on_the_table_is_waited_for() -> None:
    held = pauses(evidence_of({"open": TWO, "settlement": {"in": 4, "tolerance": 3}}), make_policy())
    assert (held["promise_until_date"][0] - TODAY).days == 7
    assert pauses(evidence_of({"open": TWO, "settlement": {"in": 4, "state": "lapsed"}}), make_policy()).is_empty()


@pytest.mark.parametrize(("proposed_ago", "pay_in", "left"), [(1, 60, 6), (6, 60, 1), (30, 60, -23), (1, 2, 5)])
def test_an_offer_that_nobody_takes_up_silences_nobody_for_long(proposed_ago: int, pay_in: int, left: int) -> None:
    offer = {"in": pay_in, "state": "proposed", "proposed_ago": proposed_ago}
    held = pauses(evidence_of({"open": TWO, "settlement": offer}), make_policy())
    assert (held["promise_until_date"][0] - TODAY).days == left
