"""What is overdue and what may be asked for: credits, cash, disputes, holds, currencies."""

from typing import Any

import polars as pl
import pytest

from goodterms.core.ageing import BALANCES, CHASEABLE, age_items, sum_balances
from tests.core.answers import asked_minor, decide_case, step_of, touch_of
from tests.core.evidence_maker import evidence_of


def chase(**case: Any) -> list[int]:
    """What may be asked for per open invoice, in the order of due dates."""
    aged = age_items(evidence_of(case)).sort("due_date", "invoice_id", nulls_last=True)
    return aged["chase_minor"].to_list()


def test_due_today_is_late_only_from_tomorrow() -> None:
    days = age_items(evidence_of({"open": [0, 1, -1]}))["days_overdue"].to_list()
    assert days == [0, 1, -1]
    for days_overdue, overdue_minor in ((0, 0), (1, 50_000)):
        balances = decide_case(open=[days_overdue]).balances
        assert balances["overdue_minor"].to_list() == [overdue_minor]


def test_due_today_is_late_neither_in_habits_nor_in_the_cycle() -> None:
    decision = decide_case(open=[0], history=["12 x 0"])
    assert decision.habits["overdue_count"].to_list() == [0]
    assert decision.cycles["cycle"].to_list() == [None]


def test_unreconciled_cash_is_taken_off_before_anything_is_asked_for() -> None:
    assert chase(open=[{"overdue": 20, "amount": 100}], cash={"EUR": 90}) == [1_000]


def test_unreconciled_cash_that_covers_everything_silences_the_chain() -> None:
    decision = decide_case(override="forgetful", open=[{"overdue": 20, "amount": 100}], cash={"EUR": 100})
    assert step_of(decision) is None
    assert decision.waits.is_empty()
    assert decision.habits["oldest_days_overdue"].to_list() == [0]


@pytest.mark.parametrize("credit", [{"cash": {"EUR": 700}}, {"open_credit": -700}])
def test_credits_larger_than_the_debt_never_make_it_negative(credit: dict[str, Any]) -> None:
    open_items: list[Any] = [{"overdue": 20, "amount": 300}, {"overdue": 5, "amount": 300}]
    if "open_credit" in credit:
        assert chase(open=[*open_items, {"overdue": 1, "amount": -700}]) == [0, 0]
    else:
        assert chase(open=open_items, **credit) == [0, 0]


def test_credits_are_set_off_against_the_oldest_invoice_first() -> None:
    items = [{"overdue": 5, "amount": 300}, {"overdue": 20, "amount": 200}, {"overdue": -9, "amount": 100}]
    assert chase(open=items, cash={"EUR": 250}) == [0, 25_000, 10_000]


def test_credit_notes_and_cash_count_together() -> None:
    items = [{"overdue": 20, "amount": 300}, {"overdue": 3, "amount": -100}]
    assert chase(open=items, cash={"EUR": 150}) == [5_000]


def test_a_debit_on_account_asks_for_no_more_than_is_open() -> None:
    assert chase(open=[{"overdue": 20, "amount": 300}], cash={"EUR": -50}) == [30_000]


def test_only_the_disputed_part_is_held_back() -> None:
    assert chase(open=[{"overdue": 20, "amount": 300, "disputed": 100}]) == [20_000]
    assert chase(open=[{"overdue": 20, "amount": 300, "disputed": 400}]) == [0]


def test_a_credit_is_not_used_up_by_what_is_disputed() -> None:
    items = [{"overdue": 20, "amount": 300, "disputed": 300}, {"overdue": 9, "amount": 200}]
    assert chase(open=items, cash={"EUR": 150}) == [0, 5_000]


def test_an_invoice_on_hold_by_itself_leaves_the_others() -> None:
    items = [{"overdue": 20, "amount": 300, "held_until_in": 0}, {"overdue": 9, "amount": 200}]
    assert chase(open=items) == [0, 20_000]


@pytest.mark.parametrize(("held_until_in", "held_from_ago", "asked"), [(-1, 9, 30_000), (0, 9, 0), (9, -1, 30_000)])
def test_the_hold_of_an_invoice_begins_and_lifts_itself(held_until_in: int, held_from_ago: int, asked: int) -> None:
    item = {"overdue": 20, "amount": 300, "held_until_in": held_until_in, "held_from_ago": held_from_ago}
    assert chase(open=[item]) == [asked]


def test_no_due_date_is_never_chased_and_counts_as_not_due() -> None:
    decision = decide_case(override="forgetful", open=[{"overdue": None, "amount": 300}])
    assert chase(open=[{"overdue": None, "amount": 300}]) == [0]
    assert (step_of(decision), decision.waits.height) == (None, 0)
    assert decision.balances.select("days_0_minor", "overdue_minor").row(0) == (30_000, 0)


def test_no_due_date_beside_a_due_invoice_does_not_disturb_it() -> None:
    decision = decide_case(override="forgetful", open=[{"overdue": None, "amount": 300}, 4])
    assert asked_minor(decision) == 50_000


