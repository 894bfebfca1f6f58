"""Words to customers with nothing to chase: before and on the due date, welcome, thanks, check-in."""

from datetime import date
from typing import Any

from goodterms.core.decide import decide
from tests.core.answers import asked_minor, decide_case, step_of, touch_of
from tests.core.evidence_maker import evidence_of
from tests.core.shipped_policy import make_policy

PAID = {"late": [12], "newest_due_ago": 12}
"""One invoice, paid today twelve days late."""
ITS_CYCLE = "since-2026-02-27"


def forgetful(**case: Any) -> str | None:
    return step_of(decide_case(override="forgetful", **case))


# --- around the due date -----------------------------------------------------------------------------------------


def test_one_word_over_all_invoices_that_fall_due_together() -> None:
    decision = decide_case(override="forgetful", open=[-4, -3, -1, -20])
    touch = touch_of(decision)
    assert touch is not None
    assert (touch["step"], asked_minor(decision)) == ("upcoming", 150_000)


def test_the_same_news_is_not_told_twice() -> None:
    """The first word, three days ago, spoke of everything due up to tomorrow."""
    told = {"step": "upcoming", "ago": 3, "cycle": "due-2026-03-08"}
    assert forgetful(open=[-1], sent=[told]) is None
    decision = decide_case(override="forgetful", open=[-1, -2], sent=[told])
    assert asked_minor(decision) == 50_000


def test_a_word_that_failed_is_not_tried_again_for_the_same_invoice() -> None:
    told = {"step": "upcoming", "ago": 1, "cycle": "due-2026-03-11", "state": "failed"}
    assert forgetful(open=[-1], sent=[told]) is None


def test_what_falls_due_today_comes_before_what_falls_due_later() -> None:
    assert forgetful(open=[0, -4]) == "due-today"


def test_due_today_is_late_in_no_message_before_grace_is_over() -> None:
    assert [forgetful(open=[days]) for days in (0, 1, 2, 3, 4)] == ["due-today", "due-today", None, None, "friendly"]


def test_equality_on_the_day_is_no_condition_before_the_due_date() -> None:
    assert [forgetful(open=[-days]) for days in (5, 4, 3, 2, 1)] == [None, *["upcoming"] * 4]


def test_no_word_before_the_due_date_while_something_is_chased() -> None:
    decision = decide_case(override="forgetful", open=[4, -3])
    assert (step_of(decision), asked_minor(decision)) == ("friendly", 50_000)


def test_small_sums_are_not_announced_either() -> None:
    assert forgetful(open=[{"overdue": -2, "amount": 9.99}]) is None
    assert forgetful(open=[{"overdue": -2, "amount": 6}, {"overdue": -3, "amount": 6}]) == "upcoming"


def test_gross_threshold_each_currency_is_announced_by_its_own_minimum() -> None:
    items = [{"overdue": -2, "amount": 9, "currency": "GBP"}, {"overdue": -3, "amount": 900}]
    assert asked_minor(decide_case(override="forgetful", open=items)) == 90_000


def test_unreconciled_cash_covers_what_falls_due_too() -> None:
    assert forgetful(open=[{"overdue": -2, "amount": 500}], cash={"EUR": 500}) is None


def test_holds_promises_and_unread_answers_stop_courtesies_too() -> None:
    assert forgetful(open=[-2], holds=[{"until_in": 0}]) is None
    assert forgetful(open=[-2], promises=[{"in": 2}]) is None
    assert forgetful(open=[-2], replies=[{"ago": 4, "handled": False}]) is None
    assert forgetful(open=[-2], calls=[{"ago": 2, "outcome": "reached"}]) is None


def test_a_courtesy_that_waits_is_no_entry_in_the_list_of_waits() -> None:
    assert decide_case(override="forgetful", open=[-2], holds=[{"until_in": 0}]).waits.is_empty()


# --- welcome -----------------------------------------------------------------------------------------------------


