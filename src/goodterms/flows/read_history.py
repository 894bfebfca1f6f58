"""An organisation's whole history out of the database: each frame read once, with the days things became known."""

from datetime import datetime

import polars as pl

from goodterms.core import history as frames
from goodterms.core.evidence import CALLS, REASONS
from goodterms.core.history import History
from goodterms.database.reading import read_frame
from goodterms.flows.collect_evidence import Scope, organisation_date, reading
from goodterms.organizations.models import Organisation

_DAY = "SUBSTR(CAST({} AS text), 1, 10)"
"""The day of a moment, the same way in both databases."""

CUSTOMERS = """
SELECT c.id, COALESCE(c.country, ''), c.language, c.timezone, c.is_protected, NULLIF(p.override_profile, ''),
       p.override_date, c.known_from_date
FROM ledger_customer c LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
WHERE c.organisation_id = {organisation}
"""
INVOICES = """
SELECT id, customer_id, kind, currency, issue_date, due_date, amount_minor, open_amount_minor, is_disputed
FROM ledger_invoice WHERE organisation_id = {organisation} AND status = 'posted'
"""
ALLOCATIONS = """
SELECT invoice_id, payment_id, allocated_date, amount_minor,
       CASE WHEN source = 'payment' OR source = 'reported' AND is_date_known AND amount_minor > 0 THEN 1
            WHEN source = 'returned' THEN -1 ELSE 0 END
FROM ledger_allocation WHERE organisation_id = {organisation}
"""
PAYMENTS = """
SELECT id, customer_id, currency, amount_minor, paid_date, returned_date
FROM ledger_payment WHERE organisation_id = {organisation}
"""
CONTACTS = f"""
SELECT k.id, k.customer_id, k.role, NULLIF(k.email, ''), NULLIF(k.phone, ''), NULLIF(c.postal_address, ''),
       NULLIF(k.mobile, ''), k.known_from_date, {_DAY.format("k.email_failed_at")},
       {_DAY.format("k.phone_failed_at")}, {_DAY.format("c.post_failed_at")},
       (SELECT {_DAY.format("MIN(o.asked_at)")} FROM followup_optout o
        WHERE o.organisation_id = k.organisation_id AND o.channel = 'email' AND o.address = LOWER(k.email)),
       (SELECT {_DAY.format("MIN(o.asked_at)")} FROM followup_optout o
        WHERE o.organisation_id = k.organisation_id AND o.channel = 'sms' AND o.address = k.mobile)
FROM ledger_contact k JOIN ledger_customer c ON c.id = k.customer_id
WHERE k.organisation_id = {{organisation}}
"""
REPLIES = f"""
SELECT id, customer_id, received_date, NULLIF(reading, ''), {_DAY.format("handled_at")}
FROM followup_reply
WHERE organisation_id = {{organisation}} AND customer_id IS NOT NULL AND kind = 'answer'
"""
CALLED = "SELECT id, customer_id, called_date, outcome FROM followup_call WHERE organisation_id = {organisation}"
PROMISES = """
SELECT id, customer_id, currency, amount_minor, made_date, promised_date, tolerance_days, state, is_pausing, judged_date
FROM followup_promise WHERE organisation_id = {organisation}
"""
SETTLEMENTS = """
SELECT id, customer_id, proposed_date, pay_by_date, tolerance_days,
       CASE WHEN state = 'lapsed' AND accepted_date IS NULL THEN 'cancelled' ELSE state END, accepted_date, ended_date
FROM followup_settlement WHERE organisation_id = {organisation} AND state <> 'draft'
"""
INSTALMENTS = """
SELECT i.id, i.plan_id, p.customer_id, p.currency, i.due_date, i.amount_minor, i.paid_minor, p.grace_days, p.state,
       i.paid_date, p.proposed_date, p.accepted_date, p.ended_date
FROM followup_instalment i JOIN followup_paymentplan p ON p.id = i.plan_id
WHERE p.organisation_id = {organisation}
"""
PLANNED = """
SELECT v.plan_id, p.customer_id, v.invoice_id, v.amount_minor, p.state, p.proposed_date, p.accepted_date, p.ended_date
FROM followup_planinvoice v JOIN followup_paymentplan p ON p.id = v.plan_id
WHERE p.organisation_id = {organisation}
"""
DISPUTES = """
SELECT id, customer_id, invoice_id, reason, amount_minor, opened_date, resolved_date, CAST(NULL AS boolean),
       credit_minor, credit_until_date, resolution
FROM followup_dispute WHERE organisation_id = {organisation}
"""
STATED = """
SELECT id, customer_id, invoice_id, reason, stated_date
FROM followup_latereason WHERE organisation_id = {organisation}
"""
AP_PROFILES = """
SELECT customer_id, pay_run, CAST(pay_run_days AS text), cut_off_working_days, confirmed_date IS NOT NULL,
       confirmed_date
FROM followup_approfile WHERE organisation_id = {organisation} AND pay_run <> ''
"""
HOLDS = """
SELECT id, customer_id, invoice_id, reason, from_date, until_date, lifted_date
FROM followup_hold WHERE organisation_id = {organisation}
UNION ALL
SELECT -2 * id, customer_id, NULL, 'agency', handed_over_date, NULL, ended_date
FROM followup_agencycase WHERE organisation_id = {organisation} AND handed_over_date IS NOT NULL
UNION ALL
SELECT -2 * id - 1, customer_id, NULL, 'court', decided_date, NULL, NULL
FROM followup_legaldecision WHERE organisation_id = {organisation} AND choice = 'filed'
"""
_WRITTEN_AP = pl.Schema({**frames.AP_PROFILES, "pay_run_days": pl.String()})


def read_history(organisation: Organisation, now: datetime) -> History:
    """Everything there is, in one read per table."""

    def read(query: str, schema: pl.Schema) -> pl.DataFrame:
        return read_frame(query.format(organisation=int(organisation.pk)), [], schema)

    today = organisation_date(organisation, now)
    with reading(organisation):
        return History(
            customers=read(CUSTOMERS, frames.CUSTOMERS).sort("customer_id"),
            invoices=read(INVOICES, frames.INVOICES),
            allocations=read(ALLOCATIONS, frames.ALLOCATIONS),
            payments=read(PAYMENTS, frames.PAYMENTS),
            contacts=_on_one_line(read(CONTACTS, frames.CONTACTS)),
            touches=Scope(organisation, now, on=today).read_touches(),
            replies=read(REPLIES, frames.REPLIES),
            calls=read(CALLED, CALLS),
            promises=read(PROMISES, frames.PROMISES),
            settlements=read(SETTLEMENTS, frames.SETTLEMENTS),
            instalments=read(INSTALMENTS, frames.INSTALMENTS),
            planned=read(PLANNED, frames.PLANNED),
            disputes=read(DISPUTES, frames.DISPUTES),
            reasons=read(STATED, REASONS),
            ap_profiles=_with_days(read(AP_PROFILES, _WRITTEN_AP)),
            holds=read(HOLDS, frames.HOLDS),
        )


def _on_one_line(contacts: pl.DataFrame) -> pl.DataFrame:
    return contacts.with_columns(pl.col("postal").str.replace_all(r"\s*\r?\n\s*", ", "))


def _with_days(profiles: pl.DataFrame) -> pl.DataFrame:
    days = pl.col("pay_run_days").str.json_decode(pl.List(pl.Int64()))
    return profiles.with_columns(days.alias("pay_run_days")).cast(frames.AP_PROFILES)
