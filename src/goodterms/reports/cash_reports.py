"""The cash forecast of the coming weeks, with an interval from how far earlier forecasts were off."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.core.forecast import WEEKS, Reach, error_reach, expect_cash
from goodterms.reports.balances import ReadFrames
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

TESTED_WEEKS = 4


@dataclass(frozen=True)
class Test:
    """A forecast of the TESTED_WEEKS after a past day: what was expected, its interval then, and what came."""

    day: date
    expected: float
    reach: Reach | None
    actual: int

    @property
    def corrected(self) -> float:
        return self.expected * (self.reach.middle if self.reach else 1.0)

    @property
    def is_inside(self) -> bool | None:
        """Whether what came lay within the interval; None without one."""
        if self.reach is None:
            return None
        return self.expected * self.reach.low <= self.actual <= self.expected * self.reach.high


def forecast(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What will come in on today's open invoices in each of 13 weeks, and how good such forecasts were before."""
    due = keep(frames["due"], frames["segments"], wanted).filter(pl.col("open_minor") > 0)
    raw = expect_cash(due, frames["curves"])
    past = frames["forecasts"].filter(pl.col("currency") == wanted.currency)
    reaches = [_reach_of(past, week) for week in range(1, WEEKS + 1)]
    today, code = frames.as_of_date, wanted.currency
    rows: list[dict[str, Any]] = []
    together = 0
    for week, (amount, reach) in enumerate(zip(raw, reaches, strict=True), start=1):
        expected = round(amount * reach.middle) if reach else round(amount)
        together += expected
        low, high = (round(amount * reach.low), round(amount * reach.high)) if reach else (None, None)
        last = today + timedelta(days=7 * week)
        rows.append({"week": last, "expected": expected, "low": low, "high": high, "together": together})
    whole = int(due["open_minor"].sum())
    tests = look_back(past)
    inside = [test.is_inside for test in tests if test.is_inside is not None]
    figures = [
        Figure(_("Expected within 4 weeks"), sum(row["expected"] for row in rows[:TESTED_WEEKS]), "money", code),
        Figure(_("Expected within 13 weeks"), together, "money", code),
        Figure(_("Of what is open"), together / whole if whole else None, "share"),
        Figure(_("Earlier forecasts within their interval"), sum(inside) / len(inside) if inside else None, "share", "",
               _("80 % would be right")),
    ]  # fmt: skip
    columns = [
        Column("week", _("Week up to"), "day"),
        Column("expected", _("Expected"), "money"),
        Column("low", _("Low"), "money"),
        Column("high", _("High"), "money"),
        Column("together", _("Together"), "money"),
    ]
    chart = Chart(
        _("Expected cash by week"),
        [row["week"] for row in rows],
        [
            Series(_("Low"), [row["low"] for row in rows], "band", "reach"),
            Series(_("High"), [row["high"] for row in rows], "band", "reach"),
            Series(_("Expected"), [row["expected"] for row in rows], "bar"),
        ],
        "money",
        code,
    )
    notes = [
        _("Invoices that are open now, without those to come. Low to high holds the middle 80 % of earlier cases."),
        _("Expected is corrected by how far earlier forecasts were off in the middle case."),
    ]
    if not all(reaches):
        notes.append(_("There is too little history yet for an interval in every week."))
    table = Table(_("Week by week"), columns, rows, code)
    return Result(figures, [chart, *_test_chart(tests, code)], [table, _test_table(tests, code)], notes)


def _reach_of(past: pl.DataFrame, week: int) -> Reach | None:
    """The spread for a week's amount: of the same week, and of its neighbours, in all past forecasts."""
    near = past.filter(pl.col("week").is_between(week - 1, week + 1) & pl.col("actual_minor").is_not_null())
    return error_reach(
        [(expected, float(actual)) for expected, actual in near.select("expected", "actual_minor").iter_rows()]
    )


def look_back(past: pl.DataFrame) -> list[Test]:
    """Earlier forecasts whose weeks are over, oldest first; each interval from forecasts that were over by then."""
    first = past.filter(pl.col("week") <= TESTED_WEEKS).group_by("origin").agg(
        pl.col("expected").sum(), pl.col("actual_minor").sum(), pl.col("actual_minor").null_count().alias("missing")
    )  # fmt: skip
    over = first.filter(pl.col("missing") == 0).sort("origin")
    done = list(over.select("origin", "expected", "actual_minor").iter_rows())
    tests = []
    for day, expected, actual in done:
        known = day - timedelta(days=7 * TESTED_WEEKS)
        earlier = [(one, float(other)) for origin, one, other in done if origin <= known]
        tests.append(Test(day, expected, error_reach(earlier), actual))
    return tests


def _test_chart(tests: list[Test], code: str) -> list[Chart]:
    if not tests:
        return []
    series = [
        Series(_("Expected"), [round(test.corrected) for test in tests], "bar"),
        Series(_("Came in"), [test.actual for test in tests], "bar"),
    ]
    return [
        Chart(
            _("Earlier forecasts: the four weeks after each day"), [test.day for test in tests], series, "money", code
        )
    ]


def _test_table(tests: list[Test], code: str) -> Table:
    columns = [
        Column("day", _("Made on"), "day"),
        Column("expected", _("Expected in 4 weeks"), "money"),
        Column("low", _("Low"), "money"),
        Column("high", _("High"), "money"),
        Column("actual", _("Came in"), "money"),
        Column("off", _("Came in, of expected"), "share"),
    ]
    rows: list[dict[str, Any]] = []
    for test in reversed(tests):
        reach = test.reach
        rows.append(
            {
                "day": test.day,
                "expected": round(test.corrected),
                "low": round(test.expected * reach.low) if reach else None,
                "high": round(test.expected * reach.high) if reach else None,
                "actual": test.actual,
                "off": test.actual / test.corrected if test.corrected else None,
            }
        )
    note = _("Each made with what was known on that day alone; an interval needs four earlier ones that were over.")
    return Table(_("Back-test"), columns, rows, code, note)
