"""Which touch is due for whom today, and why the others wait."""

import polars as pl

from goodterms.core.chain import next_in_chain
from goodterms.core.chase import ENDLESS, carry, describe_customers, find_newer_debt
from goodterms.core.copies import add_copies
from goodterms.core.courtesies import find_courtesies
from goodterms.core.evidence import Evidence
from goodterms.core.pay_run_windows import time_chain
from goodterms.core.policy import Policy
from goodterms.core.recipients import choose_recipients

ITEMS = pl.List(pl.Struct({"invoice_id": pl.Int64(), "currency": pl.String(), "open_amount_minor": pl.Int64()}))
PLANNED = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "cycle": pl.String(),
        "playbook": pl.String(),
        "step": pl.String(),
        "level": pl.Int32(),
        "occurrence": pl.Int32(),
        "channel": pl.String(),
        "contact_id": pl.Int64(),
        "recipient": pl.String(),
        "language": pl.String(),
        "timezone": pl.String(),
        "template": pl.String(),
        "tone": pl.String(),
        "sender": pl.String(),
        "needs_approval": pl.Boolean(),
        "asks_why": pl.Boolean(),
        "cc": pl.List(pl.String()),
        "planned_date": pl.Date(),
        "deadline_date": pl.Date(),
        "carrying_invoice_id": pl.Int64(),
        "items": ITEMS,
        "due_reason": pl.String(),
        "profile": pl.String(),
        "profile_rule": pl.String(),
        "evidence": pl.String(),
    }
)
WAITS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "reason": pl.String(),  # see WAIT_REASONS
        "until_date": pl.Date(),  # the first day on which it may go on; null: until something changes
        "playbook": pl.String(),
        "step": pl.String(),  # the step that comes next, null without one
    }
)
WAIT_REASONS = {
    "hold": "on hold",
    "reply": "an answer is waiting to be read",
    "promise": "has promised to pay",
    "pending": "a message is on its way",
    "tried_today": "today's message could not leave",
    "not_yet": "the next step is not due yet",
    "deadline": "the deadline we set has not passed",
    "spacing": "the last message was sent a short while ago",
    "gap": "there was a contact a short while ago",
    "weekly_cap": "enough messages for one week",
    "closed_day": "no working day there",
    "no_step_left": "the playbook has no step left",
    "contact_missing": "nobody can be reached",
    "volume": "more touches than usual in one day",
}
NO_OVERSIGHT_LEVEL = 2
"""From this level on a step no longer says that it must have been overlooked: nobody whose chain has ended hears so."""
PROBLEMS = pl.Schema(
    {"customer_id": pl.Int64(), "kind": pl.String(), "cycle": pl.String(), "playbook": pl.String(), "step": pl.String()}
)