def test_a_customer_whose_first_invoice_is_old_is_not_welcomed() -> None:
    for issued_ago in (11, 30, 900):
        assert step_of(decide_case(open=[{"overdue": -20, "issued_ago": issued_ago}])) is None
    assert step_of(decide_case(open=[{"overdue": -20, "issued_ago": 3}])) == "welcome"


def test_an_old_customer_with_a_fresh_invoice_is_not_welcomed() -> None:
    fresh = {"overdue": -20, "issued_ago": 3}
    assert step_of(decide_case(history=[0], open=[fresh])) is None
    assert step_of(decide_case(open=[fresh, {"overdue": 2, "issued_ago": 400}])) is None


def test_nobody_is_welcomed_for_a_credit_note() -> None:
    assert step_of(decide_case(open=[{"overdue": 0, "amount": -100, "issued_ago": 2}])) is None


def test_nobody_is_welcomed_who_was_written_to_before() -> None:
    fresh = {"overdue": -20, "issued_ago": 3}
    for state in ("sent", "failed", "pending"):
        sent = [{"step": "friendly", "ago": 40, "cycle": "since-2025-12-01", "state": state}]
        assert step_of(decide_case(open=[fresh], sent=sent)) is None


def test_an_overdue_new_customer_is_reminded_and_not_welcomed() -> None:
    assert step_of(decide_case(open=[{"overdue": 4, "issued_ago": 8}])) == "friendly"


# --- thanks ------------------------------------------------------------------------------------------------------


def test_thanks_come_once_and_only_after_a_reminder() -> None:
    friendly = {"step": "friendly", "ago": 5, "cycle": ITS_CYCLE}
    assert forgetful(history=PAID, sent=[friendly]) == "thanks"
    assert forgetful(history=PAID) is None
    assert forgetful(history=PAID, sent=[{**friendly, "state": "failed"}]) is None
    assert forgetful(history=PAID, sent=[{"step": "upcoming", "ago": 5, "cycle": "due-2026-02-26"}]) is None
    assert forgetful(history=PAID, sent=[{**friendly, "playbook": "", "step": "note", "level": 0}]) is None
    thanked = {"step": "thanks", "ago": 4, "cycle": ITS_CYCLE, "playbook": "good"}
    assert forgetful(history=PAID, sent=[friendly, thanked]) is None


def test_thanks_wait_for_the_gap_and_the_working_day() -> None:
    """Reminded on Thursday, paid on Friday: the word of thanks comes on Tuesday at the latest."""
    case = {
        "override": "forgetful",
        "history": {"late": [12], "newest_due_ago": 12},
        "sent": [{"step": "friendly", "ago": 1, "cycle": "since-2026-03-02"}],
    }
    friday = evidence_of(case, today=date(2026, 3, 13))
    assert step_of(decide(friday, make_policy())) is None
    case |= {"history": {"late": [12], "newest_due_ago": 16}}
    case |= {"sent": [{"step": "friendly", "ago": 5, "cycle": "since-2026-03-02"}]}
    tuesday = evidence_of(case, today=date(2026, 3, 17))
    assert step_of(decide(tuesday, make_policy())) == "thanks"


def test_a_payment_on_the_day_of_the_reminder_is_thanked_for() -> None:
    friendly = {"step": "friendly", "ago": 3, "cycle": ITS_CYCLE}
    assert forgetful(history={"late": [12], "newest_due_ago": 15}, sent=[friendly]) == "thanks"
    assert forgetful(history={"late": [12], "newest_due_ago": 16}, sent=[friendly]) is None


def test_nobody_is_thanked_while_something_is_overdue() -> None:
    friendly = {"step": "friendly", "ago": 5, "cycle": ITS_CYCLE}
    assert forgetful(history=PAID, open=[2], sent=[friendly]) is None


def test_nobody_is_thanked_for_what_was_written_off_or_cancelled() -> None:
    """Nothing open and nothing settled since the reminder."""
    friendly = {"step": "friendly", "ago": 5, "cycle": ITS_CYCLE}
    assert forgetful(sent=[friendly]) is None
    assert forgetful(history={"late": [0], "newest_due_ago": 90}, sent=[friendly]) is None


