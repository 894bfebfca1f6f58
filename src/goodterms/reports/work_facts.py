"""What was said, promised, planned, disputed and done, read for sums; moments become the organisation's own days."""

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection

from goodterms.database.reading import read_frame
from goodterms.organizations.models import Organisation

TOUCHES = pl.Schema(
    {
        "touch_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "day": pl.Date(),
        "channel": pl.String(),
        "playbook": pl.String(),
        "step": pl.String(),
        "level": pl.Int64(),
    }
)
ANSWERS = pl.Schema({"customer_id": pl.Int64(), "day": pl.Date()})
PROMISES = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "made_date": pl.Date(),
        "promised_date": pl.Date(),
        "judged_date": pl.Date(),
        "state": pl.String(),
        "source": pl.String(),
        "amount_minor": pl.Int64(),
        "paid_minor": pl.Int64(),
    }
)
INSTALMENTS = pl.Schema(
    {
        "plan_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "accepted_date": pl.Date(),
        "ended_date": pl.Date(),
        "plan_state": pl.String(),
        "due_date": pl.Date(),
        "grace_days": pl.Int64(),
        "amount_minor": pl.Int64(),
        "paid_minor": pl.Int64(),
        "paid_date": pl.Date(),
    }
)
DISPUTES = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "reason": pl.String(),
        "opened_date": pl.Date(),
        "resolved_date": pl.Date(),
        "resolution": pl.String(),
        "amount_minor": pl.Int64(),
    }
)
RETENTION = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "then": pl.String(),  # the profile of that time
        "collected_date": pl.Date(),
        "reordered_date": pl.Date(),
        "has_referral": pl.Boolean(),
    }
)
DEEDS = pl.Schema({"customer_id": pl.Int64(), "name": pl.String(), "kind": pl.String(), "moment": pl.String()})
TASKS = pl.Schema(
    {"customer_id": pl.Int64(), "owner": pl.String(), "kind": pl.String(), "due_date": pl.Date(), "count": pl.Int64()}
)
_TOUCHES = """
SELECT t.id, t.customer_id, t.sent_date, t.channel, t.playbook, t.step, t.level
FROM followup_touch t
WHERE t.organisation_id = {organisation} AND t.planned_date >= '{start}' AND t.sent_date IS NOT NULL
"""
_ANSWERS = """
SELECT customer_id, received_date FROM followup_reply
WHERE organisation_id = {organisation} AND customer_id IS NOT NULL AND kind = 'answer' AND received_date >= '{start}'
UNION ALL
SELECT customer_id, called_date FROM followup_call
WHERE organisation_id = {organisation} AND outcome = 'reached' AND called_date >= '{start}'
UNION ALL
SELECT customer_id, made_date FROM followup_promise
WHERE organisation_id = {organisation} AND made_date >= '{start}'
"""
_PROMISES = """
SELECT customer_id, currency, made_date, promised_date, judged_date, state, source, amount_minor, paid_minor
FROM followup_promise WHERE organisation_id = {organisation} AND promised_date >= '{start}'
"""
_INSTALMENTS = """
SELECT p.id, p.customer_id, p.currency, p.accepted_date, p.ended_date, p.state, i.due_date, p.grace_days,
       i.amount_minor, i.paid_minor, i.paid_date
FROM followup_instalment i JOIN followup_paymentplan p ON p.id = i.plan_id
WHERE p.organisation_id = {organisation} AND p.accepted_date IS NOT NULL
"""
_DISPUTES = """
SELECT d.customer_id, i.currency, d.reason, d.opened_date, d.resolved_date, d.resolution,
       COALESCE(d.amount_minor, CASE WHEN i.open_amount_minor > 0 THEN i.open_amount_minor ELSE i.amount_minor END)
FROM followup_dispute d JOIN ledger_invoice i ON i.id = d.invoice_id
WHERE d.organisation_id = {organisation} AND (d.resolved_date IS NULL OR d.resolved_date >= '{start}')
"""
_RETENTION = """
SELECT customer_id, profile, collected_date, reordered_date, referral <> ''
FROM followup_retention WHERE organisation_id = {organisation} AND collected_date >= '{start}'
"""
_DEEDS = """
SELECT customer_id, made_by, 'calls', {called} FROM followup_call
WHERE organisation_id = {organisation} AND called_date >= '{start}'
UNION ALL
SELECT customer_id, made_by, 'reached', {called} FROM followup_call
WHERE organisation_id = {organisation} AND called_date >= '{start}' AND outcome = 'reached'
UNION ALL
SELECT customer_id, handled_by, 'answers', {handled} FROM followup_reply
WHERE organisation_id = {organisation} AND handled_at IS NOT NULL AND received_date >= '{start}'
UNION ALL
SELECT customer_id, recorded_by, 'promises', {made} FROM followup_promise
WHERE organisation_id = {organisation} AND made_date >= '{start}'
UNION ALL
SELECT customer_id, done_by, 'tasks', {done} FROM followup_task
WHERE organisation_id = {organisation} AND done_at IS NOT NULL AND due_date >= '{start}'
"""
_TASKS = """
SELECT customer_id, owner, kind, due_date, COUNT(*) FROM followup_task
WHERE organisation_id = {organisation} AND done_at IS NULL GROUP BY customer_id, owner, kind, due_date
"""


