"""The frames every decision is made from, and what each of their columns means."""

from dataclasses import dataclass, field, fields
from typing import Self

import polars as pl

from goodterms.core.norms import Norms

CUSTOMERS = pl.Schema(
    {
        "customer_id": pl.Int64(),
        "country": pl.String(),  # ISO 3166 alpha-2
        "language": pl.String(),  # ISO 639-1; null: the organisation's
        "timezone": pl.String(),  # IANA name
        "local_date": pl.Date(),  # the customer's own "today"
        "is_protected": pl.Boolean(),  # a special bond, marked by a person
        "override_profile": pl.String(),  # a person's word against the rules, or null
        "cycle": pl.String(),  # the running cycle's key, null when nothing was overdue at the last run
        "signal_seen_date": pl.Date(),  # when the present signal was first seen, null without one
    }
)
OPEN_ITEMS = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "kind": pl.String(),  # "invoice" | "credit_note" | "fee"
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "due_date": pl.Date(),  # null: a data problem, never chased
        "amount_minor": pl.Int64(),
        "open_amount_minor": pl.Int64(),  # negative for credit notes
        "disputed_amount_minor": pl.Int64(),  # the part held back
    }
)
SETTLED = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "issue_date": pl.Date(),
        "due_date": pl.Date(),
        "settled_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "payment_count": pl.Int32(),  # payments it took
        "was_disputed": pl.Boolean(),
    }
)
CASH = pl.Schema(  # payments not yet allocated, per customer and currency
    {"customer_id": pl.Int64(), "currency": pl.String(), "unallocated_minor": pl.Int64()}
)
RETURNED = pl.Schema(  # payments the bank sent back
    {"payment_id": pl.Int64(), "customer_id": pl.Int64(), "returned_date": pl.Date()}
)
CONTACTS = pl.Schema(
    {
        "contact_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "role": pl.String(),  # accounts_payable | buyer | executive | owner | other
        "email": pl.String(),  # null when missing or known to fail
        "phone": pl.String(),
        "postal": pl.String(),  # the customer's address on one line, null without one or when a letter came back
        "mobile": pl.String(),  # for SMS; null when they opted out
    }
)
TOUCHES = pl.Schema(
    {
        "touch_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "cycle": pl.String(),
        "playbook": pl.String(),
        "step": pl.String(),
        "level": pl.Int32(),  # firmness: 0 courtesy … 5 hand-over
        "occurrence": pl.Int32(),
        "channel": pl.String(),
        "planned_date": pl.Date(),
        "sent_date": pl.Date(),  # customer-local; null while pending
        "is_pending": pl.Boolean(),  # waiting for approval, queued, claimed or uncertain
        "is_automatic": pl.Boolean(),  # false: a person's own contact
        "deadline_date": pl.Date(),  # the deadline that this message set, if any
    }
)
REPLIES = pl.Schema(
    {
        "reply_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "received_date": pl.Date(),
        "reading": pl.String(),  # promise | already_paid | dispute | forewarning | abuse | … | null
        "is_handled": pl.Boolean(),
    }
)
CALLS = pl.Schema(
    {
        "call_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "called_date": pl.Date(),
        "outcome": pl.String(),  # reached | gatekeeper | voicemail | no_answer | hung_up | wrong_number
    }
)
PROMISES = pl.Schema(
    {
        "promise_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "amount_minor": pl.Int64(),
        "made_date": pl.Date(),
        "promised_date": pl.Date(),
        "tolerance_days": pl.Int32(),
        "state": pl.String(),  # open | kept | partly_kept | broken | withdrawn
        "is_pausing": pl.Boolean(),  # chasing waits for it
    }
)
SETTLEMENTS = pl.Schema(
    {
        "settlement_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "proposed_date": pl.Date(),
        "pay_by_date": pl.Date(),
        "tolerance_days": pl.Int32(),
        "state": pl.String(),  # proposed | accepted | fulfilled | lapsed (accepted and not paid) | cancelled
    }
)
INSTALMENTS = pl.Schema(
    {
        "instalment_id": pl.Int64(),
        "plan_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "currency": pl.String(),
        "due_date": pl.Date(),
        "amount_minor": pl.Int64(),
        "paid_minor": pl.Int64(),
        "grace_days": pl.Int32(),  # it counts as missed from the day after so many days
        "plan_state": pl.String(),  # proposed | active | completed | defaulted | cancelled | replaced
    }
)
PLANNED = pl.Schema(  # the parts of invoices that active plans cover
    {"plan_id": pl.Int64(), "customer_id": pl.Int64(), "invoice_id": pl.Int64(), "amount_minor": pl.Int64()}
)
DISPUTES = pl.Schema(
    {
        "dispute_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "reason": pl.String(),
        "amount_minor": pl.Int64(),  # null: all that is open on the invoice
        "opened_date": pl.Date(),
        "resolved_date": pl.Date(),
        "is_justified": pl.Boolean(),  # null while open, and when it was withdrawn
        "credit_minor": pl.Int64(),  # justified: what a credit note is still expected over (null: none is)
        "credit_until_date": pl.Date(),  # the last day on which it is waited for
    }
)
REASONS = pl.Schema(  # why something is late, as the customer said or a person found out
    {
        "reason_id": pl.Int64(),
        "customer_id": pl.Int64(),
        "invoice_id": pl.Int64(),  # null: about the customer
        "reason": pl.String(),  # followup.LateReason.Reason
        "stated_date": pl.Date(),
    }
)
AP_PROFILES = pl.Schema(  # how a customer's accounts payable work
    {
        "customer_id": pl.Int64(),
        "pay_run": pl.String(),  # weekday | day_of_month
        "pay_run_days": pl.List(pl.Int64()),  # weekdays 1 to 7, or days of the month
        "cut_off_working_days": pl.Int32(),
        "is_confirmed": pl.Boolean(),
    }
)
HOLDS = pl.Schema(
    {
        "hold_id": pl.Int64(),
        "customer_id": pl.Int64(),  # null: the whole organisation
        "invoice_id": pl.Int64(),  # null: the whole customer
        "reason": pl.String(),
        "from_date": pl.Date(),
        "until_date": pl.Date(),  # the last day it holds; it lifts itself the day after (null: until its cause is gone)
    }
)
ASSIGNED = pl.Schema(  # who gets another playbook than that of their profile, as drawn for an experiment
    {"customer_id": pl.Int64(), "playbook": pl.String()}
)


