"""What speaks against a person's own message right now: the reasons for which the day's run would wait."""

import polars as pl

from goodterms.core.chase import last_contacts, pauses
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy

CAUTIONS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "code": pl.String(),  # agency court hold promise plan reply pending gap deadline weekly_cap protected
        "until_date": pl.Date(),  # the last day of it, null without one
    }
)


def find_cautions(evidence: Evidence, policy: Policy) -> pl.DataFrame:
    """Per customer each reason to wait, the gravest first (columns: CAUTIONS); a person may go on in spite of them."""
    people = evidence.customers.select("customer_id", "local_date", "is_protected")
    frame = people.join(pauses(evidence, policy), on="customer_id", how="left", maintain_order="left")
    frame = frame.join(last_contacts(evidence, policy), on="customer_id", how="left", maintain_order="left")
    today = pl.col("local_date")
    is_elsewhere = pl.col("hold_reason").is_in(["agency", "court"])
    until_gap = pl.col("last_contact_date") + pl.duration(days=policy.numbers.gap_days - 1)
    reply_until = pl.col("unhandled_reply_date") + pl.duration(days=policy.numbers.reply_wait_days)
    never = pl.lit(None, dtype=pl.Date())
    tests = [
        ("agency", pl.col("hold_reason") == "agency", never),
        ("court", pl.col("hold_reason") == "court", never),
        ("hold", pl.col("hold_until_date").is_not_null() & ~is_elsewhere, pl.col("hold_until_date")),
        ("promise", pl.col("promise_until_date") >= today, pl.col("promise_until_date")),
        ("plan", pl.col("plan_until_date") >= today, pl.col("plan_until_date")),
        ("reply", reply_until >= today, never),
        ("pending", pl.col("is_pending"), never),
        ("gap", until_gap >= today, until_gap),
        ("deadline", pl.col("deadline_date") >= today, pl.col("deadline_date")),
        ("weekly_cap", pl.col("week_count") >= policy.numbers.weekly_cap, never),
        ("protected", pl.col("is_protected"), never),
    ]
    found = [
        frame.filter(holds.fill_null(value=False)).select(
            "customer_id", pl.lit(code).alias("code"), until.cast(pl.Date()).alias("until_date")
        )
        for code, holds, until in tests
    ]
    return pl.concat(found).cast(CAUTIONS)
