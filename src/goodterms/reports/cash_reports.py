"""The cash forecast of the coming weeks, with an interval from how far earlier forecasts were off."""

from datetime import date, timedelta

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.core.forecast import WEEKS, Reach, error_reach, expect_cash, survival_curves
from goodterms.reports.balances import ReadFrames
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep


def forecast(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What will come in on today's open invoices in each of 13 weeks, and how good such forecasts were before."""
    due = keep(frames["due"], frames["segments"], wanted).filter(pl.col("open_minor") > 0)
    curves = survival_curves(frames["lives"])
    expected = expect_cash(due, curves)
    tests = look_back(frames, wanted.currency)
    reaches = [_reach_of(tests, week) for week in range(1, WEEKS + 1)]
    today, code = frames.as_of_date, wanted.currency
    weeks = [today + timedelta(days=7 * week) for week in range(1, WEEKS + 1)]
    rows = []
    running = 0.0
    for week, amount, reach in zip(weeks, expected, reaches, strict=True):
        running += amount
        low, high = (round(amount * reach.low), round(amount * reach.high)) if reach else (None, None)
        rows.append({"week": week, "expected": round(amount), "low": low, "high": high, "together": round(running)})
    whole = int(due["open_minor"].sum())
    figures = [
        Figure(_("Expected within 4 weeks"), round(sum(expected[:4])), "money", code),
        Figure(_("Expected within 13 weeks"), round(running), "money", code),
        Figure(_("Of what is open"), running / whole if whole else None, "share"),
    ]
    columns = [
        Column("week", _("Week up to"), "day"),
        Column("expected", _("Expected"), "money"),
        Column("low", _("Low"), "money"),
        Column("high", _("High"), "money"),
        Column("together", _("Together"), "money"),
    ]
    chart = Chart(
        _("Expected cash by week"),
        weeks,
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
    ]
    if not all(reaches):
        notes.append(_("There is too little history yet for an interval in every week."))
    table = Table(_("Week by week"), columns, rows, code)
    return Result(figures, [chart, *_test_chart(tests, code)], [table, _test_table(tests, code)], notes)


Test = tuple[date, list[float], list[int]]
"""A past day, what was expected then for each week, and what came as far as its weeks are over."""


def look_back(frames: ReadFrames, currency: str) -> list[Test]:
    """The same forecast made on past days with what was known then, and what came of it."""
    tests = []
    lives, open_then, paid = frames["past_lives"], frames["past_open"], frames["past_paid"]
    for origin in sorted(lives["origin"].unique().to_list()):
        curves = survival_curves(lives.filter(pl.col("origin") == origin))
        then = open_then.filter((pl.col("origin") == origin) & (pl.col("currency") == currency))
        if then.is_empty():
            continue
        came = paid.filter((pl.col("origin") == origin) & (pl.col("currency") == currency))
        by_week = dict(came.select("week", "paid_minor").iter_rows())
        weeks_over = min(WEEKS, (frames.as_of_date - origin).days // 7)
        actual = [int(by_week.get(week, 0)) for week in range(1, weeks_over + 1)]
        tests.append((origin, expect_cash(then.select("habit", "lateness", "open_minor"), curves), actual))
    return tests


def _reach_of(tests: list[Test], week: int) -> Reach | None:
    """The spread for a week's amount: of the same week, and of its neighbours, in all past forecasts."""
    pairs = [
        (expected[near - 1], float(actual[near - 1]))
        for _origin, expected, actual in tests
        for near in (week - 1, week, week + 1)
        if 1 <= near <= len(actual)
    ]
    return error_reach(pairs)


def _first_weeks(tests: list[Test], weeks: int = 4) -> list[tuple[date, float, int]]:
    return [
        (origin, sum(expected[:weeks]), sum(actual[:weeks]))
        for origin, expected, actual in tests
        if len(actual) >= weeks
    ]


def _test_chart(tests: list[Test], code: str) -> list[Chart]:
    past = _first_weeks(tests)
    if not past:
        return []
    series = [
        Series(_("Expected"), [expected for _origin, expected, _actual in past], "bar"),
        Series(_("Came in"), [actual for _origin, _expected, actual in past], "bar"),
    ]
    title = _("Earlier forecasts: the four weeks after each day")
    return [Chart(title, [origin for origin, _expected, _actual in past], series, "money", code)]


def _test_table(tests: list[Test], code: str) -> Table:
    columns = [
        Column("day", _("Made on"), "day"),
        Column("expected", _("Expected in 4 weeks"), "money"),
        Column("actual", _("Came in"), "money"),
        Column("off", _("Came in, of expected"), "share"),
    ]
    rows = [
        {"day": origin, "expected": round(expected), "actual": actual, "off": actual / expected if expected else None}
        for origin, expected, actual in reversed(_first_weeks(tests))
    ]
    note = _("Each made with what was known on that day alone.")
    return Table(_("Back-test"), columns, rows, code, note)
