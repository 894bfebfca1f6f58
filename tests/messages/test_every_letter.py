"""Whatever the facts, a letter passes the check, and its pages can be set."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from goodterms.channels.letter_rendering import Unprintable, render_letters
from goodterms.messages.catalog import template_catalog
from goodterms.messages.checking import check
from goodterms.messages.composing import compose
from goodterms.messages.facts import Facts
from goodterms.messages.languages import known_languages
from goodterms.messages.message import Message
from tests.conftest import NOW
from tests.messages.test_every_message import facts_for

NAMES = [name for name, template in template_catalog().items() if template.medium == "letter"]
LETTERS = [(name, language) for name in NAMES for language in known_languages()]
LINES = st.sampled_from(
    [("2 Sample Road", "Exampleton EX2 3AB"), ("Musterweg 7", "3011 Bern"), ("#x $y$ ]", "1 January 2026")]
)


@st.composite
def letters(draw: st.DrawFn) -> tuple[Facts, Message]:
    name, language = draw(st.sampled_from(LETTERS))
    facts = draw(facts_for(name, language))
    assume(facts.asked_items)
    facts = replace(facts, recipient=replace(facts.recipient, postal=draw(LINES), country="CH"))
    facts = replace(facts, sender=replace(facts.sender, country=draw(st.sampled_from(["DE", "GB", "US", "CH"]))))
    return facts, compose(facts, name, language)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(letters())
def test_true_facts_make_a_letter_without_faults(made: tuple[Facts, Message]) -> None:
    facts, message = made
    assert message.letter is not None
    assert check(message, facts) == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(letters())
def test_every_letter_can_be_set_or_is_refused_for_a_sign_no_font_has(made: tuple[Facts, Message]) -> None:
    letter = made[1].letter
    assert letter is not None
    with suppress(Unprintable):
        assert render_letters([letter], NOW).startswith(b"%PDF-")
