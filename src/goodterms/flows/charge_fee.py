"""A fee becomes a claim of its own, with its own number, once per reason and period; the invoice stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from goodterms.core.money import Money
from goodterms.core.refusal import Refusal
from goodterms.flows.agreed_invoices import AmountNotPositive, InvoiceNotTheirs, amount_words
from goodterms.flows.facts import local_day, raise_facts_version
from goodterms.followup.models import Fee, TimelineEvent, Touch
from goodterms.followup.policy import policy_of
from goodterms.ledger.models import Customer, Invoice
from goodterms.organizations.models import Organisation

PREFIXES = ("F-", "FEE-", "GT-FEE-")
"""How a fee's number begins: the first that none of the organisation's own invoices begins with."""
WARNINGS = ("late_fee_warning", "interest_warning", "interest_notice", "interest_letter")
"""The templates that say what paying late will cost, before it costs anything."""


class UnknownFeeReason(Refusal):
    """A fee's reason is none of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason!r} is no reason for a fee; use one of: {', '.join(Fee.Reason.values)}.")


class NotWarned(Refusal):
    """A late fee was to be charged to somebody who was never told of it."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(
            f"{customer.name} has not been warned of a fee since this invoice is late; send a warning first."
        )


class FeeChargedAlready(Refusal):
    """The same fee was charged before."""

    def __init__(self, fee: Fee) -> None:
        super().__init__(
            f"This fee was charged on {fee.charged_date} as {fee.claim.number}; one for another period has its own."
        )


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A fee to be charged to a customer, for an invoice or (None) for all of its business."""

    customer: Customer
    for_invoice: Invoice | None
    reason: str
    amount: Money
    period: str
    from_date: date | None = None
    until_date: date | None = None
    law: str = ""


@transaction.atomic
def charge_fee(
    organisation: Organisation,
    customer: Customer,
    *,
    reason: str,
    amount: Money,
    for_invoice: Invoice | None = None,
    period: str = "once",
    actor: str,
    now: datetime,
) -> Fee:
    """Charge a fee that a person decided on; a late fee only after a warning was sent since the invoice is late.

    Raises UnknownFeeReason, AmountNotPositive, InvoiceNotTheirs, NotWarned or FeeChargedAlready.
    """
    if reason not in Fee.Reason.values:
        raise UnknownFeeReason(reason)
    if amount.amount_minor <= 0:
        raise AmountNotPositive
    if for_invoice is not None and for_invoice.customer_id != customer.pk:
        raise InvoiceNotTheirs(for_invoice, customer)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if reason == Fee.Reason.LATE_FEE and not _is_warned(customer, for_invoice):
        raise NotWarned(customer)
    before = Fee.objects.filter(customer=customer, for_invoice=for_invoice, reason=reason, period=period).first()
    if before is not None:
        raise FeeChargedAlready(before)
    charge = Charge(customer=customer, for_invoice=for_invoice, reason=reason, amount=amount, period=period)
    today = local_day(organisation, customer, now)
    fee = book_fees(organisation, [charge], today, actor, now)[0]
    raise_facts_version(organisation, customer)
    return fee


def book_fees(
    organisation: Organisation, charges: Sequence[Charge], today: date, actor: str, now: datetime
) -> list[Fee]:
    """Make the claims, their fees and the timeline's lines; part of a flow's transaction that holds the organisation.

    A charge whose reason and period are there already breaks the transaction: the caller leaves those out.
    """
    due = today + timedelta(days=policy_of(organisation).numbers.fee_due_days)
    prefix = _free_prefix(organisation)
    first = _next_number(organisation, prefix)
    claims = Invoice.objects.bulk_create(
        Invoice(
            organisation=organisation,
            customer=charge.customer,
            number=f"{prefix}{first + place:05d}",
            kind=Invoice.Kind.FEE,
            currency=charge.amount.currency,
            issue_date=today,
            due_date=due,
            amount_minor=charge.amount.amount_minor,
            open_amount_minor=charge.amount.amount_minor,
            first_imported_at=now,
        )
        for place, charge in enumerate(charges)
    )
    fees = Fee.objects.bulk_create(
        Fee(
            organisation=organisation,
            customer=charge.customer,
            claim=claim,
            for_invoice=charge.for_invoice,
            reason=charge.reason,
            period=charge.period,
            from_date=charge.from_date,
            until_date=charge.until_date,
            law=charge.law[:60],
            charged_date=today,
            charged_by=actor,
        )
        for charge, claim in zip(charges, claims, strict=True)
    )
    TimelineEvent.objects.bulk_create(_line(fee, actor, now) for fee in fees)
    return fees


def _free_prefix(organisation: Organisation) -> str:
    own = Invoice.objects.filter(organisation=organisation).exclude(kind=Invoice.Kind.FEE)
    free = (prefix for prefix in PREFIXES if not own.filter(number__startswith=prefix).exists())
    return next(free, PREFIXES[-1])


def _next_number(organisation: Organisation, prefix: str) -> int:
    last = Invoice.objects.filter(organisation=organisation, kind=Invoice.Kind.FEE, number__startswith=prefix)
    number = last.order_by("-pk").values_list("number", flat=True).first()
    return int(number.removeprefix(prefix)) + 1 if number else 1


def _is_warned(customer: Customer, invoice: Invoice | None) -> bool:
    sent = Touch.objects.filter(customer=customer, sent_date__isnull=False)
    if invoice is None:
        return sent.filter(template__in=WARNINGS).exists()
    named_date = named_in_warnings(sent).get(invoice.pk)
    return named_date is not None and named_date > (invoice.due_date or date.min)


def named_in_warnings(touches: QuerySet[Touch]) -> dict[int, date]:
    """The last day on which a warning among these touches was sent that named the invoice, by invoice."""
    named: dict[int, date] = {}
    for touch in touches.filter(template__in=WARNINGS, sent_date__isnull=False).order_by("sent_date"):
        for item in touch.read_items():
            named[item["invoice_id"]] = touch.sent_date or date.min
    return named


def _line(fee: Fee, actor: str, now: datetime) -> TimelineEvent:
    amount = amount_words(Money(fee.claim.amount_minor, fee.claim.currency))
    for_what = f" for invoice {fee.for_invoice.number}" if fee.for_invoice else ""
    span = f", {fee.from_date} to {fee.until_date}" if fee.from_date and fee.until_date else ""
    basis = f" ({fee.law})" if fee.law else ""
    reason = Fee.Reason(fee.reason).label.lower()
    return TimelineEvent(
        organisation_id=fee.organisation_id,
        customer_id=fee.customer_id,
        invoice_id=fee.for_invoice_id,
        at=now,
        kind="fee_charged",
        text=f"Charged {amount} as {fee.claim.number}: {reason}{for_what}{span}{basis}.",
        data={"fee_id": fee.pk, "claim": fee.claim.number, "amount_minor": fee.claim.amount_minor},
        actor=actor,
    )
