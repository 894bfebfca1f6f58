"""Reports by the published measures: DSO, best possible DSO, days delinquent, CEI, lateness, cohorts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import ReadFrames, Sales, month_end, months_before, stocks_on
from goodterms.reports.ledger_sums import LATENESS, PAID_WITHIN, WATCHED_DAYS
from goodterms.reports.measures import (
    average_days_delinquent,
    collection_effectiveness,
    count_back,
    days_sales_outstanding,
)
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

SALES_DAYS = 90
"""DSO compares what is open with the sales of so many days."""
COUNT_BACK_MONTHS = 12
LATENESS_WORDS = (
    _("Early"),
    _("On the day"),
    _("1–7 days"),
    _("8–14 days"),
    _("15–30 days"),
    _("31–60 days"),
    _("61–90 days"),
    _("Over 90 days"),
)


@dataclass(frozen=True)
class Measured:
    """The measures on one day."""

    day: date
    dso: float | None
    count_back: float | None
    best_possible: float | None
    delinquent: float | None
    effectiveness: float | None


def measure_on(frames: ReadFrames, wanted: ReportFilter, days: list[date]) -> list[Measured]:
    """The measures as known on each day; sales are those of the SALES_DAYS before it, CEI of the same days."""
    starts = [day - timedelta(days=SALES_DAYS) for day in days]
    stocks = stocks_on(frames, wanted, [*days, *starts])
    closing, opening = stocks[: len(days)], stocks[len(days) :]
    all_sales = Sales(frames, wanted)
    measured = []
    for place, day in enumerate(days):
        sales, now = all_sales.between(starts[place] + timedelta(days=1), day), closing[place]
        by_month = [
            (all_sales.between(first, last), (last - first).days + 1)
            for first, last in months_before(day, COUNT_BACK_MONTHS)
        ]
        dso = days_sales_outstanding(now.receivables, sales, SALES_DAYS)
        best = days_sales_outstanding(now.current, sales, SALES_DAYS)
        measured.append(
            Measured(
                day,
                dso,
                count_back(now.receivables, by_month),
                best,
                average_days_delinquent(dso, best),
                collection_effectiveness(opening[place].receivables, sales, now.receivables, now.current),
            )
        )
    return measured


def month_ends(wanted: ReportFilter, least: int = 6) -> list[date]:
    """The month ends of the period (at least so many), and its last day."""
    count = (wanted.to_date.year - wanted.from_date.year) * 12 + wanted.to_date.month - wanted.from_date.month + 1
    return [last for _first, last in months_before(wanted.to_date, max(count, least))[::-1]]


def sales_outstanding(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """DSO simple and by count-back, the best possible one, and the days that lateness adds."""
    measured = measure_on(frames, wanted, month_ends(wanted))
    now = measured[-1]
    parts = (
        ("dso", _("DSO"), _("receivables ÷ sales of 90 days × 90")),
        ("count_back", _("DSO by count-back"), _("days of the newest sales still open")),
        ("best_possible", _("Best possible DSO"), _("if everything were paid when due")),
        ("delinquent", _("Average days delinquent"), _("DSO less best possible DSO")),
    )
    figures = [
        Figure(word, getattr(now, key), "days", "", note, [getattr(one, key) for one in measured], is_better_low=True)
        for key, word, note in parts
    ]
    chart = Chart(
        _("Days of sales outstanding at each month's end"),
        [one.day for one in measured],
        [Series(word, [getattr(one, key) for one in measured]) for key, word, _note in parts],
        "days",
    )
    columns = [Column("day", _("Day"), "day"), *(Column(key, word, "days") for key, word, _note in parts)]
    rows = [{"day": one.day, **{key: getattr(one, key) for key, _w, _n in parts}} for one in reversed(measured)]
    return Result(figures, [chart], [Table(_("At each month's end"), columns, rows, wanted.currency)])


def effectiveness(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """The collection effectiveness index of the 90 days before each month's end."""
    measured = measure_on(frames, wanted, month_ends(wanted))
    values = [one.effectiveness for one in measured]
    figure = Figure(_("CEI"), values[-1], "number", "", _("100: all that fell due was collected"), values, False)
    chart = Chart(
        _("Collection effectiveness index"), [one.day for one in measured], [Series(_("CEI"), values)], "number"
    )
    columns = [Column("day", _("Day"), "day"), Column("effectiveness", _("CEI"), "number")]
    rows = [{"day": one.day, "effectiveness": one.effectiveness} for one in reversed(measured)]
    return Result([figure], [chart], [Table(_("At each month's end"), columns, rows, wanted.currency)])


