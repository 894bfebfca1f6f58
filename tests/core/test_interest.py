"""Statutory interest is exact, dated and cited, and the whole-ledger way gives what one claim gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from goodterms.core import interest
from goodterms.core.interest import (
    INTEREST,
    InterestClaim,
    InterestPeriod,
    RateNotKnown,
    RateRule,
    Reduction,
    Regime,
    StatutoryDataInvalid,
    interest_due,
    interest_on_open_items,
    load_regimes,
)
from goodterms.core.money import Money, round_fraction

TABLES = {
    table.name: table.read_text("utf-8")
    for table in files("goodterms.core.statutory").iterdir()
    if table.name.endswith(".toml")
}
REGIMES = load_regimes(TABLES)
CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "interest.yaml").read_text("utf-8"))
DAY = timedelta(days=1)
FIRST, LAST = date(2014, 8, 1), date(2026, 12, 31)

days = st.dates(FIRST, LAST)
spans = st.tuples(days, days).map(sorted).map(lambda pair: (pair[0], pair[1]))
principals = st.integers(0, 10**12)
regimes = st.sampled_from([REGIMES.by_code[code] for code in ("DE", "EU", "GB")])
half_yearly = st.sampled_from([REGIMES.by_code[code] for code in ("DE", "EU")])
reductions = st.lists(st.builds(Reduction, days, st.integers(1, 10**11)), max_size=5)


def _regime(country: str) -> Regime:
    regime = REGIMES.for_country(country)
    assert regime is not None
    return regime


def _money(text: str) -> Money:
    amount_minor, currency = text.split()
    return Money(int(amount_minor), currency)


def _reduction(text: str) -> Reduction:
    day, amount_minor = text.split(", ")
    return Reduction(date.fromisoformat(day), int(amount_minor))


def _line(period: InterestPeriod) -> str:
    return (
        f"{period.from_date} to {period.to_date}, {period.days} days, "
        f"{period.principal_minor} at {period.annual_percent} %, {period.interest_minor}"
    )


def _claim(case: dict[str, Any]) -> InterestClaim:
    paid = [_reduction(text) for text in case.get("reductions", [])]
    return interest_due(_regime(case["country"]), _money(case["principal"]), case["due"], case["until"], paid)


def _exact(claim: InterestClaim) -> Fraction:
    return sum((period.interest for period in claim.breakdown), Fraction(0))


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in case], ids=lambda case: case["name"])
def test_case_gives_what_the_law_gives(case: dict[str, Any]) -> None:
    claim = _claim(case)
    assert claim.interest == _money(case["interest"])
    assert claim.compensation == _money(case["compensation"])
    assert claim.compensation_is_minimum == case.get("compensation_is_minimum", False)
    if "lines" in case:
        assert [_line(period) for period in claim.breakdown] == case["lines"]


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=lambda case: case["name"])
def test_case_outside_the_known_rates_is_refused_with_the_way_out(case: dict[str, Any]) -> None:
    with pytest.raises(getattr(interest, case["error"]), match=case["message"]):
        _claim(case)


@given(
    regime=regimes,
    principal=principals,
    start=st.dates(date(2023, 6, 1), LAST),
    paid=reductions,
    length=st.integers(0, 500),
)
def test_interest_is_the_sum_of_its_days(
    regime: Regime, principal: int, start: date, paid: list[Reduction], length: int
) -> None:
    until = min(start + length * DAY, LAST)
    assume(start < LAST)
    expected = Fraction(0)
    for offset in range(1, (until - start).days + 1):
        day = start + offset * DAY
        left = principal - sum(reduction.amount_minor for reduction in paid if reduction.day < day)
        rate_day = start + DAY if regime.rate_rule is RateRule.FIXED_AT_START else day
        percent = Fraction(regime.annual_percent(rate_day))
        expected += max(left, 0) * percent / (100 * regime.day_count.days_in_year(day))
    claim = interest_due(regime, Money(principal, regime.currency), start, until, paid)
    assert _exact(claim) == expected
    assert claim.interest.amount_minor == round_fraction(expected)


@given(regime=half_yearly, principal=principals, span=spans, middle=days)
def test_interest_of_two_parts_of_a_period_adds_up_before_rounding(
    regime: Regime, principal: int, span: tuple[date, date], middle: date
) -> None:
    due, until = span
    assume(due <= middle <= until)
    debt = Money(principal, "EUR")
    parts = _exact(interest_due(regime, debt, due, middle)) + _exact(interest_due(regime, debt, middle, until))
    assert parts == _exact(interest_due(regime, debt, due, until))


@given(regime=regimes, principal=principals, due=days, ends=spans, paid=reductions)
def test_waiting_longer_never_lowers_the_claim(
    regime: Regime, principal: int, due: date, ends: tuple[date, date], paid: list[Reduction]
) -> None:
    debt = Money(principal, "EUR")
    earlier, later = (interest_due(regime, debt, due, until, paid) for until in ends)
    assert earlier.interest <= later.interest
    assert earlier.compensation <= later.compensation


@given(regime=regimes, principal=principals, span=spans, paid=reductions, seed=st.integers())
def test_the_order_in_which_payments_are_listed_does_not_matter(
    regime: Regime, principal: int, span: tuple[date, date], paid: list[Reduction], seed: int
) -> None:
    shuffled = random.Random(seed).sample(paid, len(paid))
    debt = Money(principal, "EUR")
    assert interest_due(regime, debt, *span, shuffled) == interest_due(regime, debt, *span, paid)


@given(regime=regimes, principal=principals, span=spans, paid_day=days)
def test_nothing_accrues_after_full_payment(
    regime: Regime, principal: int, span: tuple[date, date], paid_day: date
) -> None:
    due, until = span
    debt = Money(principal, "EUR")
    claim = interest_due(regime, debt, due, until, [(paid_day, principal)])
    assert claim == interest_due(regime, debt, due, min(until, paid_day))


@given(regime=regimes, principal=principals, span=spans, paid=reductions)
def test_payments_never_raise_the_interest(
    regime: Regime, principal: int, span: tuple[date, date], paid: list[Reduction]
) -> None:
    debt = Money(principal, "EUR")
    assert interest_due(regime, debt, *span, paid).interest <= interest_due(regime, debt, *span).interest


@given(regime=regimes, principal=principals, span=spans, paid=reductions)
def test_the_lines_of_a_claim_add_up_to_its_total(
    regime: Regime, principal: int, span: tuple[date, date], paid: list[Reduction]
) -> None:
    claim = interest_due(regime, Money(principal, "EUR"), *span, paid)
    assert sum(period.interest_minor for period in claim.breakdown) == claim.interest.amount_minor
    for period in claim.breakdown:
        assert abs(period.interest_minor - period.interest) <= 1
        assert period.days == (period.to_date - period.from_date).days + 1
    for earlier, later in zip(claim.breakdown, claim.breakdown[1:], strict=False):
        assert earlier.to_date < later.from_date


@pytest.mark.parametrize(
    ("country", "code"), [("DE", "DE"), ("GB", "GB"), ("FR", "EU"), (" at ", "EU"), ("BG", "EU"), ("ie", "EU")]
)
def test_each_country_has_its_law(country: str, code: str) -> None:
    assert _regime(country).code == code


@pytest.mark.parametrize("country", ["US", "CH", "", "??", "SE", "PL", "DK"])
def test_a_country_without_a_known_law_is_no_error(country: str) -> None:
    assert REGIMES.for_country(country) is None


def test_every_member_state_of_the_euro_has_a_law() -> None:
    euro_area = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
    assert set(REGIMES.by_country) == {*euro_area.split(), "GB"}


def test_stricter_national_law_is_told() -> None:
    assert "9.2 points" in (_regime("AT").country_note or "")
    assert _regime("NL").country_note is None


def test_a_country_that_joined_later_has_rates_from_its_first_day() -> None:
    assert _regime("HR").known_from == date(2023, 1, 1)
    assert _regime("BG").known_from == date(2026, 1, 1)


def test_the_german_base_rate_follows_the_rate_of_the_european_central_bank() -> None:
    """BGB § 247 moves the base rate by the points of the ECB's rate: since 2014 it is 0.88 below it."""
    for rate in REGIMES.by_code["DE"].rates:
        assert REGIMES.by_code["EU"].rate_on(rate.valid_from).percent - rate.percent == Decimal("0.88")


