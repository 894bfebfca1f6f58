"""The control group: a share of customers, drawn by lot, gets the plain standard playbook; it ends by itself."""

import secrets
from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction

from goodterms.core.effect import WATCHED, WATCHED_DAYS, Effect, draw, draw_late, measure_effect, sum_outcomes
from goodterms.core.refusal import Refusal
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import insert_frame
from goodterms.flows.collect_evidence import organisation_date
from goodterms.flows.facts import raise_facts_version
from goodterms.followup.models import Experiment, ExperimentMember
from goodterms.organizations.changes import write_change
from goodterms.organizations.models import Change, Organisation

LEAST_DAYS, LONGEST_DAYS = 90, 730
SHARES = (5, 10, 20, 30, 50)
ELIGIBLE = pl.Schema({"customer_id": pl.Int64(), "profile": pl.String(), "invoice_count": pl.Int64()})
# Whom a person marked or overruled, and whose case is in other hands, stays out of the draw.
ELIGIBLE_NOW = """
SELECT c.id, COALESCE(p.profile, ''), COUNT(i.id)
FROM ledger_customer c
LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
LEFT JOIN ledger_invoice i ON i.customer_id = c.id AND i.kind = 'invoice'
WHERE c.organisation_id = %s AND NOT c.is_protected AND COALESCE(p.override_profile, '') = ''
  AND NOT EXISTS (SELECT 1 FROM followup_experimentmember m WHERE m.customer_id = c.id AND m.experiment_id = %s)
  AND NOT EXISTS (SELECT 1 FROM followup_agencycase a WHERE a.customer_id = c.id AND a.handed_over_date IS NOT NULL
                  AND a.ended_date IS NULL)
  AND NOT EXISTS (SELECT 1 FROM followup_legaldecision d WHERE d.customer_id = c.id AND d.choice = 'filed')
GROUP BY c.id, p.profile
"""
WATCHED_OF = """
SELECT i.id, m.customer_id, m.arm, i.currency, i.due_date, i.amount_minor, a.source, a.allocated_date, a.amount_minor
FROM followup_experimentmember m
JOIN ledger_invoice i ON i.customer_id = m.customer_id AND i.kind = 'invoice' AND i.status = 'posted'
  AND i.due_date >= m.assigned_date
LEFT JOIN ledger_allocation a ON a.invoice_id = i.id
WHERE m.experiment_id = %s AND i.due_date <= %s
"""


class ExperimentImpossible(Refusal):
    """An experiment cannot be made as asked."""


