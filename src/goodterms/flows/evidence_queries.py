"""The SQL of the evidence, the same for both databases; the words in braces are filled in by Scope.

Column order is that of the frame's schema. Conditions of partial indexes are written as Django writes them (NOT x = 0):
SQLite uses such an index only for the very same words. PostgreSQL's sums of bigint are decimals: hence the casts.
Queries ending in _ON know nothing later than the day {on}.
"""

from goodterms.core.summary import SUMMARY

CUSTOMERS = """
SELECT c.id, c.country, c.language, c.timezone, c.is_protected,
       NULLIF(p.override_profile, ''), NULLIF(p.cycle, ''), p.signal_seen_date, c.facts_version,
       s.facts_version AS summary_version
FROM ledger_customer c
LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
LEFT JOIN followup_habitsummary s ON s.customer_id = c.id
WHERE c.organisation_id = {organisation} {these_customers}
"""

CUSTOMERS_ON = """
SELECT c.id, c.country, c.language, c.timezone, c.is_protected,
       CASE WHEN p.override_date <= {on} THEN NULLIF(p.override_profile, '') END,
       CASE WHEN p.changed_date <= {on} THEN NULLIF(p.cycle, '') END AS cycle,
       CASE WHEN p.changed_date <= {on} THEN p.signal_seen_date END AS signal_seen_date, c.facts_version,
       CAST(NULL AS bigint) AS summary_version
FROM ledger_customer c
LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
WHERE c.organisation_id = {organisation} AND c.known_from_date <= {on} {these_customers}
"""

OPEN_ITEMS = """
SELECT i.id, i.customer_id, i.kind, i.currency, i.issue_date, i.due_date, i.amount_minor, i.open_amount_minor,
       CASE WHEN i.is_disputed AND i.open_amount_minor > 0 THEN i.open_amount_minor ELSE 0 END
FROM ledger_invoice i
WHERE i.organisation_id = {organisation} AND NOT (i.open_amount_minor = 0) {these_i}
"""

# What was left of each invoice on the day, and the last allocation up to it.
_BALANCES_ON = """
FROM ledger_invoice i
LEFT JOIN (
    SELECT invoice_id, CAST(SUM(amount_minor) AS bigint) AS taken_minor, MAX(allocated_date) AS last_date,
           CASE WHEN MAX(CASE WHEN source = 'written_off' THEN 1 ELSE 0 END) = 1 THEN 0
                ELSE SUM(CASE WHEN source = 'payment' OR source = 'reported' AND is_date_known AND amount_minor > 0
                              THEN 1 WHEN source = 'returned' THEN -1 ELSE 0 END) END AS payments
    FROM ledger_allocation
    WHERE organisation_id = {organisation} AND allocated_date <= {on} {these}
    GROUP BY invoice_id
) a ON a.invoice_id = i.id
WHERE i.organisation_id = {organisation} AND i.issue_date <= {on} AND i.status = 'posted' {these_i}
"""

# A source's mark of dispute carries no date: it counts for what is still open now, or was settled by the day.
OPEN_ITEMS_ON = (
    """
SELECT i.id, i.customer_id, i.kind, i.currency, i.issue_date, i.due_date, i.amount_minor,
       i.amount_minor - COALESCE(a.taken_minor, 0),
       CASE WHEN i.is_disputed AND i.open_amount_minor > 0
            THEN i.amount_minor - COALESCE(a.taken_minor, 0) ELSE 0 END
"""
    + _BALANCES_ON
    + " AND i.amount_minor <> COALESCE(a.taken_minor, 0)"
)

# What no payment of a known day settled (a credit note did, it was written off, or gone before we first saw it) tells
# of no habit.
SETTLED_ON = (
    """
SELECT i.id, i.customer_id, i.currency, i.issue_date, i.due_date, a.last_date, i.amount_minor, a.payments,
       i.is_disputed
"""
    + _BALANCES_ON
    + " AND i.kind = 'invoice' AND i.amount_minor = a.taken_minor AND a.payments > 0"
)

# For many stale customers one pass over the invoices, for few their own rows by index.
SETTLED_STALE = """
SELECT i.id, i.customer_id, i.currency, i.issue_date, i.due_date, i.settled_date, i.amount_minor, i.payment_count,
       i.is_disputed
FROM ledger_customer c
JOIN ledger_invoice i ON i.customer_id = c.id
LEFT JOIN followup_habitsummary s ON s.customer_id = c.id
WHERE c.organisation_id = {organisation} AND (s.facts_version IS NULL OR s.facts_version <> c.facts_version)
  AND i.open_amount_minor = 0 AND i.kind = 'invoice' AND i.status = 'posted' AND i.payment_count > 0 {these_customers}
"""