@pytest.mark.parametrize("code", ["DE", "EU", "GB"])
def test_every_statutory_number_names_its_source(code: str) -> None:
    regime = REGIMES.by_code[code]
    assert regime.legal_basis
    assert all(len(rate.source) > 20 for rate in regime.rates)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "\n[", "is not TOML"),
        (lambda text: text.replace('code = "DE"', ""), "code: Field required"),
        (lambda text: text + '\nurl = "x"', "Extra inputs"),
        (lambda text: text.replace('currency = "EUR"', 'currency = "EURO"'), "not an ISO 4217 code"),
        (lambda text: text.replace('percent = "1.52"', "percent = 1.52"), 'in quotes, "1.52"'),
        (lambda text: text.replace('percent = "1.52"', 'percent = "one"'), "valid decimal"),
        (lambda text: text.replace('percent = "1.52"', 'percent = "1.52345"'), "decimal places"),
        (lambda text: text.replace("valid_from = 2026-07-01", "valid_from = 2027-01-01"), "not 2027-01-01"),
        (lambda text: text.replace("valid_from = 2020-01-01", "valid_from = 2018-01-01"), "valid from 2020-01-01"),
        (lambda text: text.replace("known_until = 2026-12-31", "known_until = 2027-06-30"), "ends on 2026-12-31"),
        (lambda text: text.replace('rate_rule = "each_half_year"', 'rate_rule = "daily"'), "rate_rule"),
        (lambda text: text.replace("each_half_year", "fixed_at_start"), "actual/365 only"),
        (lambda text: text.replace("principal_from_minor = 0", "principal_from_minor = 5"), "compensation starts"),
        (lambda text: text + '\n[country_notes]\nFR = "x"', "country_notes names FR"),
    ],
)
def test_a_faulty_table_is_refused_with_its_name_and_fault(change: Callable[[str], str], message: str) -> None:
    with pytest.raises(StatutoryDataInvalid, match=message) as refusal:
        load_regimes({"de.toml": change(TABLES["de.toml"])})
    assert "de.toml" in str(refusal.value)


