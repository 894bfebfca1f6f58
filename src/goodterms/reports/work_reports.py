"""Reports about the work itself: touches and what followed, what they cost, what people did, who came back."""

from decimal import Decimal
from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.core.comparison import Effort
from goodterms.reports.balances import ReadFrames, collected_of, flows_in, months_in
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

USUAL_EFFORT = Effort(
    minutes={
        "email": Decimal(0),
        "sms": Decimal(0),
        "call": Decimal(12),
        "letter": Decimal(4),
        "certified": Decimal(15),
    },
    fee_minor={"email": 0, "sms": 8, "call": 0, "letter": 120, "certified": 550},
    approval_minutes=Decimal(3),
    hour_minor=3500,
)
"""What a contact is taken to cost: the same guesses with which playbooks are compared."""
DEED_KINDS = ("calls", "reached", "answers", "promises", "tasks")
_DEED_WORDS = {
    "calls": _("Calls"),
    "reached": _("Reached somebody"),
    "answers": _("Answers handled"),
    "promises": _("Promises taken"),
    "tasks": _("Tasks done"),
}
OURSELVES = "goodterms"


def touches(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """How many touches were sent per channel and step, and how often an answer or a payment followed."""
    own = keep(frames["touches"], frames["segments"], wanted, with_currency=False)
    own = own.filter(pl.col("day").is_between(wanted.from_date, wanted.to_date))
    by_channel = _followed(own, ["channel"])
    by_step = _followed(own, ["channel", "level", "step"])
    by_playbook = _followed(own, ["playbook"])
    whole = _rates({name: int(own[name].sum()) for name in ("count", "answered", "paid")})
    months = months_in(wanted.from_date, wanted.to_date)
    channels = [row["channel"] for row in by_channel]
    monthly = {
        channel: [
            int(own.filter((pl.col("channel") == channel) & pl.col("day").is_between(first, last))["count"].sum())
            for first, last in months
        ]
        for channel in channels
    }
    figures = [
        Figure(_("Touches sent"), whole["count"], "count"),
        Figure(_("Answered"), whole["answer_rate"], "share", "", _("within 7 days"), (), False),
        Figure(_("Paid"), whole["payment_rate"], "share", "", _("something, within 14 days"), (), False),
    ]
    rates = [
        Column("count", _("Sent"), "count"),
        Column("answered", _("Answered"), "count"),
        Column("answer_rate", _("Answer rate"), "share"),
        Column("paid", _("Paid"), "count"),
        Column("payment_rate", _("Payment rate"), "share"),
    ]
    channel, step = Column("channel", _("Channel"), "label", "channel"), Column("step", _("Step"), "label", "step")
    charts = [
        Chart(_("Touches by month"), [first for first, _last in months],
              [Series(name, monthly[name], "bar", "channel") for name in channels], "count",
              label_unit="month", series_vocabulary="channel"),
        Chart(_("Answer and payment rate by channel"), channels,
              [Series(_("Answer rate"), [row["answer_rate"] for row in by_channel], "bar"),
               Series(_("Payment rate"), [row["payment_rate"] for row in by_channel], "bar")], "share",
              label_unit="label", vocabulary="channel"),
    ]  # fmt: skip
    tables = [
        Table(_("By channel"), [channel, *rates], by_channel),
        Table(_("By step"), [channel, step, *rates], by_step),
        Table(_("By playbook"), [Column("playbook", _("Playbook"), "label", "book"), *rates], by_playbook),
    ]
    note = _(
        "An answer or a payment counts for the last touch before it. What follows a touch need not be due to it: "
        "see the control group."
    )
    return Result(figures, charts if by_channel else [], tables if by_channel else [], [note])


def _followed(own: pl.DataFrame, keys: list[str]) -> list[dict[str, Any]]:
    grouped = own.group_by(keys).agg(pl.col("count", "answered", "paid").sum())
    order = ["level", "step", "channel"] if "level" in keys else ["count"]
    ordered = grouped.sort(order, descending=order == ["count"])
    return [_rates(row) for row in ordered.iter_rows(named=True)]


def _rates(row: dict[str, Any]) -> dict[str, Any]:
    count = row["count"]
    return {
        **row,
        "answer_rate": row["answered"] / count if count else None,
        "payment_rate": row["paid"] / count if count else None,
    }


def costs(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What the touches of the period cost, against what was collected, in the organisation's own currency."""
    code = wanted.home
    at_home = wanted.with_currency(code)
    sent = keep(frames["touches"], frames["segments"], wanted, with_currency=False)
    sent = sent.filter(pl.col("day").is_between(wanted.from_date, wanted.to_date))
    counts = dict(sent.group_by("channel").agg(pl.col("count").sum()).iter_rows())
    cash = keep(frames["touch_cash"], frames["segments"], at_home)
    cash = cash.filter(pl.col("day").is_between(wanted.from_date, wanted.to_date))
    followed = dict(cash.group_by("channel").agg(pl.col("minor").sum()).iter_rows())
    rows = [_cost_row(channel, counts[channel], followed.get(channel, 0)) for channel in sorted(counts)]
    collected = collected_of(flows_in(frames, at_home, [(wanted.from_date, wanted.to_date)])[0])
    spent = sum(row["cost"] for row in rows)
    figures = [
        Figure(_("Cost of all touches"), spent, "money", code, "", (), True),
        Figure(_("Collected"), collected, "money", code),
        Figure(_("Cost of collecting 100"), 100 * spent / collected if collected > 0 else None, "number", "", code,
               (), True),
    ]  # fmt: skip
    columns = [
        Column("channel", _("Channel"), "label", "channel"),
        Column("count", _("Sent"), "count"),
        Column("each", _("Cost of one"), "money"),
        Column("cost", _("Cost"), "money"),
        Column("collected", _("Paid within 14 days after"), "money"),
        Column("per_100", _("Cost per 100 paid after"), "number"),
    ]
    chart = Chart(
        _("Cost by channel"), [row["channel"] for row in rows],
        [Series(_("Cost"), [row["cost"] for row in rows], "bar")], "money", code, "label", "channel",
    )  # fmt: skip
    notes = [
        _("Costs are assumptions: a call takes 12 minutes, a letter 4, a certified letter 15, an hour costs 35.00; "
          "fees are 0.08 for a text message, 1.20 for a letter and 5.50 for a certified one."),
        _("Only payments in the organisation's own currency are compared; nothing is converted."),
    ]  # fmt: skip
    return Result(figures, [chart] if rows else [], [Table(_("By channel"), columns, rows, code)], notes)


def cost_of_one(channel: str, effort: Effort = USUAL_EFFORT) -> int:
    """What one contact through this channel is taken to cost, in minor units."""
    time = effort.minutes.get(channel, Decimal(0)) * effort.hour_minor / 60
    return int(time.to_integral_value()) + effort.fee_minor.get(channel, 0)


def _cost_row(channel: str, count: int, collected: int) -> dict[str, Any]:
    each = cost_of_one(channel)
    per_100 = 100 * each * count / collected if collected > 0 else None
    return {"channel": channel, "count": count, "each": each, "cost": each * count, "collected": collected,
            "per_100": per_100}  # fmt: skip


def activity(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What each person did in the period, and what lies before them now."""
    own = keep(frames["deeds"], frames["segments"], wanted, with_currency=False)
    own = own.filter(
        pl.col("day").is_between(wanted.from_date, wanted.to_date) & ~pl.col("name").is_in(["", OURSELVES])
    )
    waiting = keep(frames["tasks"], frames["segments"], wanted, with_currency=False)
    names = sorted({*own["name"].unique().to_list(), *(name for name in waiting["owner"].unique().to_list() if name)})
    rows = []
    for name in names:
        done = dict(own.filter(pl.col("name") == name).group_by("kind").agg(pl.col("count").sum()).iter_rows())
        lies = waiting.filter(pl.col("owner") == name)
        rows.append({"name": name, **{kind: done.get(kind, 0) for kind in DEED_KINDS},
                     "open": int(lies["count"].sum()), "late": int(lies.filter("is_late")["count"].sum())})  # fmt: skip
    months = months_in(wanted.from_date, wanted.to_date)
    series = [
        Series(
            _DEED_WORDS[kind],
            [
                int(own.filter((pl.col("kind") == kind) & pl.col("day").is_between(first, last))["count"].sum())
                for first, last in months
            ],
            "bar",
        )
        for kind in DEED_KINDS
    ]
    nobody = waiting.filter(pl.col("owner") == "")
    figures = [
        Figure(_("Calls made"), sum(row["calls"] for row in rows), "count"),
        Figure(_("Tasks done"), sum(row["tasks"] for row in rows), "count"),
        Figure(_("Tasks waiting"), int(waiting["count"].sum()), "count", "", "", (), True),
        Figure(_("Of these nobody's yet"), int(nobody["count"].sum()), "count"),
    ]
    columns = [
        Column("name", _("Person"), "text"),
        *(Column(kind, _DEED_WORDS[kind], "count") for kind in DEED_KINDS),
        Column("open", _("Tasks waiting"), "count"),
        Column("late", _("Of these overdue"), "count"),
    ]
    chart = Chart(_("Work by month"), [first for first, _last in months], series, "count", label_unit="month")
    return Result(figures, [chart] if rows else [], [Table(_("By person"), columns, rows)])


def without_names(result: Result) -> Result:
    """Activity for those who need not know whose it is: all people together in one row."""
    tables = []
    for table in result.tables:
        numbers = [column for column in table.columns if column.unit == "count"]
        together = {column.key: sum(row[column.key] for row in table.rows) for column in numbers}
        tables.append(Table(_("All together"), numbers, [together] if table.rows else []))
    return Result(result.figures, result.charts, tables, result.notes)


def retention(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """What became of customers after they were collected from: did they buy again, did they send others."""
    own = keep(frames["retention"], frames["segments"], wanted, with_currency=False)
    own = own.filter(pl.col("collected_date").is_between(wanted.from_date, wanted.to_date))
    back = pl.col("reordered_date").is_not_null()
    wait = (pl.col("reordered_date") - pl.col("collected_date")).dt.total_days()
    grouped = own.group_by("then").agg(
        pl.len().alias("count"),
        back.sum().cast(pl.Int64).alias("back"),
        wait.median().alias("days"),
        pl.col("has_referral").sum().cast(pl.Int64).alias("referrals"),
    )
    rows = [
        {**row, "rate": row["back"] / row["count"]}
        for row in grouped.sort("count", descending=True).iter_rows(named=True)
    ]
    count, returned = own.height, own.filter(back).height
    middle = own.select(wait.median()).item()
    figures = [
        Figure(_("Collected from"), count, "count", "", _("cycles that ended with money after a reminder")),
        Figure(_("Bought again"), returned / count if count else None, "share", "", "", (), False),
        Figure(_("Days until then, in the middle"), middle, "days"),
        Figure(_("Sent others"), int(own["has_referral"].sum()), "count"),
    ]
    columns = [
        Column("then", _("Profile then"), "label", "profile"),
        Column("count", _("Collected from"), "count"),
        Column("back", _("Bought again"), "count"),
        Column("rate", _("Share"), "share"),
        Column("days", _("Days until then, in the middle"), "days"),
        Column("referrals", _("Sent others"), "count"),
    ]
    chart = Chart(
        _("Share that bought again, by profile"), [row["then"] for row in rows],
        [Series(_("Bought again"), [row["rate"] for row in rows], "bar")], "share",
        label_unit="label", vocabulary="profile",
    )  # fmt: skip
    note = _("Collected from lately, they may still come back: compare periods of the same age.")
    return Result(figures, [chart] if rows else [], [Table(_("By profile"), columns, rows)] if rows else [], [note])
