"""The next step of a playbook's chain for customers with something overdue."""

import polars as pl

from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy
from goodterms.core.recipients import CHANNEL_ADDRESS


def next_in_chain(overdue: pl.DataFrame, evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """The next step of each overdue customer's playbook; ``step`` is null when none is left.

    ``overdue``: chase.describe_customers (its playbook is followed) with chase.carry and ``least_level``, below which
    no chain is entered as long as a firmer step is left; the columns of the step
    (playbook.STEPS) are added, with last_playbook, last_step, last_level, last_sent_date and tries (how often the step
    was tried in this cycle).
    The chain moves by one step at a time. A contextual playbook is entered at the step that fits the debt's age; every
    other at its first. After a change of playbook it goes on at the first step that is at least as firm as the last
    one sent. A step that would only repeat what was written in this cycle is left out, one that asks for a process
    that is known, and one by whose channels the customer cannot be reached, as long as another one can.
    """
    # One lazy plan: its dozen joins cost a single customer, decided alone, twelve times less than one after the other.
    owing, touches = overdue.lazy(), evidence.touches.lazy()
    owing = owing.join(_reach(evidence.contacts.lazy()), on="customer_id", how="left", maintain_order="left")
    owing = owing.with_columns(pl.col("reach").fill_null(0))
    in_cycle = touches.join(owing.select("customer_id", "cycle"), on=["customer_id", "cycle"], how="semi")
    # A person's own contact moves the gap, never the chain.
    sent = in_cycle.filter(pl.col("sent_date").is_not_null() & pl.col("is_automatic"))
    steps = policy.playbooks.steps.lazy().filter(pl.col("anchor") == "overdue")
    owing = owing.join(_last_sent(sent), on="customer_id", how="left", maintain_order="left")
    last = ["last_playbook", "last_step"]
    known = steps.select("playbook", "step", pl.col("position").alias("last_position"))
    owing = owing.join(known, left_on=last, right_on=["playbook", "step"], how="left", maintain_order="left")
    options = owing.select(*_LOOKED_AT).join(policy.playbooks.words_by_reach.lazy(), on=["playbook", "reach"])
    options = options.join(_times_sent(sent), on=["customer_id", "playbook", "step"], how="left")
    options = options.join(_said(sent, policy), on=["customer_id", "words"], how="left")
    options = options.join(_confirmed(evidence.ap_profiles.lazy()), on="customer_id", how="left")
    options = options.join(_rested(touches, steps), on=["customer_id", "playbook", "step"], how="left")
    chosen = options.filter(_comes_next(policy)).group_by("customer_id").agg(pl.col("position").min())
    owing = owing.join(chosen, on="customer_id", how="left", maintain_order="left")
    owing = owing.join(steps.drop("at_most"), on=["playbook", "position"], how="left", maintain_order="left")
    tries = _tries(in_cycle)
    return owing.join(tries, on=["customer_id", "playbook", "step"], how="left", maintain_order="left").collect()


_LOOKED_AT = (
    "customer_id",
    "local_date",
    "playbook",
    "days_overdue",
    "least_level",
    "reach",
    "last_playbook",
    "last_position",
    "last_level",
)


def _reach(contacts: pl.LazyFrame) -> pl.LazyFrame:
    """Through which channels each customer can be reached at all, as one number: a bit per channel."""
    bits = [
        pl.when((pl.col(column).fill_null("") != "").any()).then(1 << place).otherwise(0)
        for place, column in enumerate(CHANNEL_ADDRESS.values())
    ]
    return contacts.group_by("customer_id").agg(pl.sum_horizontal(bits).cast(pl.Int32).alias("reach"))


def _last_sent(sent: pl.LazyFrame) -> pl.LazyFrame:
    """The last step sent per customer."""
    ordered = sent.sort("sent_date", "touch_id")
    return ordered.group_by("customer_id", maintain_order=True).agg(
        pl.col("playbook").last().alias("last_playbook"),
        pl.col("step").last().alias("last_step"),
        pl.col("level").last().alias("last_level"),
        pl.col("sent_date").last().alias("last_sent_date"),
    )


def _times_sent(sent: pl.LazyFrame) -> pl.LazyFrame:
    return sent.group_by("customer_id", "playbook", "step").agg(pl.len().alias("times_sent"))


def _said(sent: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """The words (templates) each customer was sent."""
    words = policy.playbooks.steps.lazy().select("playbook", "step", pl.col("channels").alias("channel"), "templates")
    words = words.explode("channel", "templates").rename({"templates": "words"})
    said = sent.join(words, on=["playbook", "step", "channel"])
    return said.select("customer_id", "words", pl.lit(value=True).alias("was_said")).unique()


def _rested(touches: pl.LazyFrame, steps: pl.LazyFrame) -> pl.LazyFrame:
    """When the steps that are not said anew in every cycle were last sent, in whichever cycle."""
    resting = steps.filter(pl.col("rest_days").is_not_null()).select("playbook", "step")
    sent = touches.join(resting, on=["playbook", "step"], how="semi")
    return sent.group_by("customer_id", "playbook", "step").agg(pl.col("sent_date").max().alias("rests_since"))


def _confirmed(ap_profiles: pl.LazyFrame) -> pl.LazyFrame:
    """Those who have told how their accounts payable work."""
    return ap_profiles.filter("is_confirmed").select("customer_id", pl.lit(value=True).alias("is_process_known"))


def _tries(touches: pl.LazyFrame) -> pl.LazyFrame:
    """How often each step was already tried in its cycle, sent or not: the next try is a new occurrence."""
    return touches.group_by("customer_id", "playbook", "step").agg(pl.len().alias("tries"))


def _comes_next(policy: Policy) -> pl.Expr:
    """Which steps may come next; the first of them does."""
    contextual = [book.id for book in policy.playbooks.by_id.values() if book.entry == "contextual"]
    position, last = pl.col("position"), pl.col("last_position")
    rests = pl.col("rests_since") + pl.duration(days=pl.col("rest_days")) > pl.col("local_date")
    is_news = pl.col("was_said").is_null() | (pl.col("at_most") > 1)
    is_left = (pl.col("times_sent").fill_null(0) < pl.col("at_most")) & is_news & ~rests.fill_null(value=False)
    is_left &= ~(pl.col("asks_process") & pl.col("is_process_known").fill_null(value=False))
    within_reach = is_left & pl.col("is_reached")
    # Where no step that is left can be said at all, the next one asks a person for an address.
    is_left = pl.when(within_reach.any().over("customer_id")).then(within_reach).otherwise(is_left)
    is_firm = pl.col("level") >= pl.col("least_level")
    first = pl.coalesce(position.filter(is_left & is_firm).min(), position.filter(is_left).min()).over("customer_id")
    fits_age = (pl.col("from_day") <= pl.col("days_overdue")) & (pl.col("level") <= pl.col("entry_level")) & is_left
    newest_fit = pl.coalesce(position.filter(fits_age).max().over("customer_id"), first)
    entered = position == pl.when(pl.col("playbook").is_in(contextual)).then(newest_fit).otherwise(first)
    is_fresh = pl.col("last_playbook").is_null()
    same_book = (pl.col("last_playbook") == pl.col("playbook")) & last.is_not_null()
    # A step that may still be repeated comes before the one after it.
    following = position >= last
    changed_to = pl.col("level") >= pl.col("last_level")
    return is_left & pl.when(is_fresh).then(entered).when(same_book).then(following).otherwise(changed_to)
