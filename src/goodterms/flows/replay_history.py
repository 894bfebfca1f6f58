"""A worker carries out a trial: decides under the draft and under the policy in force, and keeps how they differ."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from django.db import transaction

from goodterms.core.comparison import find_differences, find_restandings, sum_course
from goodterms.core.decide import Decision
from goodterms.core.evidence import Evidence
from goodterms.core.foresee import foresee
from goodterms.core.policy import Policy
from goodterms.core.profile import judge_customers
from goodterms.core.refusal import Refusal
from goodterms.core.replay import replay
from goodterms.core.rules import explain
from goodterms.database.writing import insert_frame
from goodterms.flows.collect_evidence import collect_evidence, organisation_date
from goodterms.flows.decide_day import decide_for
from goodterms.flows.read_history import read_history
from goodterms.flows.try_policy import Assumptions, Kind, State, claim_trial, note_progress, release_trial
from goodterms.followup.models import PolicyTrial, Touch
from goodterms.followup.policy import compile_content
from goodterms.outbox.models import Effect

Clock = Callable[[], datetime]
MOST_CUSTOMERS = 2_000
"""So many differing customers are kept with a trial, the most different first; all are counted."""
NOTED_EVERY = timedelta(seconds=1)


class _Stopped(Exception):
    """Somebody stopped the trial, or it is another worker's."""


def _never() -> bool:
    return False


def run_next_trial(worker: str, clock: Clock, is_stopping: Callable[[], bool] = _never) -> PolicyTrial | None:
    """Carry out the oldest trial that is to be run; None where there is none. Refusals become the trial's fault."""
    trial = claim_trial(worker, clock())
    if trial is not None:
        run_trial(trial, worker, clock, is_stopping)
    return trial


def run_trial(trial: PolicyTrial, worker: str, clock: Clock, is_stopping: Callable[[], bool] = _never) -> None:
    """Carry out a claimed trial, telling the database how far it is; whatever goes wrong is told there as well.

    Where the worker is to stop, the trial waits for the next one.
    """
    try:
        result, customers = _carry_out(trial, _Progress(trial, worker, clock, is_stopping))
    except _Stopped:
        return
    except Refusal as refusal:
        _finish(trial, worker, clock(), State.FAILED, fault=str(refusal))
        return
    except Exception:
        _finish(trial, worker, clock(), State.FAILED, fault="It broke off; the worker's log says why.")
        raise
    _finish(trial, worker, clock(), State.DONE, result=result, customers=customers)


