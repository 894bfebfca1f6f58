"""Open tasks get the rank that sorts the worklist: for everyone with the day's run, else where facts changed."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import polars as pl
from django.db import transaction

from goodterms.core.ranking import TASKS, Circumstances, circumstances_of, rank_tasks
from goodterms.database.reading import read_inside_transaction
from goodterms.database.writing import update_frame
from goodterms.flows.collect_evidence import organisation_date
from goodterms.flows.decide_day import Decided, decide_for
from goodterms.flows.one_by_one import Pauses
from goodterms.followup.models import Task
from goodterms.organizations.models import Organisation

FEW_AT_ONCE = 300
"""Customers ranked anew in one go between two days' runs."""
CHANNEL_OF_KIND: Mapping[str, str] = {"call": "call", "call_back": "call", "print": "letter", "reply": "email"}

OPEN_TASKS = """
SELECT t.id, t.customer_id, t.kind, t.due_date, e.channel
FROM followup_task t
LEFT JOIN outbox_effect e ON t.kind IN ('uncertain', 'failed', 'withheld') AND e.key = SUBSTR(t.key, LENGTH(t.kind) + 2)
WHERE t.organisation_id = %s AND t.done_at IS NULL {these}
"""
STALE = """
SELECT t.organisation_id, t.customer_id
FROM followup_task t LEFT JOIN ledger_customer c ON c.id = t.customer_id
WHERE t.done_at IS NULL AND t.ranked_version <> COALESCE(c.facts_version, 0) {others}
GROUP BY t.organisation_id, t.customer_id
LIMIT %s
"""
READ = pl.Schema({**TASKS, "effect_channel": pl.String()})
_STALE = pl.Schema({"organisation_id": pl.Int64(), "customer_id": pl.Int64()})


def rank_everyone(organisation: Organisation, decided: Decided, today: date) -> int:
    """Rank all open tasks by the decision just made, within its transaction; how many were written."""
    return _rank(organisation, decided, _read(organisation, None), today)


def rank_changed(now: datetime, pauses: Pauses | None = None) -> int:
    """Rank anew the tasks whose customers' facts changed, or that were never ranked; at most FEW_AT_ONCE customers.

    An organisation whose work cannot be ranked leaves the others theirs, and waits as ``pauses`` remembers.
    """
    pauses = pauses or Pauses()
    left_out = ", ".join(map(str, pauses.paused(now)))
    query = STALE.format(others=f"AND t.organisation_id NOT IN ({left_out})" if left_out else "")
    stale: dict[int, list[int | None]] = defaultdict(list)
    for organisation_id, customer_id in read_inside_transaction(query, [FEW_AT_ONCE], _STALE).iter_rows():
        stale[organisation_id].append(customer_id)
    written = 0
    for pk, organisation in Organisation.objects.defer("logo").in_bulk(stale).items():
        work = partial(rank_customers, organisation, stale[pk], now)
        written += pauses.attempt(organisation, work, "Ranking the work", now) or 0
    return written


def rank_customers(organisation: Organisation, customer_ids: Sequence[int | None], now: datetime) -> int:
    """Rank the open tasks of these customers (None: those of no customer) by a decision made now."""
    ids = [each for each in customer_ids if each is not None]
    decided = decide_for(organisation, now, customer_ids=ids)
    with transaction.atomic():
        return _rank(organisation, decided, _read(organisation, customer_ids), organisation_date(organisation, now))


def _read(organisation: Organisation, customer_ids: Sequence[int | None] | None) -> pl.DataFrame:
    these = ""
    if customer_ids is not None:
        ids = ", ".join(str(int(each)) for each in customer_ids if each is not None) or "NULL"
        these = f"AND (t.customer_id IN ({ids})" + (" OR t.customer_id IS NULL)" if None in customer_ids else ")")
    return read_inside_transaction(OPEN_TASKS.format(these=these), [organisation.pk], READ)


def _rank(organisation: Organisation, decided: Decided, tasks: pl.DataFrame, today: date) -> int:
    """Write the ranks of these tasks, with the version of the facts they were made from."""
    if tasks.is_empty():
        return 0
    versions = decided.versions.select("customer_id", "facts_version")
    tasks = tasks.join(versions, on="customer_id", how="left", maintain_order="left")
    tasks = tasks.with_columns(pl.col("facts_version").fill_null(0))
    circumstances: Circumstances = circumstances_of(decided.decision, decided.evidence)
    ranked = rank_tasks(tasks.select(TASKS.names()), circumstances, today)
    rows = tasks.select("task_id", "kind", "effect_channel", "facts_version").join(ranked, on="task_id")
    channel = pl.col("kind").replace_strict(CHANNEL_OF_KIND, default="", return_dtype=pl.String)
    frame = rows.select(
        pl.col("task_id").alias("id"),
        "rank",
        pl.Series("rank_reasons", [_reasons(row) for row in rows.iter_rows(named=True)], dtype=pl.String),
        pl.col("facts_version").alias("ranked_version"),
        pl.lit(today).alias("ranked_date"),
        "at_risk_minor",
        pl.col("currency").alias("at_risk_currency"),
        pl.coalesce("effect_channel", channel).alias("channel"),
    )
    return update_frame(Task._meta.db_table, frame, ["id"])


def _reasons(row: Mapping[str, Any]) -> str:
    """What the rank was made of, as JSON: only what counts."""
    reasons: list[dict[str, Any]] = []
    if row["at_risk_minor"]:
        amounts = {"at_risk_minor": row["at_risk_minor"], "gain_minor": row["gain_minor"], "effect": row["effect"]}
        reasons.append({"reason": "gain", "currency": row["currency"], **amounts})
    if row["promise_date"]:
        name = "promise_past" if row["is_promise_past"] else "promise_due"
        reasons.append({"reason": name, "date": row["promise_date"].isoformat()})
    if row["silence_days"]:
        reasons.append({"reason": "silence", "days": row["silence_days"]})
    if row["signal"]:
        reasons.append({"reason": "signal", "signal": row["signal"]})
    if row["waiting_days"]:
        reasons.append({"reason": "waiting", "days": row["waiting_days"]})
    return json.dumps(reasons)
