"""The SQL of the evidence, the same for both databases; the words in braces are filled in by Scope.

Column order is that of the frame's schema. Queries ending in _ON know nothing later than the day {on}.
"""

from goodterms.core.habits import SUMMARY

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
WHERE i.organisation_id = {organisation} AND i.open_amount_minor <> 0 {these_i}
"""

# What was left of each invoice on the day, and the last allocation up to it.
_BALANCES_ON = """
FROM ledger_invoice i
LEFT JOIN (
    SELECT invoice_id, SUM(amount_minor) AS taken_minor, MAX(allocated_date) AS last_date,
           SUM(CASE WHEN source = 'payment' THEN 1 ELSE 0 END) AS payments
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

SETTLED_ON = (
    """
SELECT i.id, i.customer_id, i.currency, i.issue_date, i.due_date, a.last_date, i.amount_minor, a.payments,
       i.is_disputed
"""
    + _BALANCES_ON
    + " AND i.kind = 'invoice' AND i.amount_minor = a.taken_minor AND i.amount_minor <> 0"
)

SETTLED_STALE = """
SELECT i.id, i.customer_id, i.currency, i.issue_date, i.due_date, i.settled_date, i.amount_minor, i.payment_count,
       i.is_disputed
FROM ledger_customer c
JOIN ledger_invoice i ON i.customer_id = c.id
LEFT JOIN followup_habitsummary s ON s.customer_id = c.id
WHERE c.organisation_id = {organisation} AND (s.facts_version IS NULL OR s.facts_version <> c.facts_version)
  AND i.open_amount_minor = 0 AND i.kind = 'invoice' AND i.status = 'posted' {these_customers}
"""

SUMMARIES = f"""
SELECT {", ".join(f"s.{name}" for name in SUMMARY)}
FROM followup_habitsummary s
JOIN ledger_customer c ON c.id = s.customer_id AND c.facts_version = s.facts_version
WHERE c.organisation_id = {{organisation}} {{these_customers}}
"""

CASH = """
SELECT customer_id, currency, SUM(unallocated_minor)
FROM ledger_payment
WHERE organisation_id = {organisation} AND unallocated_minor <> 0 AND returned_date IS NULL {these}
GROUP BY customer_id, currency
"""

CASH_ON = """
SELECT i.customer_id, i.currency, SUM(i.amount_minor - COALESCE(a.used_minor, 0))
FROM ledger_payment i
LEFT JOIN (
    SELECT payment_id, SUM(amount_minor) AS used_minor
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

CONTACTS = """
SELECT id, customer_id, role, CASE WHEN email_failed_at IS NULL THEN NULLIF(email, '') END, NULLIF(phone, '')
FROM ledger_contact
WHERE organisation_id = {organisation} {these}
"""

CONTACTS_ON = CONTACTS + " AND known_from_date <= {on}"

_TOUCHES = """
SELECT t.id, t.customer_id, t.cycle, t.playbook, t.step, t.level, t.occurrence, t.channel, t.planned_date,
       {sent}, {pending}, 1 = 1, t.deadline_date
FROM followup_touch t
JOIN outbox_effect e ON e.key = t.effect_key
WHERE t.organisation_id = {{organisation}} {{these_t}}
"""
_PENDING = "e.state IN ('planned', 'waiting', 'queued', 'claimed', 'uncertain')"

TOUCHES = _TOUCHES.format(sent="t.sent_date", pending=_PENDING)

TOUCHES_ON = (
    _TOUCHES.format(
        sent="CASE WHEN t.sent_date <= {on} THEN t.sent_date END",
        pending=f"({_PENDING} OR t.sent_date > {{on}})",
    )
    + " AND t.planned_date <= {on}"
)

HOLDS = """
SELECT id, customer_id, invoice_id, reason, from_date, until_date, lifted_date
FROM followup_hold
WHERE organisation_id = {organisation}
"""