class _Progress:
    """Tells how many days are done, once a second at most; raises _Stopped when the trial is not to go on."""

    def __init__(self, trial: PolicyTrial, worker: str, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self.trial, self.worker, self.clock, self.is_stopping = trial, worker, clock, is_stopping
        self.noted_at = clock()
        self.done = 0

    def __call__(self, done: int) -> bool:
        self.done = done
        if self.is_stopping():
            release_trial(self.trial, self.worker)
            raise _Stopped
        now = self.clock()
        if now - self.noted_at >= NOTED_EVERY:
            self.noted_at = now
            if not note_progress(self.trial, self.worker, done, now):
                raise _Stopped
        return True


def _carry_out(trial: PolicyTrial, progress: _Progress) -> tuple[dict[str, Any], pl.DataFrame]:
    organisation, now = trial.organisation, trial.asked_at
    present = compile_content(trial.present, organisation)
    draft = compile_content(trial.draft, organisation)
    if trial.kind == Kind.STANDINGS:
        return _compare_standings(trial, present, draft)
    if trial.kind == Kind.COMING:
        evidence = collect_evidence(organisation, now).evidence
        courses = {"present": _foresee(evidence, present, trial.days, progress)}
        courses["draft"] = _foresee(evidence, draft, trial.days, progress)
        first = organisation_date(organisation, now)
        return _compare_courses(trial, courses, first)
    first = organisation_date(organisation, now) - timedelta(days=trial.days)
    history = read_history(organisation, now)
    progress(0)
    replayed = replay(history, {"present": present, "draft": draft}, first, trial.days, progress)
    if replayed is None:
        raise _Stopped
    result, customers = _compare_courses(trial, replayed, first)
    result["really_sent"] = _really_sent(trial, first)
    result["history_from"] = _first_day(history.invoices)
    return result, customers


def _foresee(evidence: Evidence, policy: Policy, days: int, progress: _Progress) -> pl.DataFrame:
    def learn(state: Evidence, decision: Decision) -> Evidence:
        progress(progress.done + 1)
        return state

    coming = foresee(evidence, policy, days, learn)
    return coming.with_columns(pl.lit(None, dtype=pl.Int32()).alias("days_overdue"))


def _compare_courses(
    trial: PolicyTrial, courses: dict[str, pl.DataFrame], first: date
) -> tuple[dict[str, Any], pl.DataFrame]:
    effort = Assumptions.from_json(trial.assumptions).as_effort()
    differing = find_differences(courses["present"], courses["draft"])
    result: dict[str, Any] = {name: sum_course(course, effort) for name, course in courses.items()}
    result |= {
        "first_day": first.isoformat(),
        "last_day": (first + timedelta(days=trial.days - 1)).isoformat(),
        "differing": differing.height,
    }
    kept = differing.head(MOST_CUSTOMERS)
    lists = pl.struct("present", "draft", "only_present", "only_draft").struct.json_encode()
    return result, kept.select("customer_id", lists.alias("content"))


def _compare_standings(trial: PolicyTrial, present: Policy, draft: Policy) -> tuple[dict[str, Any], pl.DataFrame]:
    decided = decide_for(trial.organisation, trial.asked_at)
    habits, overrides = decided.decision.habits, decided.evidence.customers["override_profile"]
    before, after = judge_customers(habits, overrides, present), judge_customers(habits, overrides, draft)
    changed = find_restandings(before, after)
    moves = {
        name: [
            {"before": was, "after": becomes, "customers": count}
            for was, becomes, count in changed.filter(pl.col(name) != pl.col(f"{name}_draft"))
            .group_by(name, f"{name}_draft")
            .len()
            .sort("len", name, f"{name}_draft", descending=[True, False, False])
            .iter_rows()
        ]
        for name in ("profile", "verdict")
    }
    result = {
        "customers": before.height,
        "changed": changed.height,
        "moves": moves,
        "rules": {name: dict(after.group_by(f"{name}_rule").len().iter_rows()) for name in ("profile", "verdict")},
        "rules_before": {
            name: dict(before.group_by(f"{name}_rule").len().iter_rows()) for name in ("profile", "verdict")
        },
    }
    rows = [
        {"customer_id": row["customer_id"], "content": json.dumps(_restanding(row, present, draft))}
        for row in changed.head(MOST_CUSTOMERS).iter_rows(named=True)
    ]
    return result, pl.DataFrame(rows, schema={"customer_id": pl.Int64(), "content": pl.String()})


def _restanding(row: dict[str, Any], present: Policy, draft: Policy) -> dict[str, Any]:
    """A customer's answers under both policies, each with its sentence."""
    return {
        "present": {**_answer(row, "", "profile", present), **_answer(row, "", "verdict", present)},
        "draft": {**_answer(row, "_draft", "profile", draft), **_answer(row, "_draft", "verdict", draft)},
    }


def _answer(row: dict[str, Any], suffix: str, name: str, policy: Policy) -> dict[str, str]:
    rule_id, evidence = row[f"{name}_rule{suffix}"], json.loads(row[f"{name}_evidence{suffix}"])
    rules = policy.profiles if name == "profile" else policy.verdicts
    known = {rule.id: rule for rule in rules.rules}
    sentence = explain(known[rule_id], evidence) if rule_id in known else ""
    return {name: row[f"{name}{suffix}"], f"{name}_rule": rule_id, f"{name}_because": sentence}


def _really_sent(trial: PolicyTrial, first: date) -> dict[str, int]:
    """What really left in the time that was replayed, by channel."""
    sent = Touch.objects.filter(
        organisation=trial.organisation, planned_date__gte=first, effect__state=Effect.State.SENT
    )
    counts: dict[str, int] = {}
    for channel in sent.values_list("channel", flat=True).iterator():
        counts[channel] = counts.get(channel, 0) + 1
    return counts


def _first_day(invoices: pl.DataFrame) -> str | None:
    first = invoices["issue_date"].min()
    return first.isoformat() if isinstance(first, date) else None


@transaction.atomic
def _finish(
    trial: PolicyTrial,
    worker: str,
    now: datetime,
    state: str,
    *,
    result: dict[str, Any] | None = None,
    customers: pl.DataFrame | None = None,
    fault: str = "",
) -> None:
    """Write the end down, unless the trial was stopped or taken over meanwhile."""
    own = PolicyTrial.objects.filter(pk=trial.pk, state=State.RUNNING, worker=worker)
    changes = {"state": state, "result": result or {}, "fault": fault, "finished_at": now}
    if not own.update(**changes, days_done=trial.days if state == State.DONE else trial.days_done):
        return
    if customers is not None and customers.height:
        rows = customers.select(
            pl.lit(trial.pk).alias("trial_id"), "customer_id", pl.int_range(pl.len()).alias("place"), "content"
        )
        insert_frame("followup_trialcustomer", rows)
