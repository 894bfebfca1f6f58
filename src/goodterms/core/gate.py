"""May this touch still go? Asked with fresh facts just before the hand-over."""

from datetime import datetime

import polars as pl

from goodterms.core.ageing import age_items
from goodterms.core.calendar import next_window
from goodterms.core.chase import carry, last_contacts, pauses
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy
from goodterms.core.recipients import CHANNEL_ADDRESS

ASKED = pl.Schema(
    {
        "touch_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "playbook": pl.String(),
        "step": pl.String(),
        "channel": pl.String(),
        "contact_id": pl.Int64(),
        "recipient": pl.String(),
        "planned_date": pl.Date(),
    }
)
ANSWERS = pl.Schema(
    {
        "touch_id": pl.Int64(),
        "answer": pl.String(),  # go | wait | withhold
        "reason": pl.String(),  # a sentence; empty for go
        "not_before": pl.Datetime("us", "UTC"),  # for wait: when to ask again
        "needs_person": pl.Boolean(),  # somebody must look after it
    }
)
STALE_AFTER_DAYS = 4
"""A touch that could not leave for so long says yesterday's news: the next run decides anew."""
ADDRESS_GONE = "The contact's address has changed or no longer works."
STEP_GONE = "The playbook no longer has this step."
MATTERS_TO_A_PERSON = [ADDRESS_GONE, STEP_GONE]


def judge(touches: pl.DataFrame, evidence: Evidence, policy: Policy, now: datetime) -> pl.DataFrame:
    """One answer per touch (``touches``: columns ASKED; result: ANSWERS, same order).

    Withheld are touches whose reason has gone: nothing left to ask for, on hold, promised, an answer unread, the
    address no longer usable, another contact since it was planned, or decided too long ago. A touch outside the send
    window of the customer's own time and working days waits.
    """
    items = age_items(evidence)
    facts = _facts(touches, items, evidence, policy)
    reason = _objection(policy)
    judged = facts.with_columns(reason.alias("reason"))
    judged = judged.join(_windows(judged, policy, now), on=["timezone", "country"], how="left", maintain_order="left")
    is_refused = pl.col("reason") != ""
    is_early = pl.col("not_before").is_not_null()
    answer = pl.when(is_refused).then(pl.lit("withhold")).when(is_early).then(pl.lit("wait")).otherwise(pl.lit("go"))
    words = pl.when(~is_refused & is_early).then(pl.lit("Outside the customer's working hours.")).otherwise("reason")
    return judged.select(
        "touch_id",
        answer.alias("answer"),
        words.alias("reason"),
        pl.when(~is_refused).then("not_before"),
        pl.col("reason").is_in(MATTERS_TO_A_PERSON).alias("needs_person"),
    ).cast(ANSWERS)


def _facts(touches: pl.DataFrame, items: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    people = evidence.customers.select(
        "customer_id",
        pl.col("country").fill_null(policy.country).replace("", policy.country),
        pl.col("timezone").fill_null(policy.timezone).replace("", policy.timezone),
        "local_date",
    )
    anchors = policy.playbooks.steps.select("playbook", "step", "anchor", "from_day")
    frame = touches.join(people, on="customer_id", how="left", maintain_order="left")
    frame = frame.join(anchors, on=["playbook", "step"], how="left", maintain_order="left")
    owing = carry(items, policy).select("customer_id", pl.lit(value=True).alias("owes_late"))
    owed = items.filter(pl.col("chase_minor") > 0).group_by("customer_id")
    oldest = owed.agg(pl.col("days_overdue").max().alias("oldest_day"))
    contacts = last_contacts(evidence, policy).select("customer_id", "last_contact_date", "unhandled_reply_date")
    for part in (owing, oldest, pauses(evidence, policy), contacts):
        frame = frame.join(part, on="customer_id", how="left", maintain_order="left")
    return frame.join(_addresses(evidence.contacts), on=["contact_id", "channel"], how="left", maintain_order="left")


def _addresses(contacts: pl.DataFrame) -> pl.DataFrame:
    """The usable address of each contact per channel."""
    parts = [
        contacts.select("contact_id", pl.lit(channel).alias("channel"), pl.col(column).alias("address"))
        for channel, column in CHANNEL_ADDRESS.items()
    ]
    return pl.concat(parts)


def _objection(policy: Policy) -> pl.Expr:
    """The first sentence that speaks against it, or an empty one."""
    today, anchor = pl.col("local_date"), pl.col("anchor")
    reply_until = pl.col("unhandled_reply_date") + pl.duration(days=policy.numbers.reply_wait_days)
    is_chase, is_due, is_promised = anchor == "overdue", anchor == "due", anchor == "promised"
    is_awaited = (pl.col("promise_until_date") >= today).fill_null(value=False)
    is_still_due = (pl.col("oldest_day") >= pl.col("from_day")).fill_null(value=False)
    old = pl.col("planned_date") + pl.duration(days=STALE_AFTER_DAYS) < today
    gone = pl.col("recipient") != pl.col("address").fill_null("")
    tests = [
        (today.is_null(), "The customer is not known any more."),
        (anchor.is_null(), STEP_GONE),
        (pl.col("hold_until_date").is_not_null(), "The customer is on hold."),
        ((is_chase | is_due) & (pl.col("promise_until_date") >= today), "The customer has promised to pay."),
        (reply_until >= today, "An answer of the customer has not been read yet."),
        (is_chase & pl.col("owes_late").is_null(), "Nothing is overdue any more that may be asked for."),
        (is_due & ~is_still_due, "Nothing of what falls due is open any more."),
        (is_promised & ~is_awaited, "The promise has been kept or withdrawn meanwhile."),
        (
            ~is_chase & ~is_promised & pl.col("owes_late").fill_null(value=False),
            "Something has become overdue meanwhile.",
        ),
        (gone, ADDRESS_GONE),
        (pl.col("last_contact_date") >= pl.col("planned_date"), "There was another contact meanwhile."),
        (old, "Decided too long ago; the next run decides anew."),
    ]
    reason: pl.Expr = pl.lit("")
    for holds, words in reversed(tests):
        reason = pl.when(holds.fill_null(value=False)).then(pl.lit(words)).otherwise(reason)
    return reason


def _windows(judged: pl.DataFrame, policy: Policy, now: datetime) -> pl.DataFrame:
    """Per pair of time zone and country the moment its next send window opens; null inside one."""
    pairs = judged.select("timezone", "country").unique().drop_nulls()
    numbers = policy.numbers
    opens = [
        next_window(zone, country, now, numbers.window_opens, numbers.window_closes)
        for zone, country in pairs.iter_rows()
    ]
    return pairs.with_columns(pl.Series("not_before", opens, dtype=pl.Datetime("us", "UTC")))
