"""Reports about who owes: the largest debtors with concentration, and whose overdue debt moved most."""

from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import ReadFrames
from goodterms.reports.measures import concentration
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

SHOWN = 50
CHARTED = 15
_AS_OF_NOW = _("As the books stand now, whatever period is chosen.")


def top_debtors(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Who owes most, what share of everything that is, and how much is at risk."""
    owing = keep(frames["debtors"], frames["segments"], wanted).filter(pl.col("open_minor") > 0)
    total, risk, owed = (int(owing[name].sum()) for name in ("open_minor", "over_90_minor", "owed_minor"))
    first = owing.sort("open_minor", "customer_id", descending=[True, False]).head(SHOWN)
    rows, running = [], 0
    for row in first.iter_rows(named=True):
        running += row["open_minor"]
        rows.append(_debtor(row) | {"share": row["open_minor"] / total, "together": running / total})
    index = concentration(owing["open_minor"].to_list())
    ten = rows[min(9, len(rows) - 1)]["together"] if rows else None
    code = wanted.currency
    figures = [
        Figure(_("Customers who owe"), owing.height, "count"),
        Figure(_("Share of the ten largest"), ten, "share", is_better_low=True),
        Figure(_("Concentration (HHI)"), index, "number", "", _("0 many equal ones – 10,000 one alone"), (), True),
        Figure(_("At risk: over 90 days"), risk / owed if owed > 0 else None, "share", "", "", (), True),
    ]
    columns = [
        Column("customer", _("Customer"), "customer"),
        Column("open", _("Balance"), "money"),
        Column("share", _("Share"), "share"),
        Column("together", _("Running share"), "share"),
        Column("overdue", _("Overdue"), "money"),
        Column("over_90", _("Over 90 days"), "money"),
        Column("oldest", _("Oldest due"), "day"),
    ]
    chart = Chart(
        _("The largest debtors"),
        [row["customer"] for row in rows[:CHARTED]],
        [Series(_("Balance"), [row["open"] for row in rows[:CHARTED]], "bar")],
        "money",
        code,
        "customer",
    )
    return Result(figures, [chart], [Table(_("Largest debtors"), columns, rows, code)], [_AS_OF_NOW])


def movers(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Whose overdue debt grew or fell most within the last month."""
    change = (pl.col("overdue_minor") - pl.col("overdue_before_minor")).alias("change")
    moved = keep(frames["debtors"], frames["segments"], wanted).with_columns(change)
    worse = moved.filter(pl.col("change") > 0).sort("change", "customer_id", descending=[True, False])
    better = moved.filter(pl.col("change") < 0).sort("change", "customer_id")
    code = wanted.currency
    grown = [_debtor(row) | {"change": row["change"]} for row in worse.head(SHOWN).iter_rows(named=True)]
    fallen = [_debtor(row) | {"change": row["change"]} for row in better.head(SHOWN).iter_rows(named=True)]
    columns = [
        Column("customer", _("Customer"), "customer"),
        Column("before", _("Overdue 30 days ago"), "money"),
        Column("overdue", _("Overdue now"), "money"),
        Column("change", _("Change"), "money"),
        Column("oldest", _("Oldest due"), "day"),
    ]
    figures = [
        Figure(_("Grew"), int(worse["change"].sum()), "money", code, _("customers whose overdue debt grew, together")),
        Figure(_("Fell"), int(better["change"].sum()), "money", code, _("those whose overdue debt fell, together")),
    ]
    chart = Chart(
        _("Overdue debt that grew most"),
        [row["customer"] for row in grown[:CHARTED]],
        [Series(_("Change"), [row["change"] for row in grown[:CHARTED]], "bar")],
        "money",
        code,
        "customer",
    )
    tables = [Table(_("Worse"), columns, grown, code), Table(_("Better"), columns, fallen, code)]
    return Result(figures, [chart], tables, [_AS_OF_NOW])


def _debtor(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "customer": row["customer_id"],
        "open": row["open_minor"],
        "overdue": row["overdue_minor"],
        "over_90": row["over_90_minor"],
        "before": row["overdue_before_minor"],
        "oldest": row["oldest_due_date"],
    }
