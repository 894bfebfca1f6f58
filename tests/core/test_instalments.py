"""Instalments add up exactly, their days rise, and payments fill them without anything created or lost."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.core.agreed_money import PAID
from goodterms.core.instalments import (
    PLAN_INSTALMENTS,
    PLANS_TO_JUDGE,
    ScheduleImpossible,
    due_dates,
    judge_plans,
    lay_out,
    split_evenly,
)
from goodterms.core.money import Money

FIRST = date(2026, 1, 31)
DATES = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def test_the_31st_is_the_last_day_of_shorter_months() -> None:
    assert due_dates("monthly", FIRST, 4) == [FIRST, date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_weekly_and_two_weekly_days() -> None:
    assert due_dates("weekly", FIRST, 2)[1] == date(2026, 2, 7)
    assert due_dates("two_weekly", FIRST, 2)[1] == date(2026, 2, 14)


def test_what_does_not_divide_is_added_to_the_last() -> None:
    plan = split_evenly(
        euros(100_00), rhythm="monthly", first=FIRST, count=3, down_payment=euros(20_00), down_date=date(2026, 1, 15)
    )
    assert [one.amount.amount_minor for one in plan] == [20_00, 26_66, 26_66, 26_68]
    assert [one.position for one in plan] == [0, 1, 2, 3]


def test_days_and_sums_of_their_own() -> None:
    wanted = [(date(2026, 2, 1), euros(70)), (date(2026, 2, 11), euros(30))]
    assert [one.amount.amount_minor for one in lay_out(euros(100), wanted)] == [70, 30]


@pytest.mark.parametrize(
    "wanted",
    [
        [(FIRST, euros(50))],
        [(FIRST, euros(50)), (FIRST, euros(50))],
        [(FIRST, euros(100)), (FIRST + timedelta(days=1), euros(0))],
        [],
    ],
    ids=["too little", "twice on a day", "an empty one", "none"],
)
def test_what_does_not_fit_is_refused(wanted: list[tuple[date, Money]]) -> None:
    with pytest.raises(ScheduleImpossible):
        lay_out(euros(100), wanted)


@given(
    total=st.integers(1, 10**12),
    count=st.integers(1, 120),
    rhythm=st.sampled_from(["weekly", "two_weekly", "monthly"]),
    first=DATES,
    share=st.integers(0, 99),
)
def test_instalments_are_exactly_the_total_on_rising_days(
    total: int, count: int, rhythm: str, first: date, share: int
) -> None:
    down = total * share // 100
    if total - down < count:
        with pytest.raises(ScheduleImpossible):
            split_evenly(euros(total), rhythm=rhythm, first=first, count=count, down_payment=euros(down))
        return
    plan = split_evenly(euros(total), rhythm=rhythm, first=first, count=count, down_payment=euros(down))
    assert sum(one.amount.amount_minor for one in plan) == total
    days = [one.due_date for one in plan]
    assert days == sorted(set(days))
    equal = [one.amount.amount_minor for one in plan if one.position]
    assert max(equal) - min(equal) < count
    assert all(part <= equal[-1] for part in equal)


@given(
    amounts=st.lists(st.integers(1, 10_000), min_size=1, max_size=12),
    paid=st.integers(0, 130_000),
    days=st.integers(-10, 400),
    after=st.integers(1, 4),
)
def test_payments_fill_the_oldest_first_and_never_take_more_than_was_paid(
    amounts: list[int], paid: int, days: int, after: int
) -> None:
    total = sum(amounts)
    came_in = min(paid, total)
    today = FIRST + timedelta(days=days)
    judged, filled = judge_plans(*frames(amounts, came_in, today, after))
    parts = filled.sort("instalment_id")["paid_minor"].to_list()
    assert sum(parts) == came_in
    assert all(0 <= part <= amount for part, amount in zip(parts, amounts, strict=True))
    is_full = [part == amount for part, amount in zip(parts, amounts, strict=True)]
    assert is_full == sorted(is_full, reverse=True)
    late = sum(
        not full and FIRST + timedelta(days=30 * place + 3) < today for place, full in enumerate(is_full, start=1)
    )
    wanted = "completed" if came_in == total else "defaulted" if late >= after else "active"
    assert judged["state"].to_list() == [wanted]


def frames(amounts: list[int], paid: int, today: date, after: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """One plan with instalments every 30 days from FIRST on."""
    plan = {
        "plan_id": [1],
        "customer_id": [7],
        "default_after_missed": [after],
        "grace_days": [3],
        "local_date": [today],
    }
    places = range(1, len(amounts) + 1)
    instalments = {
        "instalment_id": list(places),
        "plan_id": [1] * len(amounts),
        "position": list(places),
        "due_date": [FIRST + timedelta(days=30 * place) for place in places],
        "amount_minor": amounts,
    }
    money = {
        "agreement_id": [1],
        "paid_minor": [paid],
        "cash_minor": [0],
        "left_minor": [sum(amounts) - paid],
        "last_paid_date": [today if paid else None],
    }
    return (
        pl.DataFrame(plan, schema=PLANS_TO_JUDGE),
        pl.DataFrame(instalments, schema=PLAN_INSTALMENTS),
        pl.DataFrame(money, schema=PAID),
    )
