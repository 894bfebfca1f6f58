"""The day's run: decide for everyone, and write down what was decided, in one transaction."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from django.db import transaction

from goodterms.core.calendar import opens_at
from goodterms.core.decide import Decision
from goodterms.core.policy import Policy
from goodterms.core.refusal import Refusal
from goodterms.database.writing import insert_frame, upsert_frame
from goodterms.flows.agency_cases import settle_files
from goodterms.flows.check_proofs import check_proofs
from goodterms.flows.collect_evidence import organisation_date, reading
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.follow_retention import follow_retention
from goodterms.flows.judge_agency import judge_agency
from goodterms.flows.judge_commitments import judge_commitments
from goodterms.flows.note_unreadable import note_unreadable
from goodterms.flows.rank_work import rank_everyone
from goodterms.flows.run_experiment import follow_experiment
from goodterms.flows.seal_timeline import seal_timeline
from goodterms.flows.write_ap_profile import became_red_tape, suggest_for_red_tape
from goodterms.flows.write_standings import read_standings, write_standings
from goodterms.followup.models import DayRun, Task
from goodterms.organizations.models import Organisation
from goodterms.outbox.keys import key_sha256, touch_key_expr

TASK_TITLES = {
    "contact_missing": "Nobody can be reached: add a contact with an e-mail address or telephone number",
    "no_step_left": "The playbook has no step left: decide how to go on",
}


class LaterDayWasRun(Refusal):
    """A day was to be run after a later one: what is known of each customer would go back in time."""

    def __init__(self, day: date, later: date) -> None:
        super().__init__(
            f"{later} has been run already, so {day} can only be looked at: add --dry-run. Days are run in their order."
        )


@dataclass(frozen=True)
class RunReport:
    """What a run decided (``decided``) and what of it was new (``counts``: name -> number)."""

    organisation: Organisation
    run_date: date
    decided: Decided
    counts: dict[str, Any]


def run_day(organisation: Organisation, now: datetime, *, on: date | None = None) -> RunReport:
    """Decide the day and plan its effects; running it again adds nothing.

    First judges what was agreed (promises, plans, settlements), in a transaction of its own, so that the decision
    sees it. Then reads, and writes everything in one transaction: summaries, profiles, effects, touches, tasks and
    the run's own record. Facts that change in between are seen by the gate before anything leaves; when another run was
    finished in between, this one decides again. With ``on`` the decision knows nothing later than that day, and what
    was agreed is left to the next run that knows today; raises LaterDayWasRun when a later one has been run.
    """
    _check_order(organisation, on)
    judged = judge_commitments(organisation, organisation_date(organisation, now), now) if on is None else Counter()
    while True:
        last = _last_run(organisation)
        with reading(organisation):
            decided = decide_for(organisation, now, on=on)
            before = read_standings(organisation)
        with transaction.atomic():
            # PostgreSQL lets one run write at a time by this lock, SQLite by the transaction itself.
            Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
            if _last_run(organisation) == last:
                return _write(organisation, decided, before, now, on, judged)


def _check_order(organisation: Organisation, on: date | None) -> None:
    if on is None:
        return
    later = DayRun.objects.filter(organisation=organisation, run_date__gt=on).order_by("-run_date").first()
    if later is not None:
        raise LaterDayWasRun(on, later.run_date)


def _last_run(organisation: Organisation) -> int:
    return DayRun.objects.filter(organisation=organisation).order_by("pk").values_list("pk", flat=True).last() or 0


def _write(
    organisation: Organisation,
    decided: Decided,
    before: pl.DataFrame,
    now: datetime,
    on: date | None,
    judged: Counter[str],
) -> RunReport:
    run_date = on or organisation_date(organisation, now)
    counts: dict[str, Any] = count_decision(decided)
    counts["judged"] = dict(judged)
    if on is None:
        counts["summaries_renewed"] = _write_summaries(organisation, decided)
    counts["profiles_changed"] = write_standings(organisation, decided, before, run_date, now)
    if on is None:
        counts["agency_ready"] = judge_agency(organisation, decided, run_date, now)
        settle_files(organisation)
        counts["collected"] = follow_retention(organisation, decided, before, run_date, now)
        counts["pay_runs_suggested"] = suggest_for_red_tape(
            organisation, became_red_tape(before, decided.decision.standings)
        )
    counts["touches_new"] = write_touches(organisation, decided.decision.touches, decided.policy, now)
    counts["tasks_new"] = _write_tasks(organisation, decided.decision.problems, run_date, now)
    if on is None:
        counts["drawn_new"] = follow_experiment(organisation, run_date)
    counts["proofs_overdue"] = check_proofs(organisation, run_date, now)
    counts["data_problems_new"] = note_unreadable(organisation, now)
    rank_everyone(organisation, decided, run_date)
    DayRun.objects.create(
        organisation=organisation,
        run_date=run_date,
        started_at=now,
        finished_at=now,
        policy_hash=decided.policy.hash,
        counts=counts,
        norms=decided.decision.norms.to_json(),
    )
    seal_timeline(organisation, now)
    return RunReport(organisation, run_date, decided, counts)


def count_decision(decided: Decided) -> dict[str, Any]:
    """The decision in numbers, by profile, verdict, channel and reason for waiting."""
    decision = decided.decision

    def by(frame: pl.DataFrame, column: str) -> dict[str, int]:
        return dict(frame.group_by(column).len().sort("len", column, descending=[True, False]).iter_rows())

    return {
        "customers": decision.standings.height,
        "profiles": by(decision.standings, "profile"),
        "verdicts": by(decision.standings, "verdict"),
        "signals": by(decision.habits.filter(pl.col("signal") != ""), "signal"),
        "touches": by(decision.touches, "channel"),
        "approvals": int(decision.touches["needs_approval"].sum()),
        "waits": by(decision.waits, "reason"),
        "problems": by(decision.problems, "kind"),
        "profile_rules": by(decision.standings, "profile_rule"),
        "verdict_rules": by(decision.standings, "verdict_rule"),
        "next_steps": _count_next_steps(decision),
    }


def _count_next_steps(decision: Decision) -> dict[str, int]:
    """How many customers stand before each step, as playbook/step: today's touches, and what the others wait for."""
    ahead = pl.concat([decision.touches.select("playbook", "step"), decision.waits.select("playbook", "step")])
    known = ahead.drop_nulls().group_by("playbook", "step").len()
    return {f"{playbook}/{step}": count for playbook, step, count in known.sort("playbook", "step").iter_rows()}


