"""Statutory interest and compensation that could be claimed on what is overdue today; claiming it is another matter."""

from datetime import date

import polars as pl

from goodterms.core.ageing import age_items
from goodterms.core.evidence import Evidence
from goodterms.core.interest import interest_on_open_items
from goodterms.core.policy import Policy
from goodterms.flows.claimed_fees import read_claimed_for
from goodterms.followup.statutory import shipped_regimes

CLAIMABLE = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "currency": pl.String(),
        "interest_minor": pl.Int64(),
        "compensation_minor": pl.Int64(),
        "compensation_currency": pl.String(),
        "regime": pl.String(),
    }
)


def claimable_interest(evidence: Evidence, policy: Policy, until: date) -> pl.DataFrame:
    """Per overdue item of ``evidence`` what the law allows up to and with the day ``until`` (columns: CLAIMABLE).

    Counted on what may be asked for (open, undisputed, net of credits and cash) since the day after the due date, by
    the law of the policy's country of interest, else the organisation's own. Items for which no law or rate is known
    are left out, and so are fees, which bear no interest. What was claimed as a fee before is taken off.
    """
    fees = evidence.open_items.filter(pl.col("kind") == "fee").select("invoice_id")
    items = age_items(evidence).filter((pl.col("days_overdue") > 0) & (pl.col("chase_minor") > 0))
    items = items.join(fees, on="invoice_id", how="anti", maintain_order="left")
    law = policy.numbers.interest.country or policy.country
    asked = items.with_columns(pl.col("chase_minor").alias("open_amount_minor"), pl.lit(law).alias("country"))
    claims = interest_on_open_items(shipped_regimes(), asked, until).filter(pl.col("interest_problem").is_null())
    rows = items.select("customer_id", "invoice_id", "currency").join(claims, on="invoice_id", maintain_order="left")
    return _without_claimed(rows).select(CLAIMABLE.names()).cast(CLAIMABLE)


def _without_claimed(rows: pl.DataFrame) -> pl.DataFrame:
    claimed = read_claimed_for(rows["invoice_id"])
    left = pl.col("interest_minor") - pl.col("claimed_interest").fill_null(0)
    is_compensated = (pl.col("compensations") > 0).fill_null(value=False)
    return rows.join(claimed, on="invoice_id", how="left", maintain_order="left").with_columns(
        interest_minor=left.clip(lower_bound=0),
        compensation_minor=pl.when(is_compensated).then(0).otherwise("compensation_minor"),
    )


def sum_claimable(claims: pl.DataFrame) -> pl.DataFrame:
    """Per customer and currency: interest and compensation together (customer_id, currency, claimable_minor)."""
    interest = claims.select("customer_id", "currency", pl.col("interest_minor").alias("claimable_minor"))
    compensation = claims.select(
        "customer_id",
        pl.col("compensation_currency").alias("currency"),
        pl.col("compensation_minor").alias("claimable_minor"),
    )
    both = pl.concat([interest, compensation]).group_by("customer_id", "currency").agg(pl.col("claimable_minor").sum())
    return both.filter(pl.col("claimable_minor") > 0).sort("customer_id", "currency")