def plan_touches(
    evidence: Evidence, items: pl.DataFrame, habits: pl.DataFrame, standings: pl.DataFrame, policy: Policy
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """At most one touch per customer and day: ``(touches, waits, problems, cycles)``.

    Columns: PLANNED, WAITS, PROBLEMS, and customer_id with cycle (null: none). A customer with something overdue is
    on its playbook's chain, one step at a time, spaced from the real send; the others may get a word before or on
    the due date, a welcome, a thank-you or a check-in.
    """
    people = describe_customers(evidence, items, standings, policy)
    carried = carry(items, policy)
    chain, ended = _follow_chains(people.join(carried, on="customer_id"), items, evidence, policy)
    chain = time_chain(chain, evidence.ap_profiles)
    courtesy = find_courtesies(people, carried, items, habits, evidence, policy)
    considered = pl.concat([chain, courtesy], how="diagonal_relaxed")
    considered = considered.with_columns(_wait_reason(policy).alias("reason"))
    ready = considered.filter(pl.col("reason").is_null())
    reached = choose_recipients(ready, evidence.contacts, policy.playbooks.role_orders)
    found = pl.col("channel").is_not_null()
    touches = _as_touches(add_copies(reached.filter(found), evidence.contacts), policy)
    unreached = reached.filter(~found).with_columns(pl.lit("contact_missing").alias("reason"))
    waiting = pl.concat([considered.filter(pl.col("reason").is_not_null()), unreached], how="diagonal_relaxed")
    waiting = waiting.join(touches.select("customer_id"), on="customer_id", how="anti", maintain_order="left")
    ended = ended.with_columns(_wait_reason(policy).alias("reason")).filter(pl.col("reason") == "no_step_left")
    problems = waiting.filter(pl.col("reason").is_in(["no_step_left", "contact_missing"]))
    problems = pl.concat([problems, ended], how="diagonal_relaxed")
    return (
        touches,
        _as_waits(waiting.filter(pl.col("anchor").is_null() | (pl.col("anchor") == "overdue")), policy),
        problems.select("customer_id", pl.col("reason").alias("kind"), "cycle", "playbook", "step").cast(PROBLEMS),
        people.select("customer_id", "cycle"),
    )


def _follow_chains(
    owing: pl.DataFrame, items: pl.DataFrame, evidence: Evidence, policy: Policy
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The next step of everybody who owes, and the rows of chains that have ended while newer debt is chased.

    What fell due after the last step was sent was never asked for: it has a cycle and a chain of its own, so that
    it is not silent behind an old invoice for which nothing is left to do. That one stays a person's.
    """
    chain = next_in_chain(owing.with_columns(least_level=0, is_newer=False), evidence, policy)
    ended = [chain.clear()]
    exhausted = chain.filter(pl.col("step").is_null())
    while exhausted.height:
        newer = find_newer_debt(exhausted.select([*owing.columns, "last_sent_date"]), items, evidence, policy)
        if newer.is_empty():
            break
        newer = newer.with_columns(least_level=NO_OVERSIGHT_LEVEL, is_newer=True)
        ended.append(exhausted.join(newer, on="customer_id", how="semi"))
        following = next_in_chain(newer, evidence, policy)
        chain = pl.concat([chain.join(newer, on="customer_id", how="anti"), following], how="diagonal_relaxed")
        exhausted = following.filter(pl.col("step").is_null())
    return chain, pl.concat(ended, how="diagonal_relaxed")


def _spacing() -> pl.Expr:
    """Whole days that lie between the last step sent and this one."""
    is_repeat = (pl.col("last_step") == pl.col("step")) & (pl.col("last_playbook") == pl.col("playbook"))
    return pl.when(is_repeat).then(pl.coalesce("repeat_days", "spacing_days")).otherwise(pl.col("spacing_days"))


def earliest_date(policy: Policy) -> pl.Expr:
    """The first day on which the row's next step may go out."""
    gap = pl.duration(days=policy.numbers.gap_days)
    return pl.max_horizontal(
        pl.col("due_date") + pl.duration(days=pl.max_horizontal("from_day", policy.numbers.grace_days + 1)),
        pl.col("last_sent_date") + pl.duration(days=_spacing()),
        pl.col("last_contact_date") + gap,
        pl.col("deadline_date") + pl.duration(days=1),
    )


def _wait_reason(policy: Policy) -> pl.Expr:
    """The first reason for not acting today, or null; the order is the order in which a person would ask."""
    today = pl.col("local_date")
    is_chain = pl.col("anchor").is_null() | (pl.col("anchor") == "overdue")
    numbers = policy.numbers
    reply_open = pl.col("unhandled_reply_date") + pl.duration(days=numbers.reply_wait_days) >= today
    tests = [
        ("hold", pl.col("hold_until_date").is_not_null()),
        ("pending", pl.col("is_pending")),
        ("reply", reply_open),
        ("promise", (pl.col("anchor") != "promised").fill_null(value=True) & (pl.col("promise_until_date") >= today)),
        ("no_step_left", pl.col("step").is_null()),
        ("not_yet", is_chain & (pl.col("days_overdue") < pl.col("from_day"))),
        ("deadline", is_chain & (pl.col("deadline_date") >= today)),
        ("spacing", pl.col("last_sent_date") + pl.duration(days=_spacing()) > today),
        ("gap", pl.col("last_contact_date") + pl.duration(days=numbers.gap_days) > today),
        ("weekly_cap", pl.col("week_count") >= numbers.weekly_cap),
        ("tried_today", pl.col("is_tried_today")),
        ("closed_day", ~pl.col("is_business_day")),
    ]
    reason: pl.Expr = pl.lit(None, dtype=pl.String())
    for name, holds in reversed(tests):
        reason = pl.when(holds.fill_null(value=False)).then(pl.lit(name)).otherwise(reason)
    return reason


def _as_touches(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    deadline = pl.col("local_date") + pl.duration(days=pl.col("deadline_days"))
    touches = rows.with_columns(
        (pl.col("tries").fill_null(0) + 1).alias("occurrence"),
        pl.col("local_date").alias("planned_date"),
        deadline.alias("deadline_date"),
        _due_reason().alias("due_reason"),
        pl.col("profile_evidence").alias("evidence"),
    )
    cap = policy.numbers.daily_volume_cap
    if cap is not None and touches.height > cap:
        touches = touches.with_columns(pl.lit(value=True).alias("needs_approval"))
    for name in ("items", "carrying_invoice_id"):
        if name not in touches.columns:
            touches = touches.with_columns(pl.lit(None, dtype=PLANNED[name]).alias(name))
    return touches.select(PLANNED.names()).cast(PLANNED).sort("customer_id")


def _due_reason() -> pl.Expr:
    """Why today, in a sentence."""
    last = (
        pl.when(pl.col("last_sent_date").is_null())
        .then(pl.lit("nothing was sent in this cycle before"))
        .otherwise(
            pl.format(
                "the last message ({}) went out {} ago",
                pl.col("last_step"),
                _days((pl.col("local_date") - pl.col("last_sent_date")).dt.total_days()),
            )
        )
    )
    chain = pl.format(
        "The oldest unpaid invoice is {} overdue, the step is due from day {}, and {}.",
        _days(pl.col("days_overdue")),
        pl.col("from_day"),
        last,
    )
    newer = pl.format(
        "Every step has been taken for what is older; the oldest invoice since is {} overdue, the step is due from day "
        "{}, and {}.",
        _days(pl.col("days_overdue")),
        pl.col("from_day"),
        last,
    )
    anchor = pl.col("anchor")
    return (
        pl.when((anchor == "overdue") & pl.col("is_newer").fill_null(value=False))
        .then(newer)
        .when(anchor == "overdue")
        .then(chain)
        .when(anchor == "due")
        .then(pl.format("Payment is due on {}.", pl.col("due_date").dt.to_string("%Y-%m-%d")))
        .when(anchor == "promised")
        .then(pl.lit("The day of their promise has come, or is tomorrow."))
        .when(anchor == "first_invoice")
        .then(pl.lit("The first invoice has just been issued."))
        .when(anchor == "paid")
        .then(pl.lit("Everything that was overdue has been paid."))
        .otherwise(pl.format("No contact since {}.", pl.col("last_contact_date").dt.to_string("%Y-%m-%d")))
    )


def _days(count: pl.Expr) -> pl.Expr:
    return pl.format("{} {}", count, pl.when(count == 1).then(pl.lit("day")).otherwise(pl.lit("days")))


def _as_waits(waiting: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    reason, today = pl.col("reason"), pl.col("local_date")
    until = (
        pl.when(reason == "hold")
        .then(pl.when(pl.col("hold_until_date") < ENDLESS).then(pl.col("hold_until_date") + pl.duration(days=1)))
        .when(reason == "reply")
        .then(pl.col("unhandled_reply_date") + pl.duration(days=policy.numbers.reply_wait_days + 1))
        .when(reason == "promise")
        .then(pl.col("promise_until_date") + pl.duration(days=1))
        .when(reason.is_in(["not_yet", "deadline", "spacing", "gap"]))
        .then(earliest_date(policy))
        .when(reason == "closed_day")
        .then(pl.col("next_business_day"))
        .when(reason == "weekly_cap")
        .then(pl.col("week_first_date") + pl.duration(days=7))
        .when(reason == "tried_today")
        .then(today + pl.duration(days=1))
    )
    waits = waiting.with_columns(until.alias("until_date"))
    return waits.select(WAITS.names()).cast(WAITS).sort("customer_id")
