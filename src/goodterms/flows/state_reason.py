"""Why something is late, as the customer said or a person found out; what mends it becomes a task with an owner."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from goodterms.core.refusal import Refusal
from goodterms.flows.ask_person import ask_person, close_task
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.flows.place_hold import InvoiceOfSomeoneElse
from goodterms.followup.models import ApProfile, Call, LateReason, Reply, Task
from goodterms.ledger.models import Contact, Customer, Invoice
from goodterms.organizations.models import Organisation

SUPERSEDED = "Another reason was given since."
MENDED = "Mended as it was said."
FIXES: Mapping[str, str] = {
    LateReason.Reason.INVOICE_NOT_RECEIVED: "Send a copy of {what} to {address}",
    LateReason.Reason.MISSING_PO: "Get the purchase order number for {what}, add it and send the invoice again",
    LateReason.Reason.APPROVAL: "Ask who at {customer} approves {what}, and by when",
    LateReason.Reason.PAY_RUN: "Ask {customer} for their pay-run days and cut-off, and note them",
    LateReason.Reason.WRONG_CONTACT: "Correct the recipient at {customer}: find out who handles {what}",
    LateReason.Reason.DISPUTE: "Open a dispute on {what}: what exactly is wrong, and how much of it",
    LateReason.Reason.CASH: "Offer {customer} a payment plan for {what}",
    LateReason.Reason.ILLNESS: "Place a hold for {customer}: agree on a day to talk again",
    LateReason.Reason.ALREADY_PAID: "Look for the payment of {what} by {customer}",
    LateReason.Reason.OTHER: "Find out what {customer} needs to pay {what}",
}
"""What mends each reason, as a task's title; an oversight needs nothing but a reminder."""


class UnknownLateReason(Refusal):
    """A reason for a late payment is none of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason!r} is no reason for a late payment; use one of: {', '.join(LateReason.Reason.values)}."
        )


@transaction.atomic
def state_reason(
    organisation: Organisation,
    customer: Customer,
    *,
    reason: str,
    actor: str,
    now: datetime,
    invoice: Invoice | None = None,
    quote: str = "",
    reply: Reply | None = None,
    call: Call | None = None,
    is_mended: bool = False,
) -> LateReason:
    """Note why ``invoice`` (None: whatever this customer owes) is late, and ask somebody to mend the cause.

    Said twice in the same reply or call (or word for word on the same day) it is one row. The latest reason per
    invoice counts: open tasks of an earlier one are closed. With ``is_mended`` the cause is mended already, and
    nobody is asked to. Raises UnknownLateReason or InvoiceOfSomeoneElse.
    """
    if reason not in LateReason.Reason.values:
        raise UnknownLateReason(reason)
    if invoice is not None and invoice.customer_id != customer.pk:
        raise InvoiceOfSomeoneElse(invoice)
    stated, is_new = LateReason.objects.get_or_create(
        organisation=organisation,
        customer=customer,
        invoice=invoice,
        reason=reason,
        reply=reply,
        call=call,
        **({} if reply or call else {"quote": quote, "stated_date": local_day(organisation, customer, now)}),
        defaults={
            "quote": quote,
            "stated_date": local_day(organisation, customer, now),
            "stated_at": now,
            "recorded_by": actor,
        },
    )
    if not is_new:
        return stated
    _close_earlier(stated, actor, now)
    if is_mended:
        close_task(customer, _key(stated), outcome=MENDED, actor=actor, now=now)
    else:
        _open_fix(organisation, stated, now)
    raise_facts_version(organisation, customer)
    write_timeline(
        customer,
        "late_reason",
        _sentence(stated),
        actor=actor,
        now=now,
        invoice=invoice,
        data={"late_reason_id": stated.pk, "reason": reason},
    )
    return stated


def latest_reasons(customer: Customer) -> dict[int | None, LateReason]:
    """The reason that counts, by invoice id; under None that of the customer as a whole."""
    rows = LateReason.objects.filter(customer=customer).select_related("invoice").order_by("stated_at", "pk")
    return {row.invoice_id: row for row in rows}


def _close_earlier(stated: LateReason, actor: str, now: datetime) -> None:
    earlier = Task.objects.filter(customer=stated.customer, invoice=stated.invoice, kind=Task.Kind.FIX)
    earlier = earlier.filter(done_at__isnull=True).exclude(key=_key(stated))
    earlier.update(done_at=now, done_by=actor, outcome=SUPERSEDED)


def _open_fix(organisation: Organisation, stated: LateReason, now: datetime) -> None:
    if stated.reason not in FIXES:
        return
    customer = stated.customer
    title = FIXES[stated.reason].format(
        what=f"invoice {stated.invoice.number}" if stated.invoice else "what is overdue",
        customer=customer.name,
        address=_copy_address(customer),
    )
    ask_person(
        organisation,
        customer,
        Task.Kind.FIX,
        _key(stated),
        title,
        now=now,
        detail=f"They said: “{stated.quote}”" if stated.quote else "",
        invoice=stated.invoice,
    )


def _key(stated: LateReason) -> str:
    return f"fix:{stated.reason}:{stated.customer_id}:{stated.invoice_id or 0}"


def _copy_address(customer: Customer) -> str:
    """Where a copy goes: the address their accounts payable asked for, else that of a contact."""
    asked_for = ApProfile.objects.filter(customer=customer).exclude(invoice_email="").first()
    if asked_for is not None:
        return asked_for.invoice_email
    reachable = Contact.objects.filter(customer=customer, email_failed_at__isnull=True).exclude(email="")
    payable = reachable.filter(role=Contact.Role.ACCOUNTS_PAYABLE).order_by("pk").first()
    found = payable or reachable.order_by("pk").first()
    return found.email if found else f"{customer.name} (no address on file)"


def _sentence(stated: LateReason) -> str:
    what = f"Invoice {stated.invoice.number} is late" if stated.invoice else "Late"
    why = LateReason.Reason(stated.reason).label.lower()
    return f"{what}: {why}." + (f" “{stated.quote}”" if stated.quote else "")
