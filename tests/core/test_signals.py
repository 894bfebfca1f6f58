"""Signals: a rhythm that turned is seen early, a customer who is merely always late raises none."""

from datetime import timedelta
from typing import Any

import pytest

from tests.core.answers import decide_case
from tests.core.evidence_maker import TODAY


def signal(**case: Any) -> str:
    return str(decide_case(**case).habits["signal"][0])


SCATTERED = [2, 14, 0, 8, 5, 19, 1, 11, 3, 7, 16, 0, 9, 4, 12, 6]


@pytest.mark.parametrize(
    "history",
    [["24 x 0"], ["24 x 40"], ["24 x -8"], SCATTERED, [*SCATTERED, *SCATTERED], ["12 x 0", 9, "11 x 0"], [60, 30] * 12],
)
def test_a_customer_who_does_not_change_raises_no_signal(history: list[Any]) -> None:
    assert signal(history=history) == ""


def test_always_late_and_late_again_is_no_news() -> None:
    assert signal(history=["24 x 40"], open=[35, 10]) == ""


@pytest.mark.parametrize("days", [12, 20, 45])
def test_two_payments_far_out_of_habit_are_a_signal(days: int) -> None:
    assert signal(history=["20 x 0", f"3 x {days}"]) == "later"


def test_a_single_slip_is_none() -> None:
    assert signal(history=["20 x 0", 90]) == ""


def test_a_habit_is_seen_to_break_before_anything_is_paid() -> None:
    assert signal(history=["20 x 0"], open=[40, 15]) == "later"
    assert signal(history=["20 x 0"], open=[40, 1]) == ""


def test_what_is_disputed_or_covered_breaks_no_habit() -> None:
    disputed = {"overdue": 40, "amount": 100, "disputed": 100}
    assert signal(history=["20 x 0"], open=[disputed, 15]) == ""
    assert signal(history=["20 x 0"], open=[40, 15], cash={"EUR": 500}) == ""


def test_five_days_more_are_news_of_an_exact_payer_and_none_of_a_scattered_one() -> None:
    assert signal(history=["20 x 0", "8 x 7"]) == "later"
    assert signal(history=[*SCATTERED, *SCATTERED, *[day + 5 for day in SCATTERED[:6]]]) == ""


def test_a_rhythm_that_loses_its_evenness_is_irregular() -> None:
    assert signal(history=["20 x 0", -9, 12, -9, 10, -9, 12]) == "irregular"


def test_paying_earlier_than_usual_is_no_alarm_of_lateness() -> None:
    assert signal(history=["20 x 20", "8 x 0"]) != "later"


def test_back_in_the_old_rhythm_the_signal_goes() -> None:
    assert signal(history=["20 x 0", "4 x 20"]) == "later"
    assert signal(history=["20 x 0", "4 x 20", "8 x 0"]) == ""


def test_a_rhythm_needs_some_history() -> None:
    """Half of what is settled is watched, and six earlier ones are the least to compare with."""
    assert signal(history=["5 x 0", "4 x 30"]) == ""
    assert signal(history=["8 x 0", "4 x 30"]) == "later"


def test_the_signal_keeps_the_date_it_was_first_seen() -> None:
    seen = TODAY - timedelta(days=9)
    case: dict[str, Any] = {"history": ["20 x 0"], "open": [40, 15]}
    assert decide_case(**case).habits["signal_seen_date"][0] == TODAY
    assert decide_case(**case, signal_seen_date=seen).habits["signal_seen_date"][0] == seen
    assert decide_case(history=["20 x 0"], signal_seen_date=seen).habits["signal_seen_date"][0] is None


def test_a_signal_in_settled_history_is_dated_by_the_payment_that_crossed_the_limit() -> None:
    found = decide_case(history={"late": ["20 x 0", "3 x 30"], "newest_due_ago": 60})
    assert found.habits["signal_seen_date"][0] == TODAY - timedelta(days=90 - 30)


def test_strength_grows_with_the_change() -> None:
    strengths = [
        decide_case(history=["20 x 0", f"4 x {days}"]).habits["signal_strength"][0] for days in (0, 6, 9, 12, 15)
    ]
    assert strengths == sorted(strengths)
    assert strengths[0] == 0
