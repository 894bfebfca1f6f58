"""The chain of reminders: one step at a time, spaced from the real send, never twice the same words."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from goodterms.core.decide import Decision, decide
from tests.core.answers import asked_minor, decide_case, step_of, touch_of, wait_of
from tests.core.evidence_maker import TODAY, evidence_of
from tests.core.shipped_policy import make_policy

SATURDAY = date(2026, 3, 14)


def decide_on(day: date, **case: Any) -> Decision:
    return decide(evidence_of(case, today=day), make_policy())


def chain(**case: Any) -> Decision:
    return decide_case(override="forgetful", **case)


# --- beginning ---------------------------------------------------------------------------------------------------


def test_three_levels_in_a_day_an_old_debt_begins_with_the_first_step() -> None:
    for profile, first in (("forgetful", "friendly"), ("chronic", "clear"), ("good", "friendly"), ("failing", "call")):
        assert step_of(decide_case(override=profile, open=[400])) == first


def test_three_levels_in_a_day_cannot_follow_the_first() -> None:
    decision = chain(open=[400], sent=["friendly 0"])
    assert (step_of(decision), wait_of(decision)) == (None, "spacing 7")


def test_resend_all_on_blank_field_a_first_run_asks_once_for_everything_old() -> None:
    items = [{"overdue": days, "amount": 100} for days in range(4, 404, 10)]
    decision = chain(open=items)
    touch = touch_of(decision)
    assert touch is not None
    assert (touch["step"], touch["level"], len(touch["items"])) == ("friendly", 1, 40)
    assert decision.touches.height == 1


def test_resend_all_on_blank_field_more_than_usual_waits_for_a_person() -> None:
    cases = [{"override": "forgetful", "open": [9]} for _ in range(5)]
    for cap, approval in ((4, True), (5, False), (None, False)):
        touches = decide(evidence_of(*cases), make_policy(daily_volume_cap=cap)).touches
        assert touches["needs_approval"].to_list() == [approval] * 5


def test_stage_skipped_never_the_next_step_is_the_one_after_the_last_sent() -> None:
    assert step_of(chain(open=[200], sent=["friendly 60"])) == "clear"
    assert step_of(chain(open=[200], sent=["friendly 60", "clear 40"])) == "call"


def test_equality_on_the_day_is_no_condition_a_missed_day_is_made_up_for() -> None:
    for days_overdue in (11, 12, 13, 40):
        assert step_of(chain(open=[days_overdue], sent=["friendly 7"])) == "clear"
    for due_in in (4, 3, 2, 1):
        assert step_of(chain(open=[-due_in])) == "upcoming"


def test_burst_after_downtime_is_one_message() -> None:
    decision = chain(open=[30], sent=["friendly 26"])
    assert step_of(decision) == "clear"
    assert wait_of(chain(open=[30], sent=["friendly 26", "clear 0"])) == "deadline 8"


def test_failed_counts_as_reached_nowhere_a_failed_step_is_tried_again() -> None:
    decision = chain(open=[12], sent=["friendly 8", {"step": "clear", "ago": 1, "state": "failed"}])
    touch = touch_of(decision)
    assert touch is not None
    assert (touch["step"], touch["occurrence"]) == ("clear", 2)


def test_failed_counts_as_reached_nowhere_not_even_for_the_first_step() -> None:
    touch = touch_of(chain(open=[40], sent=[{"step": "friendly", "ago": 30, "state": "failed"}]))
    assert touch is not None
    assert (touch["step"], touch["occurrence"]) == ("friendly", 2)


def test_what_failed_today_is_not_tried_again_today() -> None:
    decision = chain(open=[12], sent=[{"step": "friendly", "ago": 0, "state": "failed"}])
    assert (step_of(decision), wait_of(decision)) == (None, "tried_today 1")


# --- spacing, gaps, caps -----------------------------------------------------------------------------------------


def test_spacing_by_clock_counts_whole_days() -> None:
    """Sent on the seventh day before today, at whatever hour: today is the day."""
    assert step_of(chain(open=[11], sent=["friendly 7"])) == "clear"
    assert wait_of(chain(open=[11], sent=["friendly 6"])) == "spacing 1"


def test_spacing_by_clock_starts_from_the_real_send_and_not_from_the_plan() -> None:
    late = {"step": "friendly", "planned_ago": 10, "ago": 5}
    assert wait_of(chain(open=[14], sent=[late])) == "spacing 2"


def test_spacing_holds_between_steps_of_one_name_in_two_playbooks() -> None:
    said = [("friendly", 30), ("clear", 20), ("call", 4)]
    sent = [{"step": step, "ago": ago, "playbook": "forgetful"} for step, ago in said]
    assert wait_of(decide_case(override="chronic", open=[60], sent=sent)) == "spacing 3"


def test_the_gap_follows_any_contact() -> None:
    for contact in (
        {"calls": [{"ago": 2, "outcome": "reached"}]},
        {"replies": [{"ago": 2}]},
        {"sent": [{"step": "note", "playbook": "", "ago": 2, "by_person": True}]},
        {"sent": [{"step": "upcoming", "ago": 2, "cycle": "due-2026-03-01"}]},
    ):
        assert wait_of(chain(open=[9], **contact)) == "gap 1"


def test_a_contact_three_days_ago_is_gap_enough() -> None:
    assert step_of(chain(open=[9], calls=[{"ago": 3, "outcome": "reached"}])) == "friendly"


def test_a_persons_own_contact_does_not_move_the_chain() -> None:
    own = {"step": "letter", "playbook": "", "level": 0, "ago": 4, "by_person": True}
    assert step_of(chain(open=[20], sent=["friendly 12", own])) == "clear"
    assert step_of(chain(open=[20], sent=[own])) == "friendly"


def test_never_more_than_the_weekly_cap_in_seven_days() -> None:
    words = [{"step": "upcoming", "ago": ago, "cycle": f"due-2026-03-0{ago}"} for ago in (6, 3)]
    assert wait_of(chain(open=[9], sent=words)) == "weekly_cap 1"
    soon = [{**words[0], "ago": 5}, {**words[1], "ago": 4}, {**words[1], "ago": 3}]
    assert wait_of(chain(open=[9], sent=soon)) == "weekly_cap 3"
    words[0] = {"step": "upcoming", "ago": 7, "cycle": "due-2026-03-07"}
    assert step_of(chain(open=[9], sent=words)) == "friendly"


def test_a_persons_own_contacts_do_not_count_against_the_cap() -> None:
    own = [{"step": "letter", "playbook": "", "ago": ago, "by_person": True} for ago in (6, 5, 4, 3)]
    assert step_of(chain(open=[9], sent=own)) == "friendly"


def test_nothing_before_the_deadline_that_the_last_message_set() -> None:
    sent = ["friendly 20", {"step": "clear", "ago": 9, "deadline_in": 0}]
    assert wait_of(chain(open=[30], sent=sent)) == "deadline 1"
    sent = ["friendly 20", {"step": "clear", "ago": 9, "deadline_in": -1}]
    assert step_of(chain(open=[30], sent=sent)) == "call"


def test_the_deadline_of_a_message_that_never_left_binds_nobody() -> None:
    failed = {"step": "clear", "ago": 2, "state": "failed", "deadline_in": 9}
    assert step_of(chain(open=[30], sent=["friendly 20", failed])) == "clear"


# --- what stops the chain ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("until_in", [0, 1, 30])
def test_a_hold_stops_the_chain_until_its_last_day_is_over(until_in: int) -> None:
    assert wait_of(chain(open=[9], holds=[{"until_in": until_in}])) == f"hold {until_in + 1}"


def test_a_hold_lifts_itself_the_day_after() -> None:
    assert step_of(chain(open=[9], holds=[{"until_in": -1}])) == "friendly"


def test_a_hold_that_has_not_begun_stops_nothing() -> None:
    assert step_of(chain(open=[9], holds=[{"until_in": 9, "from_ago": -1}])) == "friendly"


def test_the_longest_of_several_holds_counts() -> None:
    assert wait_of(chain(open=[9], holds=[{"until_in": 2}, {"until_in": 5}, {"until_in": 1}])) == "hold 6"


def test_an_unread_answer_stops_the_chain_for_some_days_only() -> None:
    assert wait_of(chain(open=[9], replies=[{"ago": 7, "handled": False}])) == "reply 1"
    assert step_of(chain(open=[9], replies=[{"ago": 8, "handled": False}])) == "friendly"
    assert wait_of(chain(open=[9], replies=[{"ago": 20, "handled": False}, {"ago": 5, "handled": False}])) == "reply 3"


def test_a_promise_pauses_chasing_until_its_date_and_tolerance() -> None:
    assert wait_of(chain(open=[9], promises=[{"in": 4, "tolerance": 2}])) == "promise 7"
    assert wait_of(chain(open=[9], promises=[{"in": -2, "tolerance": 2}])) == "promise 1"
    assert step_of(chain(open=[9], promises=[{"in": -3, "tolerance": 2}])) == "friendly"


@pytest.mark.parametrize("state", ["kept", "broken", "partly_kept", "withdrawn"])
def test_a_promise_that_is_over_pauses_nothing(state: str) -> None:
    assert step_of(chain(open=[9], promises=[{"in": 4, "state": state}])) == "friendly"


def test_what_a_plan_covers_is_chased_once_an_instalment_is_missed_and_all_else_is_chased_meanwhile() -> None:
    covers = [{"item": 0}]
    kept = {"instalments": [{"in": 5, "amount": 250}, {"in": 35, "amount": 250}], "covers": covers}
    missed = {"instalments": [{"in": -1, "amount": 250}, {"in": 30, "amount": 250}], "covers": covers}
    assert step_of(chain(open=[9], plan=kept)) is None
    assert step_of(chain(open=[9], plan=missed)) == "friendly"
    touch = touch_of(chain(open=[40, 9], plan=kept))
    assert touch is not None
    assert [item["open_amount_minor"] for item in touch["items"]] == [50_000]
    assert touch["due_reason"].startswith("The oldest unpaid invoice is 9 days overdue")


@pytest.mark.parametrize("state", ["proposed", "completed", "defaulted", "cancelled"])
def test_a_plan_that_is_not_active_pauses_nothing(state: str) -> None:
    assert step_of(chain(open=[9], plan={"state": state, "instalments": [{"in": 5}]})) == "friendly"


def test_a_message_on_its_way_is_not_overtaken() -> None:
    pending = {"step": "friendly", "ago": 3, "state": "pending"}
    assert wait_of(chain(open=[30], sent=[pending])) == "pending -"


def test_an_uncertain_message_waits_for_a_person_however_old() -> None:
    pending = {"step": "friendly", "ago": 200, "state": "pending"}
    assert wait_of(chain(open=[300], sent=[pending])) == "pending -"


def test_a_draft_nobody_approved_is_decided_anew_under_a_new_key() -> None:
    expired = {"step": "friendly", "ago": 5, "state": "failed"}
    touch = touch_of(chain(open=[30], sent=[expired]))
    assert touch is not None
    assert (touch["step"], touch["occurrence"]) == ("friendly", 2)


def test_disputed_in_full_stops_the_chain_and_in_part_does_not() -> None:
    assert step_of(chain(open=[{"overdue": 20, "amount": 500, "disputed": 500}])) is None
    assert asked_minor(chain(open=[{"overdue": 20, "amount": 500, "disputed": 200}])) == 30_000


@pytest.mark.parametrize("day", [SATURDAY, date(2026, 3, 15), date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25)])
def test_nothing_goes_out_on_a_day_off(day: date) -> None:
    decision = decide_on(day, override="forgetful", open=[9])
    assert step_of(decision) is None
    assert decision.waits["reason"].to_list() == ["closed_day"]


def test_a_closed_day_names_the_next_open_one() -> None:
    waits = decide_on(date(2026, 4, 3), override="forgetful", open=[9]).waits
    assert waits["until_date"].to_list() == [date(2026, 4, 7)]


@pytest.mark.parametrize(
    ("day", "open_in"),
    [
        (date(2026, 5, 4), {"DE", "US"}),  # early May bank holiday
        (date(2026, 5, 1), {"GB", "US"}),  # Labour Day in Germany
        (date(2026, 11, 26), {"DE", "GB"}),  # Thanksgiving
        (date(2026, 5, 25), set()),  # Whit Monday, spring bank holiday, Memorial Day
        (date(2026, 3, 10), {"DE", "GB", "US"}),
    ],
)
def test_public_holidays_are_those_of_the_customers_country(day: date, open_in: set[str]) -> None:
    countries = ["DE", "GB", "US"]
    cases = [{"override": "forgetful", "open": [9], "country": country} for country in countries]
    touched = decide(evidence_of(*cases, today=day), make_policy()).touches["customer_id"].to_list()
    assert {countries[customer - 1] for customer in touched} == open_in


def test_utc_day_is_not_the_customers_each_is_decided_on_its_own_date() -> None:
    """One moment, two dates: due on the 6th is four days overdue in Auckland and three, within grace, in New York."""
    evidence = evidence_of({"override": "forgetful", "open": [4]}, {"override": "forgetful", "open": [4]})
    people = evidence.customers.clone()
    people[1, "local_date"] = date(2026, 3, 9)
    decision = decide(replace(evidence, customers=people), make_policy())
    assert (step_of(decision, 1), step_of(decision, 2)) == ("friendly", None)
    assert decision.touches["planned_date"].to_list() == [TODAY]


# --- change of playbook, of steps, of debt -----------------------------------------------------------------------


def test_a_changed_playbook_goes_on_at_least_as_firmly_and_says_nothing_again() -> None:
    sent = [{"step": "friendly", "ago": 30, "playbook": "good"}, {"step": "clear", "ago": 20, "playbook": "good"}]
    assert step_of(decide_case(override="chronic", open=[60], sent=sent)) == "call"
    assert step_of(decide_case(override="failing", open=[60], sent=sent)) == "call"
    assert step_of(decide_case(override="bad_patch", open=[60], sent=sent)) == "call-again"


def test_a_changed_playbook_does_not_start_over_from_below() -> None:
    sent = [{"step": "firm", "ago": 30, "playbook": "forgetful"}]
    for profile in ("good", "new", "bad_patch", "red_tape", "chronic", "failing", "cannot_pay", "avoiding"):
        touch = touch_of(decide_case(override=profile, open=[200], sent=sent))
        assert touch is not None
        assert touch["level"] >= 3, profile
        assert touch["template"] != "reminder_firm", profile


def test_a_softer_playbook_that_has_nothing_firm_enough_asks_a_person() -> None:
    sent = [{"step": "firm", "ago": 30, "playbook": "forgetful"}]
    decision = decide_case(override="special_bond", open=[200], sent=sent)
    assert (step_of(decision), wait_of(decision)) == (None, "no_step_left -")
    assert decision.problems["kind"].to_list() == ["no_step_left"]


ENDED = ["friendly 90", "clear 80", "call 70", "firm 60", "final 45"]


def test_newer_debt_is_not_silent_behind_an_old_invoice_with_no_step_left() -> None:
    decision = chain(open=[100, 20], sent=ENDED)
    touch = touch_of(decision)
    assert touch is not None
    assert (touch["step"], touch["cycle"]) == ("clear", "since-2026-02-19")
    assert touch["due_reason"].startswith("Every step has been taken for what is older; the oldest invoice since is 20")
    assert decision.problems.select("kind", "cycle").rows() == [("no_step_left", "since-2025-12-01")]
    assert wait_of(chain(open=[100, 60], sent=ENDED)) == "no_step_left -"


def test_newer_debt_goes_on_in_its_own_cycle_until_that_has_ended_too() -> None:
    def again(step: str, ago: int, cycle: str = "since-2026-01-20") -> dict[str, Any]:
        return {"step": step, "ago": ago, "cycle": cycle}

    own = [again("clear", 36)]
    assert step_of(chain(open=[100, 50], sent=["friendly 90", "final 60", *own])) == "call"
    own += [again("call", 30), again("firm", 22), again("final", 11)]
    ended = chain(open=[100, 50], sent=["friendly 90", "final 60", *own])
    assert (step_of(ended), wait_of(ended)) == (None, "no_step_left -")
    assert sorted(ended.problems["cycle"]) == ["since-2025-12-01", "since-2026-01-20"]
    assert step_of(chain(open=[100, 50, 13], sent=["friendly 90", "final 60", *own])) == "clear"


def test_a_profile_that_flips_to_and_fro_repeats_nothing() -> None:
    sent = [
        {"step": "friendly", "ago": 60, "playbook": "forgetful"},
        {"step": "clear", "ago": 50, "playbook": "forgetful"},
        {"step": "call", "ago": 40, "playbook": "chronic"},
        {"step": "call", "ago": 30, "playbook": "forgetful"},
    ]
    assert step_of(decide_case(override="chronic", open=[90], sent=sent)) == "firm"
    assert step_of(decide_case(override="forgetful", open=[90], sent=sent)) == "firm"


def test_a_step_removed_by_switching_interest_off_does_not_start_the_chain_over() -> None:
    sent = ["friendly 40", "clear 30", "call 20", "interest-warning 12"]
    assert step_of(chain(open=[60], sent=sent)) == "firm"
    with_interest = decide_case({"interest": {"enabled": True}}, override="forgetful", open=[60], sent=sent)
    assert step_of(with_interest) == "firm"


def test_a_step_of_an_older_playbook_that_no_longer_exists_is_followed_by_level() -> None:
    sent = [{"step": "bygone", "ago": 20, "playbook": "forgetful", "level": 2}]
    touch = touch_of(chain(open=[60], sent=sent))
    assert touch is not None
    assert (touch["step"], touch["level"]) == ("clear", 2)


def test_a_contextual_playbook_is_entered_at_the_debts_age_but_never_firmly() -> None:
    touch = touch_of(decide_case(override="avoiding", open=[500]))
    assert touch is not None
    assert (touch["step"], touch["level"]) == ("call", 2)


def test_new_debt_after_everything_asked_for_was_paid_begins_a_new_cycle() -> None:
    """Never quite without debt: what came after the last reminder is chased from the first step."""
    sent = [{"step": "final", "ago": 20, "cycle": "since-2025-12-01"}]
    decision = chain(open=[9], sent=sent, cycle="since-2025-12-01")
    assert step_of(decision) == "friendly"
    assert decision.cycles["cycle"].to_list() == ["since-2026-03-02"]


def test_debt_that_was_asked_for_goes_on_in_its_cycle() -> None:
    sent = [{"step": "friendly", "ago": 20, "cycle": "since-2025-12-01"}]
    decision = chain(open=[24], sent=sent, cycle="since-2025-12-01")
    assert step_of(decision) == "clear"
    assert decision.cycles["cycle"].to_list() == ["since-2025-12-01"]


@pytest.mark.parametrize(("days_overdue", "cycle"), [(13, "since-2026-02-26"), (14, "since-2025-12-01")])
def test_within_grace_at_the_last_reminder_is_not_asked_for_yet(days_overdue: int, cycle: str) -> None:
    sent = [{"step": "friendly", "ago": 10, "cycle": "since-2025-12-01"}]
    decision = chain(open=[days_overdue], sent=sent, cycle="since-2025-12-01")
    assert decision.cycles["cycle"].to_list() == [cycle]


def test_a_disputed_old_invoice_does_not_keep_new_debt_in_an_exhausted_cycle() -> None:
    sent = [{"step": "final", "ago": 40, "cycle": "since-2025-12-01"}]
    items = [{"overdue": 99, "amount": 500, "disputed": 500}, 9]
    decision = chain(open=items, sent=sent, cycle="since-2025-12-01")
    assert step_of(decision) == "friendly"


def test_the_cycle_ends_when_nothing_is_overdue() -> None:
    assert chain(open=[-5], cycle="since-2025-12-01").cycles["cycle"].to_list() == [None]
    assert chain(open=[0], cycle="since-2025-12-01").cycles["cycle"].to_list() == [None]
    assert chain(open=[1], cycle="since-2025-12-01").cycles["cycle"].to_list() == ["since-2025-12-01"]


def test_a_cycle_whose_payment_came_back_goes_on_where_it_was() -> None:
    """The same invoice overdue again has the same key: its steps are not begun again."""
    decision = chain(open=[30], sent=[{"step": "friendly", "ago": 20, "cycle": "since-2026-02-09"}], cycle=None)
    assert (decision.cycles["cycle"].to_list(), step_of(decision)) == (["since-2026-02-09"], "clear")


def test_an_old_deadline_does_not_hold_up_a_thank_you() -> None:
    sent = [{"step": "clear", "ago": 4, "cycle": "since-2026-02-27", "deadline_in": 3}]
    assert step_of(chain(history={"late": [12], "newest_due_ago": 12}, sent=sent)) == "thanks"


# --- who is reached ----------------------------------------------------------------------------------------------


def test_all_blank_address_of_one_customer_leaves_the_others_alone() -> None:
    cases = [{"override": "forgetful", "open": [9], "contacts": contacts} for contacts in ((), ("owner",))]
    decision = decide(evidence_of(*cases, {"override": "forgetful", "open": [9]}), make_policy())
    assert [step_of(decision, customer) for customer in (1, 2, 3)] == [None, None, "friendly"]
    assert [wait_of(decision, customer) for customer in (1, 2, 3)] == ["contact_missing -", "contact_missing -", None]
    assert decision.problems.select("customer_id", "kind").rows() == [(1, "contact_missing"), (2, "contact_missing")]


def test_a_contact_by_telephone_only_is_called_where_the_step_may_call() -> None:
    touch = touch_of(chain(open=[30], sent=["friendly 20", "clear 10"], contacts=["owner phone"]))
    assert touch is not None
    assert (touch["channel"], touch["template"]) == ("call", "call_friendly")


def test_a_contact_by_telephone_only_waits_for_the_first_step_that_may_call() -> None:
    """A step that cannot reach anybody never stands in the way of one that can."""
    assert wait_of(chain(open=[9], contacts=["owner phone"])) == "not_yet 9"
    assert step_of(chain(open=[30], contacts=["owner phone"])) == "call"


def test_a_bounced_address_gives_way_to_a_letter_at_the_next_step() -> None:
    touch = touch_of(chain(open=[30], sent=["friendly 14"], contacts=["owner postal"]))
    assert touch is not None
    assert (touch["step"], touch["channel"]) == ("clear", "letter")


def test_the_role_decides_before_the_order_of_contacts() -> None:
    contacts = ["buyer email", "other email", "accounts_payable email", "accounts_payable email"]
    touch = touch_of(chain(open=[9], contacts=contacts))
    assert touch is not None
    assert touch["recipient"].startswith("accounts_payable104")


def test_an_empty_address_is_none() -> None:
    evidence = evidence_of(
        {"override": "forgetful", "open": [9], "contacts": ["accounts_payable email", "owner email"]}
    )
    contacts = evidence.contacts.clone()
    contacts[0, "email"] = ""
    touch = touch_of(decide(replace(evidence, contacts=contacts), make_policy()))
    assert touch is not None
    assert touch["recipient"].startswith("owner")


# --- deciding twice ----------------------------------------------------------------------------------------------


def test_processed_twice_is_the_same_decision_with_the_same_keys() -> None:
    evidence = evidence_of(*[{"override": "forgetful", "open": [days]} for days in range(-6, 40)])
    first, second = decide(evidence, make_policy()), decide(evidence, make_policy())
    assert first.touches.equals(second.touches)
    assert first.waits.equals(second.waits)


def test_processed_twice_plans_nothing_while_the_first_is_on_its_way_or_sent() -> None:
    for state in ("pending", "sent", "failed"):
        decision = chain(open=[9], sent=[{"step": "friendly", "ago": 0, "state": state}])
        assert step_of(decision) is None


def test_the_reason_for_today_reads_as_a_sentence() -> None:
    first = touch_of(chain(open=[4]))
    second = touch_of(chain(open=[20], sent=["friendly 8"]))
    assert first is not None
    assert second is not None
    assert first["due_reason"] == (
        "The oldest unpaid invoice is 4 days overdue, the step is due from day 4, "
        "and nothing was sent in this cycle before."
    )
    assert second["due_reason"].endswith("and the last message (friendly) went out 8 days ago.")
