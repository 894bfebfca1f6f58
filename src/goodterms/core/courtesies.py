"""Words to customers with nothing to chase: around the due date, a welcome, a thank-you, a check-in."""

import polars as pl

from goodterms.core.chase import CYCLE_PREFIX, items_asked
from goodterms.core.evidence import Evidence
from goodterms.core.pay_run_windows import AHEAD, find_pay_run_windows
from goodterms.core.policy import Policy

DUE_PREFIX, QUIET_PREFIX, PROMISE_PREFIX, WELCOME = "due-", "quiet-", "promise-", "welcome"
"""What the keys of their cycles begin with; a day follows (or the promise's id), but for the welcome, said once."""


def find_courtesies(
    people: pl.DataFrame,
    carried: pl.DataFrame,
    items: pl.DataFrame,
    habits: pl.DataFrame,
    evidence: Evidence,
    policy: Policy,
) -> pl.DataFrame:
    """At most one row per customer whose playbook has a word for today, with the step's columns (playbook.STEPS).

    ``people``: chase.describe_customers; ``carried``: chase.carry, whose customers are chased instead, and hear only
    of what they promised; ``items``: ageing.CHASEABLE; ``habits``: habits.HABITS.
    """
    free = people.join(carried, on="customer_id", how="anti")
    found = [_promised(people, evidence, policy)]
    if free.height:
        coming = _coming(free, items, policy)
        found += [
            _before_pay_run(free, coming, evidence, policy),
            _around_due_date(free, coming, evidence, policy),
            _welcomes(free, habits, evidence, policy),
            _thanks(free, habits, evidence, policy),
        ]
    found.append(_check_ins(free, policy))
    rows = pl.concat([frame for frame in found if frame.height] or found[-1:], how="diagonal_relaxed")
    # Each of these is said once, whether it was sent or not; a second word for the same customer waits for another day.
    rows = rows.join(evidence.touches, on=["customer_id", "cycle", "playbook", "step"], how="anti")
    return rows.unique("customer_id", keep="first", maintain_order=True)


