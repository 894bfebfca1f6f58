"""A caller has everything on one page, in sentences that are true."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from goodterms.core.money import Money
from goodterms.followup.models import Dispute, LateReason
from goodterms.messages.call_background import Agreed, Authority, Background, Habits
from goodterms.messages.call_sheet import CallSheet, prepare_call, render_html
from goodterms.messages.checking import check_call
from goodterms.messages.facts import Facts
from goodterms.messages.finishing import finish
from goodterms.messages.samples import poor_facts, rich_facts, sample_item
from goodterms.messages.templates import TemplateFault

TIME = datetime(2026, 3, 10, 10, 30, tzinfo=ZoneInfo("America/New_York"))


def facts() -> Facts:
    return replace(rich_facts(), interest=None)


def sheet(habits: Habits | None = None, language: str = "en", profile: str = "") -> CallSheet:
    known = Background(local_time=TIME, zone="America/New_York", profile=profile, habits=habits or Habits())
    return prepare_call(facts(), known, "call_help", language)


def test_a_sheet_says_who_is_called_where_and_at_what_local_time() -> None:
    assert sheet().who == (
        "Sam Example, accounts payable: +44 1632 960004",
        "Example Customer GmbH. Customer number C1002",
        "Their local time: 10:30 (America/New_York) when this sheet was written",
        "Terms: payment within 30 days",
    )


def test_a_sheet_has_an_opening_questions_and_offers_in_the_customers_language() -> None:
    german = sheet(language="de")
    assert german.opening.startswith("„Guten Tag, spreche ich mit Sam Example?")
    assert len(german.questions) >= 3
    assert len(german.offers) >= 2


@pytest.mark.parametrize(
    ("habits", "sentence"),
    [
        (Habits(), "No invoice settled so far."),
        (Habits(settled_count=1), "1 invoice settled so far."),
        (Habits(settled_count=9, median_days_late=0.3), "They usually pay on the due date."),
        (Habits(settled_count=9, median_days_late=12.4), "They usually pay 12 days after the due date."),
        (Habits(settled_count=9, median_days_late=-1.0), "They usually pay 1 day before the due date."),
        (Habits(settled_count=9, pay_weekday=5, pay_weekday_share=0.8), "They mostly pay on a Friday."),
        (Habits(settled_count=9, part_payment_share=0.3), "They often pay in parts (30% of invoices)."),
        (Habits(settled_count=9, prompted_share=0.6), "They usually pay soon after we get in touch."),
        (Habits(settled_count=9, returned_count=2), "2 payments were sent back by the bank."),
        (
            Habits(settled_count=9, older_median_days_late=3.0, recent_median_days_late=21.0),
            "Lately it takes longer: 3 days after the due date before, 21 days now.",
        ),
    ],
)
def test_habits_are_told_in_sentences(habits: Habits, sentence: str) -> None:
    assert sentence in sheet(habits).habits


def test_a_weak_habit_is_not_told() -> None:
    weak = Habits(settled_count=9, pay_weekday=5, pay_weekday_share=0.3, part_payment_share=0.1, prompted_share=0.2)
    assert sheet(weak).habits == ("9 invoices settled so far.",)


def test_the_profile_comes_with_advice() -> None:
    assert sheet(profile="bad_patch").habits[0].startswith("A bad patch")


def test_facts_are_escaped_on_the_page() -> None:
    odd = replace(facts(), customer=replace(facts().customer, name="<script>alert(1)</script>"))
    background = Background(local_time=TIME, zone="America/New_York")
    assert "<script>" not in render_html(prepare_call(odd, background, "call_firm", "en"))


def test_a_call_without_number_is_withheld() -> None:
    mute = replace(facts(), recipient=replace(facts().recipient, phone=""))
    background = Background(local_time=TIME, zone="Europe/London")
    message = prepare_call(mute, background, "call_firm", "en").as_message(mute)
    assert [fault.code for fault in check_call(message, mute)] == ["phone_missing"]


def test_a_call_about_nothing_is_withheld() -> None:
    nothing = replace(poor_facts(), items=(), interest=None)
    finished = finish(nothing, "call_firm", "en", background=Background(local_time=TIME, zone="Europe/London"))
    assert [fault.code for fault in finished.faults] == ["nothing_to_ask"]


def test_a_sheet_of_ones_own_needs_all_its_parts() -> None:
    background = Background(local_time=TIME, zone="Europe/London")
    with pytest.raises(TemplateFault, match="opening, tone, ask"):
        prepare_call(facts(), background, "call_firm", "en", source="Call\n---\n## opening\nHello.")


AGREED = Agreed(
    kept_count=3,
    broken_count=1,
    last_broken=(Money(500_00, "EUR"), date(2026, 2, 20)),
    promises=((Money(750_00, "EUR"), date(2026, 3, 17)),),
    plans=((Money(1_200_00, "EUR"), Money(100_00, "EUR"), date(2026, 4, 1)),),
    settlements=((Money(900_00, "EUR"), Money(1_000_00, "EUR"), date(2026, 4, 30)),),
    disputes=(("INV-2042", "wrong_quantity", date(2026, 3, 2)),),
    reasons=((date(2026, 3, 3), "INV-2040", "approval"), (date(2026, 3, 1), "", "cash")),
)
AUTHORITY = Authority(
    promise_until=date(2026, 6, 10), plan_days=366, plan_minor={"EUR": 10_000_00}, forgive_minor={"EUR": 100_00}
)


def full_sheet(language: str = "en", **given: Any) -> CallSheet:
    values: dict[str, Any] = {"agreed": AGREED, "authority": AUTHORITY, "profile": "bad_patch"}
    known = Background(local_time=TIME, zone="America/New_York", **values | given)
    return prepare_call(facts(), known, "call_help", language)


def test_a_sheet_tells_what_was_agreed_disputed_and_explained() -> None:
    assert full_sheet().agreed == (
        "3 of 4 promises kept.",
        "Broken: the promise to pay €500.00 by 20 February 2026.",
        "Open: the promise to pay €750.00 by 17 March 2026.",
        "A payment plan over €1,200.00 is running.",
        "Its next instalment: €100.00 on 1 April 2026.",
        "Settlement agreed: €900.00 instead of €1,000.00, by 30 April 2026.",
        "In dispute since 2 March 2026: invoice INV-2042, wrong quantity.",
        "3 Mar 2026, about invoice INV-2040: it waits for an approval.",
        "1 Mar 2026: money is tight.",
    )
    assert sheet().agreed == ("No promise, plan or dispute on record, and no reason given.",)


def test_a_sheet_says_what_may_be_offered_and_by_whose_authority() -> None:
    assert full_sheet().authority == (
        "A day to pay, up to 10 June 2026.",
        "Instalments for up to €10,000.00, over at most 12 months.",
        "To forgive up to €100.00, if the rest comes at once.",
        "In other currencies a manager approves plans and settlements.",
    )


def test_what_is_still_open_becomes_a_question() -> None:
    asked = full_sheet(unanswered=date(2026, 3, 4), missing=("purchase_order", "pay_run")).questions
    assert asked[-3].startswith("We asked on 4 March 2026 why it is late")
    assert asked[-2:] == (
        "Does every invoice need a purchase order number?",
        "On which days do you pay, and by when must an invoice be in?",
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_reason_and_every_open_question_has_words(language: str) -> None:
    disputes = tuple(("R1", reason, TIME.date()) for reason in Dispute.Reason.values)
    reasons = tuple((TIME.date(), "R1", reason) for reason in LateReason.Reason.values)
    missing = ("purchase_order", "pay_run", "invoice_address", "system")
    told = full_sheet(language, agreed=Agreed(disputes=disputes, reasons=reasons), missing=missing)
    assert len(told.agreed) == len(disputes) + len(reasons)
    assert len(told.questions) == len(full_sheet(language).questions) + 4


def test_the_number_is_a_link_that_dials() -> None:
    assert 'href="tel:+441632960004"' in render_html(full_sheet())


def test_many_invoices_leave_room_for_the_rest_of_the_page() -> None:
    items = tuple(sample_item(f"INV-{number}", number, Money(100_00, "EUR")) for number in range(1, 31))
    many = replace(facts(), items=items, credits=(), cash=())
    (table,) = prepare_call(many, Background(local_time=TIME, zone="Europe/London"), "call_firm", "en").tables
    assert (len(table.rows), table.sums[0].label) == (7, "and 23 more, in the total below")
    assert table.sums[-1].amount == "€3,000.00"
