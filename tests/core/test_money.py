"""Money neither appears nor vanishes, and currencies are never mixed."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.money import (
    CURRENCIES,
    CurrencyMismatch,
    Money,
    Rounding,
    UnknownCurrency,
    minor_digits,
    round_fraction,
)

amounts = st.integers(-(10**18), 10**18)
currencies = st.sampled_from(sorted(CURRENCIES))
money = st.builds(Money, amounts, currencies)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("EUR", 2),
        ("GBP", 2),
        ("JPY", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("IQD", 3),
        ("CLF", 4),
        ("UGX", 0),
        ("BGN", 2),
    ],
)
def test_minor_digits_follow_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


def test_every_listed_currency_exists() -> None:
    assert not CURRENCIES - set(list_currencies())


@pytest.mark.parametrize("code", ["", "eur", "€", "XXX", "EURO"])
def test_an_unknown_currency_is_refused_with_its_name(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="ISO 4217"):
        Money(1, code)


@pytest.mark.parametrize("amount", [1.0, True, Decimal(1), "1"])
def test_only_whole_minor_units_make_an_amount(amount: object) -> None:
    with pytest.raises(TypeError, match="minor units"):
        Money(cast(int, amount), "EUR")


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_currencies_are_never_mixed(operation: str) -> None:
    with pytest.raises(CurrencyMismatch, match="EUR and GBP"):
        getattr(Money(1, "EUR"), operation)(Money(1, "GBP"))


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__"])
def test_money_is_not_combined_with_bare_numbers(operation: str) -> None:
    with pytest.raises(TypeError, match="Money only"):
        getattr(Money(1, "EUR"), operation)(1)


def test_equal_numbers_in_different_currencies_are_not_equal() -> None:
    assert Money(1, "EUR") != Money(1, "USD")


@given(a=amounts, b=amounts, currency=currencies)
def test_adding_and_taking_away_again_changes_nothing(a: int, b: int, currency: str) -> None:
    left, right = Money(a, currency), Money(b, currency)
    assert left + right - right == left
    assert left + right == right + left
    assert left - right == -(right - left)


@given(a=amounts, b=amounts, currency=currencies)
def test_amounts_compare_like_their_numbers(a: int, b: int, currency: str) -> None:
    left, right = Money(a, currency), Money(b, currency)
    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)
    assert bool(left) == (a != 0)


@given(amount=money, parts=st.integers(1, 60))
def test_split_parts_add_up_and_keep_the_sign(amount: Money, parts: int) -> None:
    split = amount.split(parts)
    assert len(split) == parts
    assert sum(part.amount_minor for part in split) == amount.amount_minor
    assert len(set(split[:-1])) <= 1
    assert all(part.amount_minor * amount.amount_minor >= 0 for part in split)
    assert abs(split[-1].amount_minor) - abs(split[0].amount_minor) < parts


def test_the_rounding_of_a_split_falls_on_the_last_part() -> None:
    assert [part.amount_minor for part in Money(10_000, "EUR").split(3)] == [3333, 3333, 3334]
    assert [part.amount_minor for part in Money(-10, "JPY").split(4)] == [-2, -2, -2, -4]


def test_a_split_into_no_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        Money(1, "EUR").split(0)


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "down"),
    [("1/2", 1, 0, 0), ("-1/2", -1, 0, 0), ("5/2", 3, 2, 2), ("-5/2", -3, -2, -2), ("49/100", 0, 0, 0)],
)
def test_rounding_is_the_one_stated(value: str, half_up: int, half_even: int, down: int) -> None:
    exact = Fraction(value)
    assert round_fraction(exact) == half_up
    assert round_fraction(exact, Rounding.HALF_EVEN) == half_even
    assert round_fraction(exact, Rounding.DOWN) == down


@given(amount=money, factor=st.fractions(-10, 10), rounding=st.sampled_from(Rounding))
def test_a_product_is_at_most_one_minor_unit_from_exact(amount: Money, factor: Fraction, rounding: Rounding) -> None:
    error = amount.multiply(factor, rounding).amount_minor - amount.amount_minor * factor
    assert abs(error) < 1 if rounding is Rounding.DOWN else abs(error) <= Fraction(1, 2)


def test_a_product_rounds_half_up_once() -> None:
    assert Money(50, "EUR") * Decimal("0.01") == Money(1, "EUR")
    assert 3 * Money(7, "EUR") == Money(21, "EUR")


def test_a_float_factor_is_refused() -> None:
    with pytest.raises(TypeError, match="Fraction, Decimal or int"):
        Money(100, "EUR").multiply(cast(Any, 0.1))


@given(amount=money)
def test_decimal_shows_the_exact_amount_with_the_currency_digits(amount: Money) -> None:
    shown = amount.to_decimal()
    assert Fraction(shown) * 10 ** minor_digits(amount.currency) == amount.amount_minor
    assert -int(shown.as_tuple().exponent) == minor_digits(amount.currency)


@given(amount=money)
def test_json_keeps_the_amount(amount: Money) -> None:
    assert Money.from_json(json.loads(json.dumps(amount.to_json()))) == amount
    assert set(amount.to_json()) == {"amount_minor", "currency"}
