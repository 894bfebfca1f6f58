"""Pay runs: suggested only where the payments plainly follow one, and never missed by a day."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodterms.core.calendar import is_business_day
from goodterms.core.pay_runs import (
    SUGGESTIONS,
    PayRunRule,
    is_before_cut_off,
    next_pay_run,
    pay_run_ahead,
    suggest_pay_runs,
    working_days_before,
)
from goodterms.core.red_tape import QUESTIONS, list_missing

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
COUNTRIES = st.sampled_from(["DE", "GB", "US", "FR", ""])
RULES = st.one_of(
    st.lists(st.integers(1, 5), min_size=1, max_size=2, unique=True).map(lambda d: PayRunRule("weekday", tuple(d))),
    st.lists(st.integers(1, 31), min_size=1, max_size=2, unique=True).map(
        lambda d: PayRunRule("day_of_month", tuple(d))
    ),
)


def paid(*days: date, customer: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": [customer] * len(days), "country": ["DE"] * len(days), "paid_date": list(days)},
        schema={"customer_id": pl.Int64, "country": pl.String, "paid_date": pl.Date},
    )


@settings(deadline=None)
@given(rule=RULES, country=COUNTRIES, since=DAYS)
def test_a_pay_run_is_a_working_day_not_before_today(rule: PayRunRule, country: str, since: date) -> None:
    run = next_pay_run(rule, country, since)
    assert since <= run <= since + timedelta(days=75)
    assert is_business_day(country, run)


@settings(deadline=None)
@given(rule=RULES, country=COUNTRIES, today=DAYS, cut_off=st.integers(0, 12))
def test_the_cut_off_lies_so_many_working_days_before_and_not_behind_us(
    rule: PayRunRule, country: str, today: date, cut_off: int
) -> None:
    ahead = pay_run_ahead(rule, country, today, cut_off)
    between = [ahead.cut_off_date + timedelta(days=n) for n in range((ahead.pay_run_date - ahead.cut_off_date).days)]
    assert today <= ahead.cut_off_date
    assert sum(is_business_day(country, day) for day in between) == cut_off


@settings(deadline=None)
@given(rule=RULES, country=COUNTRIES, today=DAYS, cut_off=st.integers(0, 8), lead=st.integers(0, 5))
def test_no_cut_off_passes_without_its_days_of_warning(
    rule: PayRunRule, country: str, today: date, cut_off: int, lead: int
) -> None:
    """Ranges, never equality: on the cut-off itself, and on each of the days before it, there is still time."""
    ahead = pay_run_ahead(rule, country, today, cut_off)
    assert is_before_cut_off(rule, country, ahead.cut_off_date, cut_off, lead)
    assert is_before_cut_off(rule, country, working_days_before(country, ahead.cut_off_date, 0), cut_off, lead)


@settings(deadline=None)
@given(st.lists(DAYS, max_size=40))
def test_a_suggestion_explains_what_it_claims(days: list[date]) -> None:
    for row in suggest_pay_runs(paid(*days)).iter_rows(named=True):
        assert 0.75 <= row["share"] <= 1
        assert 5 <= row["count"] <= 24
        PayRunRule(row["pay_run"], tuple(row["pay_run_days"]))


def test_payments_on_fridays_suggest_a_weekly_run() -> None:
    fridays = [date(2026, 1, 2) + timedelta(weeks=n) for n in (0, 1, 3, 4, 6, 9, 11)]
    assert suggest_pay_runs(paid(*fridays, date(2026, 2, 17))).row(0) == (1, "weekday", [5], 7 / 8, 8)


def test_payments_around_the_25th_suggest_that_day_though_weekends_move_it() -> None:
    days = [
        date(2026, 1, 26),
        date(2026, 2, 25),
        date(2026, 3, 25),
        date(2026, 4, 24),
        date(2026, 5, 26),
        date(2026, 6, 25),
    ]
    assert suggest_pay_runs(paid(*days)).row(0) == (1, "day_of_month", [25], 1.0, 6)


def test_two_days_a_month_are_found_together() -> None:
    days = [date(2026, month, day) for month in range(1, 7) for day in (10, 25)]
    moved = [next_pay_run(PayRunRule("day_of_month", (day.day,)), "DE", day - timedelta(days=3)) for day in days]
    assert suggest_pay_runs(paid(*moved))["pay_run_days"].to_list() == [[10, 25]]


@pytest.mark.parametrize("days", [4, 12])
def test_scattered_payments_suggest_nothing(days: int) -> None:
    scattered = [date(2026, 1, 1) + timedelta(days=n * 17 % 181) for n in range(days)]
    assert suggest_pay_runs(paid(*scattered)).is_empty()
    assert suggest_pay_runs(paid()).schema == SUGGESTIONS


def test_several_invoices_paid_on_one_day_are_one_pay_run() -> None:
    assert suggest_pay_runs(paid(*[date(2026, 1, 2)] * 20)).is_empty()


def test_every_gap_is_a_question_until_a_person_has_confirmed_the_run() -> None:
    assert list_missing(None) == QUESTIONS
    known = {
        "system": "Coupa",
        "needs_purchase_order": False,
        "invoice_format": "UBL",
        "invoice_email": "ap@example.com",
    }
    assert [gap.field for gap in list_missing(known | {"pay_run": "weekday"})] == ["pay_run", "cut_off_working_days"]
    assert list_missing(known | {"pay_run": "weekday", "confirmed_date": date(2026, 1, 1)}) == ()
