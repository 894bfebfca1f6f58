"""What we write we can read back, exactly, in every language."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.money import CURRENCIES, Money
from goodterms.messages.languages import Language, known_languages, language_of
from goodterms.messages.reading import read_amounts, read_dates

languages = st.sampled_from(known_languages()).map(language_of)


@given(languages, st.integers(-(10**14), 10**14), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_written_is_read_back_as_the_same_amount(language: Language, minor: int, currency: str) -> None:
    money = Money(minor, currency)
    found = list(read_amounts(f"Please pay {language.amount(money)} now", language))
    assert [amount.money for amount in found] == [money]


@given(languages, st.integers(0, 10**12), st.sampled_from(["EUR", "USD", "GBP", "JPY"]))
def test_an_amount_is_written_as_babel_writes_it(language: Language, minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert language.amount(money) == format_currency(money.to_decimal(), currency, locale=language.locale)


@given(languages, st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["full", "long", "short"]))
def test_a_date_written_is_read_back_as_the_same_date(language: Language, day: date, style: str) -> None:
    found = list(read_dates(f"by {language.date(day, style)}, please", language))
    assert [seen.day for seen in found] == [day]


@given(languages, st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(1, 6))
def test_a_date_with_another_weekday_is_no_date(language: Language, day: date, shift: int) -> None:
    wrong = language.date(day + timedelta(days=shift), "full").split(" ")[0]
    right = language.date(day, "full").split(" ")
    assert [seen.day for seen in read_dates(" ".join([wrong, *right[1:]]), language)] == [None]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("en", "invoice 5 €6.00", [600]),
        ("en", "INV-2031 €7.00", [700]),
        ("en", "Order 12 EUR", [1200]),
        ("en", "12 items, 3 days", []),
        ("en", "€1,23 and €1.234", [None, None]),
        ("de", "Nr. 12 3,00 €, dann 4,00 €", [300, 400]),
        ("de", "€ 5", [500]),
        ("de", "INV-5,00 €", [500]),
        ("de", "1,234.50 €", [None]),
        ("de", "-1.000,00 €", [-100000]),
    ],
)
def test_numbers_are_amounts_only_beside_a_currency(code: str, text: str, expected: list[int | None]) -> None:
    found = read_amounts(text, language_of(code))
    assert [amount.money and amount.money.amount_minor for amount in found] == expected


@pytest.mark.parametrize(
    ("code", "count", "expected"),
    [
        ("en", 1, "1 day overdue"),
        ("en", 3, "3 days overdue"),
        ("de", 1, "seit 1 Tag überfällig"),
        ("de", 2, "seit 2 Tagen überfällig"),
    ],
)
def test_counts_agree_with_their_nouns(code: str, count: int, expected: str) -> None:
    assert language_of(code).count(count, "overdue") == expected


def test_lists_and_percentages_are_written_as_the_language_does() -> None:
    english, german = language_of("en"), language_of("de")
    assert english.join(["A", "B", "C"]) == "A, B and C"
    assert german.join(["A", "B"]) == "A und B"
    assert english.percent(Decimal("11.27")) == "11.27%"
    assert german.percent(Decimal("11.27")) == "11,27\N{NO-BREAK SPACE}%"


def test_every_language_has_the_same_labels() -> None:
    english = language_of("en")
    for code in known_languages():
        language = language_of(code)
        assert set(language.labels) == set(english.labels)
        assert set(language.call_labels) == set(english.call_labels)
        assert set(language.habits) == set(english.habits)
        assert set(language.profiles) == set(english.profiles)
        assert {name: len(options) for name, options in language.answers.items()} == {
            name: len(options) for name, options in english.answers.items()
        }
