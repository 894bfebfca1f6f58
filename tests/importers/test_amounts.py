"""Amounts keep every minor unit, whatever way a program writes them, and are never guessed."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.money import CURRENCIES, Money, minor_digits
from goodterms.importers.amounts import AmountUnclear, find_mark, read_amount, take_apart, to_minor
from goodterms.importers.refusals import AmountsAmbiguous, AmountsContradict

THOUSANDS = {".": [",", "'", "’", " ", "\u00a0", "\u202f", ""], ",": [".", "'", "’", " ", "\u00a0", "\u202f", ""]}
SIGNS = ["-{}", "{}-", "({})", "−{}", "- {}", "({})", "{} CR", "-{}"]


def read(texts: Sequence[str | None], mark: str = ".", currency: str = "EUR") -> list[int | None]:
    parts = take_apart(pl.Series("text", texts, dtype=pl.String))
    return to_minor(parts, mark, pl.Series([currency] * len(texts)))["minor"].to_list()  # type: ignore[arg-type]


def mark_of(*texts: str) -> str | None:
    return find_mark("file.csv", {"Total": take_apart(pl.Series("text", texts))}, None, None)


def written(minor: int, currency: str, mark: str, thousands: str, sign: str) -> str:
    digits = minor_digits(currency)
    size = abs(minor)
    whole = f"{size // 10**digits:,}".replace(",", thousands)
    text = whole + (mark + f"{size % 10**digits:0{digits}d}" if digits else "")
    return sign.format(text) if minor < 0 else text


@given(
    minor=st.integers(-(10**14), 10**14),
    currency=st.sampled_from(sorted(CURRENCIES)),
    mark=st.sampled_from([".", ","]),
    pick=st.integers(0, 100),
    sign=st.sampled_from(SIGNS),
)
def test_no_minor_unit_is_lost_however_an_amount_is_written(
    minor: int, currency: str, mark: str, pick: int, sign: str
) -> None:
    thousands = THOUSANDS[mark][pick % len(THOUSANDS[mark])]
    assert read([written(minor, currency, mark, thousands, sign)], mark, currency) == [minor]


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_money_is_read_back_as_it_is_written(minor: int, currency: str) -> None:
    assert read([str(Money(minor, currency).to_decimal())], ".", currency) == [minor]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1,284.50", 128450),
        ("(150.00)", -15000),
        ("$1,134.50", 113450),
        ("-$5.00", -500),
        ("$(5.00)", -500),
        ("EUR 5", 500),
        ("5 EUR", 500),
        ("5.00 €", 500),
        ("NZ$4", 400),
        (".50", 50),
        ("12.", 1200),
        ("-", 0),
        ("1,00,000.00", 10000000),
        ("12.3400", 1234),
        ("0.00", 0),
        ("150.00-", -15000),
        ("150.00 DR", 15000),
    ],
)
def test_signs_brackets_and_currencies_are_understood(text: str, minor: int) -> None:
    assert read([text]) == [minor]


@pytest.mark.parametrize("text", ["abc", "1e5", "12 34", "1.2.3", "1,23,4.0", "--5", "5%", "1/2", "5 5.00", "NaN", "٣"])
def test_what_is_no_amount_is_not_read_as_one(text: str) -> None:
    assert read([text]) == [None]


def test_more_decimals_than_the_currency_has_are_a_fault_not_rounded() -> None:
    parts = take_apart(pl.Series(["1.005", "1234.567", "5.00"]))
    read_ = to_minor(parts, ".", pl.Series(["EUR", "EUR", "JPY"]))
    assert read_["fault"].to_list() == ["too_many_decimals", "too_many_decimals", None]


def test_an_impossibly_large_amount_is_a_fault() -> None:
    read_ = to_minor(take_apart(pl.Series(["9" * 30])), None, pl.Series(["EUR"]))
    assert read_.rows() == [(None, "too_large")]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,284.50"], "."),
        (["1.284,50"], ","),
        (["1.234", "2.50"], "."),
        (["1.234", "2,50"], ","),
        (["1.000.000"], ","),
        (["1,000,000"], "."),
        (["12", "1"], None),
        (["0.125"], "."),
        (["1234.567"], "."),
        (["1.2.3", "abc"], None),
    ],
)
def test_the_decimal_mark_follows_from_the_amounts_that_show_it(texts: list[str], mark: str | None) -> None:
    assert mark_of(*texts) == mark


def test_an_amount_that_could_be_thousands_is_refused_with_itself_as_example() -> None:
    with pytest.raises(AmountsAmbiguous) as refusal:
        mark_of("1.234", "5.678", "12")
    text = str(refusal.value)
    assert all(part in text for part in ("file.csv", "'Total'", "1.234", "--decimal .", "--decimal ,"))


def test_both_marks_in_one_file_are_refused_with_an_example_of_each() -> None:
    with pytest.raises(AmountsContradict, match=r"1\.00 has a decimal point but 1\.234,50 a decimal comma"):
        mark_of("1.234,50", "1.00")


def test_one_odd_cell_among_many_is_that_cells_fault() -> None:
    texts = [f"{number}.50" for number in range(40)] + ["7,25"]
    assert mark_of(*texts) == "."
    assert read(texts)[-1] is None


def test_what_the_person_says_comes_first() -> None:
    columns = {"Total": take_apart(pl.Series(["1.234"]))}
    assert find_mark("f", columns, ",", None) == ","
    assert find_mark("f", columns, None, ",") == ","
    assert read(["1.234"], ",") == [123400]


@pytest.mark.parametrize(("text", "minor"), [("1234.50", 123450), ("1.234,50", 123450), ("1,5", 150), ("100", 10000)])
def test_a_typed_amount_is_read(text: str, minor: int) -> None:
    assert read_amount(text, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize("text", ["1.234", "abc", "1.005", ""])
def test_a_typed_amount_that_is_unclear_is_refused(text: str) -> None:
    with pytest.raises(AmountUnclear, match=r"like 1234\.50"):
        read_amount(text, "EUR")


def test_decimal_agrees() -> None:
    assert Money(read(["1284.50"])[0] or 0, "EUR").to_decimal() == Decimal("1284.50")
