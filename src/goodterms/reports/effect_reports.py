"""Before and after goodterms: what months of due dates looked like on either side of the first run."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import ReadFrames, month_end
from goodterms.reports.ledger_sums import WATCHED_DAYS
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

MONTHS_COMPARED = 12
BEFORE, AFTER = "before", "after"
_WORDS = {BEFORE: _("Before"), AFTER: _("Since")}


def before_after(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """The months before the first run and since, by month in which invoices fell due."""
    started = frames["runs"]["first_run_date"].min()
    if not isinstance(started, date):
        return Result(notes=[_("No day has been run yet: there is no “since” to compare with.")])
    monthly = _months(frames, wanted, started)
    sides = {side: _together([row for row in monthly if row["side"] == side][-MONTHS_COMPARED:]) for side in _WORDS}
    rows = [{"side": _WORDS[side], **sides[side]} for side in _WORDS if sides[side]["due"]]
    notes = [_("The month of the first run belongs to neither side.")]
    if not sides[AFTER]["due"]:
        notes.append(_("No month since the first run is old enough yet: its due dates must lie 60 days back."))
    columns = [
        Column("months", _("Months"), "count"),
        Column("due", _("Fell due"), "money"),
        Column("open_days", _("Days open after the due date"), "days"),
        Column("paid_30", _("Paid 30 days after"), "share"),
        Column("paid_60", _("Paid 60 days after"), "share"),
    ]
    code = wanted.currency
    figures = [
        Figure(_("Days open, before"), sides[BEFORE]["open_days"], "days"),
        Figure(_("Days open, since"), sides[AFTER]["open_days"], "days"),
        Figure(_("Change"), _less(sides[AFTER]["open_days"], sides[BEFORE]["open_days"]), "days", "", "", (), True),
    ]
    drawn = monthly[-2 * MONTHS_COMPARED :]
    chart = Chart(
        _("Days open after the due date, by month"),
        [row["month"] for row in drawn],
        [
            Series(word, [row["open_days"] if row["side"] == side else None for row in drawn])
            for side, word in _WORDS.items()
        ],
        "days",
        label_unit="month",
    )
    table = Table(_("Before and since"), [Column("side", _("Time"), "text"), *columns], rows, code)
    return Result(figures, [chart] if drawn else [], [table], notes)


def _months(frames: ReadFrames, wanted: ReportFilter, started: date) -> list[dict[str, Any]]:
    kept = keep(frames["cohorts"], frames["segments"], wanted)
    summed = kept.group_by("month").agg(pl.selectors.integer().exclude("segment").sum()).sort("month")
    rows = []
    for row in summed.iter_rows(named=True):
        last = month_end(row["month"])
        is_old_enough = (frames.as_of_date - last).days >= WATCHED_DAYS
        side = BEFORE if last < started else AFTER if row["month"] > started else ""
        if is_old_enough and side and row["due_minor"] > 0:
            rows.append(
                {**row, "side": side, "open_days": row["open_days"] / row["due_minor"], "whole": row["open_days"]}
            )
    return rows


def _together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    due = sum(row["due_minor"] for row in rows)

    def share(name: str) -> float | None:
        return sum(row[name] for row in rows) / due if due else None

    return {
        "months": len(rows),
        "due": due,
        "open_days": share("whole"),
        "paid_30": share("paid_30_minor"),
        "paid_60": share("paid_60_minor"),
    }


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