def payment_behaviour(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """How late the invoices were that were settled in the period, by amount, and how that changed by month."""
    settled = keep(frames["settled"], frames["segments"], wanted)
    within = settled.filter(pl.col("day").is_between(wanted.from_date, wanted.to_date))
    by_class = {
        row["lateness"]: row
        for row in within.group_by("lateness").agg(pl.col("count", "amount_minor").sum()).iter_rows(named=True)
    }
    whole = sum(row["amount_minor"] for row in by_class.values())
    rows: list[dict[str, Any]] = []
    for place in range(len(LATENESS) + 1):
        row = by_class.get(place, {"count": 0, "amount_minor": 0})
        share = row["amount_minor"] / whole if whole else None
        rows.append(
            {"lateness": LATENESS_WORDS[place], "count": row["count"], "amount": row["amount_minor"], "share": share}
        )
    months = months_before(wanted.to_date, len(month_ends(wanted)))[::-1]
    monthly = [_lateness_of(settled, first, last) for first, last in months]
    late, term, in_time = _lateness_of(within, wanted.from_date, wanted.to_date)
    figures = [
        Figure(_("Average days late"), late, "days", "", _("weighted by amount; early counts as negative"),
               [one[0] for one in monthly], True),
        Figure(_("Days from issue to payment"), term, "days", "", "", [one[1] for one in monthly], True),
        Figure(_("Paid in time"), in_time, "share", "", _("by amount, on the due date at the latest"),
               [one[2] for one in monthly], False),
    ]  # fmt: skip
    columns = [
        Column("lateness", _("Paid"), "text"),
        Column("count", _("Invoices"), "count"),
        Column("amount", _("Amount"), "money"),
        Column("share", _("Share"), "share"),
    ]
    by_month = [
        {"month": first, "late": one[0], "term": one[1], "in_time": one[2]}
        for (first, _last), one in zip(months, monthly, strict=True)
    ]
    month_columns = [
        Column("month", _("Month"), "month"),
        Column("late", _("Average days late"), "days"),
        Column("term", _("Days from issue to payment"), "days"),
        Column("in_time", _("Paid in time"), "share"),
    ]
    code = wanted.currency
    charts = [
        Chart(_("How late invoices were paid"), list(LATENESS_WORDS),
              [Series(_("Amount"), [row["amount"] for row in rows], "bar")], "money", code, "text"),
        Chart(_("Average days late by month"), [first for first, _last in months],
              [Series(_("Average days late"), [one[0] for one in monthly])], "days", label_unit="month"),
    ]  # fmt: skip
    tables = [
        Table(_("By lateness"), columns, rows, code),
        Table(_("Month by month"), month_columns, by_month[::-1], code),
    ]
    return Result(figures, charts, tables, [_("Only what was paid in the period; what is still open is not in it.")])


def _lateness_of(settled: pl.DataFrame, first: date, last: date) -> tuple[float | None, float | None, float | None]:
    """Amount-weighted days late and days since issue, and the share paid in time."""
    within = settled.filter(pl.col("day").is_between(first, last))
    amount, days, term = (int(within[name].sum()) for name in ("amount_minor", "amount_days", "amount_term_days"))
    if not amount:
        return None, None, None
    in_time = int(within.filter(pl.col("lateness") <= 1)["amount_minor"].sum())
    return days / amount, term / amount, in_time / amount


def cohorts(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Per month in which invoices fell due: the share paid by then and 30, 60 and 90 days later."""
    kept = keep(frames["cohorts"], frames["segments"], wanted)
    inside = pl.col("month").is_between(wanted.from_date.replace(day=1), wanted.to_date)
    summed = kept.filter(inside).group_by("month").agg(pl.selectors.integer().exclude("segment").sum()).sort("month")
    today = frames.as_of_date
    rows = []
    for row in summed.iter_rows(named=True):
        over = (today - month_end(row["month"])).days
        shares = {
            f"paid_{days}": row[f"paid_{days}_minor"] / row["due_minor"] if over >= days and row["due_minor"] else None
            for days in PAID_WITHIN
        }
        open_days = row["open_days"] / row["due_minor"] if over >= WATCHED_DAYS and row["due_minor"] else None
        rows.append({"month": row["month"], "due": row["due_minor"], **shares, "open_days": open_days})
    words = {0: _("When due"), 30: _("30 days after"), 60: _("60 days after"), 90: _("90 days after")}
    columns = [
        Column("month", _("Due in"), "month"),
        Column("due", _("Fell due"), "money"),
        *(Column(f"paid_{days}", words[days], "share") for days in PAID_WITHIN),
        Column("open_days", _("Days open after the due date (60 at most)"), "days"),
    ]
    chart = Chart(
        _("Share paid, by the month in which it fell due"),
        [row["month"] for row in rows],
        [Series(words[days], [row[f"paid_{days}"] for row in rows]) for days in PAID_WITHIN],
        "share",
        label_unit="month",
    )
    note = _("A share is given once the whole month is so old; credited and waived amounts are left out.")
    return Result([], [chart], [Table(_("By month"), columns, rows[::-1], wanted.currency)], [note])
