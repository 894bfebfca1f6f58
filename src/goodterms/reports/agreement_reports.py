"""Reports about agreements and disagreements: promises kept, plans kept, disputes by reason and age."""

from typing import Any

import polars as pl
from django.utils.translation import gettext_lazy as _

from goodterms.reports.balances import ReadFrames, months_in
from goodterms.reports.result import Chart, Column, Figure, Result, Series, Table
from goodterms.reports.segments import ReportFilter, keep

PROMISE_STATES = ("kept", "partly_kept", "broken", "open", "withdrawn")
_STATE_WORDS = {
    "kept": _("Kept"),
    "partly_kept": _("Partly kept"),
    "broken": _("Broken"),
    "open": _("Still open"),
    "withdrawn": _("Withdrawn"),
}
DISPUTE_AGES = ((0, 7), (8, 30), (31, 90), (91, None))
_AGE_WORDS = (_("Up to 7 days"), _("8–30 days"), _("31–90 days"), _("Over 90 days"))


def promises(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Promises whose day lay in the period, as judged by its end."""
    own = keep(frames["promises"], frames["segments"], wanted)
    own = own.filter(pl.col("promised_date").is_between(wanted.from_date, wanted.to_date))
    was_judged = (pl.col("judged_date") <= wanted.to_date).fill_null(value=False)
    own = own.with_columns(pl.when(was_judged).then("state").otherwise(pl.lit("open")).alias("state"))
    states = {row["state"]: row for row in _counted(own, ["state"])}
    rows = [
        {"state": _STATE_WORDS[name], "count": states[name]["count"], "amount": states[name]["amount"]}
        for name in PROMISE_STATES
        if name in states
    ]
    months: list[dict[str, Any]] = []
    for first, last in months_in(wanted.from_date, wanted.to_date):
        within = own.filter(pl.col("promised_date").is_between(first, last))
        counts = {name: within.filter(pl.col("state") == name).height for name in PROMISE_STATES}
        months.append({"month": first, **counts, "share": _kept_share(within)})
    code = wanted.currency
    judged = own.filter(pl.col("state").is_in(["kept", "partly_kept", "broken"]))
    figures = [
        Figure(_("Promises kept"), _kept_share(own), "share", "", _("of those kept, partly kept or broken"),
               [row["share"] for row in months], False),
        Figure(_("Promised"), int(own["amount_minor"].sum()), "money", code),
        Figure(_("Paid in time, of what was promised"),
               _ratio(int(judged["paid_minor"].sum()), int(judged["amount_minor"].sum())), "share", "", "", (), False),
    ]  # fmt: skip
    chart = Chart(
        _("Promises by month"),
        [row["month"] for row in months],
        [Series(_STATE_WORDS[name], [row[name] for row in months], "bar", "state") for name in PROMISE_STATES],
        "count",
        label_unit="month",
    )
    columns = [
        Column("state", _("State"), "text"),
        Column("count", _("Promises"), "count"),
        Column("amount", _("Amount"), "money"),
    ]
    month_columns = [
        Column("month", _("Month"), "month"),
        *(Column(name, _STATE_WORDS[name], "count") for name in PROMISE_STATES),
        Column("share", _("Kept"), "share"),
    ]
    tables = [Table(_("By state"), columns, rows, code), Table(_("Month by month"), month_columns, months[::-1], code)]
    return Result(figures, [chart], tables if rows else [])


def _counted(frame: pl.DataFrame, keys: list[str]) -> list[dict[str, Any]]:
    grouped = frame.group_by(keys).agg(pl.len().alias("count"), pl.col("amount_minor").sum().alias("amount"))
    return list(grouped.sort("amount", descending=True).iter_rows(named=True))


def _kept_share(frame: pl.DataFrame) -> float | None:
    judged = frame.filter(pl.col("state").is_in(["kept", "partly_kept", "broken"])).height
    return frame.filter(pl.col("state") == "kept").height / judged if judged else None


def _ratio(part: int | float, whole: int | float) -> float | None:
    return part / whole if whole else None


def plans(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Instalments that fell due in the period, and the plans they belong to, as known at its end."""
    own = keep(frames["instalments"], frames["segments"], wanted).filter(pl.col("accepted_date") <= wanted.to_date)
    ended = (pl.col("ended_date") <= wanted.to_date).fill_null(value=False)
    own = own.with_columns(pl.when(ended).then("plan_state").otherwise(pl.lit("active")).alias("state"))
    due = own.filter(pl.col("due_date").is_between(wanted.from_date, wanted.to_date))
    is_paid = (pl.col("paid_date") <= wanted.to_date) & (pl.col("paid_minor") >= pl.col("amount_minor"))
    in_time = is_paid & (pl.col("paid_date") <= pl.col("due_date") + pl.duration(days=pl.col("grace_days")))
    paid, timely = due.filter(is_paid), due.filter(in_time)
    code = wanted.currency
    words = {
        "active": _("Running"),
        "completed": _("Completed"),
        "defaulted": _("Not kept"),
        "cancelled": _("Cancelled"),
        "replaced": _("Changed by agreement"),
    }
    by_plan = own.group_by("plan_id", "state").agg(pl.col("amount_minor").sum())
    rows = [{**row, "state": words.get(row["state"], row["state"])} for row in _counted(by_plan, ["state"])]
    figures = [
        Figure(_("Instalments due"), due.height, "count"),
        Figure(_("Paid in time"), _ratio(timely.height, due.height), "share", "", _("within their days of grace")),
        Figure(_("Paid by now"), _ratio(paid.height, due.height), "share"),
        Figure(_("Fell due"), int(due["amount_minor"].sum()), "money", code),
    ]
    columns = [
        Column("state", _("State"), "text"),
        Column("count", _("Plans"), "count"),
        Column("amount", _("Amount"), "money"),
    ]
    chart = Chart(
        _("Plans by state"), [row["state"] for row in rows],
        [Series(_("Plans"), [row["count"] for row in rows], "bar")], "count", label_unit="text",
    )  # fmt: skip
    return Result(figures, [chart] if rows else [], [Table(_("Plans by state"), columns, rows, code)])


def disputes(frames: ReadFrames, wanted: ReportFilter) -> Result:
    """Disputes open at the end of the period by reason and age, and those resolved within it."""
    own = keep(frames["disputes"], frames["segments"], wanted).filter(pl.col("opened_date") <= wanted.to_date)
    is_open = pl.col("resolved_date").is_null() | (pl.col("resolved_date") > wanted.to_date)
    still = own.filter(is_open).with_columns(
        (pl.lit(wanted.to_date) - pl.col("opened_date")).dt.total_days().alias("age")
    )
    done = own.filter(pl.col("resolved_date").is_between(wanted.from_date, wanted.to_date))
    took = done.select((pl.col("resolved_date") - pl.col("opened_date")).dt.total_days())["resolved_date"].mean()
    right = done.filter(pl.col("resolution").is_in(["credited", "adjusted"])).height
    judged = done.filter(pl.col("resolution") != "withdrawn").height
    rows = []
    for row in _counted(still, ["reason"]):
        ages = still.filter(pl.col("reason") == row["reason"])["age"].to_list()
        counts = {
            f"age_{place}": sum(_is_within(age, bounds) for age in ages) for place, bounds in enumerate(DISPUTE_AGES)
        }
        rows.append({**row, **counts})
    code = wanted.currency
    figures = [
        Figure(_("Open disputes"), still.height, "count", is_better_low=True),
        Figure(_("Amount in dispute"), int(still["amount_minor"].sum()), "money", code, is_better_low=True),
        Figure(
            _("Days to resolve"), took if isinstance(took, float) else None, "days", "", _("resolved in the period")
        ),
        Figure(_("Found justified"), _ratio(right, judged), "share", "", _("of those resolved, not withdrawn")),
    ]
    columns = [
        Column("reason", _("Reason"), "label", "dispute_reason"),
        Column("count", _("Open"), "count"),
        Column("amount", _("Amount"), "money"),
        *(Column(f"age_{place}", word, "count") for place, word in enumerate(_AGE_WORDS)),
    ]
    resolved = [
        {"resolution": row["resolution"], "count": row["count"], "amount": row["amount"]}
        for row in _counted(done, ["resolution"])
    ]
    resolved_columns = [
        Column("resolution", _("Resolved as"), "label", "resolution"),
        Column("count", _("Disputes"), "count"),
        Column("amount", _("Amount"), "money"),
    ]
    chart = Chart(
        _("Open disputes by reason and age"),
        [row["reason"] for row in rows],
        [Series(word, [row[f"age_{place}"] for row in rows], "bar", "age") for place, word in enumerate(_AGE_WORDS)],
        "count",
        label_unit="label",
        vocabulary="dispute_reason",
    )
    tables = [Table(_("Open, by reason and age"), columns, rows, code),
              Table(_("Resolved in the period"), resolved_columns, resolved, code)]  # fmt: skip
    return Result(figures, [chart] if rows else [], tables)


def _is_within(age: int, bounds: tuple[int, int | None]) -> bool:
    least, most = bounds
    return age >= least and (most is None or age <= most)
