"""Decide for a whole ledger in memory, beside a plain group-by over the same frames.

    python -m benchmarks.decide_memory [--customers 2000 20000 200000]

Promised on two quiet cores: at most 6 s with 1,000,000 open and 5,000,000 settled invoices, and time that grows no
faster than the ledger. ``first`` summarises all settled history; ``next day`` uses the kept summaries and reads the
history of one customer in a hundred. Every size is a process of its own, so that its peak memory is its own.
"""

import argparse
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from benchmarks.measuring import Timing, best_of, print_table, timed
from goodterms.core.decide import decide
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy
from goodterms.importers.example import generate_large
from goodterms.importers.example.evidence import as_evidence

TODAY = date(2026, 3, 10)
SIZES = (2_000, 20_000, 200_000)
TRIES = 3
HEADS = ["customers", "open", "settled", "what", "seconds", "reference", "ratio", "peak MiB", "touches"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", type=int, help="Measure this size alone, in this process.")
    given = parser.parse_args()
    if given.one:
        print_table(f"Decide in memory, {given.one:,} customers", HEADS, measure(given.one))
        return
    for customers in given.customers:
        subprocess.run([sys.executable, "-m", "benchmarks.decide_memory", "--one", str(customers)], check=True)


def measure(customers: int) -> list[list[object]]:
    evidence = make_evidence(customers)
    policy = shipped_policy()
    _, plain = best_of(TRIES, lambda: reference_pass(evidence))
    decision, first = best_of(TRIES, lambda: decide(evidence, policy))
    following = next_day(evidence, decision.summaries)
    again, ordinary = best_of(TRIES, lambda: decide(following, policy))
    sizes: list[object] = [customers, evidence.open_items.height, evidence.settled.height]
    return [
        [*sizes, "first", *compared(first, plain), decision.touches.height],
        [*sizes, "next day", *compared(ordinary, plain), again.touches.height],
    ]


def compared(timing: Timing, plain: Timing) -> list[object]:
    return [timing.seconds, plain.seconds, timing.seconds / plain.seconds, timing.peak_mib]


def make_evidence(customers: int) -> Evidence:
    ledger, _ = timed(lambda: generate_large(2026, TODAY, customers))
    return as_evidence(ledger)


def reference_pass(evidence: Evidence) -> pl.DataFrame:
    """One plain group-by over the same rows."""
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days()
    paid = evidence.settled.group_by("customer_id").agg(late.median(), pl.col("amount_minor").sum(), pl.len())
    owed = evidence.open_items.group_by("customer_id").agg(pl.col("open_amount_minor").sum(), pl.col("due_date").min())
    return paid.join(owed, on="customer_id", how="full", coalesce=True)


def next_day(evidence: Evidence, summaries: pl.DataFrame) -> Evidence:
    """A day later: one customer in a hundred has new facts and is summarised anew."""
    changed = pl.col("customer_id") % 100 == 0
    return replace(
        evidence,
        customers=evidence.customers.with_columns(pl.col("local_date") + timedelta(days=1)),
        settled=evidence.settled.filter(changed),
        summaries=summaries.filter(~changed),
    )


def shipped_policy() -> Policy:
    """The shipped rules and playbooks; they are read by the follow-up layer, which needs the framework."""
    from benchmarks.databases import start_django

    start_django()
    from goodterms.core.policy import PolicyNumbers, compile_policy
    from goodterms.followup.policy import shipped

    rows = shipped()
    return compile_policy(
        numbers=PolicyNumbers(),
        profile_rules=rows["profiles"],
        verdict_rules=rows["verdicts"],
        playbooks=rows["playbooks"],
    )


if __name__ == "__main__":
    main()
