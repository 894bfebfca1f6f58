"""What a person does first: open work ranked by the expected gain of doing it now.

The rank of a task is a number without unit:

    rank = (base + Σ gain / unit) × urgency
    gain    = at risk × effect                        per currency, in its minor unit
    effect  = EFFECT[kind] × FIT[profile] × ½ ^ (age / HALF_LIFE_DAYS)
    urgency = 1 + promise + silence + signal + waiting

*at risk* is what is overdue, credit notes and cash on account taken off; *age* is that of the oldest overdue item,
since the chance that money comes at all sinks with it. *unit* is what a customer typically owes overdue in that
currency (the median), so that currencies are compared without a rate and never added. *base* is what the work is
worth where nothing is overdue: somebody waits for it. EFFECT and FIT are judgements about how much sooner or surer
money comes when this is done today; only their proportions matter, and none of them sends anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from goodterms.core.decide import Decision
from goodterms.core.evidence import Evidence
from goodterms.core.norms import Norms

HALF_LIFE_DAYS = 180.0
RECENT_PROMISE_DAYS = 30
EFFECT: Mapping[str, float] = {
    "promise_broken": 0.35,
    "plan_defaulted": 0.35,
    "reply": 0.30,
    "call_back": 0.30,
    "approval": 0.30,
    "call": 0.25,
    "fix": 0.25,
    "dispute_due": 0.25,
    "contact_missing": 0.25,
    "contact_repair": 0.25,
    "failed": 0.20,
    "no_step_left": 0.20,
    "print": 0.20,
    "uncertain": 0.15,
    "withheld": 0.15,
    "agency_ready": 0.15,
    "legal": 0.15,
    "relationship": 0.15,
    "proof_overdue": 0.05,
}
OTHER_EFFECT = 0.15
BASE: Mapping[str, float] = {"reply": 0.5, "approval": 0.4, "uncertain": 0.4, "failed": 0.4, "print": 0.4}
OTHER_BASE = 0.1
FIT: Mapping[str, float] = {
    "failing": 1.3,
    "forgetful": 1.2,
    "bad_patch": 1.2,
    "good": 1.1,
    "avoiding": 0.8,
    "chronic": 0.8,
    "cannot_pay": 0.6,
}
PROMISE_DUE, PROMISE_PAST = 0.5, 0.75
SILENCE = ((15, 0.4), (10, 0.2), (5, 0.1))
"""From so many days without an answer to what was sent; the longest counts."""
SIGNAL, STRONGEST_SIGNAL = 0.2, 2.0
WAITING_A_DAY, MOST_WAITING = 0.05, 0.5

TASKS = pl.Schema(
    {
        "task_id": pl.Int64(),
        "customer_id": pl.Int64(),  # null: about no customer
        "kind": pl.String(),
        "due_date": pl.Date(),
    }
)
STANDINGS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "local_date": pl.Date(),
        "profile": pl.String(),
        "oldest_days_overdue": pl.Int64(),
        "silence_days": pl.Int64(),
        "signal": pl.String(),
        "signal_strength": pl.Float64(),
        "promise_date": pl.Date(),  # of a promise due by today or broken lately; null without one
    }
)
RISKS = pl.Schema({"customer_id": pl.Int64(), "currency": pl.String(), "at_risk_minor": pl.Int64()})
RANKED = pl.Schema(
    {
        "task_id": pl.Int64(),
        "rank": pl.Float64(),
        "at_risk_minor": pl.Int64(),  # in the currency that counts most; 0: nothing
        "currency": pl.String(),
        "gain_minor": pl.Int64(),  # of that, what doing it now is expected to bring
        "effect": pl.Float64(),
        "promise_date": pl.Date(),  # this and what follows: null where it does not count
        "is_promise_past": pl.Boolean(),
        "silence_days": pl.Int64(),
        "signal": pl.String(),
        "waiting_days": pl.Int64(),
    }
)


@dataclass(frozen=True)
class Circumstances:
    """What the rank of work is made of: STANDINGS and RISKS of its customers, and the unit of each currency."""

    standings: pl.DataFrame
    risks: pl.DataFrame
    units: Mapping[str, int]


def circumstances_of(decision: Decision, evidence: Evidence) -> Circumstances:
    """The circumstances of the customers that were decided about."""
    habits = decision.habits.select(
        "customer_id", "oldest_days_overdue", "silence_days", pl.col("signal").fill_null(""), "signal_strength"
    )
    frame = evidence.customers.select("customer_id", "local_date").join(habits, on="customer_id")
    frame = frame.join(decision.standings.select("customer_id", "profile"), on="customer_id", how="left")
    frame = frame.join(_promises(evidence), on="customer_id", how="left")
    due = pl.min_horizontal("overdue_minor", pl.max_horizontal("open_minor", 0)).alias("at_risk_minor")
    risks = decision.balances.select("customer_id", "currency", due).filter(pl.col("at_risk_minor") > 0)
    return Circumstances(frame.select(STANDINGS.names()).cast(STANDINGS), risks, units_of(decision.norms))


def units_of(norms: Norms) -> dict[str, int]:
    """What is typically overdue per currency: the middle of the amounts that the norms keep."""
    return {currency: steps[len(steps) // 2 - 1] for currency, steps in norms.exposure.items() if len(steps) > 1}


def rank_tasks(tasks: pl.DataFrame, circumstances: Circumstances, today: date) -> pl.DataFrame:
    """One row per task, in the order of ``tasks`` (columns: RANKED); ``today`` is for tasks about no customer."""
    frame = tasks.join(circumstances.standings, on="customer_id", how="left", maintain_order="left")
    frame = frame.with_columns(
        pl.col("local_date").fill_null(pl.lit(today, dtype=pl.Date)),
        pl.col("profile", "signal").fill_null(""),
        pl.col("oldest_days_overdue", "silence_days").fill_null(0),
        pl.col("signal_strength").fill_null(0.0),
    )
    frame = frame.join(_worth(circumstances), on="customer_id", how="left", maintain_order="left")
    frame = frame.with_columns(
        pl.col("at_risk_minor").fill_null(0),
        pl.col("units").fill_null(0.0),
        pl.col("currency").fill_null(""),
        _effect().alias("effect"),
    )
    frame = _with_urgency(frame)
    base = pl.col("kind").replace_strict(BASE, default=OTHER_BASE, return_dtype=pl.Float64)
    rank = (base + pl.col("units") * pl.col("effect")) * pl.col("urgency")
    gain = (pl.col("at_risk_minor") * pl.col("effect")).round(0).cast(pl.Int64)
    return frame.with_columns(rank.round(6).alias("rank"), gain.alias("gain_minor")).select(RANKED.names()).cast(RANKED)


def _worth(circumstances: Circumstances) -> pl.DataFrame:
    """Per customer what is at risk in units, and the amount of the currency that counts most."""
    risks = circumstances.risks.filter(pl.col("at_risk_minor") > 0)
    unit = pl.col("currency").replace_strict(dict(circumstances.units), default=None, return_dtype=pl.Int64)
    middle = pl.col("at_risk_minor").median().over("currency")
    counted = risks.with_columns((pl.col("at_risk_minor") / unit.fill_null(middle).clip(1)).alias("units"))
    largest = counted.sort(["customer_id", "units", "currency"], descending=[False, True, False])
    return largest.group_by("customer_id", maintain_order=True).agg(
        pl.col("currency").first(), pl.col("at_risk_minor").first(), pl.col("units").sum()
    )


def _effect() -> pl.Expr:
    kind = pl.col("kind").replace_strict(EFFECT, default=OTHER_EFFECT, return_dtype=pl.Float64)
    fit = pl.col("profile").replace_strict(FIT, default=1.0, return_dtype=pl.Float64)
    age = pl.col("oldest_days_overdue").clip(0).cast(pl.Float64)
    return (kind * fit * pl.lit(0.5).pow(age / HALF_LIFE_DAYS)).round(4)


def _with_urgency(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``urgency``; what does not count becomes null, so that every value left is a reason."""
    frame = frame.with_columns(
        (pl.col("local_date") > pl.col("promise_date")).alias("is_promise_past"),
        pl.when(pl.col("silence_days") >= SILENCE[-1][0]).then("silence_days").alias("silence_days"),
        pl.when((pl.col("signal") != "") & (pl.col("signal") != "earlier")).then("signal").alias("signal"),
        (pl.col("local_date") - pl.col("due_date")).dt.total_days().alias("waiting_days"),
    ).with_columns(pl.when(pl.col("waiting_days") > 0).then("waiting_days").alias("waiting_days"))
    promise = pl.when("is_promise_past").then(PROMISE_PAST).when(pl.col("promise_date").is_not_null()).then(PROMISE_DUE)
    silence = pl.lit(0.0)
    for days, worth in reversed(SILENCE):
        silence = pl.when(pl.col("silence_days") >= days).then(worth).otherwise(silence)
    strength = pl.col("signal_strength").clip(0, STRONGEST_SIGNAL)
    signal = pl.when(pl.col("signal").is_not_null()).then(SIGNAL * strength).otherwise(0.0)
    waiting = (pl.col("waiting_days").fill_null(0) * WAITING_A_DAY).clip(0, MOST_WAITING)
    return frame.with_columns((1 + promise.otherwise(0.0) + silence + signal + waiting).alias("urgency"))


def _promises(evidence: Evidence) -> pl.DataFrame:
    """Per customer the latest promise that is due by today, or was broken lately (customer_id, promise_date)."""
    dated = evidence.promises.join(evidence.customers.select("customer_id", "local_date"), on="customer_id")
    ago = (pl.col("local_date") - pl.col("promised_date")).dt.total_days()
    is_due = (pl.col("state") == "open") & (ago >= 0)
    is_broken = pl.col("state").is_in(["broken", "partly_kept"]) & ago.is_between(0, RECENT_PROMISE_DAYS)
    counted = dated.filter(is_due | is_broken)
    return counted.group_by("customer_id").agg(pl.col("promised_date").max().alias("promise_date"))
