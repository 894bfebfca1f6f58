"""Whether the own playbooks do better than the plain standard one: two groups drawn by lot, compared honestly.

One number per customer (the unit that was drawn): its amount-weighted days open after the due date, at most
``WATCHED_DAYS``, and the share of what fell due that was paid by then. Only invoices whose ``WATCHED_DAYS`` are over
count, so nothing is cut off. The difference of the means has Welch's variance (unequal variances).

It is looked at every day, and looking often makes chance look clear. So the interval is an always-valid one: the
normal mixture of Robbins (1970), as in the mixture sequential probability ratio test (Johari, Pekelis and Walsh 2017,
"Always valid inference"). However often it is looked at, it misses the true difference with probability ``ALPHA`` at
most. Assumptions: customers act independently of each other, and there are enough of them (``LEAST_CUSTOMERS`` per
group) for their mean to be nearly normal.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

STANDARD_PLAYBOOK = "standard"
"""Which no rule ever chooses: only the lot does."""
WATCHED_DAYS = 60
ALPHA = 0.05
LEAST_CUSTOMERS = 40
EXPECTED_DAYS = 4.0
"""The mixture's spread: the interval is tightest about differences of this size (days), and valid for any."""
EXPECTED_SHARE = 0.05

Arm = Literal["standard", "own"]
ASSIGNED = pl.Schema({"customer_id": pl.Int64(), "stratum": pl.String(), "arm": pl.String()})
OUTCOMES = pl.Schema(
    {"customer_id": pl.Int64(), "arm": pl.String(), "days_open": pl.Float64(), "paid_share": pl.Float64()}
)

WATCHED = pl.Schema(  # invoices due since their customer joined and watched to the end, a row per allocation (or one)
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "arm": pl.String(),
        "currency": pl.String(),
        "due_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "source": pl.String(),  # null: nothing was ever put to it
        "taken_date": pl.Date(),
        "taken_minor": pl.Int64(),
    }
)
LOWERING = ["credit_note", "waived"]
PAYING = ["payment", "returned", "reported"]


@dataclass(frozen=True)
class Group:
    """One arm's customers in numbers."""

    customers: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Group":
        count = len(values)
        if count == 0:
            return cls(0, 0.0, 0.0)
        mean = math.fsum(values) / count
        spread = math.fsum((value - mean) ** 2 for value in values)
        return cls(count, mean, spread / (count - 1) if count > 1 else 0.0)


@dataclass(frozen=True)
class Difference:
    """Own playbooks less the standard one. ``low`` and ``high`` are None until there are enough customers."""

    own: Group
    standard: Group
    value: float
    low: float | None
    high: float | None

    @property
    def is_clear(self) -> bool:
        """The interval leaves nothing out: zero is not in it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def to_json(self) -> dict[str, Any]:
        """In plain JSON terms."""
        return {**asdict(self), "is_clear": self.is_clear}


@dataclass(frozen=True)
class Effect:
    """What the own playbooks change: days open (lower is better) and the share paid (higher is better)."""

    days_open: Difference
    paid_share: Difference

    @property
    def is_clear(self) -> bool:
        """Days open decide, and they alone: with two deciding, chance would have two tries."""
        return self.days_open.is_clear

    def to_json(self) -> dict[str, Any]:
        """In plain JSON terms."""
        return {"days_open": self.days_open.to_json(), "paid_share": self.paid_share.to_json()}


def compare(own: Group, standard: Group, expected: float, alpha: float = ALPHA) -> Difference:
    """The difference of the means with its always-valid interval; ``expected`` is the mixture's spread."""
    value = own.mean - standard.mean
    if min(own.customers, standard.customers) < LEAST_CUSTOMERS:
        return Difference(own, standard, value, None, None)
    variance = own.variance / own.customers + standard.variance / standard.customers
    if variance <= 0:
        return Difference(own, standard, value, value, value)
    reach = always_valid_reach(variance, expected, alpha)
    return Difference(own, standard, value, value - reach, value + reach)


def always_valid_reach(variance: float, expected: float, alpha: float = ALPHA) -> float:
    """Half the width of the interval about an estimate of this variance."""
    mixture = expected**2
    ratio = (variance + mixture) / variance
    return math.sqrt(variance * (variance + mixture) / mixture * (math.log(ratio) - 2 * math.log(alpha)))