def empty(schema: pl.Schema) -> pl.DataFrame:
    """A frame with these columns and no row."""
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything known about one organisation (or one shard of its customers) on a day.

    ``settled`` holds the settled invoices of the customers whose summary is missing or stale;
    ``summaries`` holds the summaries already made (columns: ``summary.SUMMARY``). ``norms`` come from a decision about
    all customers where these are only some of them; without, these customers are their own measure. Unless
    ``is_from_the_start``, a ledger may have been taken over with its open items alone.
    Frames that are not given are empty.
    """

    customers: pl.DataFrame
    open_items: pl.DataFrame = field(default_factory=lambda: empty(OPEN_ITEMS))
    settled: pl.DataFrame = field(default_factory=lambda: empty(SETTLED))
    summaries: pl.DataFrame | None = None
    cash: pl.DataFrame = field(default_factory=lambda: empty(CASH))
    returned: pl.DataFrame = field(default_factory=lambda: empty(RETURNED))
    contacts: pl.DataFrame = field(default_factory=lambda: empty(CONTACTS))
    touches: pl.DataFrame = field(default_factory=lambda: empty(TOUCHES))
    replies: pl.DataFrame = field(default_factory=lambda: empty(REPLIES))
    calls: pl.DataFrame = field(default_factory=lambda: empty(CALLS))
    promises: pl.DataFrame = field(default_factory=lambda: empty(PROMISES))
    instalments: pl.DataFrame = field(default_factory=lambda: empty(INSTALMENTS))
    planned: pl.DataFrame = field(default_factory=lambda: empty(PLANNED))
    settlements: pl.DataFrame = field(default_factory=lambda: empty(SETTLEMENTS))
    disputes: pl.DataFrame = field(default_factory=lambda: empty(DISPUTES))
    reasons: pl.DataFrame = field(default_factory=lambda: empty(REASONS))
    ap_profiles: pl.DataFrame = field(default_factory=lambda: empty(AP_PROFILES))
    holds: pl.DataFrame = field(default_factory=lambda: empty(HOLDS))
    assigned: pl.DataFrame = field(default_factory=lambda: empty(ASSIGNED))
    norms: Norms | None = None
    is_from_the_start: bool = True

    def for_customers(self, customer_ids: pl.Series) -> Self:
        """The same evidence about these customers alone (organisation-wide rows stay)."""
        kept = {}
        for part in fields(self):
            frame = getattr(self, part.name)
            if isinstance(frame, pl.DataFrame):
                own = pl.col("customer_id").is_in(customer_ids.implode())
                if part.name == "holds":
                    own = own | pl.col("customer_id").is_null()
                frame = frame.filter(own)
            kept[part.name] = frame
        return type(self)(**kept)