SETTLED_OF = """
SELECT i.id, i.customer_id, i.currency, i.issue_date, i.due_date, i.settled_date, i.amount_minor, i.payment_count,
       i.is_disputed
FROM ledger_invoice i
WHERE i.customer_id IN ({stale}) AND i.open_amount_minor = 0 AND i.kind = 'invoice' AND i.status = 'posted'
  AND i.payment_count > 0
"""

SUMMARIES = f"""
SELECT {", ".join(f"s.{name}" for name in SUMMARY)}
FROM followup_habitsummary s
JOIN ledger_customer c ON c.id = s.customer_id AND c.facts_version = s.facts_version
WHERE c.organisation_id = {{organisation}} {{these_customers}}
"""

CASH = """
SELECT customer_id, currency, CAST(SUM(unallocated_minor) AS bigint)
FROM ledger_payment
WHERE organisation_id = {organisation} AND NOT (unallocated_minor = 0) AND returned_date IS NULL {these}
GROUP BY customer_id, currency
"""

CASH_ON = """
SELECT i.customer_id, i.currency, CAST(SUM(i.amount_minor - COALESCE(a.used_minor, 0)) AS bigint)
FROM ledger_payment i
LEFT JOIN (
    SELECT payment_id, CAST(SUM(amount_minor) AS bigint) AS used_minor
    FROM ledger_allocation
    WHERE organisation_id = {organisation} AND allocated_date <= {on} AND payment_id IS NOT NULL {these}
    GROUP BY payment_id
) a ON a.payment_id = i.id
WHERE i.organisation_id = {organisation} AND i.paid_date <= {on}
  AND (i.returned_date IS NULL OR i.returned_date > {on}) {these_i}
GROUP BY i.customer_id, i.currency
HAVING SUM(i.amount_minor - COALESCE(a.used_minor, 0)) <> 0
"""

RETURNED = """
SELECT id, customer_id, returned_date
FROM ledger_payment
WHERE organisation_id = {organisation} AND returned_date IS NOT NULL {these}
"""

RETURNED_ON = RETURNED + " AND returned_date <= {on}"

# An address that failed, or whose owner asked to be left alone there, is none. The postal address has its lines still.
_CONTACTS = """
SELECT k.id, k.customer_id, k.role,
       CASE WHEN {email} AND NOT EXISTS (
           SELECT 1 FROM followup_optout o
           WHERE o.organisation_id = k.organisation_id AND o.channel = 'email' AND o.address = LOWER(k.email) {asked}
       ) THEN NULLIF(k.email, '') END,
       CASE WHEN {phone} THEN NULLIF(k.phone, '') END,
       CASE WHEN {post} THEN NULLIF(c.postal_address, '') END,
       CASE WHEN {phone} AND NOT EXISTS (
           SELECT 1 FROM followup_optout o
           WHERE o.organisation_id = k.organisation_id AND o.channel = 'sms' AND o.address = k.mobile {asked}
       ) THEN NULLIF(k.mobile, '') END
FROM ledger_contact k JOIN ledger_customer c ON c.id = k.customer_id
WHERE k.organisation_id = {{organisation}} {{these_k}}
"""

CONTACTS = _CONTACTS.format(
    email="k.email_failed_at IS NULL", phone="k.phone_failed_at IS NULL", post="c.post_failed_at IS NULL", asked=""
)

CONTACTS_ON = (
    _CONTACTS.format(
        email="(k.email_failed_at IS NULL OR k.email_failed_at >= {day_after})",
        phone="(k.phone_failed_at IS NULL OR k.phone_failed_at >= {day_after})",
        post="c.post_failed_at IS NULL OR c.post_failed_at >= {day_after}",
        asked="AND o.asked_at < {day_after}",
    )
    + " AND k.known_from_date <= {on}"
)

_TOUCHES = """
SELECT t.id, t.customer_id, t.cycle, t.playbook, t.step, t.level, t.occurrence, t.channel, t.planned_date,
       {sent}, {pending}, t.playbook <> 'by-hand', t.deadline_date
FROM followup_touch t
JOIN outbox_effect e ON e.key = t.effect_key
WHERE t.organisation_id = {{organisation}} {{these_t}}
"""
_PENDING = "e.state IN ('planned', 'waiting', 'queued', 'claimed', 'uncertain')"
_ALL_TOUCHES = _TOUCHES.format(sent="t.sent_date", pending=_PENDING)