def _write_summaries(organisation: Organisation, decided: Decided) -> int:
    """Keep the summaries just made; without settled invoices an empty one, so as not to be asked again."""
    versions = decided.versions.select("customer_id", "facts_version", "summary_version")
    stale = versions.filter(
        pl.col("summary_version").is_null() | (pl.col("summary_version") != pl.col("facts_version"))
    )
    rows = stale.drop("summary_version").join(decided.decision.summaries, on="customer_id", how="left")
    rows = rows.with_columns(pl.col("settled_count").fill_null(0), pl.lit(organisation.pk).alias("organisation_id"))
    return upsert_frame("followup_habitsummary", rows, ["customer_id"])


def write_touches(organisation: Organisation, touches: pl.DataFrame, policy: Policy, now: datetime) -> int:
    """Write effects and their touches; those already decided before (same key) are left alone. Returns the new ones."""
    if touches.is_empty():
        return 0
    keyed = _with_openings(touches, policy).with_columns(pl.lit(organisation.pk).alias("organisation_id"))
    keyed = keyed.with_columns(touch_key_expr().alias("key"))
    effects = keyed.select(
        "organisation_id",
        "key",
        pl.col("key").map_elements(key_sha256, return_dtype=pl.String).alias("key_sha256"),
        "channel",
        "customer_id",
        "recipient",
        pl.when("needs_approval").then(pl.lit("waiting")).otherwise(pl.lit("queued")).alias("state"),
        pl.when("needs_approval").then(pl.lit("Waits for approval.")).otherwise(pl.lit("")).alias("reason"),
        "not_before",
        pl.lit(now).dt.convert_time_zone("UTC").alias("created_at"),
        pl.lit(0).alias("attempts"),
        pl.lit("").alias("claimed_by"),
        pl.lit("").alias("transport"),
        pl.lit("").alias("receipt"),
    )
    new = insert_frame("outbox_effect", effects, skip_existing=True)
    rows = keyed.select(
        "organisation_id", "customer_id", pl.col("key").alias("effect_key"), "cycle", "playbook", "step", "level",
        "occurrence", "channel", "contact_id", "language", "template", "tone", "sender", "planned_date",
        "asks_why", _copies_json(),
        "deadline_date", "carrying_invoice_id", _items_json(), "due_reason", "profile", "profile_rule", "evidence",
        pl.lit(policy.hash).alias("policy_hash"),
    )  # fmt: skip
    insert_frame("followup_touch", rows, skip_existing=True)
    return new


def _with_openings(touches: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Adds ``not_before``: when the send window opens, in each customer's own time zone, on the planned day."""
    pairs = touches.select("timezone", "planned_date").unique()
    opens = [opens_at(zone, day, policy.numbers.window_opens).astimezone(UTC) for zone, day in pairs.iter_rows()]
    return touches.join(
        pairs.with_columns(pl.Series("not_before", opens, dtype=pl.Datetime("us", "UTC"))),
        on=["timezone", "planned_date"],
        how="left",
        maintain_order="left",
    )


def _copies_json() -> pl.Expr:
    """The addresses in copy as a JSON list."""
    wrapped = pl.struct(pl.col("cc").fill_null([])).struct.json_encode()
    return wrapped.str.strip_prefix('{"cc":').str.strip_suffix("}").alias("cc")


def _items_json() -> pl.Expr:
    """The items as a JSON list."""
    wrapped = pl.struct(pl.col("items").fill_null([])).struct.json_encode()
    return wrapped.str.strip_prefix('{"items":').str.strip_suffix("}").alias("items")


def _write_tasks(organisation: Organisation, problems: pl.DataFrame, run_date: date, now: datetime) -> int:
    """One open task per customer, kind and cycle; found again it stays the same task."""
    rows = problems.select(
        pl.lit(organisation.pk).alias("organisation_id"),
        "customer_id",
        "kind",
        pl.concat_str("kind", pl.col("customer_id"), pl.col("cycle").fill_null("-"), separator="/").alias("key"),
        pl.col("kind").replace_strict(TASK_TITLES, return_dtype=pl.String()).alias("title"),
        pl.format("Playbook {}, step {}.", pl.col("playbook"), pl.col("step").fill_null("none left")).alias("detail"),
        pl.lit(run_date).alias("due_date"),
        pl.lit(now).dt.convert_time_zone("UTC").alias("created_at"),
        pl.lit("").alias("done_by"),
        pl.lit("").alias("outcome"),
    )
    return insert_frame(Task._meta.db_table, rows, skip_existing=True)
