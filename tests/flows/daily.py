"""The life around a day's run: bills, payments and the hand-over of what is due, as the other flows leave them."""

from datetime import date, datetime
from typing import Any

from django.db.models import F

from goodterms.flows.facts import local_day
from goodterms.followup.models import Touch
from goodterms.ledger.models import Allocation, Customer, Invoice, Payment
from goodterms.organizations.models import Organisation
from goodterms.outbox.models import Effect
from tests.factories import make_invoice


def bill(customer: Customer, number: str, due: date | None, **given: Any) -> Invoice:
    """A new invoice, told to the next decision."""
    invoice = make_invoice(customer, number, due=due, **given)
    tell(customer)
    return invoice


def tell(customer: Customer) -> None:
    """Something about this customer has changed."""
    Customer.objects.filter(pk=customer.pk).update(facts_version=F("facts_version") + 1)


def pay(invoice: Invoice, on: date, amount_minor: int | None = None) -> Payment:
    """A payment towards the invoice: all that is open, or less."""
    invoice.refresh_from_db()
    amount = amount_minor or invoice.open_amount_minor
    payment = Payment.objects.create(
        organisation=invoice.organisation,
        customer=invoice.customer,
        key=f"P{Payment.objects.count() + 1}",
        paid_date=on,
        currency=invoice.currency,
        amount_minor=amount,
        unallocated_minor=0,
    )
    Allocation.objects.create(
        organisation=invoice.organisation,
        customer=invoice.customer,
        invoice=invoice,
        payment=payment,
        source="payment",
        allocated_date=on,
        amount_minor=amount,
    )
    invoice.open_amount_minor -= amount
    invoice.payment_count += 1
    invoice.settled_date = None if invoice.open_amount_minor else on
    invoice.save()
    tell(invoice.customer)
    return payment


def send_due(organisation: Organisation, now: datetime) -> list[Touch]:
    """Everything that may leave at ``now`` has left; drafts that wait for approval stay."""
    due = Effect.objects.filter(organisation=organisation, state="queued", not_before__lte=now)
    keys = list(due.values_list("key", flat=True))
    mine = Effect.objects.filter(key__in=keys)
    mine.update(state="claimed", claimed_by="worker", claim_expires_at=now)
    mine.update(state="sent", handed_over_at=now, transport="folder", finished_at=now, claimed_by="")
    touches = list(Touch.objects.filter(effect__key__in=keys).select_related("customer"))
    for touch in touches:
        touch.sent_date = local_day(organisation, touch.customer, now)
        touch.save(update_fields=["sent_date"])
    return touches


def approve_all(organisation: Organisation) -> None:
    """A person says yes to every draft."""
    Effect.objects.filter(organisation=organisation, state="waiting").update(state="queued")
