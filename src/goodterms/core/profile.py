"""Why is this customer late, and is the relationship worth keeping: two answers from the same habits."""

import polars as pl

from goodterms.core.policy import Policy
from goodterms.core.rules import apply_rules

OVERRIDE_RULE = "overruled-by-a-person"

STANDINGS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "profile": pl.String(),
        "profile_rule": pl.String(),
        "profile_evidence": pl.String(),  # JSON object: habit -> value
        "verdict": pl.String(),
        "verdict_rule": pl.String(),
        "verdict_evidence": pl.String(),
    }
)


def judge_customers(habits: pl.DataFrame, overrides: pl.Series, policy: Policy) -> pl.DataFrame:
    """Profile and verdict per customer, in the order of ``habits`` (columns: STANDINGS).

    ``overrides`` holds a person's profile per row, or null: it replaces the rules' answer and keeps their evidence.
    """
    profiles = apply_rules(habits, policy.profiles)
    verdicts = apply_rules(habits, policy.verdicts)
    overruled = overrides.is_in(list(policy.playbooks.by_id)) & overrides.is_not_null()
    return pl.DataFrame(
        {
            "customer_id": habits["customer_id"],
            "profile": profiles["outcome"].zip_with(~overruled, overrides),
            "profile_rule": profiles["rule"].zip_with(~overruled, pl.repeat(OVERRIDE_RULE, len(overrides), eager=True)),
            "profile_evidence": profiles["evidence"],
            "verdict": verdicts["outcome"],
            "verdict_rule": verdicts["rule"],
            "verdict_evidence": verdicts["evidence"],
        },
        schema=STANDINGS,
    )
