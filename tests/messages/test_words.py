"""The words of every template as a debtor reads them: change them with care, and read the difference."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from syrupy.assertion import SnapshotAssertion

from goodterms.messages.call_background import Background, Habits
from goodterms.messages.catalog import Template, template_catalog
from goodterms.messages.facts import Facts
from goodterms.messages.finishing import finish
from goodterms.messages.languages import known_languages, language_of
from goodterms.messages.samples import poor_facts, rich_facts
from goodterms.messages.templates import find_words
from goodterms.messages.validating import known_names

CASES = [
    (name, language, account)
    for name in template_catalog()
    for language in known_languages()
    for account in ("one", "many")
]
BACKGROUND = Background(
    local_time=datetime(2026, 3, 10, 10, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    zone="Europe/Berlin",
    profile="failing",
    habits=Habits(
        settled_count=34,
        median_days_late=12.4,
        older_median_days_late=3.0,
        recent_median_days_late=21.0,
        pay_weekday=4,
        pay_weekday_share=0.7,
        part_payment_share=0.3,
        returned_count=1,
    ),
    history=((date(2026, 3, 1), "They asked for a copy of INV-2031."), (date(2026, 2, 20), "Part payment received.")),
)


def account_for(template: Template, language: str, account: str) -> Facts:
    facts = poor_facts() if account == "one" else rich_facts()
    interest = facts.interest if template.interest != "none" else None
    claimed = replace(interest, is_claimed=template.interest == "claimed") if interest else None
    names = find_words(template.name, language_of(language)).names
    return replace(facts, interest=claimed, deadline=facts.deadline if "deadline" in names else None)


@pytest.mark.parametrize(("name", "language", "account"), CASES)
def test_the_words_are_those_last_read(name: str, language: str, account: str, snapshot: SnapshotAssertion) -> None:
    template = template_catalog()[name]
    finished = finish(account_for(template, language, account), name, language, background=BACKGROUND)
    assert finished.faults == ()
    assert finished.message is not None
    assert f"Subject: {finished.message.subject}\n\n{finished.message.text}" == snapshot


@pytest.mark.parametrize("name", template_catalog())
@pytest.mark.parametrize("language", known_languages())
def test_shipped_words_use_known_names_only(name: str, language: str) -> None:
    tongue = language_of(language)
    assert find_words(name, tongue).names <= known_names(tongue)


def test_a_check_in_asks_for_nothing() -> None:
    for language, words in (("en", ("pay", "due", "overdue", "€")), ("de", ("zahl", "fällig", "€"))):
        message = finish(account_for(template_catalog()["check_in"], language, "many"), "check_in", language).message
        assert message is not None
        assert not [word for word in words if word in message.text.lower()]


@pytest.mark.parametrize("language", known_languages())
def test_firmness_rises_from_courtesy_to_the_last_word(language: str) -> None:
    consequence = {"en": "collection service", "de": "Inkassounternehmen"}[language]
    for name in ("upcoming", "due_today", "reminder_friendly", "reminder_clear", "reminder_firm", "owner_note"):
        message = finish(account_for(template_catalog()[name], language, "many"), name, language).message
        assert message is not None
        assert consequence not in message.text
    last = finish(account_for(template_catalog()["final_notice"], language, "many"), "final_notice", language).message
    assert last is not None
    assert consequence in last.text


@pytest.mark.parametrize("language", known_languages())
@pytest.mark.parametrize("name", [name for name, kind in template_catalog().items() if kind.asks_money])
def test_whoever_is_asked_for_money_learns_whom_to_talk_to(name: str, language: str) -> None:
    facts = account_for(template_catalog()[name], language, "many")
    message = finish(facts, name, language, background=BACKGROUND).message
    assert message is not None
    if template_catalog()[name].medium == "email":
        for part in (message.text, message.html):
            assert facts.speaker.name in part
            assert facts.speaker.email in part
            assert facts.speaker.phone in part
