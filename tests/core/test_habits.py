"""Habits: robust, amount-weighted, shrunk toward the organisation's own, and including what is overdue today."""

from datetime import date
from typing import Any

import pytest

from goodterms.core.decide import decide
from goodterms.core.habits import HABITS, PRIOR_WEIGHT
from goodterms.core.summary import SUMMARY, WINDOW, summarise_settled
from tests.core.answers import decide_case
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy


def habits(**case: Any) -> dict[str, Any]:
    return decide_case(**case).habits.row(0, named=True)


def test_frames_have_the_documented_columns() -> None:
    decision = decide_case(history=["12 x 0"], open=[5], sent=["friendly 2"])
    assert decision.habits.schema == HABITS
    assert decision.summaries.schema == SUMMARY


def test_one_outlier_moves_no_median() -> None:
    assert habits(history=["11 x 2", 700])["median_days_late"] == 2


def test_only_the_newest_invoices_count() -> None:
    found = habits(history=["50 x 20", f"{WINDOW} x 1"])
    assert (found["settled_count"], found["median_days_late"], found["worst_days_late"]) == (WINDOW, 1, 1)


def test_days_late_are_weighted_by_amount_within_a_currency() -> None:
    found = habits(history=[{"late": 0, "amount": 900}, {"late": 10, "amount": 100}])
    assert found["weighted_days_late"] == pytest.approx(1.0)


def test_currencies_are_weighted_by_count_and_never_by_amount() -> None:
    found = habits(history=[{"late": 0, "amount": 900}, {"late": 10, "amount": 1, "currency": "GBP"}])
    assert found["weighted_days_late"] == pytest.approx(5.0)


def test_what_is_overdue_today_counts_as_late_as_it_is() -> None:
    found = habits(history=[0, 0], open=[30, 30])
    assert found["current_days_late"] == pytest.approx(15.0)
    assert habits(history=[0, 0], open=[-5])["current_days_late"] == 0
    assert habits(open=[-5])["current_days_late"] is None


def test_a_customer_with_little_history_is_expected_to_be_as_the_others() -> None:
    cases: list[dict[str, Any]] = [{"history": ["12 x 10"]}, {"history": ["12 x 10"]}, {"history": [40]}, {}]
    expected = decide(evidence_of(*cases), make_policy()).habits["expected_days_late"].to_list()
    assert expected[:2] == [pytest.approx(10.0)] * 2
    assert expected[2] == pytest.approx((40 + 10 * PRIOR_WEIGHT) / (1 + PRIOR_WEIGHT))
    assert expected[3] == pytest.approx(10.0)


def test_beyond_habit_is_counted_from_what_is_expected_and_never_from_before_the_due_date() -> None:
    assert habits(history=["12 x 10"], open=[25])["beyond_habit_days"] == pytest.approx(15.0)
    assert habits(history=["12 x -10"], open=[25])["beyond_habit_days"] == pytest.approx(25.0)


def test_steady_scattered_growing_and_sudden_lateness_look_different() -> None:
    steady, scattered = habits(history=["12 x 12"]), habits(history=[2, 24, 6, 18, 0, 22, 8, 16, 4, 20, 10, 14])
    growing, sudden = habits(history=list(range(0, 24, 2))), habits(history=["18 x 0", "3 x 30"])
    assert (steady["spread_days"], steady["slope_days"]) == (0, 0)
    assert scattered["spread_days"] > 6
    assert growing["slope_days"] == pytest.approx(2.0)
    assert (sudden["older_median_days_late"], sudden["worst_days_late"]) == (0, 30)


def test_the_slope_needs_five_invoices() -> None:
    assert habits(history=[0, 5, 10, 15])["slope_days"] is None
    assert habits(history=[0, 5, 10, 15, 20])["slope_days"] == pytest.approx(5.0)


def test_cheque_float_is_not_late() -> None:
    assert habits(history=[3, 3, 4, 5])["late_share"] == pytest.approx(0.5)


def test_the_favourite_weekday_and_its_share() -> None:
    """Due on Tuesdays, paid on Fridays but once."""
    found = habits(history={"every": 28, "late": [3, 10, 17, 4], "newest_due_ago": 35})
    assert (found["pay_weekday"], found["pay_weekday_share"]) == (5, 0.75)


def test_the_day_of_the_month_is_a_circle() -> None:
    """The last days of a month and the first of the next lie close together."""
    paid = [date(2025, 7, 31), date(2025, 9, 1), date(2025, 9, 30), date(2025, 11, 1), date(2025, 11, 30)]
    found = habits(history=[{"due": day, "paid": day} for day in paid])
    assert found["pay_day"] in {1, 30, 31}
    assert found["pay_day_concentration"] > 0.95


