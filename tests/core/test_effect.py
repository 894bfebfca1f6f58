"""The control group's statistics: the draw, one number per customer, an interval that may be looked at every day."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodterms.core.effect import (
    ALPHA,
    EXPECTED_DAYS,
    LEAST_CUSTOMERS,
    WATCHED,
    Group,
    compare,
    draw,
    draw_late,
    measure_effect,
    sum_outcomes,
)

LOOKS = range(40, 401, 10)
TRIALS = 400
DUE = date(2026, 1, 5)


def days_open(lot: random.Random, shift: float) -> float:
    """A customer's days open as ledgers have them: most pay soon, some late, some not at all within the 60 days."""
    kind = lot.random()
    days = 60.0 if kind < 0.08 else 0.0 if kind < 0.4 else lot.expovariate(1 / 14)
    return min(max(days + shift, 0.0), 60.0)


def first_clear_look(lot: random.Random, shift: float) -> tuple[int, float] | None:
    """After how many customers per arm the experiment stops, looked at after every ten; and what it says then."""
    own = [days_open(lot, shift) for _ in range(LOOKS[-1])]
    standard = [days_open(lot, 0.0) for _ in range(LOOKS[-1])]
    sums = [(list(accumulate(arm)), list(accumulate(value * value for value in arm))) for arm in (own, standard)]
    for count in LOOKS:
        groups = []
        for total, squares in sums:
            mean = total[count - 1] / count
            groups.append(Group(count, mean, (squares[count - 1] - count * mean * mean) / (count - 1)))
        found = compare(groups[0], groups[1], EXPECTED_DAYS)
        if found.is_clear:
            return count, found.value
    return None


def test_without_an_effect_it_stops_falsely_less_often_than_it_says() -> None:
    """Looked at 37 times each, 4 of these 400 experiments stop falsely: 1 %, where at most 5 % are promised."""
    lot = random.Random(2026)
    false_stops = sum(first_clear_look(lot, 0.0) is not None for _ in range(TRIALS))
    assert false_stops <= ALPHA * TRIALS


def test_an_interval_for_one_look_alone_would_stop_falsely_far_too_often() -> None:
    """Why the always-valid interval is needed: 1.96 standard errors, looked at as often."""
    lot = random.Random(2026)
    stops = 0
    for _ in range(100):
        own = [days_open(lot, 0.0) for _ in range(LOOKS[-1])]
        standard = [days_open(lot, 0.0) for _ in range(LOOKS[-1])]
        for count in LOOKS:
            left, right = Group.of(own[:count]), Group.of(standard[:count])
            if abs(left.mean - right.mean) > 1.96 * math.sqrt((left.variance + right.variance) / count):
                stops += 1
                break
    assert stops > 15


def test_with_an_effect_it_stops_by_itself_and_on_the_right_side() -> None:
    lot = random.Random(7)
    found = [first_clear_look(lot, -14.0) for _ in range(60)]
    stopped = [one for one in found if one is not None]
    assert len(stopped) >= 50
    assert all(value < 0 for _count, value in stopped)


def test_too_few_customers_say_nothing() -> None:
    few = Group(LEAST_CUSTOMERS - 1, 10.0, 1.0)
    found = compare(few, Group(1000, 50.0, 1.0), EXPECTED_DAYS)
    assert (found.low, found.high, found.is_clear) == (None, None, False)


def test_the_interval_is_wider_than_that_of_a_single_look() -> None:
    group = Group(200, 10.0, 150.0)
    found = compare(group, group, EXPECTED_DAYS)
    assert found.high is not None
    assert found.high > 1.96 * math.sqrt(2 * 150.0 / 200)


Taken = tuple[str | None, int | None, int | None]


def watched(*rows: tuple[int, str, int, Sequence[Taken]]) -> pl.DataFrame:
    """(customer, arm, amount, [(source, days after due, amount)])."""
    made = []
    for number, (customer, arm, amount, taken) in enumerate(rows):
        for source, days, minor in taken or [(None, None, None)]:
            on = None if days is None else DUE + timedelta(days=days)
            made.append((number, customer, arm, "EUR", DUE, amount, source, on, minor))
    return pl.DataFrame(made, schema=WATCHED, orient="row")


@pytest.mark.parametrize(
    ("taken", "days", "share"),
    [
        ([("payment", 10, 100)], 10, 1.0),
        ([("payment", -5, 100)], 0, 1.0),
        ([("payment", 10, 50), ("payment", 30, 50)], 20, 1.0),
        ([("payment", 10, 50)], 35, 0.5),
        ([("payment", 61, 100)], 60, 0.0),
        ([], 60, 0.0),
        ([("written_off", 20, 100)], 60, 0.0),
        ([("credit_note", 5, 50), ("payment", 10, 50)], 10, 1.0),
        ([("payment", 10, 100), ("returned", 12, -100)], 58 + 4, 0.0),
    ],
)
def test_one_number_per_customer(taken: list[tuple[str, int, int]], days: float, share: float) -> None:
    (row,) = sum_outcomes(watched((1, "own", 100, taken))).iter_rows(named=True)
    assert row["days_open"] == pytest.approx(min(days, 58) if taken and taken[-1][0] == "returned" else days)
    assert row["paid_share"] == pytest.approx(share)


def test_a_customer_counts_once_however_many_invoices_it_has() -> None:
    rows = [(1, "own", 300, [("payment", 0, 300)]), (1, "own", 100, [("payment", 40, 100)])]
    outcomes = sum_outcomes(watched(*rows, (2, "standard", 100, [])))
    assert outcomes["days_open"].to_list() == [10.0, 60.0]
    effect = measure_effect(outcomes)
    assert (effect.days_open.own.customers, effect.days_open.standard.customers) == (1, 1)
    assert effect.days_open.value == -50.0


def test_a_fully_credited_invoice_says_nothing() -> None:
    assert sum_outcomes(watched((1, "own", 100, [("credit_note", 3, 100)]))).is_empty()


CUSTOMERS = st.dictionaries(
    st.integers(1, 10_000), st.sampled_from(["good/few", "new/some", "failing/many"]), max_size=200
)


@settings(deadline=None)
@given(CUSTOMERS, st.sampled_from([0.05, 0.1, 0.3, 0.5]), st.text(max_size=8))
def test_the_draw_is_the_same_again_and_even_within_each_stratum(
    people: dict[int, str], share: float, seed: str
) -> None:
    customers = pl.DataFrame(
        {"customer_id": list(people), "stratum": list(people.values())},
        schema={"customer_id": pl.Int64, "stratum": pl.String},
    )
    drawn = draw(customers, share, seed)
    assert drawn.equals(draw(customers.reverse(), share, seed))
    assert drawn["customer_id"].to_list() == sorted(people)
    for (_stratum,), group in drawn.group_by("stratum"):
        chosen = group.filter(pl.col("arm") == "standard").height
        assert abs(chosen - share * group.height) < 1


def test_over_many_small_strata_the_share_stays_what_it_should_be() -> None:
    people = pl.DataFrame({"customer_id": range(6000), "stratum": [f"s{number // 3}" for number in range(6000)]})
    drawn = draw(people, 0.1, "seed")
    assert 480 < drawn.filter(pl.col("arm") == "standard").height < 720


def test_late_comers_are_drawn_with_the_same_chance() -> None:
    people = pl.DataFrame({"customer_id": range(5000), "stratum": ["new/few"] * 5000})
    drawn = draw_late(people, 0.2, "seed")
    assert 900 < drawn.filter(pl.col("arm") == "standard").height < 1100
