"""Two courses of contacts side by side: how many, through what, what they cost people, and for whom they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

CHANNELS = ("email", "sms", "call", "letter", "certified")
COURSE = ("customer_id", "planned_date", "playbook", "step", "level", "channel")
_LINE = pl.struct("planned_date", "playbook", "step", "level", "channel")


@dataclass(frozen=True)
class Effort:
    """What a contact is taken to cost: minutes of a person, and money in minor units; nobody measured it."""

    minutes: Mapping[str, Decimal]
    fee_minor: Mapping[str, int]
    approval_minutes: Decimal
    hour_minor: int


def sum_course(contacts: pl.DataFrame, effort: Effort) -> dict[str, Any]:
    """One course in numbers (JSON): contacts in all, by channel, month, playbook and firmness; minutes and cost.

    ``contacts``: COURSE with needs_approval. ``cost_minor`` holds people's time and fees apart.
    """
    by_channel = _count(contacts, "channel")
    approvals = int(contacts["needs_approval"].sum()) if contacts.height else 0
    by_person = {channel: effort.minutes.get(channel, Decimal(0)) * count for channel, count in by_channel.items()}
    approving = effort.approval_minutes * approvals
    minutes = sum(by_person.values(), approving)
    months = contacts.with_columns(pl.col("planned_date").dt.to_string("%Y-%m").alias("month"))
    return {
        "contacts": contacts.height,
        "customers": contacts["customer_id"].n_unique(),
        "approvals": approvals,
        "by_channel": by_channel,
        "by_playbook": _count(contacts, "playbook"),
        "by_level": _count(contacts.with_columns(pl.col("level").cast(pl.String)), "level"),
        "by_month": {
            month: dict(rows.group_by("channel").len().sort("channel").iter_rows())
            for (month,), rows in sorted(months.group_by("month"), key=lambda each: str(each[0][0]))
        },
        "minutes_by_channel": {channel: str(spent) for channel, spent in by_person.items()},
        "minutes_approving": str(approving),
        "minutes": str(minutes),
        "time_minor": int((minutes * effort.hour_minor / 60).to_integral_value()),
        "fees_minor": sum(effort.fee_minor.get(channel, 0) * count for channel, count in by_channel.items()),
        "first_word_days": _first_word(contacts),
    }


def _count(contacts: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(contacts.group_by(column).len().sort("len", column, descending=[True, False]).iter_rows())


def _first_word(contacts: pl.DataFrame) -> float | None:
    """The middle of the days overdue at which the friendliest reminders went out; None where they are not known."""
    if "days_overdue" not in contacts.columns:
        return None
    middle = contacts.filter(pl.col("level") == 1)["days_overdue"].median()
    return float(middle) if isinstance(middle, int | float) else None


def find_differences(present: pl.DataFrame, draft: pl.DataFrame) -> pl.DataFrame:
    """Customers whom the two courses treat differently, the most different first.

    Columns: customer_id, present, draft (lists of contacts by day), only_present, only_draft (how many contacts stand
    in one course alone).
    """
    key = [name for name in COURSE if name != "level"]
    alone = [
        one.join(other.select(key), on=key, how="anti").group_by("customer_id").agg(pl.len().alias(name))
        for name, one, other in (("only_present", present, draft), ("only_draft", draft, present))
    ]
    differing = alone[0].join(alone[1], on="customer_id", how="full", coalesce=True)
    differing = differing.with_columns(pl.col("only_present", "only_draft").fill_null(0))
    for name, course in (("present", present), ("draft", draft)):
        lists = course.sort("planned_date").group_by("customer_id", maintain_order=True).agg(_LINE.alias(name))
        differing = differing.join(lists, on="customer_id", how="left")
    weight = pl.col("only_present") + pl.col("only_draft")
    return differing.sort([weight, pl.col("customer_id")], descending=[True, False])


def find_restandings(present: pl.DataFrame, draft: pl.DataFrame) -> pl.DataFrame:
    """Customers whose profile or verdict the draft changes (both: profile.STANDINGS), with both answers' columns."""
    both = present.join(draft, on="customer_id", suffix="_draft", maintain_order="left")
    differs = (pl.col("profile") != pl.col("profile_draft")) | (pl.col("verdict") != pl.col("verdict_draft"))
    return both.filter(differs)