def test_touches_before_a_payment_are_counted_and_its_answer_measured() -> None:
    history = {"late": [20], "newest_due_ago": 30}
    reminders = [{"step": "friendly", "ago": ago, "cycle": "since-x"} for ago in (25, 20, 14)]
    found = habits(history=history, sent=reminders)
    assert (found["prompted_share"], found["days_after_touch"], found["late_touch_share"]) == (1.0, 4.0, 1.0)
    found = habits(history=history, sent=reminders[:1])
    assert (found["prompted_share"], found["days_after_touch"], found["late_touch_share"]) == (0.0, 15.0, 0.0)


def test_a_touch_before_the_due_date_prompts_nothing() -> None:
    upcoming = {"step": "upcoming", "ago": 33, "cycle": "due-x"}
    found = habits(history={"late": [5], "newest_due_ago": 30}, sent=[upcoming])
    assert (found["prompted_share"], found["days_after_touch"]) == (0.0, None)


def test_part_payments_disputes_and_payments_sent_back_are_counted() -> None:
    found = habits(
        history=[{"late": 5, "parts": 2, "disputed": True}, {"late": 0, "disputed": True}, 0, 0],
        open=[{"overdue": 5, "amount": 100, "of": 200}, {"overdue": 5, "amount": 200}],
        returned=[1, 364, 365, 800],
    )
    assert (found["part_payment_share"], found["disputed_late_share"]) == (0.25, 0.25)
    assert (found["part_paid_open_count"], found["returned_count"], found["overdue_count"]) == (1, 2, 2)


@pytest.mark.parametrize(("days", "counts"), [(-30, True), (-364, True), (-366, False)])
def test_a_plan_that_failed_is_held_against_nobody_for_ever(days: int, counts: bool) -> None:
    parts = [{"in": days - 30}, {"in": days}]
    assert habits(plan={"state": "defaulted", "instalments": parts})["plan_defaulted"] is counts
    assert habits(plan={"state": "active", "instalments": parts})["plan_active"] is True


def test_promises_kept_in_part_and_settlements_not_paid_are_seen_for_a_year() -> None:
    made = [{"in": -days, "made_ago": days + 5, "state": "partly_kept"} for days in (20, 364, 366)]
    found = habits(promises=[*made, {"in": -40, "made_ago": 50, "state": "kept"}])
    assert (found["promises_partly_kept"], found["promises_kept"], found["promises_broken"]) == (2, 1, 0)
    for days, state, count in ((-20, "lapsed", 1), (-366, "lapsed", 0), (-20, "fulfilled", 0), (-20, "cancelled", 0)):
        assert habits(settlement={"in": days, "state": state})["settlements_lapsed"] == count


def test_silence_counts_from_the_first_unanswered_message() -> None:
    sent = ["friendly 40", "clear 30", "call 20"]
    found = habits(open=[60], sent=sent)
    assert (found["touch_count"], found["unanswered_touch_count"], found["silence_days"]) == (3, 3, 40)
    found = habits(open=[60], sent=sent, replies=[{"ago": 35}])
    assert (found["touch_count"], found["unanswered_touch_count"], found["silence_days"]) == (3, 2, 30)
    found = habits(open=[60], sent=sent, promises=[{"in": -5, "made_ago": 20}])
    assert (found["unanswered_touch_count"], found["silence_days"]) == (0, 0)


def test_an_instalment_that_is_paid_is_a_sign_of_life() -> None:
    sent = ["friendly 40", "clear 30", "call 20"]
    kept = {"instalments": [{"in": -25, "paid": 100}, {"in": 5}, {"in": 10, "paid": 100}]}
    missed = {"instalments": [{"in": -25, "paid": 99}]}
    assert habits(open=[50, 12], sent=sent, plan=kept)["unanswered_touch_count"] == 1
    assert habits(open=[50, 12], sent=sent, plan=missed)["unanswered_touch_count"] == 3


def test_messages_of_earlier_cycles_are_no_silence() -> None:
    found = habits(open=[9], sent=[{"step": "friendly", "ago": 200, "cycle": "since-2025-08-01"}, "friendly 4"])
    assert (found["touch_count"], found["silence_days"]) == (1, 4)


def test_the_exposure_is_a_rank_among_overdue_customers_in_the_same_currency() -> None:
    amounts = [100, 200, 300, 400]
    cases: list[dict[str, Any]] = [{"open": [{"overdue": 9, "amount": amount}]} for amount in amounts]
    cases.append({"open": [{"overdue": 9, "amount": 5, "currency": "GBP"}]})
    cases.append({"open": [{"overdue": -9, "amount": 9000}]})
    found = decide(evidence_of(*cases), make_policy()).habits["exposure_percentile"].to_list()
    assert found == [0.25, 0.5, 0.75, 1.0, 1.0, 0.0]


def test_kept_summaries_and_fresh_ones_come_from_the_same_facts() -> None:
    evidence = evidence_of({"history": [1, 2, 3, 9]}, {"history": ["8 x 5"]})
    both = summarise_settled(evidence.settled, evidence.touches)
    assert both["customer_id"].to_list() == [1, 2]
    one = summarise_settled(evidence.settled.filter(customer_id=2), evidence.touches)
    assert both.filter(customer_id=2).equals(one)
