"""Court fees by the printed tables, and a chance that is named only where history says something."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.court_costs import CourtFeeUnknown, court_fee
from goodterms.core.last_resort import HISTORY, CaseFigures, Chance, estimate_chance, wilson
from goodterms.core.money import Money
from goodterms.followup.statutory import shipped_court_tables

TABLES = shipped_court_tables()
DAY = date(2026, 3, 10)


def fee(country: str, amount: int) -> int:
    currency = {"DE": "EUR", "GB": "GBP"}[country]
    return court_fee(TABLES, country, Money(amount, currency), DAY).amount.amount_minor


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (1, 38_00), (500_00, 38_00), (1_000_00, 38_00), (1_000_01, 41_00), (1_500_00, 41_00), (2_000_00, 51_50),
        (3_000_00, 62_75), (5_000_00, 85_25), (10_000_00, 141_50), (13_000_00, 156_75), (25_000_00, 217_75),
        (30_000_00, 238_00), (50_000_00, 319_00), (65_000_00, 389_00), (95_000_00, 529_00),
    ],
)  # fmt: skip
def test_a_german_order_to_pay_costs_half_a_fee_of_the_printed_table(claim: int, expected: int) -> None:
    assert fee("DE", claim) == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (300_00, 35_00), (300_01, 50_00), (500_00, 50_00), (1_000_00, 70_00), (1_500_00, 80_00), (3_000_00, 115_00),
        (5_000_00, 205_00), (10_000_00, 455_00), (10_000_01, 500_00), (12_345_67, 617_28), (200_000_00, 10_000_00),
        (900_000_00, 10_000_00),
    ],
)  # fmt: skip
def test_a_money_claim_in_england_costs_what_the_court_lists(claim: int, expected: int) -> None:
    assert fee("GB", claim) == expected


@given(st.integers(1, 10**9), st.integers(0, 10**7), st.sampled_from(["DE", "GB"]))
def test_a_larger_claim_never_costs_less(claim: int, more: int, country: str) -> None:
    assert fee(country, claim) <= fee(country, claim + more)


def test_what_no_table_vouches_for_is_no_figure() -> None:
    with pytest.raises(CourtFeeUnknown, match="vouched for until 2026-12-31"):
        court_fee(TABLES, "DE", Money(1, "EUR"), date(2027, 1, 1))
    with pytest.raises(CourtFeeUnknown, match="not known"):
        court_fee(TABLES, "DE", Money(1, "EUR"), date(2025, 5, 31))
    with pytest.raises(CourtFeeUnknown, match="in EUR, not GBP"):
        court_fee(TABLES, "DE", Money(1, "GBP"), DAY)
    with pytest.raises(CourtFeeUnknown, match="FR"):
        court_fee(TABLES, "FR", Money(1, "EUR"), DAY)


def history(*rows: tuple[int, int, bool, bool]) -> pl.DataFrame:
    """Rows of amount, open days, over, paid; all of one currency and of failing customers."""
    return pl.DataFrame(
        [{"currency": "EUR", "profile": "failing", "amount_minor": a, "open_days": d, "is_over": o, "was_paid": p}
         for a, d, o, p in rows], schema=HISTORY,
    )  # fmt: skip


def chance(rows: pl.DataFrame, profile: str = "failing") -> Chance | None:
    return estimate_chance(rows, currency="EUR", amount_minor=1000, age_days=100, profile=profile)


def test_the_chance_counts_comparable_cases_alone() -> None:
    cases = [(1000, 150, True, True)] * 6 + [(1000, 150, True, False)] * 2 + [(1000, 600, False, False)] * 4
    others = [(1000, 200, False, False)] * 50 + [(90_000, 150, True, True)] * 50 + [(1000, 99, True, True)] * 50
    found = chance(history(*cases, *others))
    assert found is not None
    assert (found.paid, found.cases) == (6, 12)
    assert "of failing customers" in found.basis
    of_others = chance(history(*cases), "chronic")
    assert of_others is not None
    assert of_others.basis.endswith("of similar size")


def test_a_handful_of_cases_names_no_chance() -> None:
    assert chance(history(*[(1000, 150, True, True)] * 9)) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_nothing_and_all(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


def test_the_interval_is_that_of_the_textbook() -> None:
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def test_the_expected_net_loses_the_fee_only_where_nothing_comes_in() -> None:
    cost = court_fee(TABLES, "DE", eur(100_00), DAY)
    sure = CaseFigures(
        eur(90_00), eur(5_00), eur(5_00), cost, "", chance(history(*[(1000, 150, True, True)] * 20)), 100
    )
    assert sure.expected_net is not None
    assert sure.expected_net[2] == eur(100_00)
    assert sure.expected_net[0] < sure.expected_net[1] <= sure.expected_net[2]
    never = replace(sure, chance=chance(history(*[(1000, 150, True, False)] * 20)))
    assert never.expected_net is not None
    assert never.expected_net[1] == eur(-38_00)
