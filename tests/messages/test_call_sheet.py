"""A caller has everything on one page, in sentences that are true."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from goodterms.messages.call_sheet import Background, CallSheet, Habits, prepare_call, render_html
from goodterms.messages.checking import check_call
from goodterms.messages.facts import Facts
from goodterms.messages.finishing import finish
from goodterms.messages.samples import poor_facts, rich_facts
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
