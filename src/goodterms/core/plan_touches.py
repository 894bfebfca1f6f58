"""Which touch is due for whom today, and why the others wait."""

import polars as pl

from goodterms.core.chase import carry, describe_customers, items_asked
from goodterms.core.evidence import Evidence
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
    "plan": "pays by a plan",
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
PROBLEMS = pl.Schema(
    {"customer_id": pl.Int64(), "kind": pl.String(), "cycle": pl.String(), "playbook": pl.String(), "step": pl.String()}
)
CHAIN_WAITS = ("no_step_left",)


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
    chain = _next_in_chain(people.join(carried, on="customer_id"), evidence.touches, policy)
    courtesy = _courtesies(people, carried, items, habits, evidence, policy)
    considered = pl.concat([chain, courtesy], how="diagonal_relaxed")
    considered = considered.with_columns(_wait_reason(policy).alias("reason"))
    ready = considered.filter(pl.col("reason").is_null())
    reached = choose_recipients(ready, evidence.contacts, policy.playbooks.role_orders)
    found = pl.col("channel").is_not_null()
    touches = _as_touches(reached.filter(found), policy)
    unreached = reached.filter(~found).with_columns(pl.lit("contact_missing").alias("reason"))
    waiting = pl.concat([considered.filter(pl.col("reason").is_not_null()), unreached], how="diagonal_relaxed")
    problems = waiting.filter(pl.col("reason").is_in(["no_step_left", "contact_missing"]))
    return (
        touches,
        _as_waits(waiting.filter(pl.col("anchor").is_null() | (pl.col("anchor") == "overdue")), policy),
        problems.select("customer_id", pl.col("reason").alias("kind"), "cycle", "playbook", "step").cast(PROBLEMS),
        people.select("customer_id", "cycle"),
    )