@transaction.atomic
def start_experiment(
    organisation: Organisation,
    *,
    share_percent: int,
    last_date: date,
    reason: str,
    actor: str,
    now: datetime,
    seed: str = "",
) -> Experiment:
    """Draw the control group among all customers known; they get the standard playbook from the next run on.

    Raises ExperimentImpossible when one runs already, or when share, last day or reason make no sense.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    today = organisation_date(organisation, now)
    _check(organisation, share_percent, last_date, reason, today)
    made = Experiment.objects.create(
        organisation=organisation,
        share_percent=share_percent,
        seed=seed or secrets.token_hex(8),
        reason=reason.strip(),
        started_date=today,
        started_by=actor,
        last_date=last_date,
    )
    drawn = draw(_strata(_eligible(organisation, made)), share_percent / 100, made.seed)
    _keep(made, drawn, today)
    raise_facts_version(organisation, None)
    write_change(
        organisation,
        Change.Kind.OTHER,
        "Control group",
        before={},
        after={"share_percent": share_percent, "last_date": last_date, "reason": made.reason},
        actor=actor,
        now=now,
    )
    return made


def _check(organisation: Organisation, share_percent: int, last_date: date, reason: str, today: date) -> None:
    if Experiment.objects.filter(organisation=organisation, state=Experiment.State.RUNNING).exists():
        raise ExperimentImpossible("There is a control group already; end it before you draw another one.")
    if not 1 <= share_percent <= 50:
        raise ExperimentImpossible("Between 1 and 50 customers in a hundred can be drawn; 10 to 20 is usual.")
    if not LEAST_DAYS <= (last_date - today).days <= LONGEST_DAYS:
        raise ExperimentImpossible(
            f"It must last {LEAST_DAYS} days at least (payments are watched for 60 days) and {LONGEST_DAYS} at most."
        )
    if not reason.strip():
        raise ExperimentImpossible("Say why; the reason is kept with your name and the date.")


def _eligible(organisation: Organisation, experiment: Experiment) -> pl.DataFrame:
    return read_inside_transaction(ELIGIBLE_NOW, [organisation.pk, experiment.pk], ELIGIBLE)


def _strata(eligible: pl.DataFrame) -> pl.DataFrame:
    """Within which customers are drawn: their profile, and whether they have few, some or many invoices."""
    count = pl.col("invoice_count")
    size = pl.when(count < 6).then(pl.lit("few")).when(count < 24).then(pl.lit("some")).otherwise(pl.lit("many"))
    profile = pl.when(pl.col("profile") == "").then(pl.lit("undecided")).otherwise("profile")
    return eligible.select("customer_id", pl.format("{}/{}", profile, size).alias("stratum"))


def _keep(experiment: Experiment, drawn: pl.DataFrame, today: date) -> int:
    reason = pl.format(
        "Drawn by lot among {} customers: {} in a hundred get the standard playbook.",
        pl.col("stratum"),
        pl.lit(experiment.share_percent),
    )
    rows = drawn.select(
        pl.lit(experiment.pk).alias("experiment_id"),
        pl.lit(experiment.organisation_id).alias("organisation_id"),
        "customer_id",
        "arm",
        "stratum",
        pl.lit(today).alias("assigned_date"),
        reason.alias("reason"),
    )
    return insert_frame(ExperimentMember._meta.db_table, rows, skip_existing=True)


@transaction.atomic
def stop_experiment(organisation: Organisation, *, reason: str, actor: str, now: datetime) -> Experiment:
    """End the control group now; everybody gets the playbook of their profile again. Raises ExperimentImpossible."""
    running = _running(organisation)
    if running is None:
        raise ExperimentImpossible("There is no control group to end.")
    if not reason.strip():
        raise ExperimentImpossible("Say why; the reason is kept with your name and the date.")
    today = organisation_date(organisation, now)
    _judge(running, today)
    _end(running, Experiment.State.STOPPED, reason.strip(), actor, today)
    write_change(
        organisation,
        Change.Kind.OTHER,
        "Control group",
        before={"state": "running"},
        after={"state": "stopped", "reason": reason.strip()},
        actor=actor,
        now=now,
    )
    return running


def follow_experiment(organisation: Organisation, today: date) -> int:
    """Within the day's run: draw the customers who are new, compare, and end it when clear or over; how many are new.

    What ends today is in force from the next decision on.
    """
    running = _running(organisation)
    if running is None or (running.judged_date and running.judged_date >= today):
        return 0
    late = draw_late(_strata(_eligible(organisation, running)), running.share_percent / 100, running.seed)
    new = _keep(running, late, today)
    effect = _judge(running, today)
    if effect.is_clear:
        _end(running, Experiment.State.CLEAR, "The difference in days open is clear.", "goodterms", today)
    elif today > running.last_date:
        _end(running, Experiment.State.OVER, f"Its last day was {running.last_date}.", "goodterms", today)
    return new


def _running(organisation: Organisation) -> Experiment | None:
    return Experiment.objects.filter(organisation=organisation, state=Experiment.State.RUNNING).first()


def _judge(experiment: Experiment, today: date) -> Effect:
    """Compare both groups as of the day, and keep what came out."""
    effect = measure_effect(read_outcomes(experiment, today))
    experiment.result = effect.to_json()
    experiment.judged_date = today
    experiment.save(update_fields=["result", "judged_date"])
    return effect


def read_outcomes(experiment: Experiment, today: date) -> pl.DataFrame:
    """What each customer in it did with invoices due since it joined, as far as they were watched to the end."""
    watched_until = today - timedelta(days=WATCHED_DAYS)
    watched = read_inside_transaction(WATCHED_OF, [experiment.pk, watched_until.isoformat()], WATCHED)
    return sum_outcomes(watched)


def _end(experiment: Experiment, state: str, reason: str, actor: str, today: date) -> None:
    experiment.state = state
    experiment.ended_date = today
    experiment.ended_by = actor
    experiment.end_reason = reason
    experiment.save(update_fields=["state", "ended_date", "ended_by", "end_reason"])
    raise_facts_version(experiment.organisation, None)