# What was said long ago matters only to whoever is summarised anew or still in the cycle of then, or if it is pending:
# otherwise every day would read all that was ever said. (NOT … >= keeps the index by date out of it.)
_OLD_CYCLE_OR_STALE = """t.customer_id IN (
    SELECT c.id FROM ledger_customer c
    LEFT JOIN followup_customerprofile p ON p.customer_id = c.id
    LEFT JOIN followup_habitsummary s ON s.customer_id = c.id
    WHERE c.organisation_id = {organisation} {these_customers}
      AND (s.facts_version IS NULL OR s.facts_version <> c.facts_version OR p.cycle BETWEEN 'since-' AND {since_then})
)"""
TOUCHES = f"""
{_ALL_TOUCHES} AND t.planned_date >= {{remembered}}
UNION ALL
{_ALL_TOUCHES} AND NOT t.planned_date >= {{remembered}} AND e.organisation_id = {{organisation}} AND {_PENDING}
UNION ALL
{_ALL_TOUCHES} AND NOT t.planned_date >= {{remembered}} AND NOT {_PENDING} AND {_OLD_CYCLE_OR_STALE}
"""
# The same of customers that are named: found by customer, never by date.
TOUCHES_OF = f"{_ALL_TOUCHES} AND (t.planned_date >= {{remembered}} OR {_PENDING} OR {_OLD_CYCLE_OR_STALE})"

# What has left, failed or been withheld since then was still on its way.
TOUCHES_ON = (
    _TOUCHES.format(
        sent="CASE WHEN t.sent_date <= {on} THEN t.sent_date END",
        pending=f"({_PENDING} OR COALESCE(t.sent_date > {{on}}, e.finished_at >= {{day_after}}, 1 = 0))",
    )
    + " AND t.planned_date <= {on}"
)

# A case in an agency's or a court's hands pauses everything until it ends, the court's with the next decision: a hold
# without a last day.
_HOLDS = """
SELECT id, customer_id, invoice_id, reason, from_date, until_date, {lifted}
FROM followup_hold
WHERE organisation_id = {{organisation}} {{these_or_everyone}} {known}
UNION ALL
SELECT -2 * id, customer_id, NULL, 'agency', handed_over_date, NULL, {ended}
FROM followup_agencycase
WHERE organisation_id = {{organisation}} AND handed_over_date IS NOT NULL {these_agency}
UNION ALL
SELECT -2 * d.id - 1, d.customer_id, NULL, 'court', d.decided_date, NULL, (
    SELECT MIN(n.decided_date) FROM followup_legaldecision n
    WHERE n.customer_id = d.customer_id AND n.id > d.id {decided})
FROM followup_legaldecision d
WHERE d.organisation_id = {{organisation}} AND d.choice = 'filed' {these_legal}
"""

HOLDS = _HOLDS.format(
    lifted="lifted_date", ended="ended_date", known="", decided="", these_agency="{these}", these_legal="{these}"
)

HOLDS_ON = _HOLDS.format(
    lifted="CASE WHEN lifted_date <= {on} THEN lifted_date END",
    ended="CASE WHEN ended_date <= {on} THEN ended_date END",
    known="AND from_date <= {on}",
    decided="AND n.decided_date <= {on}",
    these_agency="{these} AND handed_over_date <= {on}",
    these_legal="{these} AND d.decided_date <= {on}",
)

# Only answers count; what a person took one for, or that it was handled, is known from that moment on.
_REPLIES = """
SELECT id, customer_id, received_date, {reading}, {handled}
FROM followup_reply
WHERE organisation_id = {{organisation}} AND customer_id IS NOT NULL AND kind = 'answer'
  AND received_date >= {{remembered}} {{these}}
"""

REPLIES = _REPLIES.format(reading="NULLIF(reading, '')", handled="handled_at IS NOT NULL")

REPLIES_ON = (
    _REPLIES.format(
        reading="CASE WHEN handled_at < {day_after} THEN NULLIF(reading, '') END",
        handled="COALESCE(handled_at < {day_after}, 1 = 0)",
    )
    + " AND received_date <= {on}"
)

CALLS = """
SELECT id, customer_id, called_date, outcome
FROM followup_call
WHERE organisation_id = {organisation} AND called_date >= {remembered} {these}
"""

CALLS_ON = CALLS + " AND called_date <= {on}"

_PROMISES = """
SELECT id, customer_id, currency, amount_minor, made_date, promised_date, tolerance_days, {state}, is_pausing
FROM followup_promise
WHERE organisation_id = {{organisation}} {{these}}
"""

PROMISES = _PROMISES.format(state="state")

PROMISES_ON = (
    _PROMISES.format(state="CASE WHEN judged_date <= {on} THEN state ELSE 'open' END") + " AND made_date <= {on}"
)

