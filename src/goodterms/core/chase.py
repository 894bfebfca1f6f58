"""Where each customer stands in its cycle: what may be chased, the carrying invoice, the last step taken."""

from datetime import date

import polars as pl

from goodterms.core.calendar import business_days
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy

PAUSES = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "hold_until_date": pl.Date(),
        "hold_reason": pl.String(),
        "promise_until_date": pl.Date(),
        "plan_until_date": pl.Date(),
    }
)
_NEVER = pl.lit(None, dtype=pl.Date())
ENDLESS = date(9999, 12, 31)
"""The last day of a pause that ends only with its cause, such as a case in an agency's hands."""
CYCLE_PREFIX = "since-"


def carry(items: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Per customer with something worth chasing: the carrying invoice and what is asked for.

    The carrying invoice is the oldest overdue one (tie: the largest, then the lowest id). Currencies whose overdue
    total lies below their minimum are left out; nothing is converted. Columns: customer_id, carrying_invoice_id,
    due_date, days_overdue, items (list of invoice_id, currency, open_amount_minor).
    """
    late = items.filter((pl.col("days_overdue") > policy.numbers.grace_days) & (pl.col("chase_minor") > 0))
    least = policy.numbers.minimum_balance_minor
    total = pl.col("chase_minor").sum().over("customer_id", "currency")
    minimum = pl.col("currency").replace_strict(list(least), list(least.values()), default=0, return_dtype=pl.Int64)
    late = late.filter(total >= minimum)
    late = late.sort(["customer_id", "due_date", "chase_minor", "invoice_id"], descending=[False, False, True, False])
    return late.group_by("customer_id", maintain_order=True).agg(
        pl.col("invoice_id").first().alias("carrying_invoice_id"),
        pl.col("due_date").first(),
        pl.col("days_overdue").first(),
        items_asked("chase_minor"),
    )


def items_asked(amount: str) -> pl.Expr:
    """The items of a group as a list of structs."""
    return pl.struct("invoice_id", "currency", pl.col(amount).alias("open_amount_minor")).alias("items")


def find_cycles(items: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Per customer: ``cycle`` from now on, null when nothing is overdue.

    A cycle runs from the first overdue day to the day on which nothing is overdue, or all that was ever asked for in
    it has been paid: a customer who is never quite without debt is chased again for the debt that came after. Its key
    is the day it began, so that deciding twice gives the same key.
    """
    late = items.filter((pl.col("days_overdue") > 0) & (pl.col("owed_minor") > 0))
    chaseable = pl.col("due_date").filter(pl.col("chase_minor") > 0).min()
    overdue = late.group_by("customer_id").agg(pl.coalesce(chaseable, pl.col("due_date").min()).alias("due_date"))
    asked = evidence.touches.group_by("customer_id", "cycle").agg(pl.col("sent_date").max().alias("_asked_date"))
    now = evidence.customers.select("customer_id", "cycle").join(
        overdue, on="customer_id", how="left", maintain_order="left"
    )
    now = now.join(asked, on=["customer_id", "cycle"], how="left", maintain_order="left")
    began = _began("due_date")
    was_asked_for = pl.col("due_date") + pl.duration(days=policy.numbers.grace_days) < pl.col("_asked_date")
    goes_on = was_asked_for.fill_null(value=True)
    return now.select(
        "customer_id",
        pl.when(pl.col("due_date").is_not_null())
        .then(pl.when(goes_on).then(pl.coalesce("cycle", began)).otherwise(began))
        .alias("cycle"),
    )


def _began(due_date: str) -> pl.Expr:
    """The key of the cycle that begins on the first day after this due date."""
    return pl.lit(CYCLE_PREFIX) + pl.col(due_date).dt.offset_by("1d").dt.to_string("%Y-%m-%d")


def find_newer_debt(exhausted: pl.DataFrame, items: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Of customers whose chain has ended: those with debt that it never asked for, with the cycle of that debt.

    ``exhausted``: describe_customers with carry, and the chain's last_sent_date (null: nothing was sent). The carrying
    invoice is the oldest that was not overdue beyond the days of grace when the last step was sent; ``items`` stay all
    that is asked for. Its cycle goes on, as in find_cycles, while what was asked for in it is open. Columns: those of
    ``exhausted`` without last_sent_date.
    """
    grace = pl.duration(days=policy.numbers.grace_days)
    late = items.join(exhausted.select("customer_id", "last_sent_date"), on="customer_id", maintain_order="left")
    newer = carry(late.filter(pl.col("due_date") + grace >= pl.col("last_sent_date")), policy).drop("items")
    older = exhausted.drop("carrying_invoice_id", "due_date", "days_overdue", "last_sent_date")
    found = older.join(newer, on="customer_id", maintain_order="left")
    sent = evidence.touches.filter(pl.col("cycle").str.starts_with(CYCLE_PREFIX) & pl.col("sent_date").is_not_null())
    asked = sent.group_by("customer_id", pl.col("cycle").alias("_own")).agg(pl.col("sent_date").max())
    began = found.select("customer_id", "cycle", "due_date").join(asked, on="customer_id")
    runs = (pl.col("_own") > pl.col("cycle")) & (pl.col("due_date") + grace < pl.col("sent_date"))
    running = began.filter(runs).group_by("customer_id").agg(pl.col("_own").min())
    found = found.join(running, on="customer_id", how="left", maintain_order="left")
    found = found.with_columns(pl.coalesce("_own", _began("due_date")).alias("_own"))
    # Later than the one that has ended, so that looking for what is newer comes to an end too.
    found = found.filter(pl.col("_own") > pl.col("cycle")).with_columns(cycle="_own")
    return found.select(exhausted.drop("last_sent_date").columns)


def last_contacts(evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Per customer: last contact of any kind, automatic touches of the last week, what is pending or unhandled.

    Progress counts sent touches only: what failed or was withheld reached nobody. ``week_first_date`` is the day of the
    one among them that must be a week old before another may go out.
    """
    dates = evidence.customers.select("customer_id", "local_date")
    touches = evidence.touches.join(dates, on="customer_id")
    sent, today = pl.col("sent_date"), pl.col("local_date")
    in_week = pl.col("is_automatic") & (sent > today.dt.offset_by("-7d"))
    unsent_today = sent.is_null() & ~pl.col("is_pending") & (pl.col("planned_date") >= today)
    per_touch = touches.group_by("customer_id").agg(
        sent.max().alias("last_touch_date"),
        in_week.fill_null(value=False).sum().alias("week_count"),
        sent.filter(in_week).sort(descending=True).head(policy.numbers.weekly_cap).min().alias("week_first_date"),
        pl.col("is_pending").any(),
        unsent_today.any().alias("is_tried_today"),
        pl.col("deadline_date").filter(sent.is_not_null()).max(),
    )
    both = per_touch
    if evidence.replies.is_empty():
        both = both.with_columns(last_reply_date=_NEVER, unhandled_reply_date=_NEVER)
    else:
        replies = evidence.replies.group_by("customer_id").agg(
            pl.col("received_date").max().alias("last_reply_date"),
            pl.col("received_date").filter(~pl.col("is_handled")).max().alias("unhandled_reply_date"),
        )
        both = both.join(replies, on="customer_id", how="full", coalesce=True)
    if evidence.calls.is_empty():
        both = both.with_columns(last_call_date=_NEVER)
    else:
        calls = evidence.calls.group_by("customer_id").agg(pl.col("called_date").max().alias("last_call_date"))
        both = both.join(calls, on="customer_id", how="full", coalesce=True)
    last = pl.max_horizontal("last_touch_date", "last_reply_date", "last_call_date")
    return both.with_columns(last.alias("last_contact_date")).drop(
        "last_touch_date", "last_reply_date", "last_call_date"
    )


def pauses(evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Per customer the last day of a hold, of an open promise or settlement, or of a plan that is kept.

    Columns: PAUSES. Holds count on the days between their first and last, and lift themselves. A plan pauses nothing
    by itself: what it covers is not asked for (core.ageing), and whatever else falls due is.
    """
    parts = [_held(evidence), _awaited(evidence, policy), _planned(evidence)]
    parts = [part for part in parts if not part.is_empty()]
    found = pl.DataFrame(schema={"customer_id": pl.Int64()})
    for part in parts:
        found = found.join(part, on="customer_id", how="full", coalesce=True)
    return found.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in PAUSES.items() if name not in found.columns
    ).select(PAUSES.names())


def _held(evidence: Evidence) -> pl.DataFrame:
    """The last day of the longest hold that is in force: customer_id, hold_until_date, hold_reason."""
    whole = evidence.holds.filter(pl.col("invoice_id").is_null())
    if whole.is_empty():
        return whole
    dates = evidence.customers.select("customer_id", "local_date")
    everyone = whole.filter(pl.col("customer_id").is_null()).drop("customer_id")
    own = whole.filter(pl.col("customer_id").is_not_null())
    held = pl.concat([own.join(dates, on="customer_id"), everyone.join(dates, how="cross")], how="diagonal_relaxed")
    held = held.with_columns(pl.col("until_date").fill_null(ENDLESS))
    held = held.filter(pl.col("local_date").is_between(pl.col("from_date"), pl.col("until_date")))
    longest = held.sort("until_date", "hold_id").group_by("customer_id")
    return longest.agg(
        pl.col("until_date").last().alias("hold_until_date"), pl.col("reason").last().alias("hold_reason")
    )


def _awaited(evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Until when an open promise or an agreed settlement is waited for: customer_id, promise_until_date.

    An offer that nobody has taken up is waited for as long as an answer would be, and never beyond its own day.
    """
    if evidence.promises.is_empty() and evidence.settlements.is_empty():
        return evidence.promises
    grace = pl.duration(days=pl.col("tolerance_days"))
    promises = evidence.promises.filter((pl.col("state") == "open") & pl.col("is_pausing"))
    promised = promises.select("customer_id", (pl.col("promised_date") + grace).alias("promise_until_date"))
    last = pl.col("pay_by_date") + grace
    asked = pl.col("proposed_date") + pl.duration(days=policy.numbers.reply_wait_days)
    until = pl.when(pl.col("state") == "accepted").then(last).otherwise(pl.min_horizontal(last, asked))
    offers = evidence.settlements.filter(pl.col("state").is_in(["proposed", "accepted"]))
    offered = offers.select("customer_id", until.alias("promise_until_date"))
    return pl.concat([promised, offered]).group_by("customer_id").agg(pl.col("promise_until_date").max())


def _planned(evidence: Evidence) -> pl.DataFrame:
    """The last day on which an active plan is kept, as far as it was paid: customer_id, plan_until_date."""
    if evidence.instalments.is_empty():
        return evidence.instalments
    unpaid = (pl.col("plan_state") == "active") & (pl.col("paid_minor") < pl.col("amount_minor"))
    patience = pl.col("due_date") + pl.duration(days=pl.col("grace_days"))
    plans = evidence.instalments.filter(unpaid).group_by("customer_id")
    return plans.agg(patience.min().alias("plan_until_date"))


def describe_customers(
    evidence: Evidence, items: pl.DataFrame, standings: pl.DataFrame, policy: Policy
) -> pl.DataFrame:
    """One row per customer with all that planning looks at, in the order of ``evidence.customers``."""
    frame = evidence.customers.select(
        "customer_id",
        pl.col("country").fill_null(policy.country).replace("", policy.country),
        pl.col("language").fill_null(policy.language).replace("", policy.language),
        pl.col("timezone").fill_null(policy.timezone).replace("", policy.timezone),
        "local_date",
    )
    for part in (
        standings.select("customer_id", "profile", "profile_rule", "profile_evidence"),
        find_cycles(items, evidence, policy),
        last_contacts(evidence, policy),
        pauses(evidence, policy),
    ):
        frame = frame.join(part, on="customer_id", how="left", maintain_order="left")
    frame = _with_playbooks(frame, evidence, policy)
    frame = frame.join(business_days(frame), on=["country", "local_date"], how="left", maintain_order="left")
    return frame.with_columns(
        pl.col("is_pending", "is_tried_today").fill_null(value=False), pl.col("week_count").fill_null(0)
    )


def _with_playbooks(people: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Adds ``playbook``: the one that was drawn for an experiment, else the one of the customer's profile."""
    known = evidence.assigned.filter(pl.col("playbook").is_in(list(policy.playbooks.by_id)))
    if known.is_empty():
        return people.with_columns(pl.col("profile").alias("playbook"))
    joined = people.join(known.unique("customer_id"), on="customer_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("playbook", "profile").alias("playbook"))
