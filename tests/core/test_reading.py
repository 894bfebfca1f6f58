"""Reading a reply: days against the mail's own date and language, amounts, exact quotes, and the measured set."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.reading.amounts import find_amounts
from goodterms.core.reading.dates import find_dates
from goodterms.core.reading.reader import Suggestion
from goodterms.core.reading.rules import KINDS, ReadingRulesInvalid, compile_reading
from goodterms.core.reading.sentences import sentences
from goodterms.followup.models import Dispute
from goodterms.followup.reading import read_mail, reading_rules
from tests.core.reply_set import kinds_counted, labelled, measure, table

TUESDAY = date(2026, 3, 10)


def read(text: str, language: str = "en", on: date = TUESDAY) -> dict[str, Suggestion]:
    return {suggestion.kind: suggestion for suggestion in read_mail(text, language, on)[1]}


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "next Friday", date(2026, 3, 20)),
        ("en", "this Friday", date(2026, 3, 13)),
        ("en", "on Tuesday", date(2026, 3, 17)),
        ("en", "in two weeks", date(2026, 3, 24)),
        ("en", "within 10 working days", date(2026, 3, 24)),
        ("en", "the 15th", date(2026, 3, 15)),
        ("en", "the 5th", date(2026, 4, 5)),
        ("en", "15 January", date(2026, 1, 15)),
        ("en", "March 31st, 2026", date(2026, 3, 31)),
        ("en", "20/03/2026", date(2026, 3, 20)),
        ("en", "end of February", date(2026, 2, 28)),
        ("en", "the beginning of next month", date(2026, 4, 5)),
        ("en", "Monday week", date(2026, 3, 23)),
        ("en", "a week from today", date(2026, 3, 17)),
        ("de", "Ende des Monats", date(2026, 3, 31)),
        ("de", "am 15.", date(2026, 3, 15)),
        ("de", "am 9.", date(2026, 4, 9)),
        ("de", "nächste Woche Freitag", date(2026, 3, 20)),
        ("de", "Freitag nächster Woche", date(2026, 3, 20)),
        ("de", "übernächste Woche Montag", date(2026, 3, 23)),
        ("de", "kommenden Freitag", date(2026, 3, 13)),
        ("de", "innerhalb von 10 Tagen", date(2026, 3, 20)),
        ("de", "zum 1. April", date(2026, 4, 1)),
        ("de", "KW 13", date(2026, 3, 27)),
        ("de", "20.3.", date(2026, 3, 20)),
    ],
)
def test_a_day_is_told_from_the_mails_own_date(language: str, text: str, day: date) -> None:
    assert [found.day for found in find_dates(text, language, TUESDAY)] == [day]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We may pay"),
        ("en", "we wed the two offers"),
        ("en", "it is march"),
        ("en", "version 1.2.3.4"),
        ("en", "on Wednesdays"),
        ("en", "31/02/2026"),
        ("de", "Guten Morgen"),
        ("de", "freitags"),
        ("de", "Rechnung Nr. 2031"),
    ],
)
def test_what_only_looks_like_a_day_is_none(language: str, text: str) -> None:
    assert find_dates(text, language, TUESDAY) == []


def test_american_mails_put_the_month_first() -> None:
    assert find_dates("3/4/2026", "en", TUESDAY, is_month_first=True)[0].day == date(2026, 3, 4)
    assert find_dates("3/4/2026", "en", TUESDAY)[0].day == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("£1,500.00", 150000, "GBP"),
        ("1.250,00 €", 125000, "EUR"),
        ("EUR 1.000", 100000, "EUR"),
        ("800 euros", 80000, "EUR"),
        ("230.50 EUR", 23050, "EUR"),
        ("CHF 1'200.50", 120050, "CHF"),
        ("500,- EUR", 50000, "EUR"),
        ("JPY 5000", 5000, "JPY"),
        ("$2,400", 240000, "USD"),
    ],
)
def test_an_amount_is_read_in_its_currency(text: str, minor: int, currency: str) -> None:
    (found,) = find_amounts(f"We send {text} now.")
    assert (found.amount_minor, found.currency) == (minor, currency)


def test_a_bare_number_is_no_amount() -> None:
    assert list(find_amounts("Invoice 2031 of 12 boxes, 10% off")) == []


def test_the_issues_example() -> None:
    promise = read("We will pay half next Friday.")["promise"]
    assert (promise.day, promise.share, promise.quote) == (
        date(2026, 3, 20),
        Fraction(1, 2),
        "We will pay half next Friday.",
    )


def test_several_things_in_one_mail_are_all_suggested() -> None:
    found = read("Please resend invoice 2031. Invoice 2030 was paid last week. We will pay 2032 on 20 March.")
    assert set(found) == {"copy_wanted", "already_paid", "promise"}


@pytest.mark.parametrize(
    "text",
    [
        "We will not pay on Friday.",
        "We cannot promise to pay on Friday.",
        "Will you send somebody on Friday?",
        "We never said we would pay on Friday.",
        "Wir zahlen am Freitag nicht.",
        "Sollen wir am Freitag zahlen?",
    ],
)
def test_a_no_or_a_question_is_no_promise(text: str) -> None:
    assert "promise" not in read(text)


def test_the_mails_own_language_is_used() -> None:
    assert read("Wir zahlen am Freitag, bitte haben Sie noch Geduld.", "en")["promise"].day == date(2026, 3, 13)
    assert read("We will pay on Friday and that is it.", "de")["promise"].day == date(2026, 3, 13)


def test_an_ordinal_number_ends_no_sentence() -> None:
    text = "Wir zahlen am 15. April. Danke. Die Rechnung Nr. 7 fehlt."
    assert [span.text for span in sentences(text)] == [
        "Wir zahlen am 15. April.",
        "Danke.",
        "Die Rechnung Nr. 7 fehlt.",
    ]


@given(st.text(max_size=300), st.sampled_from(["en", "de"]), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_text_is_read_and_quoted_exactly(text: str, language: str, on: date) -> None:
    for suggestion in read_mail(text, language, on)[1]:
        assert text[suggestion.start : suggestion.end] == suggestion.quote


@pytest.mark.parametrize("row", labelled("train") + labelled("test"), ids=lambda row: row.text[:40])
def test_every_quote_is_an_exact_part_of_the_mail(row: object) -> None:
    text = row.text  # type: ignore[attr-defined]
    for suggestion in read_mail(text, "en", TUESDAY)[1]:
        assert text[suggestion.start : suggestion.end] == suggestion.quote


def test_a_rule_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ReadingRulesInvalid, match="cannot be used"):
        compile_reading({"language": "en", "words": "", "shares": {}, "rule": [{"kind": "joke", "find": ["x"]}]})
    with pytest.raises(ReadingRulesInvalid, match="bad pattern"):
        compile_reading({"language": "en", "words": "", "shares": {}, "rule": [{"kind": "promise", "find": ["("]}]})


def test_every_reason_of_a_dispute_rule_is_one_of_ours() -> None:
    reasons = {rule.reason for rules in reading_rules().values() for rule in rules.rules if rule.kind == "dispute"}
    assert reasons <= set(Dispute.Reason.values)


def test_the_labelled_set_is_large_and_its_parts_are_apart() -> None:
    train, test = labelled("train"), labelled("test")
    assert len(train) + len(test) >= 400
    assert not {row.text for row in train} & {row.text for row in test}
    assert set(kinds_counted("test")) == {*KINDS, "none"}


def test_the_answers_kept_apart_are_read_well_enough() -> None:
    """The floors of precision and recall: a suggestion that is wrong costs trust, one that is missed costs a click."""
    measured = measure("test")
    scores = measured.scores
    shown = table(measured)
    for kind in KINDS:
        assert scores[kind].precision >= 0.9, shown
        assert scores[kind].recall >= 0.8, shown
    assert scores["promise"].precision >= 0.95, shown
    assert scores["promise: day"].precision >= 0.95, shown
    assert scores["promise: amount or share"].precision >= 0.95, shown
    assert scores["dispute: reason"].precision >= 0.9, shown