def test_last_row_wins_nowhere_two_invoices_are_a_sum() -> None:
    items = [{"overdue": 20, "amount": 300}, {"overdue": 9, "amount": 200}]
    decision = decide_case(override="forgetful", open=items)
    assert asked_minor(decision) == 50_000
    assert decision.balances.select("open_minor", "overdue_minor").row(0) == (50_000, 50_000)
    touch = touch_of(decision)
    assert touch is not None
    assert touch["carrying_invoice_id"] == 101


def test_overdue_includes_paid_and_void_invoices_nowhere() -> None:
    paid = {"overdue": 60, "amount": 0, "of": 500}
    decision = decide_case(override="forgetful", open=[paid])
    assert (step_of(decision), decision.waits.height, decision.cycles["cycle"].to_list()) == (None, 0, [None])
    assert decision.habits["overdue_count"].to_list() == [0]


def test_currencies_are_never_added_together() -> None:
    items = [{"overdue": 20, "amount": 300}, {"overdue": 9, "amount": 200, "currency": "GBP"}]
    decision = decide_case(override="forgetful", open=items, cash={"GBP": 150})
    touch = touch_of(decision)
    assert touch is not None
    assert {item["currency"]: item["open_amount_minor"] for item in touch["items"]} == {"EUR": 30_000, "GBP": 5_000}
    assert {row[1]: row[2] for row in decision.balances.iter_rows()} == {"EUR": 30_000, "GBP": 5_000}


def test_the_carrying_invoice_is_the_oldest_then_the_largest_then_the_first() -> None:
    same_day = [{"overdue": 9, "amount": 100}, {"overdue": 9, "amount": 900}, {"overdue": 9, "amount": 900}]
    for items, carrying in (([*same_day, {"overdue": 12, "amount": 50}], 104), (same_day, 102)):
        touch = touch_of(decide_case(override="forgetful", open=items))
        assert touch is not None
        assert touch["carrying_invoice_id"] == carrying


def test_gross_threshold_the_minimum_is_compared_with_what_may_be_asked_for() -> None:
    for left, step in ((9.99, None), (10, "friendly")):
        decision = decide_case(override="forgetful", open=[{"overdue": 20, "amount": left, "of": 5000}])
        assert step_of(decision) == step
        decision = decide_case(override="forgetful", open=[{"overdue": 20, "amount": 500}], cash={"EUR": 500 - left})
        assert step_of(decision) == step


def test_gross_threshold_counts_the_sum_and_not_each_invoice() -> None:
    items = [{"overdue": 20, "amount": 6}, {"overdue": 9, "amount": 6}]
    assert asked_minor(decide_case(override="forgetful", open=items)) == 1_200


def test_gross_threshold_leaves_out_what_is_not_overdue() -> None:
    items = [{"overdue": 20, "amount": 6}, {"overdue": -9, "amount": 600}]
    assert step_of(decide_case(override="good", open=items)) is None


def test_tolerance_wrong_currency_each_currency_has_its_own_minimum() -> None:
    items = [{"overdue": 20, "amount": 900, "currency": "JPY"}, {"overdue": 9, "amount": 9}]
    decision = decide_case({"minimum_balance_minor": {"JPY": 100_000, "EUR": 900}}, override="forgetful", open=items)
    touch = touch_of(decision)
    assert touch is not None
    assert [item["currency"] for item in touch["items"]] == ["EUR"]


def test_tolerance_wrong_currency_without_a_minimum_everything_counts() -> None:
    item = {"overdue": 20, "amount": 0.01, "currency": "SEK"}
    assert asked_minor(decide_case(override="forgetful", open=[item])) == 1


def test_grace_days_are_not_late() -> None:
    for grace, days_overdue, step in ((3, 3, None), (3, 4, "friendly"), (10, 10, None), (10, 11, "friendly")):
        decision = decide_case({"grace_days": grace}, override="forgetful", open=[days_overdue])
        assert step_of(decision) == step, (grace, days_overdue)


def test_ages_are_gross_and_the_open_balance_is_net() -> None:
    items = [{"overdue": days, "amount": 100} for days in (0, 1, 30, 31, 60, 61, 90, 91)]
    balances = sum_balances(*_aged(open=items, cash={"EUR": 50}))
    assert balances.row(0, named=True) == {
        "customer_id": 1,
        "currency": "EUR",
        "open_minor": 75_000,
        "overdue_minor": 70_000,
        "days_0_minor": 10_000,
        "days_1_30_minor": 20_000,
        "days_31_60_minor": 20_000,
        "days_61_90_minor": 20_000,
        "days_over_90_minor": 10_000,
    }


def test_cash_without_any_invoice_is_a_balance_in_their_favour() -> None:
    balances = sum_balances(*_aged(cash={"EUR": 50}))
    assert balances.select("open_minor", "overdue_minor").rows() == [(-5_000, 0)]


def test_frames_have_the_documented_columns() -> None:
    items, evidence = _aged(open=[5])
    assert items.schema == CHASEABLE
    assert sum_balances(items, evidence).schema == BALANCES


def _aged(**case: Any) -> tuple[pl.DataFrame, Any]:
    evidence = evidence_of(case)
    return age_items(evidence), evidence