def test_late_thanks_are_none() -> None:
    friendly = {"step": "friendly", "ago": 12, "cycle": ITS_CYCLE}
    assert forgetful(history={"late": [12], "newest_due_ago": 18}, sent=[friendly]) is None


def test_thanks_and_check_ins_ask_for_nothing() -> None:
    friendly = {"step": "friendly", "ago": 5, "cycle": ITS_CYCLE}
    thanks = touch_of(decide_case(override="forgetful", history=PAID, open=[-20], sent=[friendly]))
    old = {"late": [0], "newest_due_ago": 200}
    check_in = touch_of(
        decide_case(override="bad_patch", history=old, open=[-20], sent=[{**friendly, "step": "help", "ago": 70}])
    )
    for touch in (thanks, check_in):
        assert touch is not None
        assert (touch["items"], touch["carrying_invoice_id"], touch["deadline_date"]) == (None, None, None)


# --- check-in ----------------------------------------------------------------------------------------------------


def test_a_check_in_never_goes_to_somebody_we_never_wrote_to() -> None:
    assert step_of(decide_case(override="bad_patch", history=[0])) is None


def test_a_check_in_never_goes_to_somebody_who_is_overdue() -> None:
    sent = [{"step": "help", "ago": 70, "cycle": "since-2025-12-01"}]
    assert step_of(decide_case(override="bad_patch", history=[0], open=[2], sent=sent)) is None
    assert step_of(decide_case(override="bad_patch", history=[0], open=[-20], sent=sent)) == "check-in"


def test_the_next_check_in_counts_from_the_last_one() -> None:
    sent = [{"step": "help", "ago": 130, "cycle": "since-2025-10-01"}]
    for ago, step in ((59, None), (60, "check-in")):
        again = {"step": "check-in", "ago": ago, "cycle": "quiet-2025-10-31"}
        assert step_of(decide_case(override="bad_patch", history=[0], sent=[*sent, again])) == step


# --- before a known pay run --------------------------------------------------------------------------------------


def red_tape(**case: Any) -> str | None:
    """On Tuesday 10 March; pay run on Fridays, cut-off two working days before, unless told otherwise."""
    return step_of(decide_case(override="red_tape", **{"ap": {"run": "weekday", "days": [5], "cut_off": 2}, **case}))


def test_the_word_before_a_pay_run_goes_out_before_its_cut_off() -> None:
    assert red_tape(open=[-1]) == "before-pay-run"
    assert red_tape(open=[-1], ap={"run": "day_of_month", "days": [31], "cut_off": 2}) is None


def test_what_a_later_pay_run_pays_in_time_is_not_spoken_of_yet() -> None:
    assert red_tape(open=[-9]) == "before-pay-run", "due on Thursday of next week, before the run on that Friday"
    assert red_tape(open=[-10]) is None, "due on the Friday itself"


def test_before_the_same_cut_off_it_is_said_once() -> None:
    told = {"step": "before-pay-run", "ago": 4, "cycle": "due-2026-03-11", "playbook": "red_tape"}
    assert red_tape(open=[-1], sent=[told]) is None


def test_an_overdue_invoice_is_spoken_of_before_the_cut_off_too() -> None:
    said = [{"step": "process", "ago": 100, "cycle": "since-2025-10-01"}]
    assert red_tape(open=[6], sent=said) == "before-next-run", "the cut-off is tomorrow, day 14 would be too late"
    at_month_end = {"run": "day_of_month", "days": [31], "cut_off": 2}
    assert red_tape(open=[20], sent=said, ap=at_month_end) is None
    assert step_of(decide_case(override="red_tape", open=[6], sent=said)) is None


def test_without_a_known_pay_run_the_due_date_decides() -> None:
    assert step_of(decide_case(override="red_tape", open=[-4])) == "before-pay-run"
    assert step_of(decide_case(override="red_tape", open=[-1])) is None
