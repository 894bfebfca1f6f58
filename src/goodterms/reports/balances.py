"""Stocks on any day and flows in any period, out of the sums that are kept."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import polars as pl

from goodterms.reports.ledger_sums import AGES, STOCKS
from goodterms.reports.segments import ReportFilter, choose, keep

LOSSES = ("forgiven", "written_off", "waived")
TAKEN_OFF = (
    "payment",
    "returned",
    "reported",
    "credit_note",
    "forgiven",
    "written_off",
    "waived",
    "adjusted",
    "unexplained",
)
SALES = ("billed", "fees", "credited")
COLLECTED = ("payment", "returned", "reported")


class ReadFrames(Protocol):
    """Frames by name, made on ``as_of_date``."""

    @property
    def as_of_date(self) -> date: ...

    @property
    def memo(self) -> dict[object, pl.DataFrame]: ...

    def __getitem__(self, name: str) -> pl.DataFrame: ...


def _daily(
    frames: ReadFrames, wanted: ReportFilter, name: str, keys: Sequence[str], values: Sequence[str]
) -> pl.DataFrame:
    """The frame's sums per day of the segments that fit: a page that asks for them again gets them at once."""
    key = (name, wanted.currency, wanted.profile, wanted.country, wanted.collector_id)
    known = frames.memo.get(key)
    if known is None:
        kept = keep(frames[name], frames["segments"], wanted)
        known = kept.group_by("day", *keys).agg(pl.col(values).sum()).sort("day", *keys)
        frames.memo[key] = known
    return known


@dataclass(frozen=True)
class Stock:
    """What was open at the end of a day, in minor units; ``credits`` is negative, ``cash`` positive."""

    ages: tuple[int, ...]
    credits: int
    cash: int

    @property
    def owed(self) -> int:
        """Invoices and fees, whole."""
        return sum(self.ages)

    @property
    def overdue(self) -> int:
        return sum(self.ages[1:])

    @property
    def current(self) -> int:
        return self.ages[0]

    @property
    def receivables(self) -> int:
        """Open items: invoices and fees less credit notes."""
        return self.owed + self.credits

    @property
    def balance(self) -> int:
        """Open items less cash on account: what the customers' balances add up to."""
        return self.receivables - self.cash


def stocks_on(frames: ReadFrames, wanted: ReportFilter, days: Sequence[date]) -> list[Stock]:
    """The stock at the end of each day, as known then; ``wanted.currency`` must be one currency."""
    daily = _daily(frames, wanted, "changes", [], STOCKS)
    running = daily.with_columns(pl.col(STOCKS).cum_sum())
    asked = pl.DataFrame({"day": list(days)}, schema={"day": pl.Date()}).with_row_index("place").sort("day")
    found = asked.join_asof(running, on="day").sort("place").with_columns(pl.col(STOCKS).fill_null(0))
    return [
        Stock(tuple(row[name] for name in AGES), row["credits"], row["cash"]) for row in found.iter_rows(named=True)
    ]


def flows_in(frames: ReadFrames, wanted: ReportFilter, periods: Sequence[tuple[date, date]]) -> list[dict[str, int]]:
    """What was billed, collected, credited … in each period (ends included): kind -> amount in minor units."""
    daily = _daily(frames, wanted, "moves", ["kind"], ["amount_minor"])
    found = []
    for first, last in periods:
        within = daily.filter(pl.col("day").is_between(first, last))
        found.append(dict(within.group_by("kind").agg(pl.col("amount_minor").sum()).iter_rows()))
    return found


class Sales:
    """What was billed less what was credited, between any two days: summed once, asked often."""

    def __init__(self, frames: ReadFrames, wanted: ReportFilter) -> None:
        moves = _daily(frames, wanted, "moves", ["kind"], ["amount_minor"])
        sales = moves.filter(pl.col("kind").is_in(SALES)).group_by("day").agg(pl.col("amount_minor").sum()).sort("day")
        self._days: list[date] = sales["day"].to_list()
        self._running: list[int] = [0, *sales["amount_minor"].cum_sum().to_list()]

    def between(self, first: date, last: date) -> int:
        """Both ends included."""
        return self._running[bisect_right(self._days, last)] - self._running[bisect_left(self._days, first)]


def sales_of(flows: dict[str, int]) -> int:
    """What was billed less what was credited: the measures' "credit sales"."""
    return sum(flows.get(kind, 0) for kind in SALES)


def collected_of(flows: dict[str, int]) -> int:
    """Money put to invoices, less what the bank sent back."""
    return sum(flows.get(kind, 0) for kind in COLLECTED)


def months_in(first: date, last: date) -> list[tuple[date, date]]:
    """The calendar months that the period touches, cut at its ends."""
    months = []
    start = first
    while start <= last:
        end = min(month_end(start), last)
        months.append((start, end))
        start = end + timedelta(days=1)
    return months


def month_end(day: date) -> date:
    """The last day of its month."""
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)


def months_before(last: date, count: int) -> list[tuple[date, date]]:
    """So many months up to and including that of ``last`` (cut at it), the newest first."""
    months = []
    end = last
    for _ in range(count):
        months.append((end.replace(day=1), end))
        end = end.replace(day=1) - timedelta(days=1)
    return months


def chart_days(first: date, last: date, most: int = 92) -> list[date]:
    """Days to draw: every day of a short period, else every week's end, and always the last day."""
    length = (last - first).days + 1
    if length <= most:
        return [first + timedelta(days=step) for step in range(length)]
    ends = [first + timedelta(days=step) for step in range(length)]
    weekly = [day for day in ends if day.isoweekday() == 7]
    return weekly if weekly and weekly[-1] == last else [*weekly, last]


def currencies_in(frames: ReadFrames, wanted: ReportFilter, home: str) -> list[str]:
    """The currencies of the segments that fit, the organisation's own first."""
    found = choose(frames["segments"], wanted)["currency"].unique().to_list()
    return sorted((code for code in found if code), key=lambda code: (code != home, code))
