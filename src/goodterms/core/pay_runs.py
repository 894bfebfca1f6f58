"""When a customer's accounts payable pay: the rule their payments suggest, the next pay run, and its cut-off."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import comb
from typing import Literal

import polars as pl

from goodterms.core.calendar import is_business_day

Kind = Literal["weekday", "day_of_month"]
SUGGESTIONS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "pay_run": pl.String(),  # weekday | day_of_month
        "pay_run_days": pl.List(pl.Int64()),  # weekdays 1 (Monday) to 7, or days of the month; 31: the last
        "share": pl.Float64(),  # of the days on which they paid, those the rule explains
        "count": pl.Int64(),  # days on which they paid that were looked at
    }
)
NEWEST_DAYS = 24
FEWEST_DAYS = 5
LEAST_SHARE = 0.75
LEAST_SHARE_OF_TWO = 0.85
BY_CHANCE = {"weekday": 1 / 5, "day_of_month": 1.9 / 30.4, "two_days": 3.8 / 30.4}
"""How often a rule fits a working day by chance; a day of the month also fits the working days beside a closure."""
CANDIDATES = {"weekday": 5, "day_of_month": 31, "two_days": 31 * 30 // 2}
LEAST_CERTAINTY = 0.01
"""A rule is suggested only where chance alone would suggest any such rule less often than this."""
APART_DAYS = 5


@dataclass(frozen=True)
class PayRunRule:
    """On these weekdays (1 Monday to 7), or days of the month (31: the last day)."""

    kind: Kind
    days: tuple[int, ...]

    def __post_init__(self) -> None:
        most = 7 if self.kind == "weekday" else 31
        if not self.days or not all(1 <= day <= most for day in self.days):
            raise ValueError(f"a pay run on a {self.kind} names days from 1 to {most}")


def suggest_pay_runs(paid: pl.DataFrame) -> pl.DataFrame:
    """The rule that explains on which days each customer paid, where there plainly is one (columns: SUGGESTIONS).

    ``paid``: customer_id, country, paid_date. Each day counts once, the newest NEWEST_DAYS of them. A rule must explain
    three quarters of at least five days, and more of them than chance would (binomial tail, times the rules tried).
    """
    days = paid.unique().sort("paid_date", descending=True)
    days = days.group_by("customer_id", maintain_order=True).head(NEWEST_DAYS)
    days = days.with_columns(pl.len().over("customer_id").alias("count")).filter(pl.col("count") >= FEWEST_DAYS)
    weekday = _hits(days.with_columns(pl.col("paid_date").dt.weekday().cast(pl.Int64).alias("day")), "weekday")
    monthly = _hits(_nominal_days(days), "day_of_month")
    found = pl.concat([_best(weekday, "weekday"), _best(monthly, "day_of_month"), _best_two(monthly)])
    chosen = found.sort("customer_id", "share", "places", descending=[False, True, False])
    return chosen.unique("customer_id", keep="first", maintain_order=True).select(SUGGESTIONS.names())


def _nominal_days(days: pl.DataFrame) -> pl.DataFrame:
    """Each day of payment with the days of the month it may stand for: its own, and closed days beside it."""
    pairs = days.select("country", "paid_date").unique()
    stands = [_stands_for(country or "", day) for country, day in pairs.iter_rows()]
    pairs = pairs.with_columns(pl.Series("day", stands, dtype=pl.List(pl.Int64())))
    return days.join(pairs, on=["country", "paid_date"], nulls_equal=True).explode("day")


def _stands_for(country: str, day: date) -> list[int]:
    found = [day]
    for step in (timedelta(days=-1), timedelta(days=1)):
        beside = day + step
        while not is_business_day(country, beside) and abs((beside - day).days) < APART_DAYS:
            found.append(beside)
            beside += step
    is_month_end = any((each + timedelta(days=1)).day == 1 for each in found)
    return sorted({each.day for each in found} | ({31} if is_month_end else set()))


def _hits(days: pl.DataFrame, kind: str) -> pl.DataFrame:
    hits = days.group_by("customer_id", "day").agg(pl.len().alias("hits"), pl.col("count").first())
    share = (pl.col("hits") / pl.col("count")).alias("share")
    return hits.with_columns(share, pl.lit(kind).alias("pay_run")).sort("customer_id", "share", "day")


def _best(hits: pl.DataFrame, kind: str) -> pl.DataFrame:
    best = hits.filter((pl.col("share") >= LEAST_SHARE) & _is_certain(kind))
    # Of days that explain the same, the middle one is the likeliest: a closure beside it adds days on both sides.
    best = best.filter(pl.col("share") == pl.col("share").max().over("customer_id"))
    best = best.group_by("customer_id", maintain_order=True).agg(
        pl.col("day").get(pl.len() // 2), pl.col("pay_run", "share", "count").first()
    )
    days = pl.concat_list("day").alias("pay_run_days")
    return best.select(
        "customer_id", "pay_run", days, "share", pl.col("count").cast(pl.Int64), pl.lit(1).alias("places")
    )


def _best_two(hits: pl.DataFrame) -> pl.DataFrame:
    """Two days of the month, well apart, that explain nearly all together."""
    much = hits.filter(pl.col("share") >= LEAST_SHARE_OF_TWO / 3)
    both = much.join(much, on="customer_id", suffix="_2").filter(pl.col("day_2") - pl.col("day") >= APART_DAYS)
    both = both.with_columns(
        (pl.col("hits") + pl.col("hits_2")).alias("hits"), (pl.col("share") + pl.col("share_2")).alias("share")
    ).filter(pl.col("share").is_between(LEAST_SHARE_OF_TWO, 1.0) & _is_certain("two_days"))
    both = both.sort("customer_id", "share", "day").group_by("customer_id", maintain_order=True).last()
    days = pl.concat_list("day", "day_2").alias("pay_run_days")
    return both.select(
        "customer_id", "pay_run", days, "share", pl.col("count").cast(pl.Int64), pl.lit(2).alias("places")
    )


def _is_certain(kind: str) -> pl.Expr:
    needed = {count: _least_hits(count, kind) for count in range(NEWEST_DAYS + 1)}
    return pl.col("hits") >= pl.col("count").replace_strict(needed, return_dtype=pl.Int64)


@cache
def _least_hits(count: int, kind: str) -> int:
    """How many of ``count`` days a rule must explain so that chance hardly ever does."""
    chance, rules = BY_CHANCE[kind], CANDIDATES[kind]
    tail = 0.0
    for hits in range(count, -1, -1):
        tail += comb(count, hits) * chance**hits * (1 - chance) ** (count - hits)
        if tail * rules > LEAST_CERTAINTY:
            return hits + 1
    return 0


def next_pay_run(rule: PayRunRule, country: str, since: date) -> date:
    """The first pay run on or after ``since``; one on a closed day is taken to be the working day before it.

    Nobody says in which direction a closed day moves a pay run; the earlier day is the one that must not be missed.
    """
    for ahead in range(400):
        nominal = since + timedelta(days=ahead)
        if _is_nominal(rule, nominal) and (actual := _last_business_day(country, nominal)) >= since:
            return actual
    raise ValueError("no pay run within a year")


def _is_nominal(rule: PayRunRule, day: date) -> bool:
    if rule.kind == "weekday":
        return day.isoweekday() in rule.days
    last = calendar.monthrange(day.year, day.month)[1]
    return any(day.day == min(named, last) for named in rule.days)


def _last_business_day(country: str, day: date) -> date:
    while not is_business_day(country, day):
        day -= timedelta(days=1)
    return day


def working_days_before(country: str, day: date, count: int) -> date:
    """The day that lies ``count`` working days of the country before ``day``."""
    for _ in range(count):
        day = _last_business_day(country, day - timedelta(days=1))
    return day


@dataclass(frozen=True)
class PayRunAhead:
    """A coming pay run, and the last day on which an invoice can still get into it."""

    pay_run_date: date
    cut_off_date: date


def pay_run_ahead(rule: PayRunRule, country: str, today: date, cut_off_working_days: int) -> PayRunAhead:
    """The first pay run whose cut-off has not passed."""
    since = today
    while True:
        run = next_pay_run(rule, country, since)
        cut_off = working_days_before(country, run, cut_off_working_days)
        if cut_off >= today:
            return PayRunAhead(run, cut_off)
        since = run + timedelta(days=1)


def is_before_cut_off(rule: PayRunRule, country: str, today: date, cut_off_working_days: int, lead: int) -> bool:
    """Whether ``today`` lies within the ``lead`` working days before the next cut-off, that day included."""
    ahead = pay_run_ahead(rule, country, today, cut_off_working_days)
    return today >= working_days_before(country, ahead.cut_off_date, lead)
