"""When open invoices will be paid: survival curves from payment habits, and how far such forecasts were off."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

EARLIEST, LATEST = -60, 365
"""Days after the due date between which payments are told apart; earlier and later ones count as these."""
CLASSES = (1, 4, 8, 15, 31, 61)
"""A customer whose median payment is so many days late or more is in the next class; the last one has no history."""
NO_HISTORY = len(CLASSES) + 1
WEEKS = 13
PRIOR_EVENTS = 5.0
"""So many invoices of all customers are added to a class's own: a class with few of its own follows the rest."""

LIVES = pl.Schema(  # invoices by how long they stayed open, per habit class
    {
        "habit": pl.Int64(),
        "lateness": pl.Int64(),  # days after the due date at the end, clipped to EARLIEST … LATEST
        "paid": pl.Int64(),  # were paid on that day
        "watched": pl.Int64(),  # were still open when last looked at
    }
)
OPEN = pl.Schema(  # open amounts by class and age
    {"habit": pl.Int64(), "lateness": pl.Int64(), "open_minor": pl.Int64()}
)
CURVES = pl.Schema({"habit": pl.Int64(), "lateness": pl.Int64(), "survival": pl.Float64()})


def habit_class(median_days_late: pl.Expr) -> pl.Expr:
    """The class of a customer whose median lateness this is; NO_HISTORY for null."""
    place = pl.sum_horizontal((median_days_late >= days).cast(pl.Int64) for days in CLASSES)
    return pl.when(median_days_late.is_null()).then(NO_HISTORY).otherwise(place).cast(pl.Int64)


def survival_curves(lives: pl.DataFrame, keys: Sequence[str] = ()) -> pl.DataFrame:
    """Per class and day the share of invoices still open at the end of it (columns: CURVES).

    The product-limit estimate (Kaplan and Meier 1958): invoices that are still open count for as long as they were
    watched. A class is mixed with all classes together, weighing PRIOR_EVENTS invoices. With ``keys`` (such as the day
    on which it was known) one set of curves for each of their values.
    """
    days = pl.DataFrame({"lateness": range(EARLIEST, LATEST + 1)}, schema={"lateness": pl.Int64()})
    habits = pl.DataFrame({"habit": range(NO_HISTORY + 1)}, schema={"habit": pl.Int64()})
    sets = lives.select(keys).unique() if keys else pl.DataFrame({"_one": [0]})
    everyone = _at_risk(lives, sets.join(days, how="cross"), list(keys))
    usual = (pl.col("paid") / pl.col("at_risk")).fill_nan(0.0).fill_null(0.0).alias("usual")
    own = _at_risk(lives, sets.join(habits, how="cross").join(days, how="cross"), [*keys, "habit"])
    own = own.join(everyone.select(*keys, "lateness", usual), on=[*keys, "lateness"], maintain_order="left")
    hazard = (pl.col("paid") + PRIOR_EVENTS * pl.col("usual")) / (pl.col("at_risk") + PRIOR_EVENTS)
    survival = (1.0 - hazard.clip(0.0, 1.0)).cum_prod().over(*keys, "habit")
    numbers = pl.col("habit").cast(pl.Int64()), survival.cast(pl.Float64()).alias("survival")
    return own.select(*keys, numbers[0], "lateness", numbers[1])


def _at_risk(lives: pl.DataFrame, grid: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Per day of the grid: paid on it, and how many were open when it began."""
    summed = lives.group_by(*keys, "lateness").agg(pl.col("paid").sum(), pl.col("watched").sum())
    ordered = grid.sort(*keys, "lateness")
    daily = ordered.join(summed, on=[*keys, "lateness"], how="left", maintain_order="left")
    daily = daily.with_columns(pl.col("paid", "watched").fill_null(0))
    later = (pl.col("paid") + pl.col("watched")).cum_sum(reverse=True)
    return daily.with_columns((later.over(keys) if keys else later).alias("at_risk"))


def expect_cash(open_amounts: pl.DataFrame, curves: pl.DataFrame, weeks: int = WEEKS) -> list[float]:
    """What of the open amounts (OPEN) will be paid in each coming week, in minor units."""
    expected = expect_by(open_amounts.select(OPEN.names()), curves, (), weeks)
    found = dict(expected.select("week", "expected").iter_rows())
    return [float(found.get(week, 0.0)) for week in range(1, weeks + 1)]


def expect_by(
    open_amounts: pl.DataFrame, curves: pl.DataFrame, keys: Sequence[str], weeks: int = WEEKS
) -> pl.DataFrame:
    """The same for each value of ``keys`` (by its own curves where the curves have it too): keys, week, expected.

    An invoice still open at its present lateness is paid within a week with the share of its class that was.
    """
    known = [key for key in keys if key in curves.columns]
    lateness = pl.col("lateness").clip(EARLIEST, LATEST)
    rows = open_amounts.with_columns(lateness).group_by(*keys, "habit", "lateness").agg(pl.col("open_minor").sum())
    ahead = pl.DataFrame({"week": range(weeks + 1)}, schema={"week": pl.Int64()})
    at = (pl.col("lateness") + 7 * pl.col("week")).clip(EARLIEST, LATEST).alias("_at")
    later = rows.sort(*keys, "habit", "lateness").join(ahead, how="cross", maintain_order="left_right").with_columns(at)
    later = later.join(
        curves.rename({"lateness": "_at"}), on=[*known, "habit", "_at"], how="left", maintain_order="left"
    )
    place = [*keys, "habit", "lateness"]
    before, now = pl.col("survival").shift(1).over(place), pl.col("survival").first().over(place)
    gone = pl.when(now > 0).then((before - pl.col("survival")) / now).otherwise(0.0)
    paid = later.with_columns((gone * pl.col("open_minor")).alias("expected")).filter(pl.col("week") > 0)
    return paid.group_by(*keys, "week").agg(pl.col("expected").sum())


@dataclass(frozen=True)
class Reach:
    """By which factors actual cash differed from what was expected: in the middle case, and below and above it in the
    middle ``share`` of cases."""

    low: float
    middle: float
    high: float
    cases: int
    share: float = 0.8


def error_reach(pairs: Sequence[tuple[float, float]], share: float = 0.8) -> Reach | None:
    """The spread of actual to expected amounts over past forecasts; None with fewer than four to judge by.

    ``pairs``: (expected, actual). With few cases the quantiles are taken outwards (as of a sample of n: the
    (n + 1)-th parts), so that a short record gives a wide interval.
    """
    ratios = sorted(actual / expected for expected, actual in pairs if expected > 0)
    if len(ratios) < 4:
        return None
    tail = (1 - share) / 2
    return Reach(_outer(ratios, tail), _outer(ratios, 0.5), _outer(ratios, 1 - tail), len(ratios), share)


def _outer(ordered: Sequence[float], level: float) -> float:
    """The quantile at (n + 1) · level, between neighbours; the outermost value beyond the ends."""
    place = (len(ordered) + 1) * level - 1
    if place <= 0:
        return ordered[0]
    if place >= len(ordered) - 1:
        return ordered[-1]
    below = int(place)
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (place - below)