# An offer that nobody accepted broke no word when its day was over.
_SETTLEMENT_STATE = "CASE WHEN state = 'lapsed' AND accepted_date IS NULL THEN 'cancelled' ELSE state END"
_SETTLEMENTS = """
SELECT id, customer_id, proposed_date, pay_by_date, tolerance_days, {state}
FROM followup_settlement
WHERE organisation_id = {{organisation}} AND state <> 'draft' {{these}}
"""

SETTLEMENTS = _SETTLEMENTS.format(state=_SETTLEMENT_STATE)

SETTLEMENTS_ON = (
    _SETTLEMENTS.format(
        state=f"CASE WHEN ended_date <= {{on}} THEN {_SETTLEMENT_STATE}"
        " WHEN accepted_date <= {on} THEN 'accepted' ELSE 'proposed' END"
    )
    + " AND proposed_date <= {on}"
)

_PLAN_STATE_ON = (
    "CASE WHEN p.ended_date <= {on} THEN p.state WHEN p.accepted_date <= {on} THEN 'active' ELSE 'proposed' END"
)
_INSTALMENTS = """
SELECT i.id, i.plan_id, p.customer_id, p.currency, i.due_date, i.amount_minor, {paid}, p.grace_days, {state}
FROM followup_instalment i JOIN followup_paymentplan p ON p.id = i.plan_id
WHERE p.organisation_id = {{organisation}} {{these_p}}
"""

INSTALMENTS = _INSTALMENTS.format(paid="i.paid_minor", state="p.state")

INSTALMENTS_ON = (
    _INSTALMENTS.format(paid="CASE WHEN i.paid_date <= {on} THEN i.paid_minor ELSE 0 END", state=_PLAN_STATE_ON)
    + " AND p.proposed_date <= {on}"
)

_PLANNED = """
SELECT v.plan_id, p.customer_id, v.invoice_id, v.amount_minor
FROM followup_planinvoice v JOIN followup_paymentplan p ON p.id = v.plan_id
WHERE p.organisation_id = {{organisation}} AND {state} = 'active' {{these_p}}
"""

PLANNED = _PLANNED.format(state="p.state")

PLANNED_ON = _PLANNED.format(state=f"({_PLAN_STATE_ON})")

# What a credit note has taken off the invoice since is no longer waited for.
_DISPUTES = """
SELECT id, customer_id, invoice_id, reason, amount_minor, opened_date, {resolved},
       CASE WHEN {resolved} IS NULL OR resolution = 'withdrawn' THEN NULL
            WHEN resolution = 'unjustified' THEN 1 = 0 ELSE 1 = 1 END,
       CASE WHEN credit_minor IS NOT NULL THEN credit_minor - COALESCE((
           SELECT CAST(SUM(a.amount_minor) AS bigint) FROM ledger_allocation a
           WHERE a.invoice_id = d.invoice_id AND a.source = 'credit_note' AND a.allocated_date >= d.resolved_date
           {credited}), 0) END,
       credit_until_date
FROM followup_dispute d
WHERE organisation_id = {{organisation}} {{these}}
"""

DISPUTES = _DISPUTES.format(resolved="resolved_date", credited="")

DISPUTES_ON = (
    _DISPUTES.format(
        resolved="CASE WHEN resolved_date <= {on} THEN resolved_date END", credited="AND a.allocated_date <= {on}"
    )
    + " AND opened_date <= {on}"
)

REASONS = """
SELECT id, customer_id, invoice_id, reason, stated_date
FROM followup_latereason
WHERE organisation_id = {organisation} AND stated_date >= {remembered} {these}
"""

REASONS_ON = REASONS + " AND stated_date <= {on}"

AP_PROFILES = """
SELECT customer_id, pay_run, CAST(pay_run_days AS text), cut_off_working_days, confirmed_date IS NOT NULL
FROM followup_approfile
WHERE organisation_id = {organisation} AND pay_run <> '' {these}
"""

AP_PROFILES_ON = AP_PROFILES + " AND confirmed_date <= {on}"

# Who gets the plain standard playbook for an experiment that runs.
_ASSIGNED = """
SELECT m.customer_id, 'standard'
FROM followup_experimentmember m JOIN followup_experiment e ON e.id = m.experiment_id
WHERE e.organisation_id = {{organisation}} AND m.arm = 'standard' AND {running} {{these}}
"""

ASSIGNED = _ASSIGNED.format(running="e.state = 'running'")

ASSIGNED_ON = _ASSIGNED.format(running="m.assigned_date <= {on} AND (e.ended_date IS NULL OR e.ended_date > {on})")
