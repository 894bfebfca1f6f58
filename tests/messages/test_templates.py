"""A template written by a person sees facts and nothing else, and is refused before it can do harm."""

import pytest

from goodterms.messages.catalog import TemplateUnknown
from goodterms.messages.composing import compose
from goodterms.messages.languages import LanguageUnknown, language_of
from goodterms.messages.samples import poor_facts, rich_facts
from goodterms.messages.templates import TemplateFault, compile_words, render_words, split_paragraphs
from goodterms.messages.validating import validate_template

GOOD = """A word about {{ invoice_count }} {{ invoice_count | plural: "invoice", "invoices" }}
---
{{ greeting }}

Please pay {{ total | strong }}{% if deadline %} by {{ deadline }}{% endif %}.

{{ invoice_table }}

{{ payment_details }}
"""


def codes(source: str, template: str = "reminder_clear", language: str = "en") -> set[str]:
    return {fault.code for fault in validate_template(source, template, language)}


def test_a_good_template_has_no_faults() -> None:
    assert codes(GOOD) == set()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{{ greeting }}", "{{ greting }}", "name_unknown"),
        ("{{ greeting }}", "Dear {{ recipient.name }},", "template_invalid"),
        ("{{ greeting }}", "{% if recipient.nam %}x{% endif %}", "name_unknown"),
        ("{{ greeting }}", "{% include 'secret' %}", "template_invalid"),
        ("{{ greeting }}", "{% render 'secret' %}", "template_invalid"),
        ("{{ greeting }}", "{{ 'now' | date: '%Y' }}", "template_invalid"),
        ("{{ greeting }}", "{% if %}", "template_invalid"),
        ("{{ greeting }}", "{% for i in (1..100000000) %}x{% endfor %}", "template_invalid"),
        ("{{ greeting }}", "{{ greeting.__class__.__mro__ }}", "name_unknown"),
        ("{{ greeting }}", "{{ invoice_count | plural: 'a' }}", "template_invalid"),
        ("{{ greeting }}", "{{ greeting | plural: 'a', 'b' }}", "template_invalid"),
        ("{{ greeting }}", "{{ 'a,b' | split: ',' | plural: 'a', 'b' }}", "template_invalid"),
        ("---", "", "template_invalid"),
        ("{{ invoice_table }}", "", "item_missing"),
        ("{{ payment_details }}", "", "payment_details_not_shown"),
        ("{{ greeting }}", "Dear [name],", "placeholder"),
        ("{{ greeting }}", "You liar,", "rude_word"),
        ("{{ greeting }}", "x" * 20_001, "template_long"),
        ("A word about {{ invoice_count }}", "{{ invoice_table }}", "template_invalid"),
    ],
)
def test_a_template_that_cannot_be_right_is_refused_when_it_is_saved(old: str, new: str, expected: str) -> None:
    assert expected in codes(GOOD.replace(old, new))


TEN_TIMES = "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 10 + " | size }}"
DOUBLED = (
    "{% assign l = 'aaaaaaaaaa' | split: '' %}" + "{% assign l = l | concat: l %}" * 40 + "{{ l | join: '' | size }}"
)


@pytest.mark.parametrize(
    "bomb",
    [
        TEN_TIMES,
        DOUBLED,
        "{{ 'aaaaaaaaaaaaaaaaaaaa'" + " | replace: '', 'aaaaaaaaaaaaaaaaaaaa'" * 8 + " | size }}",
        "{{ 'a' | replace_first: '', 'aaaaaaaaaaaaaaaaaaaa' | size }}",
        "{{ (1..9000000000) | join: 'aaaaaaaaaaaaaaaaaaaa' | size }}",
        "{{ (1..9000000000) | reverse | size }}",
        "{{ 9999999999 " + "| times: 9999999999 " * 50 + "}}",
    ],
)
def test_a_filter_says_no_before_it_builds_more_than_a_message_can_hold(bomb: str) -> None:
    words = compile_words(f"x\n---\n{bomb}", language_of("en"))
    with pytest.raises(TemplateFault, match="line 1 of the body"):
        render_words(words, {})


def test_filters_of_an_ordinary_size_do_what_they_did() -> None:
    body = "{{ name | replace: 'l', 'L' | append: '!' }} {{ 'b,a' | split: ',' | sort | join: '-' }} {{ 3 | times: 4 }}"
    words = compile_words(f"x\n---\n{body}", language_of("en"))
    assert render_words(words, {"name": "Example"}).paragraphs == ("ExampLe! a-b 12",)


def test_a_fault_names_the_line_of_the_template() -> None:
    faults = validate_template(GOOD.replace("{{ greeting }}", "{{ greeting | shout }}"), "reminder_clear", "en")
    assert "unknown filter 'shout' (line 1 of the body)" in str(faults[0])


def test_a_deadline_that_a_template_never_names_is_found_by_the_check_and_not_here() -> None:
    assert codes(GOOD.replace("{% if deadline %} by {{ deadline }}{% endif %}", "")) == set()


def test_unknown_templates_and_languages_are_refused() -> None:
    with pytest.raises(TemplateUnknown, match="There is no template called 'poem'"):
        validate_template(GOOD, "poem", "en")
    with pytest.raises(LanguageUnknown, match="There are no words in the language 'xx'"):
        validate_template(GOOD, "reminder_clear", "xx")


def test_a_template_sees_no_method_of_what_it_is_given() -> None:
    words = compile_words("x\n---\n{{ customer.name.upper }}", language_of("en"))
    with pytest.raises(TemplateFault):
        render_words(words, {"customer": {"name": "Example Ltd"}})


def test_what_is_not_there_is_false_in_a_condition_and_an_error_in_print() -> None:
    language = language_of("en")
    asking = compile_words("x\n---\n{% if deadline %}by {{ deadline }}{% else %}soon{% endif %}", language)
    assert render_words(asking, {}).paragraphs == ("soon",)
    with pytest.raises(TemplateFault, match="deadline"):
        render_words(compile_words("x\n---\nby {{ deadline }}", language), {})


def test_paragraphs_stand_between_blank_lines_and_no_break_spaces_survive() -> None:
    assert split_paragraphs("One\nline.\n \n\n  Two\N{NO-BREAK SPACE}lines. \n") == (
        "One line.",
        "Two\N{NO-BREAK SPACE}lines.",
    )


def test_a_block_inside_a_sentence_is_set_between_its_halves() -> None:
    message = compose(poor_facts(), "check_in", "en", source="Hello\n---\nSee {{ invoice_table }} above.")
    before, _, after = message.text.partition("INV-2041")
    assert before.startswith("See\n\n")
    assert "\n\nabove.\n\n" in after


def test_a_long_subject_is_cut_between_words() -> None:
    message = compose(rich_facts(), "check_in", "en", source=f"{'word ' * 60}\n---\nHello.")
    assert len(message.subject) <= 150
    assert message.subject.endswith("word…")