def test_two_tables_may_not_claim_the_same_law_or_country() -> None:
    german = TABLES["de.toml"]
    with pytest.raises(StatutoryDataInvalid, match="code DE is already used"):
        load_regimes({"de.toml": german, "de2.toml": german})
    with pytest.raises(StatutoryDataInvalid, match="country DE already belongs"):
        load_regimes({"de.toml": german, "de2.toml": german.replace('code = "DE"', 'code = "D2"')})


items = st.lists(
    st.tuples(
        st.sampled_from(["EUR", "GBP", "JPY"]),
        st.integers(-(10**6), 10**15),
        st.none() | st.dates(date(2011, 1, 1), date(2027, 12, 31)),
        st.sampled_from(["DE", "FR", "GB", "HR", "LT", "US", "SE", None]),
    ),
    max_size=12,
)


def _frame(rows: list[tuple[str, int, date | None, str | None]]) -> pl.DataFrame:
    schema = {
        "invoice_id": pl.Int64(),
        "currency": pl.String(),
        "open_amount_minor": pl.Int64(),
        "due_date": pl.Date(),
        "country": pl.String(),
    }
    return pl.DataFrame([(number, *row) for number, row in enumerate(rows)], schema=schema, orient="row")


def _expected_row(
    number: int, currency: str, open_minor: int, due: date | None, country: str | None, until: date
) -> tuple[object, ...]:
    regime = REGIMES.for_country(country) if country else None
    code, legal_currency = (regime.code, regime.currency) if regime else (None, None)
    if due is None or regime is None:
        problem = "no_due_date" if due is None else "no_regime"
        return (number, code, None, None, legal_currency, None, problem)
    try:
        claim = interest_due(regime, Money(open_minor, currency), due, until)
    except RateNotKnown as error:
        return (number, code, None, None, legal_currency, None, error.problem)
    amounts = (claim.interest.amount_minor, claim.compensation.amount_minor)
    return (number, code, *amounts, legal_currency, claim.compensation_is_minimum, None)


@given(rows=items, until=st.dates(date(2012, 6, 1), date(2027, 6, 30)))
def test_a_whole_ledger_gives_what_single_claims_give(
    rows: list[tuple[str, int, date | None, str | None]], until: date
) -> None:
    frame = interest_on_open_items(REGIMES, _frame(rows), until)
    assert frame.schema == INTEREST
    assert frame.rows() == [_expected_row(number, *row, until) for number, row in enumerate(rows)]


def test_one_item_without_known_rates_does_not_stop_the_others() -> None:
    rows = _frame([("EUR", 100, date(2013, 1, 1), "FR"), ("EUR", 119000, date(2026, 5, 31), "DE")])
    frame = interest_on_open_items(REGIMES, rows, date(2026, 9, 21))
    assert frame["interest_problem"].to_list() == ["before_known_rates", None]
    assert frame["interest_minor"].to_list() == [None, 3851]


def test_the_largest_amounts_keep_every_cent() -> None:
    beyond_float = 9_007_199_254_740_993
    rows = _frame([("EUR", beyond_float, date(2025, 12, 31), "DE")])
    frame = interest_on_open_items(REGIMES, rows, date(2026, 1, 1))
    assert frame["interest_minor"].to_list() == [round_fraction(Fraction(beyond_float * 1027, 3_650_000))]


def test_a_law_with_another_end_says_so_in_its_own_words() -> None:
    shorter = replace(_regime("DE"), known_until=date(2026, 6, 30))
    with pytest.raises(RateNotKnown, match=r"de\.toml.*2026-06-30.*valid from 2026-07-01"):
        interest_due(shorter, Money(1, "EUR"), date(2026, 6, 1), date(2026, 7, 1))
