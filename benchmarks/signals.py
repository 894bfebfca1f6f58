"""How often the signal cries wolf, and how soon it sees a habit change.

    python -m benchmarks.signals [--customers 300] [--step 3]

False alarms are counted on a ledger whose customers never change (36 invoices each in three years), delays on one
where all of them pay 12 to 45 days later from a day on. Every so many days the evidence of that very day is read as it
was known then. Beside it stands a plain threshold on the mean lateness of the last three payments: at ten days, and at
the number of days that gives no more false alarms than ours.
"""

import argparse
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from benchmarks.measuring import print_table, timed
from goodterms.core.decide import decide
from goodterms.core.evidence import Evidence
from goodterms.core.policy import Policy, PolicyNumbers, compile_policy
from goodterms.importers.example import ExampleLedger, generate
from goodterms.importers.example.evidence import as_evidence

TODAY = date(2026, 3, 10)
WATCHED_DAYS = 730
CHANGE = TODAY - timedelta(days=365)
LAST_PAYMENTS = 3
SIZES = ((12, 20), (21, 30), (31, 45))
Rows = list[list[object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--step", type=int, default=3, help="Days between two looks.")
    given = parser.parse_args()
    steady, steady_time = timed(lambda: watch(make_ledger(given.customers, None), WATCHED_DAYS, given.step))
    changed_ledger = make_ledger(given.customers, CHANGE)
    changed, changed_time = timed(lambda: watch(changed_ledger, 365, given.step))
    alarms = count_alarms(steady.with_columns(alarm=pl.col("signal") != ""), given.step)
    equal = find_equal_threshold(steady, given.step, float(alarms["per customer-year"][-1]))
    print_alarms(steady, alarms, equal, given.step)
    print_delays(changed, changed_ledger, equal)
    print(f"\n{given.customers} customers, a look every {given.step} days, {steady_time.seconds:.0f} s and", end=" ")
    print(f"{changed_time.seconds:.0f} s; delays are late by up to one look.")


def make_ledger(customers: int, change: date | None) -> ExampleLedger:
    return generate(2026, customers, TODAY, years=3, invoices_per_customer=36, change=change or "never")


def watch(ledger: ExampleLedger, days: int, step: int) -> pl.DataFrame:
    """One row per customer and look: day, customer_id, kind, signal, strength, mean_late (of the last payments)."""
    policy = plain_policy()
    kinds = ledger.truth.with_row_index("customer_id", offset=1).select(pl.col("customer_id").cast(pl.Int64), "kind")
    looks = [look(as_evidence(ledger, day), policy, day) for day in days_between(days, step)]
    return pl.concat(looks).join(kinds, on="customer_id")


def days_between(days: int, step: int) -> Iterator[date]:
    for ago in range(days, -1, -step):
        yield TODAY - timedelta(days=ago)


def look(evidence: Evidence, policy: Policy, day: date) -> pl.DataFrame:
    habits = decide(evidence, policy).habits
    late = (pl.col("settled_date") - pl.col("due_date")).dt.total_days()
    last = (
        evidence.settled.sort("settled_date", "invoice_id")
        .group_by("customer_id")
        .agg(late.tail(LAST_PAYMENTS).mean().alias("mean_late"))
    )
    frame = habits.select("customer_id", "signal", pl.col("signal_strength").alias("strength"))
    return frame.join(last, on="customer_id", how="left").with_columns(day=pl.lit(day))


def plain_policy() -> Policy:
    """Rules and playbooks that say nothing: only the habits matter here."""
    rule = {"id": "all", "outcome": "keep", "when": "true", "because": "All."}
    step = {"id": "one", "from_day": 1, "channels": {"email": "words"}, "level": 0, "tone": "courtesy"}
    return compile_policy(
        numbers=PolicyNumbers(),
        profile_rules=[{**rule, "outcome": "plain"}],
        verdict_rules=[rule],
        playbooks=[{"id": "plain", "name": "Plain", "intent": "None.", "steps": [step]}],
    )


def count_alarms(looks: pl.DataFrame, step: int) -> pl.DataFrame:
    """Per kind and for all: alarms begun per customer-year, and the share of days under alarm (column ``alarm``)."""
    ordered = looks.sort("customer_id", "day")
    before = pl.col("alarm").shift(1, fill_value=False).over("customer_id")
    begun = ordered.with_columns(begun=pl.col("alarm") & ~before)
    years = pl.len() * step / 365
    columns = [
        pl.col("customer_id").n_unique().alias("customers"),
        (pl.col("begun").sum() / years).alias("per customer-year"),
        (pl.col("alarm").mean() * 100).alias("% of days"),
    ]
    kinds = begun.group_by("kind").agg(columns).sort("kind")
    return pl.concat([kinds, begun.select(pl.lit("all").alias("kind"), *columns)])


def by_mean(looks: pl.DataFrame, threshold: float) -> pl.DataFrame:
    return looks.with_columns(alarm=(pl.col("mean_late") > threshold).fill_null(value=False))


def find_equal_threshold(looks: pl.DataFrame, step: int, rate: float) -> int:
    """The least mean lateness whose threshold gives no more false alarms than ``rate`` per customer-year."""
    for threshold in range(1, 200):
        if float(count_alarms(by_mean(looks, threshold), step)["per customer-year"][-1]) <= rate:
            return threshold
    return 200


def print_alarms(looks: pl.DataFrame, ours: pl.DataFrame, equal: int, step: int) -> None:
    rows: Rows = []
    tens, equals = (count_alarms(by_mean(looks, threshold), step) for threshold in (10, equal))
    for own, ten, same in zip(ours.iter_rows(), tens.iter_rows(), equals.iter_rows(), strict=True):
        rows.append([*own, *ten[2:], *same[2:]])
    heads = ["kind", "customers", "alarms", "% of days", "mean > 10", "% of days", f"mean > {equal}", "% of days"]
    print_table("False alarms per customer-year: nobody's habit changes", heads, rows)


def print_delays(looks: pl.DataFrame, ledger: ExampleLedger, equal: int) -> None:
    facts = when_changed(ledger)
    tests = {
        "signal": looks.with_columns(alarm=pl.col("signal") == "later"),
        "mean > 10": by_mean(looks, 10),
        f"mean > {equal}": by_mean(looks, equal),
    }
    rows = [[name, *row] for name, alarms in tests.items() for row in measure_delays(first_alarms(alarms, facts))]
    heads = ["test", "days later", "customers", "before", "found", "median", "9 of 10", "from due", "9 of 10"]
    title = "Days until a change is seen (before: under alarm already; from due: since the first due date after it)"
    print_table(title, heads, rows)


def when_changed(ledger: ExampleLedger) -> pl.DataFrame:
    """Per customer: change_days, and the first due date after the change."""
    numbered = ledger.truth.with_row_index("customer_id", offset=1).select(
        pl.col("customer_id").cast(pl.Int64), "customer_number", "change_days"
    )
    due = ledger.invoices.filter((pl.col("kind") == "invoice") & (pl.col("due_date") >= CHANGE))
    first = due.group_by("customer_number").agg(pl.col("due_date").min().alias("first_due"))
    return numbered.join(first, on="customer_number")


def first_alarms(looks: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Per customer: was_before (under alarm when the change came) and the days until the first alarm after it."""
    first = looks.group_by("customer_id").agg(
        pl.col("alarm").filter(pl.col("day") <= CHANGE).any().alias("was_before"),
        pl.col("day").filter(pl.col("alarm") & (pl.col("day") > CHANGE)).min().alias("alarm_date"),
    )
    return facts.join(first, on="customer_id").with_columns(
        (pl.col("alarm_date") - CHANGE).dt.total_days().alias("delay"),
        (pl.col("alarm_date") - pl.col("first_due")).dt.total_days().alias("delay_from_due"),
    )


def measure_delays(alarms: pl.DataFrame) -> Rows:
    rows: Rows = []
    for low, high in SIZES:
        size = alarms.filter(pl.col("change_days").is_between(low, high))
        clear = size.filter(~pl.col("was_before"))
        found = clear.filter(pl.col("delay").is_not_null())
        share = f"{100 * found.height / max(clear.height, 1):.0f} %"
        marks = [found[name].quantile(part) for name in ("delay", "delay_from_due") for part in (0.5, 0.9)]
        rows.append([f"{low}-{high}", size.height, size.height - clear.height, share, *(mark or 0.0 for mark in marks)])
    return rows


if __name__ == "__main__":
    main()