def _next_in_chain(owing: pl.DataFrame, touches: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The next step of each overdue customer's playbook; ``step`` is null when none is left.

    After a change of playbook the chain goes on at the first step that is at least as firm as the last one sent.
    A contextual playbook is entered at the step that fits the debt's age; every other at its first step.
    """
    owing = owing.with_columns(pl.col("profile").alias("playbook"))
    steps = policy.playbooks.steps.filter(pl.col("anchor") == "overdue")
    owing = owing.join(_last_sent(touches), on=["customer_id", "cycle"], how="left", maintain_order="left")
    known = steps.select(
        "playbook", pl.col("step").alias("last_step"), pl.col("position").alias("last_position"), "at_most"
    )
    owing = owing.join(
        known,
        left_on=["last_playbook", "last_step"],
        right_on=["playbook", "last_step"],
        how="left",
        maintain_order="left",
    )
    options = owing.select(
        "customer_id",
        "playbook",
        "days_overdue",
        "last_playbook",
        "last_position",
        "last_level",
        "last_count",
        "at_most",
    ).join(steps.drop("at_most"), on="playbook")
    chosen = options.filter(_comes_next(policy)).sort("customer_id", "position")
    first = chosen.group_by("customer_id", maintain_order=True).first().select("customer_id", "position")
    fields = steps.drop("at_most")
    owing = owing.drop("at_most").join(first, on="customer_id", how="left", maintain_order="left")
    owing = owing.join(fields, on=["playbook", "position"], how="left", maintain_order="left")
    return owing.join(
        _tries(touches), on=["customer_id", "cycle", "playbook", "step"], how="left", maintain_order="left"
    )


def _last_sent(touches: pl.DataFrame) -> pl.DataFrame:
    """The last touch sent per customer and cycle, and how often its step was sent."""
    sent = touches.filter(pl.col("sent_date").is_not_null()).sort("sent_date", "touch_id")
    sent = sent.with_columns(pl.len().over("customer_id", "cycle", "playbook", "step").alias("last_count"))
    return sent.group_by("customer_id", "cycle", maintain_order=True).agg(
        pl.col("playbook").last().alias("last_playbook"),
        pl.col("step").last().alias("last_step"),
        pl.col("level").last().alias("last_level"),
        pl.col("sent_date").last().alias("last_sent_date"),
        pl.col("last_count").last(),
    )


def _tries(touches: pl.DataFrame) -> pl.DataFrame:
    """How often each step was already tried in its cycle, sent or not: the next try is a new occurrence."""
    return touches.group_by("customer_id", "cycle", "playbook", "step").agg(pl.len().alias("tries"))


def _comes_next(policy: Policy) -> pl.Expr:
    contextual = [book.id for book in policy.playbooks.by_id.values() if book.entry == "contextual"]
    position, last = pl.col("position"), pl.col("last_position")
    is_fresh = pl.col("last_playbook").is_null()
    mild = pl.col("level") <= pl.col("entry_level")
    fits_age = ((pl.col("from_day") <= pl.col("days_overdue")) & mild) | (position == 0)
    newest_fit = position == position.filter(fits_age).max().over("customer_id")
    entered = pl.when(pl.col("playbook").is_in(contextual)).then(newest_fit).otherwise(position == 0)
    same_book = (pl.col("last_playbook") == pl.col("playbook")) & last.is_not_null()
    repeats = pl.col("last_count") < pl.col("at_most")
    following = pl.when(repeats).then(position >= last).otherwise(position > last)
    as_firm = pl.col("level") >= pl.col("last_level")
    return pl.when(is_fresh).then(entered).when(same_book).then(following).otherwise(as_firm)


def _courtesies(
    people: pl.DataFrame,
    carried: pl.DataFrame,
    items: pl.DataFrame,
    habits: pl.DataFrame,
    evidence: Evidence,
    policy: Policy,
) -> pl.DataFrame:
    """Steps for customers with nothing to chase: around the due date, welcome, thanks, check-in; one per customer."""
    free = people.join(carried, on="customer_id", how="anti").with_columns(pl.col("profile").alias("playbook"))
    found = [
        _around_due_date(free, items, policy),
        _welcomes(free, habits, evidence, policy),
        _thanks(free, evidence, policy),
        _check_ins(free, evidence, policy),
    ]
    rows = pl.concat([frame for frame in found if frame.height] or found[:1], how="diagonal_relaxed")
    rows = rows.join(_tries(evidence.touches), on=["customer_id", "cycle", "playbook", "step"], how="left")
    # Each of these is said once; a second row per customer waits for another day.
    return rows.filter(pl.col("tries").is_null()).unique("customer_id", keep="first", maintain_order=True)


def _in_window(rows: pl.DataFrame, anchor: str, days: pl.Expr, policy: Policy) -> pl.DataFrame:
    """Rows joined with their playbook's steps of this anchor whose window is open: ranges, never equality."""
    steps = policy.playbooks.steps.filter(pl.col("anchor") == anchor).drop("at_most")
    opened = rows.with_columns(days.cast(pl.Int32).alias("_days")).join(steps, on="playbook")
    return opened.filter(pl.col("_days").is_between(pl.col("from_day"), pl.col("to_day"))).drop("_days")


def _around_due_date(free: pl.DataFrame, items: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    owed = items.filter((pl.col("chase_minor") > 0) & (pl.col("days_overdue") <= policy.numbers.grace_days))
    rows = free.drop("cycle").join(owed, on="customer_id")
    opened = _in_window(rows, "due", pl.col("days_overdue"), policy)
    least = policy.numbers.minimum_balance_minor
    grouped = (
        opened.sort("due_date", "position", "invoice_id")
        .group_by(
            *free.drop("cycle").columns,
            *policy.playbooks.steps.drop("playbook", "at_most").columns,
            "due_date",
            maintain_order=True,
        )
        .agg(
            items_asked("chase_minor"),
            pl.col("invoice_id").first().alias("carrying_invoice_id"),
            pl.col("chase_minor").max().alias("_most"),
            pl.col("currency").first().alias("_currency"),
            pl.col("days_overdue").first(),
        )
    )
    minimum = pl.col("_currency").replace_strict(list(least), list(least.values()), default=0, return_dtype=pl.Int64)
    return (
        grouped.filter(pl.col("_most") >= minimum)
        .drop("_most", "_currency")
        .with_columns((pl.lit("due-") + pl.col("due_date").dt.to_string("%Y-%m-%d")).alias("cycle"))
    )


def _welcomes(free: pl.DataFrame, habits: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    untouched = free.join(evidence.touches, on="customer_id", how="anti")
    facts = habits.filter((pl.col("settled_count") == 0) & (pl.col("open_count") > 0))
    rows = untouched.join(facts.select("customer_id", "tenure_days"), on="customer_id")
    opened = _in_window(rows, "first_invoice", pl.col("tenure_days"), policy)
    return opened.drop("tenure_days").with_columns(pl.lit("welcome").alias("cycle"))


def _thanks(free: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """For a cycle that closed since the last run, if anything clear or firmer was said in it."""
    said = evidence.touches.filter(pl.col("sent_date").is_not_null() & (pl.col("level") >= 1))
    closed = free.drop("cycle").rename({"closed_cycle": "cycle"}).filter(pl.col("cycle").is_not_null())
    spoken = said.select("customer_id", "cycle").unique()
    return _in_window(closed.join(spoken, on=["customer_id", "cycle"], how="semi"), "paid", pl.lit(0), policy)


def _check_ins(free: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """A word without asking for money, some time after the last contact; never to somebody we never wrote to."""
    known = free.filter(pl.col("cycle").is_null() & pl.col("last_contact_date").is_not_null())
    silent = (pl.col("local_date") - pl.col("last_contact_date")).dt.total_days()
    opened = _in_window(known, "quiet", silent, policy)
    return opened.with_columns((pl.lit("quiet-") + pl.col("last_contact_date").dt.to_string("%Y-%m-%d")).alias("cycle"))


def earliest_date(policy: Policy) -> pl.Expr:
    """The first day on which the row's next step may go out."""
    spacing = (
        pl.when(pl.col("last_step") == pl.col("step")).then(pl.col("repeat_days")).otherwise(pl.col("spacing_days"))
    )
    gap = pl.duration(days=policy.numbers.gap_days)
    return pl.max_horizontal(
        pl.col("due_date") + pl.duration(days=pl.max_horizontal("from_day", policy.numbers.grace_days + 1)),
        pl.col("last_sent_date") + pl.duration(days=spacing),
        pl.col("last_contact_date") + gap,
        pl.col("deadline_date") + pl.duration(days=1),
    )


def _wait_reason(policy: Policy) -> pl.Expr:
    """The first reason for not acting today, or null; the order is the order in which a person would ask."""
    today = pl.col("local_date")
    is_chain = pl.col("anchor").is_null() | (pl.col("anchor") == "overdue")
    numbers = policy.numbers
    reply_open = pl.col("unhandled_reply_date") + pl.duration(days=numbers.reply_wait_days) >= today
    spacing = (
        pl.when(pl.col("last_step") == pl.col("step")).then(pl.col("repeat_days")).otherwise(pl.col("spacing_days"))
    )
    tests = [
        ("hold", pl.col("hold_until_date").is_not_null()),
        ("pending", pl.col("is_pending")),
        ("reply", reply_open),
        ("promise", pl.col("promise_until_date") >= today),
        ("plan", pl.col("plan_until_date") >= today),
        ("no_step_left", pl.col("step").is_null()),
        ("not_yet", is_chain & (pl.col("days_overdue") < pl.col("from_day"))),
        ("deadline", pl.col("deadline_date") >= today),
        ("spacing", pl.col("last_sent_date") + pl.duration(days=spacing) > today),
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
                "the last message ({}) went out {} days ago",
                pl.col("last_step"),
                (pl.col("local_date") - pl.col("last_sent_date")).dt.total_days(),
            )
        )
    )
    chain = pl.format(
        "The oldest unpaid invoice is {} days overdue, the step is due from day {}, and {}.",
        pl.col("days_overdue"),
        pl.col("from_day"),
        last,
    )
    anchor = pl.col("anchor")
    return (
        pl.when(anchor == "overdue")
        .then(chain)
        .when(anchor == "due")
        .then(pl.format("An invoice is due on {}.", pl.col("due_date").dt.to_string("%Y-%m-%d")))
        .when(anchor == "first_invoice")
        .then(pl.lit("The first invoice has just been issued."))
        .when(anchor == "paid")
        .then(pl.lit("Everything that was overdue has been paid."))
        .otherwise(pl.format("No contact since {}.", pl.col("last_contact_date").dt.to_string("%Y-%m-%d")))
    )


def _as_waits(waiting: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    reason, today = pl.col("reason"), pl.col("local_date")
    until = (
        pl.when(reason == "hold")
        .then(pl.col("hold_until_date") + pl.duration(days=1))
        .when(reason == "reply")
        .then(pl.col("unhandled_reply_date") + pl.duration(days=policy.numbers.reply_wait_days + 1))
        .when(reason == "promise")
        .then(pl.col("promise_until_date") + pl.duration(days=1))
        .when(reason == "plan")
        .then(pl.col("plan_until_date") + pl.duration(days=1))
        .when(reason.is_in(["not_yet", "deadline", "spacing", "gap"]))
        .then(earliest_date(policy))
        .when(reason == "closed_day")
        .then(pl.col("next_business_day"))
        .when(reason.is_in(["weekly_cap", "tried_today"]))
        .then(today + pl.duration(days=1))
    )
    waits = waiting.with_columns(until.alias("until_date"))
    return waits.select(WAITS.names()).cast(WAITS).sort("customer_id")
