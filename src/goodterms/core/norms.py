"""What is usual among an organisation's customers: measured on all of them, so that one alone is judged alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Self

import polars as pl

_STEPS = 100


@dataclass(frozen=True)
class Norms:
    """The measure that customers are compared with.

    ``usual_days_late``: the middle of the customers' median days late. ``exposure``: per currency the overdue amounts
    (minor units, ascending) that 1 %, 2 % … 100 % of the overdue customers do not exceed. ``payments_known_from``: the
    first day since which payments are on record; who has none from before may have paid all the same.
    """

    usual_days_late: float = 0.0
    exposure: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    payments_known_from: date = date.min

    def to_json(self) -> dict[str, Any]:
        """In plain JSON terms, for keeping."""
        exposure = {currency: list(amounts) for currency, amounts in self.exposure.items()}
        return {
            "usual_days_late": self.usual_days_late,
            "exposure": exposure,
            "payments_known_from": self.payments_known_from.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self | None:
        """What ``to_json`` gave; None for what an older version kept."""
        if not kept.keys() >= {part.name for part in fields(cls)}:
            return None
        exposure = {currency: tuple(amounts) for currency, amounts in kept["exposure"].items()}
        return cls(kept["usual_days_late"], exposure, date.fromisoformat(kept["payments_known_from"]))


def measure_norms(summaries: pl.DataFrame, overdue: pl.DataFrame, *, is_from_the_start: bool = True) -> Norms:
    """The norms of all customers, from their summaries (columns: summary.SUMMARY) and what is overdue.

    ``overdue``: customer_id, currency, overdue_minor. ``is_from_the_start``: all payments ever made are known;
    otherwise they are from the day on which the first customer that has paid nothing since was last settled.
    """
    usual = summaries["median_days_late"].median()
    first = summaries["last_settled_date"].min()
    amounts = overdue.group_by("currency").agg(pl.col("overdue_minor").sort()).sort("currency")
    return Norms(
        usual if isinstance(usual, float) else 0.0,
        {currency: _steps(each) for currency, each in amounts.iter_rows()},
        date.min if is_from_the_start else first if isinstance(first, date) else date.max,
    )


def _steps(amounts: list[int]) -> tuple[int, ...]:
    """The amounts at 1 %, 2 % … 100 % of an ascending list (nearest rank)."""
    return tuple(amounts[math.ceil(step * len(amounts) / _STEPS) - 1] for step in range(1, _STEPS + 1))


def rank_exposure(overdue: pl.DataFrame, norms: Norms) -> pl.DataFrame:
    """Where each overdue amount stands among the norms, 0 to 1 (customer_id, exposure_percentile: the highest one).

    ``overdue``: customer_id, currency, overdue_minor. Whoever alone is overdue in a currency stands at 1.
    """
    grid = pl.DataFrame(
        [
            (currency, amount, step / _STEPS)
            for currency, amounts in norms.exposure.items()
            for step, amount in enumerate(amounts, start=1)
        ],
        schema={"currency": pl.String, "overdue_minor": pl.Int64, "share": pl.Float64},
        orient="row",
    )
    grid = grid.unique(["currency", "overdue_minor"], keep="last", maintain_order=True).sort("overdue_minor")
    ranked = overdue.sort("overdue_minor").join_asof(grid, on="overdue_minor", by="currency", check_sortedness=False)
    is_known = pl.col("currency").is_in(list(norms.exposure))
    share = pl.when(is_known).then(pl.col("share").fill_null(0.0)).otherwise(1.0)
    return ranked.group_by("customer_id").agg(share.max().alias("exposure_percentile"))
