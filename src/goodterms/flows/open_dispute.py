"""A customer does not accept an invoice, or a part of it: that part is held back until it is resolved."""

from datetime import date, datetime, timedelta

from django.db import transaction

from goodterms.core.calendar import next_business_day
from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import AmountAboveOpen, AmountNotPositive, InvoiceNotTheirs, amount_words
from goodterms.flows.facts import local_day, raise_facts_version, write_timeline
from goodterms.followup.models import Dispute, Reply
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation


class UnknownDisputeReason(Refusal):
    """A dispute's reason is none of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason!r} is no reason for a dispute; use one of: {', '.join(Dispute.Reason.values)}.")


class NothingToDispute(Refusal):
    """The invoice has nothing open that could be held back."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(f"Nothing is open on {invoice.number}, so there is nothing to hold back.")


class DisputeInOtherCurrency(Refusal):
    """The disputed amount is in another currency than the invoice."""

    def __init__(self, amount: Money, invoice: Invoice) -> None:
        super().__init__(
            f"Invoice {invoice.number} is in {invoice.currency}; name the disputed amount in it, not {amount.currency}."
        )


class DisputedAlready(Refusal):
    """The invoice has an open dispute."""

    def __init__(self, dispute: Dispute) -> None:
        super().__init__(
            f"Invoice {dispute.invoice.number} is in dispute since {dispute.opened_date}; resolve that one first."
        )


class DeadlineInThePast(Refusal):
    """A dispute was to be resolved before today."""

    def __init__(self, due: date, today: date) -> None:
        super().__init__(f"The deadline {due} would be over already; name today ({today}) or a later day.")


@transaction.atomic
def open_dispute(
    organisation: Organisation,
    customer: Customer,
    invoice: Invoice,
    *,
    reason: str,
    amount: Money | None = None,
    note: str = "",
    owner: str = "",
    due: date | None = None,
    reply: Reply | None = None,
    actor: str,
    now: datetime,
) -> Dispute:
    """Hold back what is disputed of the invoice; without ``amount`` all that is open on it.

    Without ``due`` it is to be resolved in as many working days of the organisation as the policy says; when that day
    is over the run makes a task for ``owner``. Raises UnknownDisputeReason, InvoiceNotTheirs, NothingToDispute,
    DisputedAlready, DeadlineInThePast, AmountNotPositive, AmountAboveOpen or DisputeInOtherCurrency.
    """
    today = local_day(organisation, customer, now)
    if reason not in Dispute.Reason.values:
        raise UnknownDisputeReason(reason)
    if due is not None and due < today:
        raise DeadlineInThePast(due, today)
    if invoice.customer_id != customer.pk:
        raise InvoiceNotTheirs(invoice, customer)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    invoice.refresh_from_db()
    _check_amount(invoice, amount)
    running = Dispute.objects.filter(invoice=invoice, resolution="").first()
    if running is not None:
        raise DisputedAlready(running)
    dispute = Dispute.objects.create(
        organisation=organisation,
        customer=customer,
        invoice=invoice,
        reason=reason,
        amount_minor=amount.amount_minor if amount else None,
        note=note,
        reply=reply,
        opened_date=today,
        opened_by=actor,
        owner=owner,
        due_date=due or _deadline(organisation, today),
    )
    raise_facts_version(organisation, customer)
    _write_down(dispute, actor, now)
    return dispute


def disputed_words(dispute: Dispute) -> str:
    """What is disputed, for a sentence: 20.00 EUR of invoice R1, or: invoice R1."""
    if dispute.amount_minor is None:
        return f"invoice {dispute.invoice.number}"
    amount = amount_words(Money(dispute.amount_minor, dispute.invoice.currency))
    return f"{amount} of invoice {dispute.invoice.number}"


def _check_amount(invoice: Invoice, amount: Money | None) -> None:
    if invoice.open_amount_minor <= 0:
        raise NothingToDispute(invoice)
    if amount is None:
        return
    if amount.currency != invoice.currency:
        raise DisputeInOtherCurrency(amount, invoice)
    if amount.amount_minor <= 0:
        raise AmountNotPositive
    left = Money(invoice.open_amount_minor, invoice.currency)
    if amount > left:
        raise AmountAboveOpen(amount, left)


def _deadline(organisation: Organisation, today: date) -> date:
    """So many working days from today: of the organisation's country, since its people do the work."""
    day = today
    for _ in range(policy_of(organisation).numbers.dispute_working_days):
        day = next_business_day(organisation.country, day + timedelta(days=1))
    return day


def _write_down(dispute: Dispute, actor: str, now: datetime) -> None:
    why = Dispute.Reason(dispute.reason).label.lower()
    charge = f" {dispute.owner} looks after it." if dispute.owner else ""
    text = f"Disputed: {disputed_words(dispute)} ({why}); to be resolved by {dispute.due_date}.{charge} {dispute.note}"
    write_timeline(
        dispute.customer,
        "dispute_opened",
        text.strip(),
        actor=actor,
        now=now,
        invoice=dispute.invoice,
        data={"dispute_id": dispute.pk, "reason": dispute.reason, "amount_minor": dispute.amount_minor},
    )
