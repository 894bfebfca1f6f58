"""Profiles, verdicts, signals and cycles as decided, written where they changed."""

import json
from datetime import date, datetime
from typing import Literal

import polars as pl

from goodterms.core.policy import Policy
from goodterms.core.rules import explain
from goodterms.database.reading import read_frame
from goodterms.database.writing import insert_frame, update_frame
from goodterms.flows.decide_day import Decided
from goodterms.organizations.models import Organisation

KEPT = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "profile": pl.String(),
        "profile_rule": pl.String(),
        "profile_evidence": pl.String(),
        "verdict": pl.String(),
        "verdict_rule": pl.String(),
        "verdict_evidence": pl.String(),
        "signal": pl.String(),
        "signal_strength": pl.Float64(),
        "signal_seen_date": pl.Date(),
        "cycle": pl.String(),
        "policy_hash": pl.String(),
    }
)
_DRIFTS = {"profile_evidence", "verdict_evidence", "signal_strength"}
"""These move a little every day: they are kept as they were when something else last changed."""
BEFORE = pl.Schema({name: kind for name, kind in KEPT.items() if name not in _DRIFTS})
_QUERY = f"SELECT {', '.join(BEFORE)} FROM followup_customerprofile WHERE organisation_id = %s"


def read_standings(organisation: Organisation) -> pl.DataFrame:
    """The standings kept (columns: BEFORE)."""
    return read_frame(_QUERY, [organisation.pk], BEFORE)


def write_standings(
    organisation: Organisation, decided: Decided, before: pl.DataFrame, run_date: date, now: datetime
) -> int:
    """Write the standings that differ from those kept (``before``); the number of customers whose standing changed.

    A changed profile or a new signal is told on the customer's timeline; the first standing of a customer is not.
    Evidence is kept as of the change; what it is today is a matter of deciding again.
    """
    fresh = standings_of(decided)
    changed = fresh.join(before, on=BEFORE.names(), how="anti", nulls_equal=True)
    if changed.is_empty():
        return 0
    rows = changed.with_columns(
        pl.lit(organisation.pk).alias("organisation_id"),
        pl.lit(run_date).alias("changed_date"),
    )
    known = rows.join(before.select("customer_id"), on="customer_id", how="semi")
    new = rows.join(before.select("customer_id"), on="customer_id", how="anti")
    _tell_changes(organisation, known.join(before, on="customer_id", suffix="_before"), decided, now)
    update_frame("followup_customerprofile", known, ["customer_id"])
    no_override = [pl.lit("").alias(name) for name in ("override_profile", "override_reason", "override_by")]
    insert_frame("followup_customerprofile", new.with_columns(no_override), skip_existing=True)
    return changed.height


def standings_of(decided: Decided) -> pl.DataFrame:
    """Profile, verdict, signal and cycle per customer as they are kept (columns: KEPT)."""
    decision = decided.decision
    signals = decision.habits.select("customer_id", "signal", pl.col("signal_strength").round(1), "signal_seen_date")
    frame = decision.standings.join(signals, on="customer_id", how="left", maintain_order="left")
    frame = frame.join(decision.cycles, on="customer_id", how="left", maintain_order="left")
    return (
        frame.with_columns(pl.col("cycle").fill_null(""), pl.lit(decision.policy_hash).alias("policy_hash"))
        .select(KEPT.names())
        .cast(KEPT)
    )


def _tell_changes(organisation: Organisation, pairs: pl.DataFrame, decided: Decided, now: datetime) -> None:
    """Timeline rows for changed profiles and new signals."""
    told = pairs.filter(
        (pl.col("profile") != pl.col("profile_before"))
        | ((pl.col("signal") != pl.col("signal_before")) & (pl.col("signal") != ""))
    )
    rows = []
    for row in told.iter_rows(named=True):
        if row["profile"] != row["profile_before"]:
            kind, text = "profile_changed", f"Profile {row['profile_before']} → {row['profile']}."
            text += " " + evidence_sentence(decided.policy, "profiles", row["profile_rule"], row["profile_evidence"])
        else:
            kind, text = (
                "signal_seen",
                f"The payment habit has turned: {row['signal']} (since {row['signal_seen_date']}).",
            )
        rows.append((row["customer_id"], kind, text))
    frame = pl.DataFrame(rows, schema={"customer_id": pl.Int64, "kind": pl.String, "text": pl.String}, orient="row")
    insert_frame(
        "followup_timelineevent",
        frame.with_columns(
            pl.lit(organisation.pk).alias("organisation_id"),
            pl.lit(now).dt.convert_time_zone("UTC").alias("at"),
            pl.lit("").alias("effect_key"),
            pl.lit("{}").alias("data"),
            pl.lit("goodterms").alias("actor"),
        ),
    )


def evidence_sentence(policy: Policy, which: Literal["profiles", "verdicts"], rule_id: str, evidence: str) -> str:
    """The evidence behind a stored rule id as a sentence; empty for a rule the policy no longer has."""
    rules = policy.profiles if which == "profiles" else policy.verdicts
    for rule in rules.rules:
        if rule.id == rule_id:
            return explain(rule, json.loads(evidence))
    return ""
