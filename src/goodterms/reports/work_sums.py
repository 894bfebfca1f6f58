"""Sums over what was said and done: touches and what followed, promises, plans, disputes, people's deeds."""

from datetime import date

import polars as pl

from goodterms.organizations.models import Organisation
from goodterms.reports import work_facts
from goodterms.reports.facts import Facts

ANSWERED_WITHIN_DAYS = 7
PAID_WITHIN_DAYS = 14


def sum_touches(
    organisation: Organisation, persons: pl.DataFrame, received: pl.DataFrame, start: date
) -> dict[str, pl.DataFrame]:
    """``touches`` (per day, channel, playbook and step: how many, answered, paid) and ``touch_cash``.

    ``received``: customer_id, currency, day, minor. A payment counts for the last touch before it, if that was sent at
    most PAID_WITHIN_DAYS before; an answer likewise within ANSWERED_WITHIN_DAYS.
    """
    touches = work_facts.read_touches(organisation, start).join(persons, on="customer_id")
    answers = work_facts.read_answers(organisation, start)
    answered = _last_touch_before(answers, touches, ANSWERED_WITHIN_DAYS)["touch_id"].unique()
    paying = _last_touch_before(received, touches, PAID_WITHIN_DAYS)
    marked = touches.with_columns(
        pl.col("touch_id").is_in(answered.implode()).alias("answered"),
        pl.col("touch_id").is_in(paying["touch_id"].unique().implode()).alias("paid"),
    )
    keys = ["person", "day", "channel", "playbook", "step", "level"]
    counted = marked.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count"), _total("answered"), _total("paid"))
    cash = paying.join(touches.select("touch_id", "person", "channel", "day"), on="touch_id", suffix="_sent")
    cash = cash.group_by("person", "currency", pl.col("day_sent").alias("day"), "channel").agg(pl.col("minor").sum())
    return {"touches": _without_currency(counted), "touch_cash": cash}


def _total(name: str) -> pl.Expr:
    return pl.col(name).sum().cast(pl.Int64)


def _last_touch_before(events: pl.DataFrame, touches: pl.DataFrame, days: int) -> pl.DataFrame:
    """Each event with the ``touch_id`` of the last touch sent on an earlier day, at most so many days before."""
    sent = touches.select("customer_id", "touch_id", pl.col("day").alias("_sent")).sort("_sent", "touch_id")
    return events.sort("day").join_asof(
        sent, left_on="day", right_on="_sent", by="customer_id", allow_exact_matches=False,
        tolerance=f"{days}d", check_sortedness=False,
    ).filter(pl.col("touch_id").is_not_null())  # fmt: skip


def _without_currency(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit("").alias("currency"))


def received_cash(facts: Facts) -> pl.DataFrame:
    """Payments that stayed: customer_id, currency, day, minor."""
    stayed = facts.payments.filter(pl.col("returned_date").is_null() & (pl.col("paid_date") >= facts.start))
    return stayed.select(
        "customer_id", "currency", pl.col("paid_date").alias("day"), pl.col("paid_minor").alias("minor")
    )


def sum_work(organisation: Organisation, persons: pl.DataFrame, start: date, today: date) -> dict[str, pl.DataFrame]:
    """Promises, instalments, disputes, retention, deeds and open tasks, each with person and currency."""

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(persons, on="customer_id", how="left").with_columns(pl.col("person").fill_null(0))

    promises = own(work_facts.read_promises(organisation, start)).drop("customer_id")
    instalments = own(work_facts.read_instalments(organisation, start)).drop("customer_id")
    disputes = own(work_facts.read_disputes(organisation, start)).drop("customer_id")
    retention = own(work_facts.read_retention(organisation, start)).drop("customer_id")
    deeds = own(work_facts.read_deeds(organisation, start))
    deeds = deeds.group_by("person", "name", "kind", "day").agg(pl.len().cast(pl.Int64).alias("count"))
    tasks = own(work_facts.read_tasks(organisation, start))
    is_late = (pl.col("due_date") < today).alias("is_late")
    tasks = tasks.group_by("person", "owner", "kind", is_late).agg(pl.col("count").sum())
    return {
        "promises": promises,
        "instalments": instalments,
        "disputes": disputes,
        "retention": _without_currency(retention),
        "deeds": _without_currency(deeds),
        "tasks": _without_currency(tasks),
    }
