"""What one late debt has earned in statutory interest, period by period, and the fixed sum that comes with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from goodterms.core.interest.regimes import RateRule, Regime, next_half_year
from goodterms.core.money import Money, round_fraction

_DAY = timedelta(days=1)


class Reduction(NamedTuple):
    """A payment or credit note that lowers the principal; a negative amount is a payment the bank took back."""

    day: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class InterestPeriod:
    """Days of interest at one principal and one rate, as one line on a letter.

    `from_date` and `to_date` both count. `interest` is exact in minor units; `interest_minor` is what the line
    shows, rounded so that the lines add up to the claim's total.
    """

    from_date: date
    to_date: date
    days: int
    principal_minor: int
    annual_percent: Decimal
    days_in_year: int
    interest: Fraction
    interest_minor: int


@dataclass(frozen=True, slots=True)
class InterestClaim:
    """Statutory interest in the debt's currency and compensation in the regime's, never converted.

    `compensation_is_minimum` is true when the debt is in another currency than the regime's tiers, so that the
    lowest tier, owed for a debt of any size, was taken.
    """

    regime_code: str
    breakdown: tuple[InterestPeriod, ...]
    interest: Money
    compensation: Money
    compensation_is_minimum: bool


class _Stretch(NamedTuple):
    from_date: date
    to_date: date
    principal_minor: int


def interest_due(
    regime: Regime,
    principal: Money,
    due_date: date,
    until: date,
    reductions: Sequence[Reduction | tuple[date, int]] = (),
) -> InterestClaim:
    """Simple statutory interest on one debt from the day after `due_date` to and including `until`.

    A reduction on a day lowers the principal from the next day on: the day of payment still bears interest, a
    payment on the due date is in time. Interest is accumulated exactly and rounded once, half up. Which
    half-year's rate applies to a day is the regime's `rate_rule`:

    - each half-year its own reference rate (Directive 2011/7/EU, Article 3(3); BGB § 247 Abs. 1, § 288 Abs. 2);
    - for the whole debt the one of the half-year in which interest starts to run (Late Payment of Commercial
      Debts (Rate of Interest) (No. 3) Order 2002, S.I. 2002/1675, article 4; 1998 Act, section 4(2)).

    Compensation is owed as soon as interest runs, by the principal open on its first day (1998 Act, section
    5A(1) and (2); Directive, Article 6(1); BGB § 288 Abs. 5).

    Raises DateBeforeKnownRates or DateAfterKnownRates when a day that bears interest lies outside the regime's
    table.
    """
    stretches = list(_stretches(principal.amount_minor, due_date, until, reductions))
    breakdown = tuple(_periods(regime, due_date, stretches))
    total = sum((period.interest for period in breakdown), Fraction(0))
    compensation, is_minimum = _compensation(regime, principal.currency, breakdown)
    return InterestClaim(
        regime_code=regime.code,
        breakdown=breakdown,
        interest=Money(round_fraction(total), principal.currency),
        compensation=compensation,
        compensation_is_minimum=is_minimum,
    )


def interest_per_unit(regime: Regime, due_date: date, until: date) -> Fraction:
    """Exact interest on a principal of 1 that stayed open from the due date; errors as in interest_due."""
    stretches = list(_stretches(1, due_date, until, ()))
    return sum((period.interest for period in _periods(regime, due_date, stretches)), Fraction(0))


def _stretches(
    principal_minor: int, due_date: date, until: date, reductions: Sequence[Reduction | tuple[date, int]]
) -> Iterator[_Stretch]:
    """Runs of days with the same open principal, without the days on which nothing is open."""
    first = due_date + _DAY
    changes: defaultdict[date, int] = defaultdict(int)
    for day, amount_minor in reductions:
        changes[max(day + _DAY, first)] += amount_minor
    starts = sorted({first, *(day for day in changes if day <= until)})
    for start, end in zip(starts, [*(day - _DAY for day in starts[1:]), until], strict=True):
        principal_minor -= changes[start]
        if principal_minor > 0 and start <= end:
            yield _Stretch(start, end, principal_minor)


def _periods(regime: Regime, due_date: date, stretches: Sequence[_Stretch]) -> Iterator[InterestPeriod]:
    shown, exact = 0, Fraction(0)
    for stretch in stretches:
        for from_date, to_date, annual_percent in _rate_spans(regime, due_date + _DAY, stretch):
            days = (to_date - from_date).days + 1
            days_in_year = regime.day_count.days_in_year(from_date)
            interest = stretch.principal_minor * Fraction(annual_percent) * days / (100 * days_in_year)
            exact += interest
            line = round_fraction(exact) - shown
            shown += line
            yield InterestPeriod(
                from_date,
                to_date,
                days,
                stretch.principal_minor,
                annual_percent,
                days_in_year,
                interest,
                line,
            )


def _rate_spans(regime: Regime, starts: date, stretch: _Stretch) -> Iterator[tuple[date, date, Decimal]]:
    """Cut a stretch where the rate or the length of the year changes."""
    if regime.rate_rule is RateRule.FIXED_AT_START:
        # The table's end binds here too: beyond it nobody has checked that the law is still the same.
        regime.rate_on(stretch.to_date)
        yield stretch.from_date, stretch.to_date, regime.annual_percent(starts)
        return
    start = stretch.from_date
    while start <= stretch.to_date:
        end = min(next_half_year(start) - _DAY, stretch.to_date)
        yield start, end, regime.annual_percent(start)
        start = end + _DAY


def _compensation(regime: Regime, currency: str, breakdown: Sequence[InterestPeriod]) -> tuple[Money, bool]:
    if not breakdown:
        return Money.zero(regime.currency), False
    if currency != regime.currency:
        return Money(regime.compensation[0].amount_minor, regime.currency), len(regime.compensation) > 1
    principal_minor = breakdown[0].principal_minor
    tier = next(tier for tier in reversed(regime.compensation) if tier.principal_from_minor <= principal_minor)
    return Money(tier.amount_minor, regime.currency), False
