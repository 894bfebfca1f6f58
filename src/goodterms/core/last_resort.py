"""Court or forget, in figures: what is claimed, what court costs, what this ledger's own history promises."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import polars as pl

from goodterms.core.court_costs import CourtFee
from goodterms.core.money import Money

HISTORY = pl.Schema(
    {
        "currency": pl.String(),
        "profile": pl.String(),  # why that customer is late, as judged now; null: not judged
        "amount_minor": pl.Int64(),
        "open_days": pl.Int64(),  # how long after its due date it was open, up to today or to its end
        "is_over": pl.Boolean(),  # paid, forgiven or written off
        "was_paid": pl.Boolean(),  # of those over: by money that came in
    }
)
FEWEST_CASES = 10
"""Below this no chance is named: a handful of cases says next to nothing."""
GIVEN_UP_DAYS = 365
"""What is still open so long after it was as old as this case counts as lost."""
SIZE_FACTOR = 4
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Chance:
    """How often comparable cases were paid in the end, with a 95 % Wilson interval and what they were compared by."""

    paid: int
    cases: int
    share: float
    low: float
    high: float
    basis: str


@dataclass(frozen=True)
class CaseFigures:
    """A customer's claims in one currency, on the day they are looked at."""

    claim: Money
    """What is overdue of invoices, net of credits and cash."""
    fees: Money
    """Fees already charged and open."""
    interest: Money
    """Statutory interest and compensation up to today, not yet charged."""
    cost: CourtFee | None
    cost_problem: str
    """Why no cost is known; empty when it is."""
    chance: Chance | None
    age_days: int
    """How long the oldest invoice is overdue."""

    @property
    def total(self) -> Money:
        return self.claim + self.fees + self.interest

    @property
    def expected_net(self) -> tuple[Money, Money, Money] | None:
        """What remains on average after the court's fee: by the interval's low end, the share itself, the high end.

        Whoever wins gets the fee back from the debtor; it is lost where nothing comes in.
        """
        if self.chance is None or self.cost is None:
            return None
        low, middle, high = (self._net(share) for share in (self.chance.low, self.chance.share, self.chance.high))
        return low, middle, high

    def _net(self, share: float) -> Money:
        assert self.cost is not None
        won = (self.total + self.cost.amount) * Fraction(share).limit_denominator(10**6)
        return won - self.cost.amount


def estimate_chance(
    history: pl.DataFrame, *, currency: str, amount_minor: int, age_days: int, profile: str
) -> Chance | None:
    """How often cases as old as this one were paid later on; None where there are too few to say.

    ``history``: HISTORY. Comparable: the same currency, still open at this age, and now over or open for a year more
    (then lost). First those of the same profile and of similar size, then of similar size, then any; the first group
    with FEWEST_CASES. A case that is younger than that says nothing yet and is left out.
    """
    decided = pl.col("is_over") | (pl.col("open_days") >= age_days + GIVEN_UP_DAYS)
    as_old = history.filter((pl.col("currency") == currency) & (pl.col("open_days") >= age_days) & decided)
    similar = pl.col("amount_minor").is_between(amount_minor // SIZE_FACTOR, amount_minor * SIZE_FACTOR)
    groups = [
        (
            f"invoices {age_days} days overdue, of similar size, of {profile} customers",
            similar & (pl.col("profile") == profile),
        ),
        (f"invoices {age_days} days overdue, of similar size", similar),
        (f"invoices {age_days} days overdue, of any size", pl.lit(value=True)),
    ]
    for basis, belongs in groups:
        group = as_old.filter(belongs)
        if group.height >= FEWEST_CASES:
            paid = group.filter(pl.col("is_over") & pl.col("was_paid")).height
            low, high = wilson(paid, group.height)
            return Chance(paid, group.height, paid / group.height, low, high, basis)
    return None


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): sound for few cases and for shares near 0 or 1."""
    share, spread = hits / count, Z95**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