def measure_effect(outcomes: pl.DataFrame) -> Effect:
    """The comparison of both arms (columns: OUTCOMES)."""

    def group(arm: Arm, column: str) -> Group:
        return Group.of(outcomes.filter(pl.col("arm") == arm)[column].drop_nulls().to_list())

    return Effect(
        compare(group("own", "days_open"), group("standard", "days_open"), EXPECTED_DAYS),
        compare(group("own", "paid_share"), group("standard", "paid_share"), EXPECTED_SHARE),
    )


def sum_outcomes(watched: pl.DataFrame) -> pl.DataFrame:
    """One row per customer (columns: OUTCOMES) from their watched invoices (WATCHED).

    Weighted by amount within a currency and by the number of invoices across currencies. What was credited or waived is
    left out; what was forgiven or written off counts as never paid.
    """
    after = (pl.col("taken_date") - pl.col("due_date")).dt.total_days()
    minor = pl.col("taken_minor").fill_null(0)
    in_time = pl.col("source").is_in(PAYING) & (after <= WATCHED_DAYS)
    invoices = watched.group_by("invoice_id", "customer_id", "arm", "currency", "amount_minor").agg(
        minor.filter(pl.col("source").is_in(LOWERING)).sum().alias("lowered"),
        minor.filter(in_time).sum().alias("paid"),
        (minor * after.clip(0, WATCHED_DAYS)).filter(in_time).sum().alias("paid_days"),
    )
    due = pl.col("amount_minor") - pl.col("lowered")
    invoices = invoices.with_columns(due.alias("due")).filter(pl.col("due") > 0)
    unpaid_days = (pl.col("due") - pl.col("paid")) * WATCHED_DAYS
    by_currency = invoices.group_by("customer_id", "arm", "currency").agg(
        pl.len().alias("count"),
        ((pl.col("paid_days") + unpaid_days).sum() / pl.col("due").sum()).alias("days_open"),
        (pl.col("paid").sum() / pl.col("due").sum()).alias("paid_share"),
    )
    weighted = [
        ((pl.col(name) * pl.col("count")).sum() / pl.col("count").sum()).alias(name)
        for name in ("days_open", "paid_share")
    ]
    outcomes = by_currency.group_by("customer_id", "arm").agg(weighted)
    return outcomes.select(OUTCOMES.names()).cast(OUTCOMES).sort("customer_id")


def draw_place(seed: str, customer_id: int) -> float:
    """A customer's place in the draw, between 0 and 1: the same seed gives the same place, whoever else is there."""
    digest = hashlib.sha256(f"{seed}/{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def draw(customers: pl.DataFrame, share: float, seed: str) -> pl.DataFrame:
    """Put customers (customer_id, stratum) into arms; columns: ASSIGNED.

    Within each stratum the same share is drawn, as nearly as whole customers allow; what is left over by rounding is
    decided by lot as well, so that over many small strata the share stays what it should be.
    """
    places = _places(customers["customer_id"], seed)
    drawn = customers.with_columns(pl.Series("_place", places, dtype=pl.Float64())).sort(
        "stratum", "_place", "customer_id"
    )
    number = pl.int_range(pl.len()).over("stratum")
    first = pl.col("_place").first().over("stratum")
    wanted = (pl.len().over("stratum") * share + _lot(first)).floor()
    arm = pl.when(number < wanted).then(pl.lit("standard")).otherwise(pl.lit("own"))
    return drawn.select("customer_id", "stratum", arm.alias("arm")).cast(ASSIGNED).sort("customer_id")


def _lot(place: pl.Expr) -> pl.Expr:
    """Another number between 0 and 1 out of a place in the draw: its later digits."""
    return (place * 1_000_003.0) % 1.0


def draw_late(customers: pl.DataFrame, share: float, seed: str) -> pl.DataFrame:
    """The same for customers who come later, each by its own place in the draw."""
    places = _places(customers["customer_id"], seed)
    arms = ["standard" if place < share else "own" for place in places]
    return customers.with_columns(pl.Series("arm", arms, dtype=pl.String())).select(ASSIGNED.names()).cast(ASSIGNED)


def _places(customer_ids: Iterable[int], seed: str) -> list[float]:
    return [draw_place(seed, customer_id) for customer_id in customer_ids]