def _read(query: str, schema: pl.Schema, organisation: Organisation, start: date, **words: str) -> pl.DataFrame:
    return read_frame(query.format(organisation=int(organisation.pk), start=start.isoformat(), **words), [], schema)


def read_touches(organisation: Organisation, start: date) -> pl.DataFrame:
    """Touches that were sent (TOUCHES)."""
    return _read(_TOUCHES, TOUCHES, organisation, start)


def read_answers(organisation: Organisation, start: date) -> pl.DataFrame:
    """Replies, calls that reached somebody, and promises (ANSWERS)."""
    return _read(_ANSWERS, ANSWERS, organisation, start)


def read_promises(organisation: Organisation, start: date) -> pl.DataFrame:
    """Promises for a day since then (PROMISES)."""
    return _read(_PROMISES, PROMISES, organisation, start)


def read_instalments(organisation: Organisation, start: date) -> pl.DataFrame:
    """Instalments of plans that were accepted (INSTALMENTS)."""
    return _read(_INSTALMENTS, INSTALMENTS, organisation, start)


def read_disputes(organisation: Organisation, start: date) -> pl.DataFrame:
    """Disputes open, or resolved since then (DISPUTES)."""
    return _read(_DISPUTES, DISPUTES, organisation, start)


def read_retention(organisation: Organisation, start: date) -> pl.DataFrame:
    """What became of customers after they were collected from (RETENTION)."""
    return _read(_RETENTION, RETENTION, organisation, start)


def read_tasks(organisation: Organisation, start: date) -> pl.DataFrame:
    """Tasks not done yet (TASKS)."""
    return _read(_TASKS, TASKS, organisation, start)


def read_deeds(organisation: Organisation, start: date) -> pl.DataFrame:
    """What people did: customer_id, name, kind, day (the organisation's own)."""
    columns = {"called": "called_at", "handled": "handled_at", "made": "made_at", "done": "done_at"}
    words = {word: _moment(column) for word, column in columns.items()}
    deeds = _read(_DEEDS, DEEDS, organisation, start, **words)
    zone = str(ZoneInfo(organisation.timezone))
    moment = pl.col("moment").str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    day = moment.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
    return deeds.with_columns(day.alias("day")).drop("moment").filter(pl.col("day") >= start)


def _moment(column: str) -> str:
    """A moment as text in UTC, whichever time zone the server's session has."""
    if connection.vendor == "sqlite":
        return f"SUBSTR({column}, 1, 19)"
    return f"TO_CHAR({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
