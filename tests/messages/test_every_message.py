"""Whatever the facts, a composed message passes the check, says the same in both parts, and holds no live markup."""

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inscriptis import get_text

from goodterms.messages.catalog import template_catalog
from goodterms.messages.checking import check, read_html
from goodterms.messages.composing import compose
from goodterms.messages.facts import Facts
from goodterms.messages.languages import known_languages, language_of
from goodterms.messages.message import Message
from goodterms.messages.reading import read_amounts, read_dates
from goodterms.messages.templates import find_words
from tests.messages.strategies import facts_with_something_to_ask

E_MAILS = [name for name, template in template_catalog().items() if template.medium == "email"]
MESSAGES = [(name, language) for name in E_MAILS for language in known_languages()]


def facts_for(name: str, language: str) -> st.SearchStrategy[Facts]:
    template = template_catalog()[name]
    with_deadline = "deadline" in find_words(name, language_of(language)).names
    return facts_with_something_to_ask(
        with_deadline=with_deadline, interest=template.interest, looks_ahead=template.looks_ahead
    )


@st.composite
def messages(draw: st.DrawFn) -> tuple[Facts, Message]:
    name, language = draw(st.sampled_from(MESSAGES))
    facts = draw(facts_for(name, language))
    assume(facts.asked_items)
    return facts, compose(facts, name, language)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(messages())
def test_true_facts_make_a_message_without_faults(made: tuple[Facts, Message]) -> None:
    facts, message = made
    assert check(message, facts) == ()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(messages())
def test_both_parts_name_the_same_amounts_and_dates(made: tuple[Facts, Message]) -> None:
    facts, message = made
    language = language_of(message.language)
    shown = get_text(message.html)
    for number in [item.number for item in facts.asked_items if message.template in E_MAILS]:
        assert (number in message.text) == (number in read_html(message.html))
    in_text = {found.money for found in read_amounts(message.text, language)}
    in_html = {found.money for found in read_amounts(shown, language)}
    assert in_text - in_html == set()
    days_in_text = {seen.day for seen in read_dates(message.text, language)}
    assert days_in_text - {seen.day for seen in read_dates(shown, language)} == set()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(messages())
def test_no_fact_becomes_markup(made: tuple[Facts, Message]) -> None:
    _, message = made
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z]+)", message.html)}
    assert "script" not in tags
    assert not re.search(r"[\ue000-\uf8ff\u202a-\u202e\u2066-\u2069]", message.html + message.text + message.subject)
    assert "\n" not in message.subject


@pytest.mark.parametrize(("name", "language"), MESSAGES)
def test_every_template_exists_in_every_language(name: str, language: str) -> None:
    assert find_words(name, language_of(language)).names
