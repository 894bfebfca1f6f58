"""Reports about what is open: ageing on any day, how balances moved, and how amounts roll from age to age."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import (
    LOSSES,
    ReadFrames,
    Stock,
    chart_days,
    collected_of,
    flows_in,
    months_before,
    months_in,
    stocks_on,
)
from goodterms.reports.ledger_sums import AGES
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter

AGE_WORDS = {
    "not_due": _("Not due"),
    "days_1_30": _("1–30 days"),
    "days_31_60": _("31–60 days"),
    "days_61_90": _("61–90 days"),
    "days_over_90": _("Over 90 days"),
}
_MOVES = (
    ("opening", _("Open at the start")),
    ("billed", _("Billed")),
    ("fees", _("Fees charged")),
    ("credited", _("Credit notes")),
    ("collected", _("Collected")),
    ("losses", _("Forgiven, waived or written off")),
    ("other", _("Other")),
    ("closing", _("Open at the end")),
)


def ageing(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What is open by age at the end of the period and day by day within it."""
    days = chart_days(wanted.from_date, wanted.to_date)
    stocks = stocks_on(frames, wanted, days)
    before, now = stocks_on(frames, wanted, [wanted.from_date, wanted.to_date])
    code = wanted.currency
    figures = [
        Figure(_("Open"), now.balance, "money", code, _("after credit notes and cash on account")),
        Figure(_("Overdue"), now.overdue, "money", code, is_better_low=True),
        Figure(_("Share overdue"), _share(now.overdue, now.owed), "share", is_better_low=True),
        Figure(_("At risk: over 90 days"), _share(now.ages[-1], now.owed), "share", is_better_low=True),
    ]
    rows = [
        {
            "age": AGE_WORDS[name],
            "amount": now.ages[place],
            "share": _share(now.ages[place], now.owed),
            "before": before.ages[place],
            "change": now.ages[place] - before.ages[place],
        }
        for place, name in enumerate(AGES)
    ]
    for word, here, there in (
        (_("Invoices and fees"), now.owed, before.owed),
        (_("Credit notes"), now.credits, before.credits),
        (_("Cash on account"), -now.cash, -before.cash),
        (_("Balance"), now.balance, before.balance),
    ):
        rows.append({"age": word, "amount": here, "share": None, "before": there, "change": here - there})
    table = Table(
        _("Open by age"),
        [
            Column("age", _("Age"), "text"),
            Column("amount", _("At the end"), "money"),
            Column("share", _("Share"), "share"),
            Column("before", _("At the start"), "money"),
            Column("change", _("Change"), "money"),
        ],
        rows,
        code,
    )
    chart = Chart(
        _("Open by age over time"),
        days,
        [
            Series(AGE_WORDS[name], [one.ages[place] for one in stocks], "area", "age")
            for place, name in enumerate(AGES)
        ],
        "money",
        code,
    )
    return Result(figures, [chart], [table, _ageing_by_day(days, stocks, code)])


def _ageing_by_day(days: list[Any], stocks: list[Stock], code: str) -> Table:
    return Table(
        _("Over time"),
        [
            Column("day", _("Day"), "day"),
            *(Column(name, AGE_WORDS[name], "money") for name in AGES),
            Column("balance", _("Balance"), "money"),
        ],
        [
            {"day": day, **dict(zip(AGES, stock.ages, strict=True)), "balance": stock.balance}
            for day, stock in zip(reversed(days), reversed(stocks), strict=True)
        ],
        code,
    )


def receivables(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """How the open items moved: opening + billed - credited - collected … = closing, month by month."""
    months = months_in(wanted.from_date, wanted.to_date)
    ends = stocks_on(frames, wanted, [first - timedelta(days=1) for first, _last in months] + [wanted.to_date])
    flows = flows_in(frames, wanted, months)
    rows = [
        _movement(first, ends[place].receivables, ends[place + 1].receivables, flows[place])
        for place, (first, _last) in enumerate(months)
    ]
    whole = _movement(wanted.from_date, ends[0].receivables, ends[-1].receivables, _added(flows))
    code = wanted.currency
    cash = sum(flow.get("received", 0) + flow.get("sent_back", 0) for flow in flows)
    figures = [
        Figure(_("Billed"), whole["billed"], "money", code),
        Figure(_("Collected"), -whole["collected"], "money", code, _("put to invoices")),
        Figure(_("Payments received"), cash, "money", code, _("less those sent back; put to invoices or not")),
        Figure(_("Open at the end"), whole["closing"], "money", code, _("invoices and fees less credit notes")),
    ]
    columns = [Column("month", _("Month"), "month"), *(Column(key, word, "money") for key, word in _MOVES)]
    chart = Chart(
        _("Billed and collected by month"),
        [first for first, _last in months],
        [
            Series(_("Billed"), [row["billed"] for row in rows], "bar"),
            Series(_("Collected"), [-row["collected"] for row in rows], "bar"),
            Series(_("Open at the end"), [row["closing"] for row in rows], "line"),
        ],
        "money",
        code,
        "month",
    )
    total = Table(_("The whole period"), columns[1:], [whole], code)
    return Result(figures, [chart], [total, Table(_("Month by month"), columns, rows[::-1], code)])


def _added(flows: list[dict[str, int]]) -> dict[str, int]:
    kinds = {kind for flow in flows for kind in flow}
    return {kind: sum(flow.get(kind, 0) for flow in flows) for kind in kinds}


def _movement(month: Any, opening: int, closing: int, flow: dict[str, int]) -> dict[str, Any]:
    """One line of the movement: what takes off is negative, and the line adds up."""
    losses = sum(flow.get(kind, 0) for kind in LOSSES)
    other = flow.get("credit_note", 0) + flow.get("unexplained", 0)
    return {
        "month": month,
        "opening": opening,
        "billed": flow.get("billed", 0),
        "fees": flow.get("fees", 0),
        "credited": flow.get("credited", 0),
        "collected": -collected_of(flow),
        "losses": -losses,
        "other": -other,
        "closing": closing,
    }


def roll_rates(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Of what stood in an age at a month's end, how much stood in the next older one a month later."""
    months = months_before(wanted.to_date, 13)[::-1]
    stocks = stocks_on(frames, wanted, [last for _first, last in months])
    keys = ("to_1_30", "to_31_60", "to_61_90")
    rows: list[dict[str, Any]] = []
    for place in range(1, len(months)):
        earlier, later = stocks[place - 1], stocks[place]
        rates = {key: _share(later.ages[age + 1], earlier.ages[age]) for age, key in enumerate(keys)}
        rows.append({"month": months[place][0], **rates})
    words = (_("Not due → 1–30"), _("1–30 → 31–60"), _("31–60 → 61–90"))
    columns = [
        Column("month", _("Month"), "month"),
        *(Column(key, word, "share") for key, word in zip(keys, words, strict=True)),
    ]
    newest = rows[-1]
    figures = [Figure(word, newest[key], "share", is_better_low=True) for key, word in zip(keys, words, strict=True)]
    chart = Chart(
        _("Roll rates by month"),
        [row["month"] for row in rows],
        [Series(word, [row[key] for row in rows]) for key, word in zip(keys, words, strict=True)],
        "share",
        label_unit="month",
    )
    note = _("Twelve months up to the end of the period; the last month may not be over yet.")
    return Result(figures, [chart], [Table(_("Month by month"), columns, rows[::-1], wanted.currency)], [note])


def _share(part: int, whole: int) -> float | None:
    """Between 0 and 1; None of nothing."""
    return part / whole if whole > 0 else None