def _coming(free: pl.DataFrame, items: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The items of these customers that may be asked for and are not overdue beyond the days of grace."""
    is_asked, is_late = pl.col("chase_minor") > 0, pl.col("days_overdue") > policy.numbers.grace_days
    return items.filter(is_asked & ~is_late).join(free.select("customer_id"), on="customer_id", how="semi")


def _in_window(rows: pl.DataFrame, anchor: str, days: pl.Expr, policy: Policy) -> pl.DataFrame:
    """Rows joined with their playbook's steps of this anchor whose window is open: ranges, never equality."""
    steps = policy.playbooks.steps.filter(pl.col("anchor") == anchor).drop("at_most")
    opened = rows.with_columns(days.cast(pl.Int32).alias("_days")).join(steps, on="playbook", maintain_order="left")
    return opened.filter(pl.col("_days").is_between(pl.col("from_day"), pl.col("to_day"))).drop("_days")


def _promised(people: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Around the day of an open promise that chasing waits for: who was not told of it hears nothing else meanwhile."""
    if evidence.promises.is_empty():
        return people.clear()
    waited_for = evidence.promises.filter((pl.col("state") == "open") & pl.col("is_pausing"))
    rows = people.drop("cycle").join(
        waited_for.select("customer_id", "promise_id", "promised_date"), on="customer_id", maintain_order="left"
    )
    days = (pl.col("local_date") - pl.col("promised_date")).dt.total_days()
    opened = _in_window(rows, "promised", days, policy).sort("promised_date", "promise_id", maintain_order=True)
    cycle = pl.lit(PROMISE_PREFIX) + pl.col("promise_id").cast(pl.String)
    return opened.with_columns(cycle.alias("cycle")).drop("promise_id", "promised_date")


def _around_due_date(free: pl.DataFrame, coming: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """One word over all invoices in the step's window that no earlier word spoke of; the last step first."""
    rows = free.drop("cycle").join(coming, on="customer_id")
    opened = _in_window(rows, "due", pl.col("days_overdue"), policy)
    if opened.is_empty():
        return opened
    is_timed = pl.col("customer_id").is_in(evidence.ap_profiles["customer_id"].implode())
    opened = opened.filter(~(is_timed & pl.col("before_cut_off_days").is_not_null()))
    opened = opened.join(_told(evidence), on=["customer_id", "step"], how="left")
    was_told = pl.col("due_date") <= pl.col("_told_date") - pl.duration(days=pl.col("from_day"))
    opened = opened.filter(~was_told.fill_null(value=False))
    grouped = _in_one_word(opened, free, policy)
    cycle = pl.lit(DUE_PREFIX) + pl.col("due_date").dt.to_string("%Y-%m-%d")
    return grouped.sort("position", descending=True).with_columns(cycle.alias("cycle"))


def _before_pay_run(free: pl.DataFrame, coming: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """One word, before the cut-off of a known pay run, over what is due until the run after it; once per cut-off."""
    if evidence.ap_profiles.is_empty() or coming.is_empty():
        return free.clear()
    steps = policy.playbooks.steps.filter((pl.col("anchor") == "due") & pl.col("before_cut_off_days").is_not_null())
    rows = free.drop("cycle").join(steps.drop("at_most"), on="playbook")
    rows = find_pay_run_windows(rows, evidence.ap_profiles).filter(pl.col("local_date") >= pl.col("opens_date"))
    opened = rows.join(coming, on="customer_id").filter(pl.col("due_date") < pl.col("run_after_date"))
    cuts = opened.select("customer_id", "step", "cut_off_date").unique(["customer_id", "step"])
    grouped = _in_one_word(opened.drop(AHEAD.names()), free, policy).join(cuts, on=["customer_id", "step"])
    cycle = pl.lit(DUE_PREFIX) + pl.col("cut_off_date").dt.to_string("%Y-%m-%d")
    return grouped.with_columns(cycle.alias("cycle")).drop("cut_off_date")


def _in_one_word(opened: pl.DataFrame, free: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """All items of a customer's step in one row, where they reach the least balance worth a word."""
    least = policy.numbers.minimum_balance_minor
    total = pl.col("chase_minor").sum().over("customer_id", "step", "currency")
    minimum = pl.col("currency").replace_strict(list(least), list(least.values()), default=0, return_dtype=pl.Int64)
    opened = opened.filter(total >= minimum).sort("customer_id", "due_date", "invoice_id")
    keys = [*free.drop("cycle").columns, *policy.playbooks.steps.drop("playbook", "at_most").columns]
    return opened.group_by(keys, maintain_order=True).agg(
        pl.col("due_date", "days_overdue").first(),
        pl.col("invoice_id").first().alias("carrying_invoice_id"),
        items_asked("chase_minor"),
    )


def _told(evidence: Evidence) -> pl.DataFrame:
    """When each customer was last told, or nearly told, of coming due dates by a step of this name."""
    words = evidence.touches.filter(pl.col("cycle").str.starts_with(DUE_PREFIX))
    return words.group_by("customer_id", "step").agg(pl.col("planned_date").max().alias("_told_date"))


def _welcomes(free: pl.DataFrame, habits: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    facts = habits.filter((pl.col("settled_count") == 0) & (pl.col("open_count") > 0))
    if facts.is_empty():
        return facts
    untouched = free.join(evidence.touches, on="customer_id", how="anti")
    rows = untouched.join(facts.select("customer_id", "tenure_days"), on="customer_id")
    opened = _in_window(rows, "first_invoice", pl.col("tenure_days"), policy)
    return opened.drop("tenure_days").with_columns(pl.lit(WELCOME).alias("cycle"))


def _thanks(free: pl.DataFrame, habits: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """After the last cycle in which a reminder was sent, for some days after it was paid; once per cycle."""
    reminders = evidence.touches.filter(
        pl.col("sent_date").is_not_null() & (pl.col("level") >= 1) & pl.col("cycle").str.starts_with(CYCLE_PREFIX)
    )
    if reminders.is_empty():
        return reminders
    said = reminders.group_by("customer_id", "cycle").agg(pl.col("sent_date").min().alias("_first_date"))
    said = said.sort("_first_date", "cycle").group_by("customer_id", maintain_order=True).last()
    steps = policy.playbooks.steps.filter(pl.col("anchor") == "paid").select("playbook", "step")
    thanked = evidence.touches.join(steps, on=["playbook", "step"], how="semi")
    said = said.join(thanked, on=["customer_id", "cycle"], how="anti")
    paid = free.filter(pl.col("cycle").is_null()).drop("cycle").join(said, on="customer_id", maintain_order="left")
    paid = paid.join(habits.select("customer_id", "last_settled_date"), on="customer_id", maintain_order="left")
    paid = paid.filter(pl.col("last_settled_date") >= pl.col("_first_date"))
    days = (pl.col("local_date") - pl.col("last_settled_date")).dt.total_days()
    return _in_window(paid, "paid", days, policy).drop("_first_date", "last_settled_date")


def _check_ins(free: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """A word without asking for money, some time after the last contact; never to somebody we never wrote to."""
    known = free.filter(pl.col("cycle").is_null() & pl.col("last_contact_date").is_not_null())
    silent = (pl.col("local_date") - pl.col("last_contact_date")).dt.total_days()
    opened = _in_window(known, "quiet", silent, policy)
    cycle = pl.lit(QUIET_PREFIX) + pl.col("last_contact_date").dt.to_string("%Y-%m-%d")
    return opened.with_columns(cycle.alias("cycle"))
